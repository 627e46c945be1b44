// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Acting as somebody else: what `kubectl --as` asks for (Kubernetes manual, "User impersonation").
extension APIServer {
    /// The caller itself where the request names nobody else.
    ///
    /// - Throws: 403 where the caller may not act as each of user, groups, uid and extra.
    func impersonated(
        by caller: SandboxIdentity, _ request: SandboxRequest
    ) throws(StatusError) -> SandboxIdentity {
        let name = request.header("impersonate-user") ?? ""
        let groups = request.headers.filter { $0.name.lowercased() == "impersonate-group" }.map(\.value)
        let uid = request.header("impersonate-uid") ?? ""
        let prefix = "impersonate-extra-"
        let extra = request.headers.compactMap { header -> (key: String, value: String)? in
            let key = header.name.lowercased()
            return key.hasPrefix(prefix)
                ? (RequestTarget.decode(key.dropFirst(prefix.count), plusIsSpace: false).lowercased(), header.value)
                : nil
        }
        guard !name.isEmpty else {
            guard groups.isEmpty, uid.isEmpty, extra.isEmpty else {
                throw .internalError("requested groups, a uid or extra without impersonating a user")
            }
            return caller
        }

        var result = SandboxIdentity(name: name, uid: uid, groups: groups)
        var wanted: [AccessAttributes] = []
        func want(
            _ resource: String, _ name: String, group: String = "", subresource: String = "", in space: String = ""
        ) {
            wanted.append(
                AccessAttributes(
                    verb: "impersonate",
                    target: .resource(
                        group: group, resource: resource, subresource: subresource, namespace: space, name: name)))
        }
        if let account = result.serviceAccount {
            want("serviceaccounts", account.name, in: account.namespace)
            if groups.isEmpty {
                result.groups = SandboxIdentity.serviceAccount(account.name, in: account.namespace).groups
            }
        } else {
            want("users", name)
        }
        for group in groups { want("groups", group) }
        for entry in extra {
            want("userextras", entry.value, group: "authentication.k8s.io", subresource: entry.key)
            result.extra[entry.key, default: []].append(entry.value)
        }
        if !uid.isEmpty { want("uids", uid, group: "authentication.k8s.io") }
        for attributes in wanted {
            let decision = authorizer.decide(attributes, for: caller)
            guard decision.isAllowed else { throw .forbidden(attributes, caller, decision.reason) }
        }
        if name != SandboxIdentity.anonymous.name { return result.authenticated }
        if !result.groups.contains("system:unauthenticated") { result.groups.append("system:unauthenticated") }
        return result
    }
}
