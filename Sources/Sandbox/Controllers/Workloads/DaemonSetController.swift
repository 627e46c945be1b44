// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// DaemonSets: a pod on every node that fits (kubernetes, pkg/controller/daemon).
package struct DaemonSetController: SandboxController {
    package let name = "daemonset-controller"

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
        guard let set = cluster.object(key), !set.isTerminating else { return ControllerResult() }
        var sync = DaemonSetSync(set, in: cluster, now: now)
        sync.run(random: &random)
        return sync.result
    }
}

/// One pass over one DaemonSet.
struct DaemonSetSync {
    static let revisionLabel = "controller-revision-hash"
    private static let generationLabel = "pod-template-generation"

    let cluster: any ClusterReader
    let now: Timestamp
    var daemonSet: Object
    var result = ControllerResult()
    private var history: RevisionHistory
    let hash: String
    private let template: Object
    /// All nodes there are, by name; and what they are to have.
    let nodes: [NodePlace]
    /// By node: what is there, oldest first. Pods that are deleted and have ended are left out.
    let pods: [String: [Object]]
    private var hasChanged = false

    struct NodePlace {
        var node: Node
        /// A pod belongs there.
        var shouldRun: Bool
        /// One that is there may stay.
        var shouldContinue: Bool

        var name: String { node.name }
    }

    init(_ daemonSet: Object, in cluster: any ClusterReader, now: Timestamp) {
        self.daemonSet = daemonSet
        self.cluster = cluster
        self.now = now
        var history = RevisionHistory(of: daemonSet, hashLabel: Self.revisionLabel, in: cluster)
        hash = history.latest(result: &result).labels[Self.revisionLabel]?.string ?? ""
        self.history = history
        var template = daemonSet.value(at: "spec", "template")?.object ?? Object()
        Self.tolerate(&template)
        self.template = template
        let spec = template["spec"]?.object ?? Object()
        let tolerations = spec.list(at: "tolerations")
        nodes = Node.all(in: cluster).map { node in
            let fits = node.matches(spec)
            return NodePlace(
                node: node, shouldRun: fits && node.tolerates(["NoSchedule", "NoExecute"], tolerations),
                // Where a new pod may not go, one that is there stays unless the taint evicts it.
                shouldContinue: fits && node.tolerates(["NoExecute"], tolerations))
        }
        var pods: [String: [Object]] = [:]
        for pod in cluster.controlled(by: daemonSet, kind: .pod) where !(pod.isTerminating && pod.isPodFinished) {
            pods[Self.target(of: pod), default: []].append(pod)
        }
        self.pods = pods
    }

    var desired: Int { nodes.count { $0.shouldRun } }

    mutating func isAvailable(_ pod: Object) -> Bool {
        pod.isPodAvailable(
            minReadySeconds: daemonSet.int(at: "spec", "minReadySeconds") ?? 0, now: now, result: &result)
    }

    func isUpdated(_ pod: Object) -> Bool { pod.labels[Self.revisionLabel]?.string == hash }

    mutating func run(random: inout any RandomNumberGenerator) {
        manage(random: &random)
        // What was changed just now is looked at first.
        if !hasChanged, daemonSet.string(at: "spec", "updateStrategy", "type") != "OnDelete" {
            roll(random: &random)
        }
        // Before the status: it counts what has been decided on as little as the real one does.
        cleanUpHistory()
        writeStatus()
    }

    // MARK: A pod on every node

    private mutating func manage(random: inout any RandomNumberGenerator) {
        var leaving: [Object] = []
        var missing: [Node] = []
        for place in nodes {
            let present = pods[place.name] ?? []
            if place.shouldRun, present.isEmpty {
                missing.append(place.node)
            } else if place.shouldContinue {
                leaving += excess(present, on: place.name)
            } else {
                leaving += present.filter { !$0.isTerminating }
            }
        }
        // The nodes that they were meant for are gone.
        for (name, orphans) in pods.sorted(by: { $0.key < $1.key }) where !nodes.contains(where: { $0.name == name }) {
            leaving += orphans.filter { !$0.isTerminating }
        }
        apply(creating: missing, deleting: leaving, random: &random)
    }

    /// What has ended, and all but the oldest; where an update may add a pod, all but the oldest of each kind.
    private mutating func excess(_ present: [Object], on node: String) -> [Object] {
        var excess: [Object] = []
        var running: [Object] = []
        for pod in present where !pod.isTerminating {
            let name = "\(pod.namespace)/\(pod.name) on node \(node)"
            switch pod.podPhase {
            case "Failed":
                result.event(
                    daemonSet, "FailedDaemonPod", "Found failed daemon pod \(name), will try to kill it", warning: true)
                excess.append(pod)
            case "Succeeded":
                result.event(
                    daemonSet, "SucceededDaemonPod", "Found succeeded daemon pod \(name), will try to delete it")
                excess.append(pod)
            default: running.append(pod)
            }
        }
        guard running.count > 1 else { return excess }
        guard surge > 0 else { return excess + running.dropFirst() }
        let new = running.first(where: isUpdated)
        let old = running.first { !isUpdated($0) }
        excess += running.filter { $0.uid != new?.uid && $0.uid != old?.uid }
        if let new, let old, !old.isPodReady || isAvailable(new) { excess.append(old) }
        return excess
    }

    mutating func apply(creating: [Node], deleting: [Object], random: inout any RandomNumberGenerator) {
        hasChanged = hasChanged || !creating.isEmpty || !deleting.isEmpty
        if cluster.refusal(of: daemonSet).map({ $0.retryAt <= now }) ?? true {
            for node in creating { create(on: node, random: &random) }
        }
        for pod in deleting {
            result.delete(pod)
            result.event(daemonSet, "SuccessfulDelete", "Deleted pod: \(pod.name)")
        }
    }

    private mutating func create(on node: Node, random: inout any RandomNumberGenerator) {
        let prefix = "\(daemonSet.name)-"
        let name = GeneratedNames.generated(
            prefix, kind: .pod, namespace: daemonSet.namespace, in: cluster, random: &random)
        let generation = daemonSet.annotations["deprecated.daemonset.template.generation"]?.string ?? "1"
        var pod = Object.pod(
            named: name, generateName: prefix, from: template, owner: daemonSet,
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
        result.event(daemonSet, "SuccessfulCreate", "Created pod: \(name)")
    }

    /// What every daemon tolerates (kubernetes, pkg/controller/daemon/util).
    private static func tolerate(_ template: inout Object) {
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
    private static func target(of pod: Object) -> String {
        if let name = pod.string(at: "spec", "nodeName") { return name }
        let terms = pod.value(
            at: "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
            "nodeSelectorTerms")
        return terms?[0]?["matchFields"]?[0]?["values"]?[0]?.string ?? ""
    }

    // MARK: Status

    /// Each node counts by its oldest pod.
    private mutating func writeStatus() {
        var (scheduled, misplaced, ready, available, updated) = (0, 0, 0, 0, 0)
        for place in nodes {
            guard let pod = pods[place.name]?.first else { continue }
            guard place.shouldRun else {
                misplaced += 1
                continue
            }
            scheduled += 1
            if isUpdated(pod) { updated += 1 }
            guard pod.isPodReady else { continue }
            ready += 1
            if isAvailable(pod) { available += 1 }
        }
        var status: Object = [
            "currentNumberScheduled": .count(scheduled), "numberMisscheduled": .count(misplaced),
            "desiredNumberScheduled": .count(desired), "numberReady": .count(ready),
        ]
        status["observedGeneration"] = daemonSet.generation.map(Value.integer)
        status.setCount("updatedNumberScheduled", updated)
        status.setCount("numberAvailable", available)
        status.setCount("numberUnavailable", desired - available)
        result.writeStatus(status, of: &daemonSet)
    }

    /// Those of earlier templates, beyond the limit, but none that a pod is of.
    private mutating func cleanUpHistory() {
        let live = pods.values.joined().compactMap { $0.labels[Self.revisionLabel]?.string }
        let names = Set(live.map { "\(daemonSet.name)-\($0)" })
        history.cleanUp(keeping: names.union(["\(daemonSet.name)-\(hash)"]), countingLive: true, result: &result)
    }
}
