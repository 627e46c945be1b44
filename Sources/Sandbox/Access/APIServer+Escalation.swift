// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Nobody grants what they do not have, unless they hold the verbs `escalate` or `bind`.
extension APIServer {
    /// - Throws: 403 where a role or a binding would give more than its writer has.
    func checkEscalation(_ object: Object, old: Object?, _ request: WriteRequest) throws(StatusError) {
        guard request.type.group == Authorizer.group, let user = request.user, !user.isPrivileged else { return }
        guard !authorizer.isOpen else { return }
        if let old, Self.differsInBookkeepingOnly(object, old) { return }
        switch request.type.kind {
        case "Role", "ClusterRole": try checkRole(object, old: old, request, user)
        case "RoleBinding", "ClusterRoleBinding": try checkBinding(object, request, user)
        default: break
        }
    }

    private func checkRole(
        _ role: Object, old: Object?, _ request: WriteRequest, _ user: SandboxIdentity
    ) throws(StatusError) {
        let escalates = AccessAttributes(
            verb: "escalate",
            target: .resource(
                group: Authorizer.group, resource: request.type.plural, subresource: "", namespace: request.namespace,
                // A create names nothing in its path.
                name: old == nil ? "" : request.name))
        if authorizer.decide(escalates, for: user).isAllowed { return }
        try confirm(user, holds: PolicyRule.rules(of: role), request)
        guard role["aggregationRule"]?.object != nil || old?["aggregationRule"]?.object != nil else { return }
        let (owned, _) = authorizer.rules(for: user, namespace: request.namespace)
        guard PolicyRule.missing(in: owned, from: PolicyRule.everything).isEmpty else {
            throw .forbidden(
                request.type, request.name, "must have cluster-admin privileges to use the aggregationRule")
        }
    }

    private func checkBinding(
        _ binding: Object, _ request: WriteRequest, _ user: SandboxIdentity
    ) throws(StatusError) {
        let reference = binding["roleRef"] ?? [:]
        let name = reference["name"]?.string ?? ""
        let kind = reference["kind"]?.string ?? ""
        let binds = AccessAttributes(
            verb: "bind",
            target: .resource(
                group: Authorizer.group, resource: kind == "Role" ? "roles" : "clusterroles", subresource: "",
                namespace: request.namespace, name: name))
        if authorizer.decide(binds, for: user).isAllowed { return }
        guard let role = authorizer.role(reference, namespace: request.namespace) else {
            guard let type = registry.resource(for: GroupKind(group: Authorizer.group, kind: kind)) else {
                throw .internalError("unsupported role reference kind: \(GoText.quoted(kind))")
            }
            throw .notFound(type, name)
        }
        try confirm(user, holds: PolicyRule.rules(of: role), request)
    }

    private func confirm(
        _ user: SandboxIdentity, holds rules: [PolicyRule], _ request: WriteRequest
    ) throws(StatusError) {
        let (owned, problem) = authorizer.rules(for: user, namespace: request.namespace)
        let missing = PolicyRule.missing(in: owned, from: rules)
        guard !missing.isEmpty else { return }
        var unique: [String] = []
        for text in missing.map(\.compactText).sorted() where text != unique.last { unique.append(text) }
        var message =
            "user \(GoText.quoted(user.name)) (groups=\(GoText.quoted(user.groups))) is attempting to grant RBAC "
            + "permissions not currently held:\n\(unique.joined(separator: "\n"))"
        if let problem { message += "; resolution errors: [\(problem)]" }
        throw .forbidden(request.type, request.name, message)
    }

    /// What the garbage collector needs to change is nobody's grant.
    private static func differsInBookkeepingOnly(_ object: Object, _ old: Object) -> Bool {
        func bare(_ object: Object) -> Object {
            var copy = object
            for key in ["ownerReferences", "finalizers", "managedFields"] { copy.setMetadata(key, nil) }
            return copy
        }
        return bare(object) == bare(old)
    }
}
