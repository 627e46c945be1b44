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
        let wellAt = try await context.store.history(of: start.target).healthyToReturnTo?.phaseSince
        var absent: Set<ObjectID> = []
        for id in ids where await isYetToCome(id, since: wellAt) { absent.insert(id) }
        guard needs.contains(where: absent.contains) else { return }
        ownOrder = try OrderGraph(nodes: nodes, declared: [:], bringing: absent)
    }

    /// Whether an object is not there, or was made since the application was well last and never came up: by this rollout
    /// before the daemon was started again, or by one that failed.
    private func isYetToCome(_ id: ObjectID, since wellAt: Timestamp?) async -> Bool {
        guard let live = await context.view.object(id) else { return true }
        guard Ownership.claimedTarget(of: live) == start.target,
            let made = live.metadata["creationTimestamp"]?.string.flatMap({ Timestamp($0) }),
            wellAt.map({ made > $0 }) ?? true
        else { return false }
        let health = HealthRules.health(
            of: live, appliedGeneration: nil, expressions: desired.application.health, now: time.now)
        return health.gates && health.status != .healthy && health.status != .suspended
    }
}
