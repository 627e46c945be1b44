// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the controller manager does for access: aggregated ClusterRoles, and tokens in Secrets.
extension APIServer {
    static let clusterRoleKind = GroupKind(group: Authorizer.group, kind: "ClusterRole")

    mutating func enqueueAccessWork(_ change: Change, _ object: Object) {
        switch change.key.kind {
        case Self.clusterRoleKind: queue.add(.aggregation)
        case .secret where change.after != nil && Self.isTokenSecret(object): queue.add(.tokenSecret(change.key))
        case .serviceAccount:
            for secret in store.objects(.secret, namespace: change.key.namespace)
            where Self.isTokenSecret(secret) && Self.account(of: secret) == change.key.name {
                queue.add(
                    .tokenSecret(StoreKey(kind: .secret, namespace: secret.namespace, name: secret.name)))
            }
        default: break
        }
    }

    /// Each aggregated ClusterRole takes over the rules of those that its selectors match.
    mutating func aggregateClusterRoles() {
        guard let type = registry.resource(for: Self.clusterRoleKind) else { return }
        let roles = store.objects(type.storage, namespace: nil)
        for role in roles {
            guard let selectors = role.value(at: "aggregationRule", "clusterRoleSelectors")?.array else { continue }
            var rules: [PolicyRule] = []
            for selector in selectors {
                for other in roles where other.name != role.name && Self.matches(selector, other.labels) {
                    for rule in PolicyRule.rules(of: other) where !rules.contains(rule) { rules.append(rule) }
                }
            }
            guard rules != PolicyRule.rules(of: role) else { continue }
            let configuration: Object = [
                "apiVersion": .string(type.apiVersion), "kind": .string(type.kind),
                "metadata": ["name": .string(role.name)], "rules": .array(rules.map(\.value)),
            ]
            let request = WriteRequest(
                type: type, namespace: "", name: role.name, manager: "clusterrole-aggregation-controller")
            var managed = ManagedFields(role.value(at: "metadata", "managedFields"))
            let merged = try? managed.apply(
                configuration, to: role, versions: versions(of: request), manager: request.fieldManager("Apply"),
                force: true, time: now().secondsDescription)
            if let merged = merged ?? nil { _ = try? update(merged, request, owners: managed) }
        }
    }

    /// A label selector of the API: `matchLabels` and `matchExpressions`.
    private static func matches(_ selector: Value, _ labels: Object) -> Bool {
        let pairs = selector["matchLabels"]?.object?.pairs ?? []
        return pairs.allSatisfy { labels[$0.key] == $0.value }
            && (selector["matchExpressions"]?.array ?? []).allSatisfy { expression in
                let value = labels[expression["key"]?.string ?? ""]
                let isListed = value.map { (expression["values"]?.array ?? []).contains($0) } ?? false
                return switch expression["operator"]?.string {
                case "In": isListed
                case "NotIn": !isListed
                case "Exists": value != nil
                case "DoesNotExist": value == nil
                default: false
                }
            }
    }

    private static func isTokenSecret(_ secret: Object) -> Bool {
        secret["type"] == "kubernetes.io/service-account-token"
    }

    private static func account(of secret: Object) -> String? {
        secret.annotations["kubernetes.io/service-account.name"]?.string
    }

    /// A Secret of that type is filled with a token of its account, and goes with it.
    mutating func reconcileTokenSecret(_ key: StoreKey) {
        guard var secret = store.object(key), let type = registry.resource(for: key.kind) else { return }
        let request = WriteRequest(
            type: type, namespace: key.namespace, name: key.name, manager: "kube-controller-manager")
        let accountKey = StoreKey(
            kind: .serviceAccount, namespace: key.namespace, name: Self.account(of: secret) ?? "")
        let uid = secret.annotations["kubernetes.io/service-account.uid"]?.string ?? ""
        guard let account = store.object(accountKey), uid.isEmpty || uid == account.uid else {
            var options = DeleteOptions()
            options.uid = secret.uid
            _ = try? delete(request, options)
            return
        }
        func missing(_ name: String) -> Bool { (secret.string(at: "data", name) ?? "").isEmpty }
        func fill(_ name: String, _ text: String) {
            secret.set(.string(Base64.encode(Array(text.utf8))), at: "data", name)
        }
        secret.set(.string(account.uid), at: "metadata", "annotations", "kubernetes.io/service-account.uid")
        if missing("ca.crt"), !options.certificateAuthority.isEmpty { fill("ca.crt", options.certificateAuthority) }
        if missing("namespace") { fill("namespace", key.namespace) }
        if missing("token") {
            let token = ServiceAccountToken(
                namespace: key.namespace, name: account.name, uid: account.uid,
                bound: ServiceAccountToken.Bound(kind: "Secret", name: key.name, uid: ""))
            fill("token", token.signed(with: signingKey))
        }
        guard secret != store.object(key) else { return }
        _ = try? update(secret, request)
    }
}
