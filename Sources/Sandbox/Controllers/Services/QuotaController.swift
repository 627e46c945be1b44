// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Keeps ResourceQuotas' status: what they limit, and what is used of it (kubernetes, pkg/controller/resourcequota).
package struct QuotaController: SandboxController {
    package let name = "resourcequota-controller"
    /// `deployments.apps` and its like.
    private let kinds: [String: QuotaUsage.Kind]

    package init() {
        let types = ResourceRegistry().storedKinds.filter(\.namespaced)
        kinds = Dictionary(
            types.map { ($0.group.isEmpty ? $0.plural : "\($0.plural).\($0.group)", QuotaUsage.Kind($0)) }
        ) { first, _ in first }
    }

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        if object.kind == "ResourceQuota" { return [object.objectID] }
        guard !object.namespace.isEmpty, object.kind != "Event", object.kind != "Lease" else { return [] }
        return cluster.objects(.resourceQuota, namespace: object.namespace).map(\.objectID)
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard var quota = cluster.object(key), !quota.isTerminating else { return result }
        let hard = quota.value(at: "spec", "hard")?.object ?? Object()
        var used = Object()
        for pair in hard.pairs {
            guard let kind = QuotaUsage.kind(taking: pair.key, counted: { self.kind($0, in: cluster) }) else {
                continue
            }
            let objects = cluster.objects(kind.kind, namespace: key.namespace)
            let amounts = objects.filter { QuotaUsage.isInScope($0, kind, quota) }
                .compactMap { QuotaUsage.of($0, kind, now: now)[pair.key]?.quantity }
            used[pair.key] = .string(amounts.reduce(Quantity.zero, +).canonical)
        }
        var status: Object = ["hard": .object(hard)]
        if !used.isEmpty { status["used"] = .object(used) }
        result.writeStatus(status, of: &quota)
        return result
    }

    /// A built-in kind, or one of a definition of that name.
    private func kind(_ name: String, in cluster: any ClusterReader) -> QuotaUsage.Kind? {
        if let kind = kinds[name] { return kind }
        guard let definition = cluster.object(GroupKind.customResourceDefinition.named(name)),
            let group = definition.string(at: "spec", "group"),
            let kind = definition.string(at: "spec", "names", "kind"),
            definition.string(at: "spec", "scope") == "Namespaced"
        else { return nil }
        return QuotaUsage.Kind(
            kind: GroupKind(group: group, kind: kind), plural: definition.string(at: "spec", "names", "plural") ?? "")
    }
}
