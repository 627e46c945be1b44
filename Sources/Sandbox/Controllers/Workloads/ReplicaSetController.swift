// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// ReplicaSets: as many pods as wanted.
package struct ReplicaSetController: SandboxController {
    package let name = "replicaset-controller"

    /// The most pods made or deleted in one pass, as in the real controller.
    private static let burst = 500

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "ReplicaSet": [object.objectID]
        case "Pod": object.controllerKey(of: .replicaSet).map { [$0] } ?? []
        case "ServiceAccount":
            cluster.objects(.replicaSet, namespace: object.namespace)
                .filter { serviceAccount(of: $0) == object.name }
                .map(\.objectID)
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        guard var replicaSet = cluster.object(key) else { return ControllerResult() }
        var result = ControllerResult()
        let owned = cluster.controlled(by: replicaSet, kind: .pod)
        var active = owned.filter(\.isPodActive)
        var terminating = owned.filter { $0.isTerminating && !$0.isPodFinished }.count
        var refusal: String?
        if !replicaSet.isTerminating {
            if active.count < replicaSet.replicas {
                active += adopt(cluster.orphans(for: replicaSet, kind: .pod), by: replicaSet, result: &result)
            }
            let difference = replicaSet.replicas - active.count
            if difference > 0 {
                refusal = self.refusal(of: replicaSet, in: cluster)
                if let refused = cluster.refusal(of: replicaSet), refused.retryAt > now { refusal = refused.message }
            }
            if difference > 0, refusal == nil {
                create(min(difference, Self.burst), for: replicaSet, in: cluster, result: &result, random: &random)
            } else if difference < 0 {
                active.sort(by: Object.isLessUseful)
                for pod in active.prefix(min(-difference, Self.burst)) {
                    result.delete(pod)
                    result.event(replicaSet, "SuccessfulDelete", "Deleted pod: \(pod.name)")
                    terminating += 1
                }
                active.removeFirst(min(-difference, Self.burst))
            }
        }
        var status = status(of: replicaSet, active: active, terminating: terminating, now: now, result: &result)
        status["conditions"] = replicaSet.value(at: "status", "conditions")
        if let refusal {
            if !status.holds("ReplicaFailure"), cluster.refusal(of: replicaSet) == nil {
                result.event(replicaSet, "FailedCreate", "Error creating: \(refusal)", warning: true)
            }
            status.setCondition(
                Condition(type: "ReplicaFailure", status: .isTrue, reason: "FailedCreate", message: refusal), now: now)
        } else {
            status.removeCondition("ReplicaFailure")
        }
        result.writeStatus(status, of: &replicaSet)
        return result
    }

    private func serviceAccount(of replicaSet: Object) -> String {
        replicaSet.string(at: "spec", "template", "spec", "serviceAccountName") ?? "default"
    }

    /// Why the API server would refuse the pods, in its words: their service account is not there. The one every
    /// namespace has is not asked for, so that bare stores need none.
    private func refusal(of replicaSet: Object, in cluster: any ClusterReader) -> String? {
        let name = serviceAccount(of: replicaSet)
        let (namespace, id) = (replicaSet.namespace, GroupKind.serviceAccount.named(name, in: replicaSet.namespace))
        guard name != "default", cluster.object(id) == nil else { return nil }
        return "pods \"\(replicaSet.name)-\" is forbidden: error looking up service account \(namespace)/\(name): "
            + "serviceaccount \"\(name)\" not found"
    }

    private func adopt(_ pods: [Object], by replicaSet: Object, result: inout ControllerResult) -> [Object] {
        pods.filter(\.isPodActive).map { pod in
            var adopted = pod
            adopted.adopt(by: replicaSet)
            result.update(adopted)
            return adopted
        }
    }

    private func create(
        _ count: Int, for replicaSet: Object, in cluster: any ClusterReader, result: inout ControllerResult,
        random: inout any RandomNumberGenerator
    ) {
        let template = replicaSet.value(at: "spec", "template")?.object ?? Object()
        let prefix = "\(replicaSet.name)-"
        for _ in 0..<count {
            let name = GeneratedNames.generated(
                prefix, kind: .pod, namespace: replicaSet.namespace, in: cluster, random: &random)
            result.changes.append(
                .create(.pod(named: name, generateName: prefix, from: template, owner: replicaSet)))
            result.event(replicaSet, "SuccessfulCreate", "Created pod: \(name)")
        }
    }

    /// Deleted pods count as terminating at once; pods made in this pass count in the next one.
    private func status(
        of replicaSet: Object, active: [Object], terminating: Int, now: Timestamp, result: inout ControllerResult
    ) -> Object {
        let minReadySeconds = replicaSet.int(at: "spec", "minReadySeconds") ?? 0
        let labels = replicaSet.value(at: "spec", "template", "metadata", "labels")?.object ?? Object()
        var available = 0
        for pod in active where pod.isPodAvailable(minReadySeconds: minReadySeconds, now: now, result: &result) {
            available += 1
        }
        var status: Object = ["replicas": .count(active.count)]
        let labeled = active.filter { pod in labels.pairs.allSatisfy { pod.labels[$0.key] == $0.value } }
        status.setCount("fullyLabeledReplicas", labeled.count)
        status.setCount("readyReplicas", active.filter(\.isPodReady).count)
        status.setCount("availableReplicas", available)
        status["terminatingReplicas"] = .count(terminating)
        status["observedGeneration"] = replicaSet.generation.map(Value.integer)
        return status
    }
}
