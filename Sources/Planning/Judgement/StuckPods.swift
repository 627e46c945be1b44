// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Finds the broken pods that keep an ordered StatefulSet from ever being updated.
///
/// With `OrderedReady` its controller waits until every pod is ready before it replaces any, so that a pod which can
/// never be ready is not replaced by the template that would mend it (Kubernetes' StatefulSet documentation, "Forced
/// rollback"; kubernetes#67250): somebody has to delete it.
package enum StuckPods {
    package struct StuckPod: Sendable, Hashable {
        package var id: ObjectID
        package var uid: String
        /// What is wrong with it, for people.
        package var reason: String
    }

    /// The pods that the update would replace if it did not wait for them, by name. Empty where the controller has not
    /// seen the template that was applied, and where it does not wait, or somebody else than it replaces the pods.
    ///
    /// - Parameters:
    ///   - statefulSet: the live object; another kind answers none.
    ///   - pods: live pods of the namespace; only the StatefulSet's own are looked at.
    ///   - appliedGeneration: the generation that our apply returned.
    package static func toDelete(
        statefulSet: Object, pods: [Object], appliedGeneration: Int64
    ) -> [StuckPod] {
        guard statefulSet.groupVersionKind.groupKind == GroupKind(group: "apps", kind: "StatefulSet"),
            PodDiagnosis.isObserved(statefulSet), (statefulSet.generation ?? 0) >= appliedGeneration,
            let updateRevision = statefulSet.value(at: "status", "updateRevision")?.string, !updateRevision.isEmpty
        else { return [] }
        let spec = statefulSet["spec"]
        guard (spec?["podManagementPolicy"]?.string ?? "OrderedReady") == "OrderedReady",
            (spec?["updateStrategy"]?["type"]?.string ?? "RollingUpdate") == "RollingUpdate"
        else { return [] }
        // What is below the partition would be made again as it was.
        let partition = spec?["updateStrategy"]?["rollingUpdate"]?["partition"]?.integer ?? 0
        let first = (spec?["ordinals"]?["start"]?.integer ?? 0) + partition
        return pods.filter { pod in
            PodDiagnosis.isController(statefulSet, of: pod) && !pod.uid.isEmpty
                && pod.metadata["deletionTimestamp"]?.string == nil
                && pod.labels["controller-revision-hash"].map { $0.string != updateRevision } == true
                && ordinal(of: pod).map { $0 >= first } == true && isUnready(pod)
        }
        .sorted { $0.name < $1.name }
        .compactMap { pod in
            let problem = PodReader(pod: pod).problems.first { $0.severity != .never }
            return problem.map {
                StuckPod(id: pod.objectID, uid: pod.uid, reason: "\($0.reason): \($0.message)")
            }
        }
    }

    private static func ordinal(of pod: Object) -> Int64? { pod.name.split(separator: "-").last.flatMap { Int64($0) } }

    /// A pod that ended, the controller replaces by itself.
    private static func isUnready(_ pod: Object) -> Bool {
        let status = ObjectStatus(pod)
        let phase = status.status["phase"]?.string
        return phase != "Failed" && phase != "Succeeded" && status.condition("Ready")?.isTrue != true
    }
}
