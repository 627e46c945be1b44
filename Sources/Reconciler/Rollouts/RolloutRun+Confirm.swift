// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// The last look before a rollout fails.
extension RolloutRun {
    /// An event that a server or a proxy lost shows in nothing that a watch tells, and must not take a good rollout
    /// back. So the objects that are not well are read themselves, once in a rollout. True where one of them is newer
    /// than what the watch told.
    func hasMissedSomething() async -> Bool {
        guard !hasLookedAgain else { return false }
        hasLookedAgain = true
        var hasMissed = false
        for id in ids {
            guard case .applied(let stored, _) = nodes[id], let manifest = manifests[id] else { continue }
            let seen = await context.view.object(id)
            let health = HealthRules.health(
                of: seen ?? stored.object, appliedGeneration: stored.generation,
                expressions: desired.application.health,
                now: time.now)
            guard health.status != .healthy else { continue }
            do throws(ClusterFailure) {
                let live = try await context.cluster.get(id, version: manifest.groupVersionKind.version)
                if let live, await context.view.learn(live) { hasMissed = true }
            } catch {
                // The watch is what there is to go by, as everywhere else.
                logger.info("cannot read an object again", metadata: ["object": "\(id)", "error": "\(error)"])
            }
        }
        if hasMissed { logger.warning("a watch missed a change, which was found by reading the object") }
        return hasMissed
    }

    private static let podsRead = 10

    /// A Job fails after its pods did, but these are told of by another watch, which may be behind. So the pods are read
    /// themselves before the verdict names a cause, once for each Job. True where one is newer than what the watch told, or
    /// the watch has told of one since the Job was judged.
    func hasMissedPods(of cause: Cause) async -> Bool {
        guard let job = cause.object, job.groupKind == GroupKind(group: "batch", kind: "Job"),
            podsReadOf.insert(job).inserted
        else { return false }
        let observation = await context.view.observation(of: job)
        guard let uid = observation.object?.uid else { return false }
        var hasMissed = false
        do throws(ClusterFailure) {
            for pod in try await pods(of: job, uid, observation.pods) where await context.view.learn(pod) {
                hasMissed = true
            }
        } catch {
            logger.info("cannot read a Job's pods again", metadata: ["object": "\(job)", "error": "\(error)"])
        }
        return hasMissed || feed.hasNews(of: job)
    }

    private func pods(of job: ObjectID, _ uid: String, _ known: [Object]) async throws(ClusterFailure) -> [Object] {
        var found: [Object] = []
        for pod in known.suffix(Self.podsRead) where !Hook.hasEnded(pod) {
            if let live = try await context.cluster.get(pod.objectID, version: "v1") { found.append(live) }
        }
        guard known.isEmpty else { return found }
        return try await context.cluster.pods(controlledBy: uid, in: job.namespace)
    }
}
