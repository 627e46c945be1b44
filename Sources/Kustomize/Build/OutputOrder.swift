// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The order in which a build gives its resources, as `kubectl kustomize` prints them unless `sortOptions` says otherwise.
enum OutputOrder: Hashable {
    /// As loaded.
    case firstInFirstOut
    /// By kind (the given kinds first and last, others by group, version and kind), then by namespace and name.
    case legacy(first: [String], last: [String])

    static let byKind = OutputOrder.legacy(
        first: [
            "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount",
            "PodSecurityPolicy", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret",
            "Endpoints", "Service", "LimitRange", "PriorityClass", "PersistentVolume", "PersistentVolumeClaim",
            "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget",
        ],
        last: ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])

    func sorted(_ resources: [Resource]) -> [Resource] {
        guard case .legacy(let first, let last) = self else { return resources }
        var ranks: [String: Int] = [:]
        for (index, kind) in first.enumerated() { ranks[kind] = index - first.count }
        for (index, kind) in last.enumerated() { ranks[kind] = index + 1 }
        let keys = resources.enumerated().map { index, resource in
            SortKey(resource, rank: ranks[resource.object.kind] ?? 0, index: index)
        }
        return keys.sorted().map { resources[$0.index] }
    }

    /// The words for empty parts and the separators are kustomize's: they decide the order.
    private struct SortKey: Comparable {
        var rank: Int
        /// Kind, then namespace and name; the byte between them goes before all others, as an end does.
        var text: [UInt8]
        var index: Int

        init(_ resource: Resource, rank: Int, index: Int) {
            let kind = resource.groupVersionKind
            let namespace = resource.object.namespace
            self.rank = rank
            self.index = index
            // Namespaces go before what else is called so; without a group they would go after it. Without a rank of their
            // own they stand among other kinds, as those do.
            let noGroup = kind.kind == "Namespace" && rank != 0 ? "\u{1}" : "~G"
            text = []
            text.reserveCapacity(96)
            text.append(contentsOf: (kind.group.isEmpty ? noGroup : kind.group).utf8)
            text.append(UInt8(ascii: "_"))
            text.append(contentsOf: (kind.version.isEmpty ? "~V" : kind.version).utf8)
            text.append(UInt8(ascii: "_"))
            text.append(contentsOf: kind.kind.utf8)
            text.append(0)
            text.append(contentsOf: (namespace.isEmpty ? "~X" : namespace).utf8)
            text.append(UInt8(ascii: "|"))
            text.append(contentsOf: resource.object.name.utf8)
        }

        static func < (left: SortKey, right: SortKey) -> Bool {
            if left.rank != right.rank { return left.rank < right.rank }
            if left.text != right.text { return left.text.lexicographicallyPrecedes(right.text) }
            return left.index < right.index
        }
    }
}
