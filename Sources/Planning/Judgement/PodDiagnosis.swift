// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Reads the pods of a workload's new revision for what holds it up.
package enum PodDiagnosis {
    /// Problems of the new revision, the most telling first.
    ///
    /// - Parameters:
    ///   - workload: the live Deployment, StatefulSet, DaemonSet, Job, ReplicaSet or Pod.
    ///   - replicaSets: live ReplicaSets of the namespace; only the workload's own are looked at.
    ///   - pods: live pods of the namespace; only those of the new revision are looked at.
    package static func problems(of workload: Object, replicaSets: [Object], pods: [Object]) -> [PodProblem] {
        let newSets = newReplicaSets(of: workload, among: replicaSets)
        var found = creationProblems(of: newSets.isEmpty ? [workload] : newSets)
        for pod in newRevisionPods(of: workload, replicaSets: replicaSets, pods: pods) {
            found += PodReader(pod: pod).problems
        }
        found += stuckPods(of: workload, pods: pods)
        if workload.groupVersionKind.groupKind == GroupKind(group: "batch", kind: "Job") {
            found = found.map(heldByJob)
        }
        return found.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
    }

    /// A Job counts failed pods itself, and a pod whose image comes late may still run after it was given up: the
    /// Job's own verdict, and the timeout, decide.
    private static func heldByJob(_ problem: PodProblem) -> PodProblem {
        guard problem.severity != .atOnce, !problem.blocks else { return problem }
        var held = problem
        held.severity = .never
        return held
    }

    /// A StatefulSet with ordered pods does not replace a broken pod of an earlier revision by itself (Kubernetes'
    /// StatefulSet documentation, "Forced rollback"): it says so, since the new revision's pods show nothing.
    private static func stuckPods(of workload: Object, pods: [Object]) -> [PodProblem] {
        guard workload.groupVersionKind.groupKind == GroupKind(group: "apps", kind: "StatefulSet"),
            workload.value(at: "spec", "podManagementPolicy")?.string != "Parallel", isObserved(workload),
            let revision = workload.value(at: "status", "updateRevision")?.string
        else { return [] }
        return pods.filter { pod in
            isController(workload, of: pod) && pod.metadata["deletionTimestamp"]?.string == nil
                && pod.labels["controller-revision-hash"]?.string != revision
        }
        .sorted { $0.name < $1.name }
        .flatMap { PodReader(pod: $0).problems }
        .filter { $0.severity != .never }
        .map { problem in
            var stuck = problem
            stuck.severity = .never
            stuck.blocks = false
            stuck.message += "; pod \(problem.pod ?? "") of an earlier revision holds the update up until it is deleted"
            return stuck
        }
    }

    // MARK: Which pods

    /// The pods of the revision that the workload is going to, without those being deleted; sorted by name.
    package static func newRevisionPods(of workload: Object, replicaSets: [Object], pods: [Object]) -> [Object] {
        let alive = pods.filter { $0.metadata["deletionTimestamp"]?.string == nil }
        let chosen: [Object]
        switch (workload.groupVersionKind.group, workload.kind) {
        case ("", "Pod"): chosen = [workload]
        case ("apps", "Deployment"):
            let sets = newReplicaSets(of: workload, among: replicaSets)
            chosen = alive.filter { pod in sets.contains { isController($0, of: pod) } }
        case ("apps", "StatefulSet"):
            // Before the controller has seen the new template, `updateRevision` is the old one.
            guard isObserved(workload), let revision = workload.value(at: "status", "updateRevision")?.string else {
                return []
            }
            chosen = alive.filter {
                isController(workload, of: $0) && $0.labels["controller-revision-hash"]?.string == revision
            }
        case ("apps", "DaemonSet"):
            let own = alive.filter { isController(workload, of: $0) }
            chosen = newDaemonPods(
                own, generation: workload.annotations["deprecated.daemonset.template.generation"]?.string)
        default:
            chosen = alive.filter { isController(workload, of: $0) }
        }
        return chosen.sorted { $0.name < $1.name }
    }

    /// The ReplicaSets of a Deployment that carry its current revision number.
    private static func newReplicaSets(of workload: Object, among replicaSets: [Object]) -> [Object] {
        let key = "deployment.kubernetes.io/revision"
        guard workload.kind == "Deployment", let revision = workload.annotations[key]?.string, isObserved(workload)
        else {
            return []
        }
        return replicaSets.filter { isController(workload, of: $0) && $0.annotations[key]?.string == revision }
            .sorted { $0.name < $1.name }
    }

    /// By the template generation that pods are labelled with; where they are not, the newest pod's revision counts.
    private static func newDaemonPods(_ pods: [Object], generation: String?) -> [Object] {
        let key = "pod-template-generation"
        if let generation, pods.contains(where: { $0.labels[key] != nil }) {
            return pods.filter { $0.labels[key]?.string == generation }
        }
        let newest = pods.max { creation($0) < creation($1) }?.labels["controller-revision-hash"]
        return pods.filter { $0.labels["controller-revision-hash"] == newest }
    }

    private static func creation(_ object: Object) -> String { object.metadata["creationTimestamp"]?.string ?? "" }

    static func isObserved(_ workload: Object) -> Bool {
        (workload.value(at: "status", "observedGeneration")?.integer ?? 0) >= (workload.generation ?? 0)
    }

    static func isController(_ owner: Object, of object: Object) -> Bool {
        (object.metadata["ownerReferences"]?.array ?? []).contains { reference in
            reference["controller"]?.bool == true && reference["uid"]?.string == owner.uid && !owner.uid.isEmpty
        }
    }

    // MARK: Pods that cannot be made

    private static func creationProblems(of makers: [Object]) -> [PodProblem] {
        makers.flatMap { maker in
            ObjectStatus(maker).conditions.filter { $0.type == "ReplicaFailure" && $0.isTrue }
                .map { creationProblem($0, namespace: maker.namespace) }
        }
    }

    /// Quota and admission webhooks are on the list of messages that may be quoted; others are not.
    private static func creationProblem(_ condition: Condition, namespace: String) -> PodProblem {
        let message = condition.message
        if message.contains("exceeded quota") {
            return PodProblem(
                reason: "QuotaExceeded", message: "pods cannot be made: \(SafeText.quote(message))", severity: .never,
                blocks: true)
        }
        if message.contains("error looking up service account"),
            let name = quoted(after: "serviceaccount ", in: message)
        {
            return PodProblem(
                reason: "ServiceAccountMissing",
                message: "pods cannot be made: ServiceAccount \(namespace)/\(name) is not there", severity: .never,
                blocks: true, missing: ObjectID(group: "", kind: "ServiceAccount", namespace: namespace, name: name))
        }
        let isWebhook = message.contains("admission webhook")
        return PodProblem(
            reason: condition.reason.isEmpty ? "FailedCreate" : condition.reason,
            message: isWebhook
                ? "pods cannot be made: \(SafeText.quote(message))" : "the API server refuses to make its pods",
            severity: .afterGrace)
    }

    /// `name` in `prefix"name" …`.
    static func quoted(after prefix: String, in message: String) -> String? {
        guard let start = message.firstRange(of: prefix + "\"")?.upperBound else { return nil }
        let name = SafeText.word(String(message[start...].prefix { $0 != "\"" }))
        return name.isEmpty ? nil : name
    }
}

extension PodProblem {
    /// Lower is more telling.
    fileprivate var rank: Int {
        if blocks { return 1 }
        return switch severity {
        case .atOnce: 0
        case .afterGrace: 2
        case .byCount: 3
        case .never: reason == PodReader.unready ? 5 : 4
        }
    }
}
