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
}
