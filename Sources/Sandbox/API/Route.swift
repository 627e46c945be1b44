// SPDX-License-Identifier: Apache-2.0

/// The resource that a path names: `/api/v1/...` or `/apis/GROUP/VERSION/...`.
struct Route: Sendable {
    var type: ResourceType
    /// Nil for cluster-scoped resources and for lists over all namespaces.
    var namespace: String?
    var name: String?
    var subresource: String?
    /// One of the old paths below `/watch/`, which list nothing.
    var isWatch = false

    /// Nil where nothing is served, which the server answers with a plain 404.
    init?(_ segments: [String], registry: ResourceRegistry) {
        var rest = segments[...]
        guard let prefix = rest.popFirst() else { return nil }
        var group = ""
        switch prefix {
        case "api": break
        case "apis":
            guard let name = rest.popFirst() else { return nil }
            group = name
        default: return nil
        }
        guard let version = rest.popFirst() else { return nil }
        if rest.first == "watch", rest.count > 1 {
            isWatch = true
            rest = rest.dropFirst()
        }
        var namespace: String?
        // `namespaces/NAME` alone is the Namespace itself; with more behind it, a scope (but for its subresources).
        if rest.first == "namespaces", rest.count >= 3, !["status", "finalize"].contains(rest[rest.startIndex + 2]) {
            namespace = rest[rest.startIndex + 1]
            rest = rest.dropFirst(2)
        }
        guard let plural = rest.popFirst(),
            let type = registry.resource(group: group, version: version, plural: plural)
        else { return nil }
        guard namespace == nil || type.namespaced, rest.count <= 2 || type.subresource("proxy") != nil else {
            return nil
        }
        self.type = type
        self.namespace = namespace
        name = rest.popFirst()
        subresource = rest.popFirst()
        if type.namespaced, namespace == nil, name != nil { return nil }
        if let subresource, type.subresource(subresource) == nil { return nil }
    }
}
