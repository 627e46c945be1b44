// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// Deletes the broken pods that an ordered StatefulSet of the rollout would wait for, for ever.
extension RolloutRun {
    private static let never = Timestamp(millisecondsSinceEpoch: .max)

    /// Each pod once. Where the cluster did not answer, it is tried again after a while.
    func deleteStuckPods() async throws {
        let now = time.now
        let isDue = stuckPods.contains { $0.value <= now }
        for id in isDue ? ids : looked where id.groupKind == GroupKind(group: "apps", kind: "StatefulSet") {
            guard case .applied(let stored, _) = nodes[id], let generation = stored.generation else { continue }
            let seen = await context.view.observation(of: id)
            guard let live = seen.object, live.uid == stored.uid else { continue }
            let stuck = StuckPods.toDelete(statefulSet: live, pods: seen.pods, appliedGeneration: generation)
            for pod in stuck where stuckPods[pod.uid].map({ $0 <= now }) ?? true {
                try await delete(pod, of: id)
            }
        }
    }

    private func delete(_ pod: StuckPods.StuckPod, of statefulSet: ObjectID) async throws {
        let intents = try await context.store.recordIntents(
            [Intent(object: pod.id, action: .replace)], of: start.id, at: context.now)
        var outcome = Outcome(intent: intents.first ?? "", uid: pod.uid)
        var retryAt = Self.never
        do throws(ClusterFailure) {
            _ = try await context.cluster.delete(pod.id, version: "v1", uid: pod.uid)
        } catch {
            outcome.failure = error.message
            if error.code == .unavailable || error.code == .serverError { retryAt = time.now + .seconds(10) }
        }
        stuckPods[pod.uid] = retryAt
        try await context.store.recordOutcomes([outcome], at: context.now)
        let why = "\(pod.reason); \(statefulSet) would have waited for it for ever"
        let note: String
        if let failure = outcome.failure {
            note = "cannot delete \(pod.id) of an earlier revision (\(why)): \(failure)"
            logger.warning("cannot delete a pod that holds its StatefulSet up", metadata: ["why": "\(note)"])
        } else {
            note = "deleted \(pod.id) of an earlier revision (\(why))"
            logger.notice("deleted a pod that held its StatefulSet up", metadata: ["why": "\(note)"])
        }
        if !notes.contains(note) { notes.append(note) }
    }
}
