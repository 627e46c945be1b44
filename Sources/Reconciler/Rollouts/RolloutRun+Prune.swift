// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

extension RolloutRun {
    /// Deletes what the application had and no longer renders. Waits while the cluster does not answer.
    func prune() async throws {
        guard desired.application.prune == .automatic else { return try await noteUnpruned("prune is manual") }
        // A file that lost its contents by mistake looks the same: whoever means it takes the application out.
        guard desired.rendersSomething else { return try await noteUnpruned("the application renders nothing at all") }
        let pruner = Pruner(
            context: context, target: start.target, rollout: start.id,
            hooks: hooksInGit.union(Hook.identities(of: desired.manifests)))
        let deadline = time.now + desired.application.timeout
        var backoff = Backoff()
        while true {
            let result = try await pruner.prune(allBut: Set(desired.manifests.map(\.id)))
            // What cannot go yet says nothing against the revision, which is well: it is named, and goes later.
            let isUnread = result.hindrance?.reason == Pruner.unreadReason
            guard let hindrance = result.hindrance, !isUnread,
                time.now < deadline || Self.isClusterAway(hindrance)
            else {
                hasTriedToPrune = !isUnread
                notes += result.notes
                return
            }
            try await enter(.judged(.blocked(hindrance)), cause: hindrance)
            try await wait([], until: time.now + backoff.next(random: context.surroundings.random()))
        }
    }

    /// Then there is no saying what would go: it is waited for, however long.
    private static func isClusterAway(_ hindrance: Cause) -> Bool {
        let codes: [ClusterFailure.Code] = [.unavailable, .unauthorized]
        return codes.contains { $0.rawValue == hindrance.reason }
    }

    private func noteUnpruned(_ why: String) async throws {
        let rendered = Set(desired.manifests.map(\.id))
        let suspensions = try await context.store.suspensions()
        let recorded = try await context.store.inventoryWithoutBaselines(of: start.target)
        for record in recorded where !rendered.contains(record.object) {
            guard suspensions.first(covering: start.target, record.object) == nil else { continue }
            notes.append("\(record.object) is no longer in git and stays: \(why)")
        }
    }
}

extension Desired {
    /// Whether there is anything besides what is made when a rollout fails.
    var rendersSomething: Bool { manifests.contains { Hook(of: $0.object)?.phase != .onFailure } }
}
