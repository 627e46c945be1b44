// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Keeps ResourceQuotas' status: what they limit, and what is used of it.
package struct QuotaController: SandboxController {
    package let name = "resourcequota-controller"

    package init() {}

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
        let usage = ResourceUsage(namespace: key.namespace, cluster: cluster)
        var used = Object()
        for pair in hard.pairs { used[pair.key] = usage.used(pair.key).map { .string($0.canonical) } }
        var status: Object = ["hard": .object(hard)]
        if !used.isEmpty { status["used"] = .object(used) }
        result.writeStatus(status, of: &quota)
        return result
    }
}
