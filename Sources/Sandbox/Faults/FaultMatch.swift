// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Which requests a fault strikes: all that is stated must hold; of several patterns, one.
package struct FaultMatch: Sendable, Equatable {
    static let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

    package var method: [Glob]
    /// As RBAC names them. A create and an update match by what they come to as well: an apply of what is not there
    /// yet is a `patch` to the client, and to admission also a `create`.
    package var verb: [Glob]
    package var group: [Glob]
    package var kind: [Glob]
    /// The plural.
    package var resource: [Glob]
    /// Empty text for the object itself; no pattern at all for the object and its subresources.
    package var subresource: [Glob]
    package var namespace: [Glob]
    package var name: [Glob]
    /// Without the query.
    package var path: [Glob]
    package var userAgent: [Glob]
    /// Of the object that is written or asked for; lists and watches have none.
    package var labels: String
    package var dryRun: Bool?

    package init(
        method: [Glob] = [], verb: [Glob] = [], group: [Glob] = [], kind: [Glob] = [], resource: [Glob] = [],
        subresource: [Glob] = [], namespace: [Glob] = [], name: [Glob] = [], path: [Glob] = [], userAgent: [Glob] = [],
        labels: String = "", dryRun: Bool? = nil
    ) {
        self.method = method
        self.verb = verb
        self.group = group
        self.kind = kind
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
        self.path = path
        self.userAgent = userAgent
        self.labels = labels
        self.dryRun = dryRun
    }

    /// Whether the object in the body must be read to tell.
    var needsObject: Bool { !labels.isEmpty || !name.isEmpty }

    func matches(_ request: FaultRequest) -> Bool {
        func holds(_ patterns: [Glob], _ candidates: [String]) -> Bool {
            patterns.isEmpty || patterns.contains { candidates.contains(where: $0.matches) }
        }
        let resource = request.resource
        func holds(_ patterns: [Glob], _ field: KeyPath<FaultRequest.Resource, String>) -> Bool {
            // What is not about a resource matches no pattern for one, not even `*`.
            patterns.isEmpty || resource.map { holds(patterns, [$0[keyPath: field]]) } ?? false
        }
        guard holds(method, [request.method]), holds(verb, request.verbs), holds(path, [request.path]),
            holds(userAgent, [request.userAgent]), dryRun == nil || dryRun == request.dryRun
        else { return false }
        guard holds(group, \.group), holds(kind, \.kind), holds(self.resource, \.plural),
            holds(subresource, \.subresource), holds(namespace, \.namespace), holds(name, \.name)
        else { return false }
        guard !labels.isEmpty else { return true }
        guard let object = request.labels, let selector = try? LabelSelector(labels) else { return false }
        return selector.matches(object)
    }
}
