// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Role-based access control over the Roles, ClusterRoles and bindings of a store.
struct Authorizer {
    struct Decision {
        var isAllowed: Bool
        /// Which binding allowed it, or what is wrong with those that could have.
        var reason = ""
    }

    /// A rule that a user has, and by what binding.
    private struct Grant {
        var rule: PolicyRule
        var source: String
    }

    static let group = "rbac.authorization.k8s.io"

    let store: Store
    /// Everything is allowed, whoever asks.
    let isOpen: Bool

    func decide(_ attributes: AccessAttributes, for user: SandboxIdentity) -> Decision {
        if isOpen || user.isPrivileged { return Decision(isAllowed: true) }
        var namespace = ""
        if case .resource(_, _, _, let given, _) = attributes.target { namespace = given }
        let (grants, problems) = grants(to: user, namespace: namespace)
        if let grant = grants.first(where: { $0.rule.allows(attributes) }) {
            return Decision(isAllowed: true, reason: "RBAC: allowed by \(grant.source)")
        }
        guard !problems.isEmpty else { return Decision(isAllowed: false) }
        return Decision(isAllowed: false, reason: "RBAC: \(Self.joined(problems))")
    }

    /// What a user may do in a namespace (and, with an empty one, in the whole cluster), and which roles are missing.
    func rules(for user: SandboxIdentity, namespace: String) -> (rules: [PolicyRule], problem: String?) {
        let (grants, problems) = grants(to: user, namespace: namespace)
        return (grants.map(\.rule), problems.isEmpty ? nil : Self.joined(problems))
    }

    private func grants(to user: SandboxIdentity, namespace: String) -> (grants: [Grant], problems: [String]) {
        var grants: [Grant] = []
        var problems: [String] = []
        func visit(_ kind: String, in namespace: String?) {
            for binding in store.objects(GroupKind(group: Self.group, kind: kind), namespace: namespace) {
                let place = namespace ?? ""
                guard let subject = Self.subject(of: binding, that: user, in: place) else { continue }
                guard let role = role(binding["roleRef"] ?? [:], namespace: place) else {
                    let singular = (binding.string(at: "roleRef", "kind") ?? "").lowercased()
                    let name = binding.string(at: "roleRef", "name") ?? ""
                    problems.append("\(singular).\(Self.group) \"\(name)\" not found")
                    continue
                }
                let source = Self.description(of: binding, subject, in: place)
                grants += PolicyRule.rules(of: role).map { Grant(rule: $0, source: source) }
            }
        }
        visit("ClusterRoleBinding", in: nil)
        if !namespace.isEmpty { visit("RoleBinding", in: namespace) }
        return (grants, problems)
    }

    func role(_ reference: Value, namespace: String) -> Object? {
        let kind = reference["kind"]?.string ?? ""
        return store.object(
            StoreKey(
                kind: GroupKind(group: Self.group, kind: kind), namespace: kind == "Role" ? namespace : "",
                name: reference["name"]?.string ?? ""))
    }

    /// The first subject of a binding that is the user or a group of theirs.
    private static func subject(of binding: Object, that user: SandboxIdentity, in namespace: String) -> Object? {
        binding.list(at: "subjects").first { subject in
            let name = subject["name"]?.string ?? ""
            return switch subject["kind"]?.string {
            case "User": name == user.name
            case "Group": user.groups.contains(name)
            case "ServiceAccount":
                user.name == "system:serviceaccount:\(Self.namespace(of: subject, in: namespace)):\(name)"
            default: false
            }
        }
    }

    private static func namespace(of subject: Object, in namespace: String) -> String {
        let own = subject["namespace"]?.string ?? ""
        return own.isEmpty ? namespace : own
    }

    private static func description(of binding: Object, _ subject: Object, in namespace: String) -> String {
        let kind = subject["kind"]?.string ?? ""
        var name = subject["name"]?.string ?? ""
        if kind == "ServiceAccount" { name += "/\(Self.namespace(of: subject, in: namespace))" }
        let place = namespace.isEmpty ? binding.name : "\(binding.name)/\(namespace)"
        let role = binding["roleRef"] ?? [:]
        return "\(namespace.isEmpty ? "ClusterRoleBinding" : "RoleBinding") \"\(place)\" of "
            + "\(role["kind"]?.string ?? "") \"\(role["name"]?.string ?? "")\" to \(kind) \"\(name)\""
    }

    /// As Go joins several errors: each once.
    private static func joined(_ problems: [String]) -> String {
        var unique: [String] = []
        for problem in problems where !unique.contains(problem) { unique.append(problem) }
        return unique.count == 1 ? unique[0] : "[\(unique.joined(separator: ", "))]"
    }
}

extension APIServer {
    var authorizer: Authorizer {
        var isOpen = false
        if case .open = options.access { isOpen = true }
        return Authorizer(store: store, isOpen: isOpen)
    }
}
