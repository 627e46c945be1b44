// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What controllers ask about pods.
extension Object {
    var podPhase: String { string(at: "status", "phase") ?? "Pending" }

    var isPodFinished: Bool { podPhase == "Succeeded" || podPhase == "Failed" }

    /// Counts as a replica: neither finished nor on its way out.
    var isPodActive: Bool { !isPodFinished && !isTerminating }

    private var readyCondition: Object? { value(at: "status")?.object?.condition("Ready") }

    var isPodReady: Bool { readyCondition?["status"]?.string == "True" }

    var podReadySince: Timestamp? { isPodReady ? readyCondition?.time(at: "lastTransitionTime") : nil }

    var podRestarts: Int {
        list(at: "status", "containerStatuses").reduce(0) { $0 + ($1.int(at: "restartCount") ?? 0) }
    }

    /// When a ready pod counts as available; nil while it is not ready.
    func podAvailableAt(minReadySeconds: Int) -> Timestamp? {
        podReadySince.map { $0 + .seconds(minReadySeconds) }
    }

    /// Ready for long enough. A time in the future asks to come back then.
    func isPodAvailable(minReadySeconds: Int, now: Timestamp, result: inout ControllerResult) -> Bool {
        guard isPodReady else { return false }
        guard minReadySeconds > 0, let time = podAvailableAt(minReadySeconds: minReadySeconds) else { return true }
        if time <= now { return true }
        result.wake(at: time)
        return false
    }

    /// A pod of a template, controlled by `owner`.
    static func pod(
        named name: String, generateName: String, from template: Object, owner: Object, labels: [(String, String)] = []
    ) -> Object {
        var metadata: Object = [
            "name": .string(name), "generateName": .string(generateName), "namespace": .string(owner.namespace),
        ]
        let given = template["metadata"]?.object ?? Object()
        var allLabels = given["labels"]?.object ?? Object()
        for (key, value) in labels { allLabels[key] = .string(value) }
        if !allLabels.isEmpty { metadata["labels"] = .object(allLabels) }
        metadata["annotations"] = given["annotations"]
        metadata["finalizers"] = given["finalizers"]
        metadata["ownerReferences"] = [owner.asController]
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": .object(metadata), "spec": template["spec"] ?? [:],
        ]
    }

    /// The deletion order of `kubectl scale --replicas`: what is least use first (ActivePodsWithRanks).
    static func isLessUseful(_ left: Object, _ right: Object) -> Bool {
        func rank(_ pod: Object) -> [Int] {
            let phase = ["Pending": 0, "Unknown": 1, "Running": 2][pod.podPhase] ?? 0
            return [
                pod.string(at: "spec", "nodeName") == nil ? 0 : 1, phase, pod.isPodReady ? 1 : 0,
                Int(pod.string(at: "metadata", "annotations", "controller.kubernetes.io/pod-deletion-cost") ?? "") ?? 0,
                -Int(pod.podReadySince?.millisecondsSinceEpoch ?? 0), -pod.podRestarts,
                -Int(pod.creationTime?.millisecondsSinceEpoch ?? 0),
            ]
        }
        let (first, second) = (rank(left), rank(right))
        if first != second { return first.lexicographicallyPrecedes(second) }
        return left.name < right.name
    }
}
