// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What a person set aside, and why: until they take it up again, nothing is applied, pruned or healed there.
package struct Suspension: Sendable, Hashable {
    /// What is set aside. Everything that is left out means all of them.
    package struct Scope: Sendable, Hashable, CustomStringConvertible {
        package var application: String?
        package var environment: String?
        package var object: ObjectName?

        package init(application: String? = nil, environment: String? = nil, object: ObjectName? = nil) {
            self.application = application
            self.environment = environment
            self.object = object
        }

        package func covers(_ target: TargetID) -> Bool {
            (application ?? target.application) == target.application
                && (environment ?? target.environment) == target.environment
        }

        /// What `mainstay suspend` and `resume` are given to mean it: ` api -e staging --object Deployment/api`.
        package var arguments: String {
            [application, environment.map { "-e \($0)" }, object.map { "--object \($0)" }]
                .compactMap { $0 }.map { " \($0)" }.joined()
        }

        package var description: String {
            let place =
                switch (application, environment) {
                case (let application?, let environment?): "\(application) in \(environment)"
                case (let application?, nil): "\(application) everywhere"
                case (nil, let environment?): "everything in \(environment)"
                case (nil, nil): "everything"
                }
            return object.map { "\($0) of \(place)" } ?? place
        }
    }

    /// An object as people name it: `Deployment/worker`, `Deployment.apps/staging/worker`.
    package struct ObjectName: Sendable, Hashable, CustomStringConvertible {
        package var kind: String
        /// Nil: any.
        package var group: String?
        package var namespace: String?
        package var name: String

        /// Nil for what is no `KIND/NAME` or `KIND/NAMESPACE/NAME`.
        package init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
            let kind = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let first = kind.first, !first.isEmpty, kind.allSatisfy({ !$0.isEmpty }) else { return nil }
            self.kind = first
            group = kind.count == 2 ? kind[1] : nil
            namespace = parts.count == 3 ? parts[1] : nil
            name = parts[parts.count - 1]
        }

        /// As people write kinds: `deployment/worker` names what `Deployment/worker` does.
        package static func == (left: ObjectName, right: ObjectName) -> Bool {
            left.kind.lowercased() == right.kind.lowercased() && left.group == right.group
                && left.namespace == right.namespace && left.name == right.name
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(kind.lowercased())
            hasher.combine(group)
            hasher.combine(namespace)
            hasher.combine(name)
        }

        package func matches(_ id: ObjectID) -> Bool {
            kind.lowercased() == id.kind.lowercased() && name == id.name && (group ?? id.group) == id.group
                && (namespace ?? id.namespace) == id.namespace
        }

        package var description: String {
            let typed = group.map { "\(kind).\($0)" } ?? kind
            return ([typed, namespace, name] as [String?]).compactMap { $0 }.joined(separator: "/")
        }
    }

    /// The ledger's number for it.
    package var id: Int64
    package var scope: Scope
    package var reason: String
    package var actor: String
    package var since: Timestamp
    /// What was there is deleted, and not made again until somebody resumes it.
    package var destroys: Bool

    package init(
        id: Int64, scope: Scope, reason: String, actor: String, since: Timestamp, destroys: Bool = false
    ) {
        self.id = id
        self.scope = scope
        self.reason = reason
        self.actor = actor
        self.since = since
        self.destroys = destroys
    }

    /// Whether nothing is to be done about the target at all.
    package func covers(_ target: TargetID) -> Bool { scope.object == nil && scope.covers(target) }

    /// Whether nothing is to be done about the object.
    package func covers(_ target: TargetID, _ object: ObjectID) -> Bool {
        scope.covers(target) && (scope.object?.matches(object) ?? true)
    }

    /// `suspended by ada since 2026-11-28T16:00:00Z: migrating by hand`.
    package var text: String {
        "\(destroys ? "destroyed" : "suspended") by \(actor) since \(since.secondsDescription): \(reason)"
    }
}

extension Sequence<Suspension> {
    /// The first that sets the whole target aside.
    package func first(covering target: TargetID) -> Suspension? { first { $0.covers(target) } }

    /// The first that sets the object aside, with its target or alone.
    package func first(covering target: TargetID, _ object: ObjectID) -> Suspension? {
        first { $0.covers(target, object) }
    }
}
