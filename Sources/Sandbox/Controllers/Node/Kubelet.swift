// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The node's agent: takes bound pods from pending to running, ready, crashed or finished, and removes deleted ones.
package struct Kubelet: SandboxController {
    package let name = "kubelet"
    package let manager = "kubelet"
    private let pace: SandboxPace

    package init(pace: SandboxPace) { self.pace = pace }

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "Pod": return [object.objectID]
        case "ConfigMap", "Secret":
            guard object.apiVersion == "v1" else { return [] }
            return cluster.objects(.pod, namespace: object.namespace)
                .filter { isWaiting($0) && PodReferences(pod: $0, cluster: cluster).mentions(object) }
                .map(\.objectID)
        default: return []
        }
    }

    /// Bound, with a container that has not been created.
    private func isWaiting(_ pod: Object) -> Bool {
        let statuses = pod.list(at: "status", "initContainerStatuses") + pod.list(at: "status", "containerStatuses")
        return statuses.contains { $0.value(at: "state", "waiting") != nil }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        guard let pod = cluster.object(key) else { return ControllerResult() }
        if pod.isTerminating { return stop(pod, now: now) }
        guard pod.string(at: "spec", "nodeName") != nil, !pod.isPodFinished else { return ControllerResult() }
        return run(pod, references: PodReferences(pod: pod, cluster: cluster), now: now)
    }

    private func run(_ given: Object, references: PodReferences, now: Timestamp) -> ControllerResult {
        var pod = given
        var result = ControllerResult()
        var containers = PodContainers(pod)
        let mountProblem = containers.hasStarted ? nil : references.mountProblem
        if let mountProblem {
            if containers.mountDue(retry: pace.mountRetry, now: now, result: &result) {
                result.event(pod, "FailedMount", mountProblem, warning: true)
            }
        } else {
            containers.step(pod, references: references, pace: pace, now: now, result: &result)
        }
        let status = PodStatus.status(
            of: pod, containers: containers, isMounted: mountProblem == nil, now: now)
        result.writeStatus(status, of: &pod)
        return result
    }

    /// Containers end at once and show it for a moment; then the pod goes. A pod without a node goes at once.
    private func stop(_ given: Object, now: Timestamp) -> ControllerResult {
        var pod = given
        var result = ControllerResult()
        var containers = PodContainers(pod)
        let isKnown = pod.string(at: "spec", "nodeName") != nil && !pod.list(at: "status", "containerStatuses").isEmpty
        if isKnown, containers.terminate(pod, now: now, result: &result) {
            result.writeStatus(PodStatus.stopping(pod, containers: containers, now: now), of: &pod)
            result.wake(at: now + pace.stop)
        } else if isKnown, let end = containers.latestChange, end + pace.stop > now {
            result.wake(at: end + pace.stop)
        } else {
            result.delete(pod)
        }
        return result
    }
}
