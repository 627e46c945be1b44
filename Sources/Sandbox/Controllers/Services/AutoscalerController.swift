// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// HorizontalPodAutoscalers without metrics: the load always fits, so only the bounds move the target's size.
package struct AutoscalerController: SandboxController {
    package let name = "horizontal-pod-autoscaler"

    private let pace: SandboxPace

    package init(pace: SandboxPace) { self.pace = pace }

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "HorizontalPodAutoscaler": [object.objectID]
        case "Deployment", "ReplicaSet", "StatefulSet":
            cluster.objects(.horizontalPodAutoscaler, namespace: object.namespace)
                .filter { target(of: $0) == object.objectID }
                .map(\.objectID)
        default: []
        }
    }

    private func target(of autoscaler: Object) -> ObjectID? {
        guard let reference = autoscaler.value(at: "spec", "scaleTargetRef")?.object,
            let kind = reference["kind"]?.string, let name = reference["name"]?.string
        else { return nil }
        let group = GroupVersionKind(apiVersion: reference.apiVersion, kind: kind).group
        return ObjectID(group: group, kind: kind, namespace: autoscaler.namespace, name: name)
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard var autoscaler = cluster.object(key), !autoscaler.isTerminating else { return result }
        if let first = autoscaler.creationTime.map({ $0 + pace.autoscale }), first > now {
            result.wake(at: first)
            return result
        }
        var status = autoscaler["status"]?.object ?? Object()
        guard let id = target(of: autoscaler), var workload = cluster.object(id) else {
            status.setCondition(
                Condition(
                    type: "AbleToScale", status: .isFalse, reason: "FailedGetScale",
                    message: "the HPA controller was unable to get the target's current scale: not found"), now: now)
            result.writeStatus(status, of: &autoscaler)
            return result
        }
        let current = workload.replicas
        let lower = autoscaler.int(at: "spec", "minReplicas") ?? 1
        let upper = max(lower, autoscaler.int(at: "spec", "maxReplicas") ?? lower)
        // Zero replicas switch autoscaling off.
        let desired = current == 0 ? 0 : min(max(current, lower), upper)
        if desired != current {
            workload.set(.count(desired), at: "spec", "replicas")
            result.update(workload)
            let bound = desired > current ? "below Spec.MinReplicas" : "above Spec.MaxReplicas"
            result.event(
                autoscaler, "SuccessfulRescale",
                "New size: \(desired); reason: Current number of replicas \(bound)")
            status["lastScaleTime"] = .time(now)
        }
        status["currentReplicas"] = .count(workload.count("replicas"))
        status["desiredReplicas"] = .count(desired)
        status["currentMetrics"] = nil
        status.setCondition(
            Condition(
                type: "AbleToScale", status: .isTrue, reason: "ReadyForNewScale",
                message: "recommended size matches current size"), now: now)
        status.setCondition(
            Condition(
                type: "ScalingActive", status: .init(current != 0),
                reason: current == 0 ? "ScalingDisabled" : "ValidMetricFound",
                message: current == 0
                    ? "scaling is disabled since the replica count of the target is zero"
                    : "the HPA was able to successfully calculate a replica count from a resource metric"), now: now)
        status.setCondition(
            Condition(
                type: "ScalingLimited", status: .isFalse, reason: "DesiredWithinRange",
                message: "the desired count is within the acceptable range"), now: now)
        result.writeStatus(status, of: &autoscaler)
        return result
    }
}
