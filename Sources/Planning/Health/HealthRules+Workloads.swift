// SPDX-License-Identifier: Apache-2.0

import Manifests

extension HealthRules {
    /// The reason of a Deployment that was paused before its newest template ran.
    static let rolloutPaused = "RolloutPaused"
    static let progressDeadlineExceeded = "ProgressDeadlineExceeded"

    static func deployment(_ status: ObjectStatus, _ context: Context) -> Health {
        let wanted = status.replicas
        let unfinished = unfinishedReplicas(status, wanted: wanted)
        if status.object.value(at: "spec", "paused")?.bool == true {
            guard let unfinished else { return .suspended("Paused", "paused; the newest template runs") }
            return .suspended(rolloutPaused, "paused before the newest template ran: \(unfinished)")
        }
        let progress = status.condition("Progressing")
        // Where only a ConfigMap changed, the condition may be an earlier try's; then the replicas decide.
        if let progress, progress.isFalse, progress.reason == progressDeadlineExceeded,
            !context.isBeforeApply(progress.lastUpdate ?? progress.lastTransition)
        {
            let seconds = status.object.value(at: "spec", "progressDeadlineSeconds")?.integer ?? 600
            return .degraded(
                progressDeadlineExceeded, "no progress within \(seconds) s: \(unfinished ?? "its pods are up")", .atOnce
            )
        }
        if let unfinished {
            // Once a rollout is complete, the controller leaves its condition as it is: what is missing now broke later.
            if progress?.reason == "NewReplicaSetAvailable", status.condition("Available")?.isFalse == true,
                let since = status.condition("Available")?.lastTransition
            {
                return relapse("MinimumReplicasUnavailable", unfinished, since: since, context)
            }
            return .progressing(progress?.reason ?? "Progressing", unfinished)
        }
        return .healthy()
    }

    /// Pods that broke after a rollout was complete: a minute is given, since they are also missing while scaling up.
    private static func relapse(_ reason: String, _ message: String, since: Timestamp, _ context: Context) -> Health {
        let end = since + .seconds(60)
        return context.now < end
            ? .progressing(reason, message, recheckAt: end) : .degraded(reason, message)
    }

    private static func unfinishedReplicas(_ status: ObjectStatus, wanted: Int64) -> String? {
        let (total, updated) = (status.count("replicas"), status.count("updatedReplicas"))
        let (ready, available) = (status.count("readyReplicas"), status.count("availableReplicas"))
        if updated < wanted { return "\(updated) of \(wanted) replicas are of the new revision" }
        if total > updated { return "\(total - updated) old replicas are still there" }
        if ready < wanted { return "\(ready) of \(wanted) replicas are ready" }
        if available < wanted { return "\(available) of \(wanted) replicas are available" }
        return nil
    }

    static func replicaSet(_ status: ObjectStatus) -> Health {
        let wanted = status.replicas
        if let failure = status.condition("ReplicaFailure"), failure.isTrue {
            return .progressing(failure.reason.isEmpty ? "ReplicaFailure" : failure.reason, "pods cannot be made")
        }
        let (total, labelled) = (status.count("replicas"), status.count("fullyLabeledReplicas"))
        if labelled < wanted { return .progressing("Progressing", "\(labelled) of \(wanted) pods are labelled") }
        if total > wanted { return .progressing("Progressing", "\(total - wanted) pods have still to go") }
        for (key, word) in [("readyReplicas", "ready"), ("availableReplicas", "available")]
        where status.count(key) < wanted {
            return .progressing("Progressing", "\(status.count(key)) of \(wanted) replicas are \(word)")
        }
        return .healthy()
    }

    static func statefulSet(_ status: ObjectStatus) -> Health {
        let wanted = status.replicas
        let (total, updated, ready) = (
            status.count("replicas"), status.count("updatedReplicas"), status.count("readyReplicas")
        )
        let available = status.status["availableReplicas"]?.integer ?? ready
        if total < wanted { return .progressing("Progressing", "\(total) of \(wanted) replicas exist") }
        if total > wanted { return .progressing("Progressing", "\(total - wanted) replicas have still to go") }
        if ready < wanted { return .progressing("Progressing", "\(ready) of \(wanted) replicas are ready") }
        if available < wanted { return .progressing("Progressing", "\(available) of \(wanted) replicas are available") }

        let isCurrent = status.status["currentRevision"] == status.status["updateRevision"]
        let strategy = status.object.value(at: "spec", "updateStrategy")
        if strategy?["type"]?.string == "OnDelete" {
            return .healthy("OnDelete", note: isCurrent ? "" : "its pods take the new revision when they are deleted")
        }
        let partition = strategy?["rollingUpdate"]?["partition"]?.integer ?? 0
        if partition > 0 {
            let due = max(0, wanted - partition)
            guard updated >= due else {
                return .progressing("PartitionRollout", "\(updated) of \(due) replicas are of the new revision")
            }
            return .healthy(
                "Partition",
                note: isCurrent ? "" : "its partition keeps \(min(partition, wanted)) replicas on the old revision")
        }
        if updated < wanted, !isCurrent {
            return .progressing("Progressing", "\(updated) of \(wanted) replicas are of the new revision")
        }
        return isCurrent ? .healthy() : .progressing("Progressing", "the new revision is not yet the current one")
    }

    static func daemonSet(_ status: ObjectStatus) -> Health {
        guard status.status["desiredNumberScheduled"]?.integer != nil else {
            return .progressing("Progressing", "its controller has not counted nodes yet")
        }
        let wanted = status.count("desiredNumberScheduled")
        let onDelete = status.object.value(at: "spec", "updateStrategy", "type")?.string == "OnDelete"
        var counters = [
            ("currentNumberScheduled", "nodes run a pod"), ("updatedNumberScheduled", "nodes run the new revision"),
            ("numberReady", "pods are ready"), ("numberAvailable", "pods are available"),
        ]
        if onDelete { counters.remove(at: 1) }
        for (key, text) in counters where status.count(key) < wanted {
            return .progressing("Progressing", "\(status.count(key)) of \(wanted) \(text)")
        }
        if wanted == 0 { return .healthy("NoNodes", note: "no node is chosen for its pods") }
        if onDelete, status.count("updatedNumberScheduled") < wanted {
            return .healthy("OnDelete", note: "its pods take the new revision when they are deleted")
        }
        return .healthy()
    }

    static func pod(_ status: ObjectStatus) -> Health {
        switch status.status["phase"]?.string {
        case "Succeeded": return .healthy("Succeeded")
        case "Failed":
            let reason = SafeText.word(status.status["reason"]?.string ?? "")
            return .degraded(reason.isEmpty ? "PodFailed" : reason, "its containers ended in failure", .atOnce)
        case "Running":
            // What comes after a hook comes when its work is done.
            if Hook(of: status.object) != nil { return .progressing("Running", "has not ended yet") }
            if status.condition("Ready")?.isTrue == true { return .healthy() }
            return .progressing("Unready", "runs, but is not ready")
        case let phase:
            return .progressing(SafeText.word(phase ?? "Pending"), "does not run yet")
        }
    }
}
