// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// DaemonSets: a pod on every node that fits.
package struct DaemonSetController: SandboxController {
    package let name = "daemonset-controller"
    private static let revisionLabel = "controller-revision-hash"
    private static let generationLabel = "pod-template-generation"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "DaemonSet": [object.objectID]
        case "Pod": object.controllerKey(of: .daemonSet).map { [$0] } ?? []
        case "Node": cluster.objects(.daemonSet, namespace: nil).map(\.objectID)
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        guard var set = cluster.object(key), !set.isTerminating else { return ControllerResult() }
        var result = ControllerResult()
        var history = RevisionHistory(of: set, hashLabel: Self.revisionLabel, in: cluster)
        let hash = history.latest(result: &result).labels[Self.revisionLabel]?.string ?? ""
        let all = cluster.controlled(by: set, kind: .pod)
        var template = set.value(at: "spec", "template")?.object ?? Object()
        tolerate(&template)
        let tolerations = template.list(at: "spec", "tolerations")
        let fitting = Node.all(in: cluster).filter { $0.matches(template["spec"]?.object ?? Object()) }
        let chosen = fitting.filter { $0.tolerates(["NoSchedule", "NoExecute"], tolerations) }
        // Where a new pod may not go, one that is there stays unless the taint evicts it.
        let keeping = fitting.filter { $0.tolerates(["NoExecute"], tolerations) }

        for pod in all where pod.isPodFinished && !pod.isTerminating { remove(pod, of: set, result: &result) }
        var byNode: [String: Object] = [:]
        var misplaced = 0
        for pod in all where pod.isPodActive {
            let node = target(of: pod)
            if byNode[node] == nil, chosen.contains(where: { $0.name == node }) {
                byNode[node] = pod
                continue
            }
            if !chosen.contains(where: { $0.name == node }) { misplaced += 1 }
            if !keeping.contains(where: { $0.name == node }) || byNode[node] != nil {
                remove(pod, of: set, result: &result)
            }
        }
        let leaving = Set(all.filter { $0.isTerminating }.map(target))
        for node in chosen where byNode[node.name] == nil && !leaving.contains(node.name) {
            create(on: node, of: set, template: template, hash: hash, in: cluster, result: &result, random: &random)
        }

        let placed = chosen.compactMap { byNode[$0.name] }
        let minReadySeconds = set.int(at: "spec", "minReadySeconds") ?? 0
        let available = placed.filter {
            $0.isPodAvailable(minReadySeconds: minReadySeconds, now: now, result: &result)
        }
        let outdated = placed.filter { $0.labels[Self.revisionLabel]?.string != hash }
        if set.string(at: "spec", "updateStrategy", "type") != "OnDelete" {
            let limit = set.value(at: "spec", "updateStrategy", "rollingUpdate", "maxUnavailable")
            let allowed = max(1, IntOrPercent.count(limit ?? 1, of: chosen.count, roundingUp: true) ?? 1)
            var room = allowed - (chosen.count - available.count)
            for pod in outdated where !pod.isPodReady || room > 0 {
                if pod.isPodReady { room -= 1 }
                remove(pod, of: set, result: &result)
            }
        }

        var status: Object = [
            "currentNumberScheduled": .count(placed.count), "numberMisscheduled": .count(misplaced),
            "desiredNumberScheduled": .count(chosen.count), "numberReady": .count(placed.filter(\.isPodReady).count),
        ]
        status["observedGeneration"] = set.generation.map(Value.integer)
        status.setCount("updatedNumberScheduled", placed.count - outdated.count)
        status.setCount("numberAvailable", available.count)
        status.setCount("numberUnavailable", chosen.count - available.count)
        result.writeStatus(status, of: &set)
        let live = all.compactMap { $0.labels[Self.revisionLabel]?.string } + [hash]
        history.cleanUp(keeping: Set(live.map { "\(set.name)-\($0)" }), result: &result)
        return result
    }

    /// What every daemon tolerates (kubernetes, pkg/controller/daemon/util).
    private func tolerate(_ template: inout Object) {
        var conditions = [
            ("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("disk-pressure", "NoSchedule"),
            ("memory-pressure", "NoSchedule"), ("pid-pressure", "NoSchedule"), ("unschedulable", "NoSchedule"),
        ]
        if template.value(at: "spec", "hostNetwork")?.bool == true {
            conditions.append(("network-unavailable", "NoSchedule"))
        }
        var tolerations = template.value(at: "spec", "tolerations")?.array ?? []
        for (key, effect) in conditions {
            let toleration: Value = [
                "key": .string("node.kubernetes.io/\(key)"), "operator": "Exists", "effect": .string(effect),
            ]
            if !tolerations.contains(toleration) { tolerations.append(toleration) }
        }
        template.set(.array(tolerations), at: "spec", "tolerations")
    }

    /// The node a pod is on, or is meant for before it is bound.
    private func target(of pod: Object) -> String {
        if let name = pod.string(at: "spec", "nodeName") { return name }
        let terms = pod.value(
            at: "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
            "nodeSelectorTerms")
        return terms?[0]?["matchFields"]?[0]?["values"]?[0]?.string ?? ""
    }

    private func remove(_ pod: Object, of set: Object, result: inout ControllerResult) {
        result.delete(pod)
        result.event(set, "SuccessfulDelete", "Deleted pod: \(pod.name)")
    }

    private func create(
        on node: Node, of set: Object, template: Object, hash: String, in cluster: any ClusterReader,
        result: inout ControllerResult, random: inout any RandomNumberGenerator
    ) {
        let prefix = "\(set.name)-"
        let name = GeneratedNames.generated(prefix, kind: .pod, namespace: set.namespace, in: cluster, random: &random)
        let generation = set.annotations["deprecated.daemonset.template.generation"]?.string ?? "1"
        var pod = Object.pod(
            named: name, generateName: prefix, from: template, owner: set,
            labels: [(Self.revisionLabel, hash), (Self.generationLabel, generation)])
        pod.set(
            [
                [
                    "matchFields": [
                        ["key": "metadata.name", "operator": "In", "values": [.string(node.name)]]
                    ]
                ]
            ], at: "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
            "nodeSelectorTerms")
        result.changes.append(.create(pod))
        result.event(set, "SuccessfulCreate", "Created pod: \(name)")
    }
}
