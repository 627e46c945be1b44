// SPDX-License-Identifier: Apache-2.0

/// Who may do what in a sandbox.
package enum SandboxAccess: Sendable {
    /// Nobody is asked who they are, and everything is allowed.
    case open
    /// Callers are authenticated and RBAC decides, as on a real cluster.
    ///
    /// - Parameter tokens: static bearer tokens and whose they are; `SandboxIdentity.administrator` may do everything.
    case rbac(tokens: [String: SandboxIdentity] = [:])
}

/// Who a request is from: what the API server calls user info.
package struct SandboxIdentity: Sendable, Hashable {
    package var name: String
    package var uid: String
    package var groups: [String]
    package var extra: [String: [String]]

    package init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
        self.name = name
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// Allowed everything by its group, whatever RBAC says.
    package static let administrator = SandboxIdentity(name: "kubernetes-admin", groups: ["system:masters"])

    static let anonymous = SandboxIdentity(name: "system:anonymous", groups: ["system:unauthenticated"])

    static func serviceAccount(_ name: String, in namespace: String) -> SandboxIdentity {
        SandboxIdentity(
            name: "system:serviceaccount:\(namespace):\(name)",
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)"])
    }

    /// Namespace and name where this is a service account.
    var serviceAccount: (namespace: String, name: String)? {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount", !parts[2].isEmpty,
            !parts[3].isEmpty
        else { return nil }
        return (parts[2], parts[3])
    }

    var isPrivileged: Bool { groups.contains("system:masters") }

    /// With the group that everybody has who proved who they are.
    var authenticated: SandboxIdentity {
        let marks = ["system:authenticated", "system:unauthenticated"]
        guard name != Self.anonymous.name, !groups.contains(where: marks.contains) else { return self }
        var result = self
        result.groups.append("system:authenticated")
        return result
    }
}
