// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Binds pods to a node: the box has one, with room for all.
package struct Scheduler: SandboxController {
    package let name = "default-scheduler"
    package let manager = "kube-scheduler"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "Pod": return isWaiting(object) ? [object.objectID] : []
        case "PersistentVolumeClaim":
            return cluster.objects(.pod, namespace: object.namespace)
                .filter { isWaiting($0) && PodReferences(pod: $0, cluster: cluster).claims.contains(object.name) }
                .map(\.objectID)
        case "Node": return cluster.objects(.pod, namespace: nil).filter(isWaiting).map(\.objectID)
        default: return []
        }
    }

    private func isWaiting(_ pod: Object) -> Bool { pod.string(at: "spec", "nodeName") == nil && pod.isPodActive }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        guard var pod = cluster.object(key), isWaiting(pod) else { return ControllerResult() }
        var result = ControllerResult()
        let nodes = Node.all(in: cluster)
        let problem = claimProblem(of: pod, in: cluster)
        if problem == nil, let node = nodes.first(where: { $0.accepts(pod) }) {
            result.changes.append(.bind(pod.objectID, node: node.name))
            result.event(pod, "Scheduled", "Successfully assigned \(pod.namespace)/\(pod.name) to \(node.name)")
            return result
        }
        let reason = problem ?? "\(nodes.count) node(s) didn't match Pod's node affinity/selector"
        let available = "0/\(nodes.count) nodes are available"
        let message =
            "\(available): \(reason). preemption: \(available): "
            + "\(nodes.count) Preemption is not helpful for scheduling."
        var status = pod["status"]?.object ?? Object()
        guard status.condition("PodScheduled")?["message"]?.string != message else { return result }
        status.setCondition(
            Condition(type: "PodScheduled", status: .isFalse, reason: "Unschedulable", message: message), now: now,
            extra: ["lastProbeTime": nil])
        result.writeStatus(status, of: &pod)
        result.event(pod, "FailedScheduling", message, warning: true)
        return result
    }

    private func claimProblem(of pod: Object, in cluster: any ClusterReader) -> String? {
        for name in PodReferences(pod: pod, cluster: cluster).claims {
            guard let claim = cluster.object(GroupKind.persistentVolumeClaim.named(name, in: pod.namespace)) else {
                return "persistentvolumeclaim \"\(name)\" not found"
            }
            if claim.string(at: "status", "phase") != "Bound" {
                return "pod has unbound immediate PersistentVolumeClaims"
            }
        }
        return nil
    }
}

/// A node as placement sees it.
struct Node {
    let name: String
    private let labels: Object
    private let isCordoned: Bool
    private let taints: [Object]

    /// The cluster's nodes, or the one the box has where no Node object exists.
    static func all(in cluster: any ClusterReader) -> [Node] {
        let stored = cluster.objects(.node, namespace: nil)
        guard stored.isEmpty else {
            return stored.map {
                Node(
                    name: $0.name, labels: $0.labels,
                    isCordoned: $0.value(at: "spec", "unschedulable")?.bool == true,
                    taints: $0.list(at: "spec", "taints"))
            }
        }
        let labels: Object = [
            "kubernetes.io/hostname": "sandbox", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
        ]
        return [Node(name: "sandbox", labels: labels, isCordoned: false, taints: [])]
    }

    func accepts(_ pod: Object) -> Bool {
        let spec = pod["spec"]?.object ?? Object()
        let tolerations = spec.list(at: "tolerations")
        return !isCordoned && matches(spec) && tolerates(["NoSchedule", "NoExecute"], tolerations)
    }

    /// Whether each taint with one of these effects is tolerated.
    func tolerates(_ effects: [String], _ tolerations: [Object]) -> Bool {
        taints.allSatisfy { taint in
            !effects.contains(taint["effect"]?.string ?? "") || tolerations.contains { Self.tolerates($0, taint) }
        }
    }

    /// kubernetes, staging/src/k8s.io/component-helpers/scheduling/corev1: an empty effect or key means any.
    private static func tolerates(_ toleration: Object, _ taint: Object) -> Bool {
        let effect = toleration["effect"]?.string ?? ""
        let key = toleration["key"]?.string ?? ""
        guard effect.isEmpty || effect == taint["effect"]?.string, key.isEmpty || key == taint["key"]?.string else {
            return false
        }
        if toleration["operator"]?.string == "Exists" { return true }
        return (toleration["value"]?.string ?? "") == (taint["value"]?.string ?? "")
    }

    /// `nodeSelector`, and the affinity by name that DaemonSet pods carry.
    func matches(_ spec: Object) -> Bool {
        let selector = spec["nodeSelector"]?.object ?? Object()
        guard selector.pairs.allSatisfy({ labels[$0.key] == $0.value }) else { return false }
        let terms = spec.value(
            at: "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
        let named = (terms?.array ?? []).flatMap { $0["matchFields"]?.array ?? [] }
        return named.isEmpty
            || named.contains { field in
                field["key"] == "metadata.name" && field["values"]?.array?.contains(.string(name)) == true
            }
    }
}
