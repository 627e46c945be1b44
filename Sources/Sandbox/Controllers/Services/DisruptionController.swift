// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Keeps PodDisruptionBudgets' counts (kubernetes, pkg/controller/disruption). A share is one of what the pods'
/// workloads are to have; a plain minimum is one of the pods that there are.
package struct DisruptionController: SandboxController {
    package let name = "disruption-controller"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "PodDisruptionBudget": [object.objectID]
        case "Pod":
            cluster.objects(.podDisruptionBudget, namespace: object.namespace)
                .filter { LabelSelector(selector: $0.value(at: "spec", "selector"))?.matches(object.labels) == true }
                .map(\.objectID)
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard var budget = cluster.object(key), !budget.isTerminating else { return result }
        let selector = LabelSelector(selector: budget.value(at: "spec", "selector"))
        let pods = cluster.objects(.pod, namespace: key.namespace).filter { selector?.matches($0.labels) == true }
        if pods.isEmpty { result.event(budget, "NoPods", "No matching pods found") }
        var status = budget["status"]?.object ?? Object()
        let disrupted = disruptions(in: status, pods: pods, now: now, result: &result)
        let healthy = pods.count { $0.isPodReady && !$0.isTerminating && disrupted[$0.name] == nil }
        var expected = pods.count
        var desired = 0
        if let minimum = budget.value(at: "spec", "minAvailable") {
            if minimum.string != nil { expected = self.expected(pods, in: cluster) }
            desired = IntOrPercent.count(minimum, of: expected, roundingUp: true) ?? 0
        } else if let maximum = budget.value(at: "spec", "maxUnavailable") {
            expected = self.expected(pods, in: cluster)
            desired = max(0, expected - (IntOrPercent.count(maximum, of: expected, roundingUp: true) ?? 0))
        }
        let allowed = expected <= 0 ? 0 : max(0, healthy - desired)
        status["disruptedPods"] = disrupted.isEmpty ? nil : .object(disrupted)
        status["disruptionsAllowed"] = .count(allowed)
        status["currentHealthy"] = .count(healthy)
        status["desiredHealthy"] = .count(desired)
        status["expectedPods"] = .count(expected)
        let generation = budget.generation.map(Value.integer)
        status["observedGeneration"] = generation
        status.setCondition(
            Condition(
                type: "DisruptionAllowed", status: .init(allowed > 0),
                reason: allowed > 0 ? "SufficientPods" : "InsufficientPods"), now: now,
            extra: ["message": "", "observedGeneration": generation ?? 1])
        result.writeStatus(status, of: &budget)
        return result
    }

    /// Pods whose eviction was allowed and which are not gone yet; after two minutes they count again.
    private func disruptions(
        in status: Object, pods: [Object], now: Timestamp, result: inout ControllerResult
    ) -> Object {
        var kept = Object()
        for pair in (status["disruptedPods"]?.object ?? Object()).pairs {
            guard pods.contains(where: { $0.name == pair.key && !$0.isTerminating }),
                let end = pair.value.string.flatMap({ Timestamp($0) }).map({ $0 + .seconds(120) }), end > now
            else { continue }
            kept[pair.key] = pair.value
            result.wake(at: end)
        }
        return kept
    }

    /// What the pods' controllers are to have together.
    private func expected(_ pods: [Object], in cluster: any ClusterReader) -> Int {
        var sizes: [ObjectID: Int] = [:]
        for pod in pods {
            let direct = [GroupKind.replicaSet, .statefulSet].lazy.compactMap { pod.controllerKey(of: $0) }.first
            guard let direct, let owner = cluster.object(direct) else { continue }
            if let above = owner.controllerKey(of: .deployment), let deployment = cluster.object(above) {
                sizes[above] = deployment.replicas
            } else {
                sizes[direct] = owner.replicas
            }
        }
        return sizes.values.reduce(0, +)
    }
}
