// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Keeps PodDisruptionBudgets' counts. What a budget expects is the number of pods it selects.
package struct DisruptionController: SandboxController {
    package let name = "disruption-controller"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "PodDisruptionBudget": [object.objectID]
        case "Pod":
            cluster.objects(.podDisruptionBudget, namespace: object.namespace)
                .filter { PodSelector($0.value(at: "spec", "selector"))?.matches(object.labels) == true }
                .map(\.objectID)
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard var budget = cluster.object(key), !budget.isTerminating else { return result }
        let selector = PodSelector(budget.value(at: "spec", "selector"))
        let pods = cluster.objects(.pod, namespace: key.namespace)
            .filter { $0.isPodActive && selector?.matches($0.labels) == true }
        var status = budget["status"]?.object ?? Object()
        // Pods that were let go, until they are seen to go; after two minutes they count as staying.
        var disrupted = status["disruptedPods"]?.object ?? Object()
        for pair in disrupted.pairs {
            let since = Timestamp(pair.value.string ?? "")
            let isExpected = pods.contains { $0.name == pair.key } && since.map { now - $0 < .seconds(120) } == true
            if !isExpected { disrupted[pair.key] = nil }
        }
        if status["disruptedPods"] != nil { status["disruptedPods"] = .object(disrupted) }
        let healthy = pods.filter { $0.isPodReady && disrupted[$0.name] == nil }.count
        var desired = 0
        if let minimum = budget.value(at: "spec", "minAvailable") {
            desired = IntOrPercent.count(minimum, of: pods.count, roundingUp: true) ?? 0
        } else if let maximum = budget.value(at: "spec", "maxUnavailable") {
            desired = max(0, pods.count - (IntOrPercent.count(maximum, of: pods.count, roundingUp: true) ?? 0))
        }
        let allowed = pods.isEmpty ? 0 : max(0, healthy - desired)
        status["disruptionsAllowed"] = .count(allowed)
        status["currentHealthy"] = .count(healthy)
        status["desiredHealthy"] = .count(desired)
        status["expectedPods"] = .count(pods.count)
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
}
