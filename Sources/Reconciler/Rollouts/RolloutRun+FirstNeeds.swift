// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What a hook needs that is not in the cluster yet: in this rollout it comes before the hook (`OrderGraph.firstNeeds`).
extension RolloutRun {
    /// Looks before anything is applied, by what was read for the checks beforehand.
    func bringWhatHooksNeed() async throws {
        guard desired.manifests.contains(where: { Hook(of: $0.object)?.phase == .before }) else { return }
        let nodes = desired.manifests.map { OrderNode(target: start.target, manifest: $0) }
        let needs = try OrderGraph(nodes: nodes, declared: [:]).firstNeeds.map(\.to)
        guard !needs.isEmpty else { return }
        let made = try await madeSinceWell()
        var absent: Set<ObjectID> = []
        for id in ids where await isYetToCome(id, made) { absent.insert(id) }
        guard needs.contains(where: absent.contains) else { return }
        ownOrder = try OrderGraph(nodes: nodes, declared: [:], bringing: absent)
    }

    /// Whether an object is not there, or was made since the application was well last and never came up: by this rollout
    /// before the daemon was started again, or by one that failed.
    private func isYetToCome(_ id: ObjectID, _ made: Set<ObjectID>) async -> Bool {
        guard let live = await context.view.object(id) else { return true }
        guard made.contains(id), Ownership.claimedTarget(of: live) == start.target else { return false }
        let health = HealthRules.health(
            of: live, appliedGeneration: nil, expressions: desired.application.health, now: time.now)
        return health.gates && health.status != .healthy && health.status != .suspended
    }

    /// By the rollouts since the last healthy one. What drift made anew was well before.
    private func madeSinceWell() async throws -> Set<ObjectID> {
        var made: Set<ObjectID> = []
        for past in try await context.store.pastRollouts(of: start.target) {
            if past.verdict?.outcome == .healthy { break }
            for intent in try await context.store.announced(in: past.start.id) where intent.action == .create {
                made.insert(intent.object)
            }
        }
        return made
    }
}
