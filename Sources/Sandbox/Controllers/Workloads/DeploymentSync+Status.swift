// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Counts and conditions.
extension DeploymentSync {
    var progressing: Object? { deployment["status"]?.object?.condition("Progressing") }

    func calculatedStatus() -> Object {
        func sum(_ field: String) -> Int { all.reduce(0) { $0 + $1.count(field) } }
        var status = Object()
        let available = sum("availableReplicas")
        status["observedGeneration"] = deployment.generation.map(Value.integer)
        status.setCount("replicas", sum("replicas"))
        status.setCount("updatedReplicas", new?.count("replicas") ?? 0)
        status.setCount("readyReplicas", sum("readyReplicas"))
        status.setCount("availableReplicas", available)
        status.setCount("unavailableReplicas", max(0, all.reduce(0) { $0 + $1.replicas } - available))
        status["terminatingReplicas"] = .count(sum("terminatingReplicas"))
        status["collisionCount"] = deployment.value(at: "status", "collisionCount")
        status["conditions"] = deployment.value(at: "status", "conditions")
        let isAvailable = available >= math.minimumAvailable
        status.setRolloutCondition(
            Condition(
                type: "Available", status: .init(isAvailable),
                reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                message: isAvailable
                    ? "Deployment has minimum availability." : "Deployment does not have minimum availability."),
            now: now)
        return status
    }

    func isComplete(_ status: Object) -> Bool {
        status.int(at: "updatedReplicas") ?? 0 == math.replicas && status.int(at: "replicas") ?? 0 == math.replicas
            && status.int(at: "availableReplicas") ?? 0 == math.replicas
            && (status["observedGeneration"]?.integer ?? 0) >= (deployment.generation ?? 0)
    }

    private func hasProgressed(_ status: Object) -> Bool {
        func count(_ field: String) -> Int { status.int(at: field) ?? 0 }
        let oldBefore = deployment.count("replicas") - deployment.count("updatedReplicas")
        return count("updatedReplicas") > deployment.count("updatedReplicas")
            || count("replicas") - count("updatedReplicas") < oldBefore
            || count("readyReplicas") > deployment.count("readyReplicas")
            || count("availableReplicas") > deployment.count("availableReplicas")
    }

    mutating func writeStatus(_ status: Object) { result.writeStatus(status, of: &deployment) }

    mutating func writeRolloutStatus() {
        var status = calculatedStatus()
        guard hasProgressDeadline else {
            status.removeCondition("Progressing")
            return writeStatus(status)
        }
        let wasComplete =
            status.int(at: "replicas") ?? 0 == status.int(at: "updatedReplicas") ?? 0
            && progressing?["reason"]?.string == "NewReplicaSetAvailable"
        if !wasComplete { updateProgress(in: &status) }
        noteFailure(in: &status)
        writeStatus(status)
    }

    /// Pods that a ReplicaSet cannot create are the Deployment's trouble too.
    private func noteFailure(in status: inout Object) {
        let sets = (new.map { [$0] } ?? []) + old
        guard let failure = sets.lazy.compactMap({ $0["status"]?.object?.condition("ReplicaFailure") }).first else {
            return status.removeCondition("ReplicaFailure")
        }
        status.setRolloutCondition(
            Condition(
                type: "ReplicaFailure", status: .isTrue, reason: failure["reason"]?.string ?? "",
                message: failure["message"]?.string ?? ""), now: now)
    }

    private mutating func updateProgress(in status: inout Object) {
        let subject = new.map { "ReplicaSet \"\($0.name)\"" } ?? "Deployment \"\(deployment.name)\""
        if isComplete(status) {
            status.setRolloutCondition(
                Condition(
                    type: "Progressing", status: .isTrue, reason: "NewReplicaSetAvailable",
                    message: "\(subject) has successfully progressed."), now: now)
        } else if hasProgressed(status) {
            // Written anew each time: its update time is what the deadline counts from.
            let since = progressing?["status"]?.string == "True" ? progressing?["lastTransitionTime"] : nil
            status.removeCondition("Progressing")
            status.setRolloutCondition(
                Condition(
                    type: "Progressing", status: .isTrue, reason: "ReplicaSetUpdated",
                    message: "\(subject) is progressing."), now: now)
            if let since, var conditions = status["conditions"]?.array, var last = conditions.popLast()?.object {
                last["lastTransitionTime"] = since
                status["conditions"] = .array(conditions + [.object(last)])
            }
            awaitDeadline(of: status)
        } else if awaitDeadline(of: status) {
            status.setRolloutCondition(
                Condition(
                    type: "Progressing", status: .isFalse, reason: "ProgressDeadlineExceeded",
                    message: "\(subject) has timed out progressing."), now: now)
        }
    }

    /// True once the deadline has passed; before that, asks to be woken then. Condition times are cut to the second,
    /// so one is added, as the real controller does.
    @discardableResult
    private mutating func awaitDeadline(of status: Object) -> Bool {
        guard let condition = status.condition("Progressing"), let seconds = deadlineSeconds else { return false }
        let reason = condition["reason"]?.string
        if reason == "NewReplicaSetAvailable" { return false }
        if reason == "ProgressDeadlineExceeded" { return true }
        guard let updated = condition.time(at: "lastUpdateTime") else { return false }
        let deadline = updated + .seconds(seconds + 1)
        if now >= deadline { return true }
        result.wake(at: deadline)
        return false
    }

    private var deadlineSeconds: Int? { deployment.int(at: "spec", "progressDeadlineSeconds") }

    /// Pausing stops the clock of the progress deadline, resuming starts it again.
    mutating func notePause() {
        guard hasProgressDeadline, progressing?["reason"]?.string != "ProgressDeadlineExceeded" else { return }
        let isPaused = deployment.value(at: "spec", "paused")?.bool == true
        let wasPaused = progressing?["reason"]?.string == "DeploymentPaused"
        guard isPaused != wasPaused else { return }
        var status = deployment["status"]?.object ?? Object()
        status.setRolloutCondition(
            Condition(
                type: "Progressing", status: .isUnknown, reason: isPaused ? "DeploymentPaused" : "DeploymentResumed",
                message: isPaused ? "Deployment is paused" : "Deployment is resumed"), now: now)
        result.writeStatus(status, of: &deployment)
    }
}
