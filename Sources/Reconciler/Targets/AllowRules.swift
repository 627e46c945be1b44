// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// What the operator lets any pipeline touch, whatever a repository says.
///
/// Namespaced kinds are allowed but for RBAC; cluster-scoped kinds and RBAC only where listed.
package struct AllowRules: Sendable, Hashable {
    /// Empty: any namespace.
    package var namespaces: [String]
    /// Kinds allowed besides, as `Namespace` or `ClusterRole.rbac.authorization.k8s.io`.
    package var kinds: [String]

    /// Hosts that checks may ask directly (`CheckHost.fits`); services of the cluster need none.
    package var checks: [String]

    package init(namespaces: [String] = [], kinds: [String] = [], checks: [String] = []) {
        self.namespaces = namespaces
        self.kinds = kinds
        self.checks = checks
    }

    package func mayAsk(_ host: CheckHost) -> Bool { checks.contains(where: { host.fits($0) }) }

    /// Who of those may not be asked that a question goes to directly: its place, and the host that it names in the place of
    /// that (`send: {Host: …}`), by which proxies choose who answers.
    package func refused(_ place: CheckHost, sending headers: [Application.SentHeader]) -> CheckHost? {
        ([place] + headers.compactMap { $0.host(at: place.port) }).first { !mayAsk($0) }
    }

    /// Whether there may be objects of the kind that are allowed.
    package func mayAllow(_ kind: ServedKind) -> Bool {
        isListed(kind.kind.groupKind) || kind.isNamespaced && kind.kind.group != "rbac.authorization.k8s.io"
    }

    private func isListed(_ kind: GroupKind) -> Bool { kinds.contains(where: kind.isMeant) }

    /// Why the object may not be applied, or nil where it may.
    ///
    /// - Parameter isNamespaced: what the server says of the kind, where it is known.
    package func refusal(of manifest: Manifest, isNamespaced: Bool = true) -> Cause? {
        let id = manifest.id
        let isListed = isListed(id.groupKind)
        let isClusterScoped = id.namespace.isEmpty || !isNamespaced
        let namespace = id.groupKind == GroupKind(group: "", kind: "Namespace") ? id.name : id.namespace
        if !namespace.isEmpty, !namespaces.isEmpty, !namespaces.contains(namespace) {
            return cause(
                id, "the namespace \(namespace) is not among allow.namespaces of this daemon's configuration", manifest)
        }
        guard isClusterScoped || id.group == "rbac.authorization.k8s.io", !isListed else { return nil }
        let why = isClusterScoped ? "cluster-scoped kinds are" : "RBAC is"
        return cause(
            id, "\(why) applied only where the daemon's configuration lists them: add \(id.kind) to allow.kinds",
            manifest)
    }

    /// All of them in one: what is mended one by one costs a merge each.
    static func joined(_ refusals: [Cause]) -> Cause? {
        guard var cause = refusals.first else { return nil }
        let others = refusals.dropFirst().prefix(mostNamed).map { refusal in
            "\(refusal.object.map { "\($0): " } ?? "")\(refusal.message)"
        }
        let rest = refusals.count - 1 - others.count
        cause.message = ([cause.message] + others + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: "; ")
        return cause
    }

    private static let mostNamed = 9

    private func cause(_ id: ObjectID, _ message: String, _ manifest: Manifest) -> Cause {
        Cause(object: id, reason: "NotAllowed", message: "\(message) (\(manifest.origin))")
    }
}
