// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// What becomes of objects that nobody asks for any more.
extension TargetWorker {
    /// Prunes everything of an application that left the pipeline, or lets go of it, as the pipeline said last.
    func removeEverything() async throws {
        if let suspension = try await context.store.suspensions().first(covering: target) {
            try await showHistory(nil)
            return try await setAside(because: suspension)
        }
        try await supersedeUnfinished(except: nil)
        let inventory = try await context.store.inventory(of: target)
        guard !inventory.isEmpty else {
            context.status.remove(target)
            return finish()
        }
        if let hold = try await context.store.hold(of: target) {
            try await context.store.endHold(hold, by: "mainstay", because: "it left the pipeline", at: context.now)
        }
        let isOrphaned = try await context.store.removalPolicy(of: target) == .orphan
        let history = try await context.store.history(of: target)
        let start = RolloutStart(
            id: context.surroundings.makeID(), target: target, revision: history.latest?.start.revision ?? "",
            fromRevision: history.healthyToReturnTo?.start.revision, digest: "", inputsDigest: "", trigger: .removal,
            startedAt: context.now)
        try await context.store.beginRollout(start)
        try await recordPhase(.applying, of: start, cause: nil)
        let result = try await takeAway(start, orphans: isOrphaned)
        for note in result.notes { logger.notice("removing", metadata: ["note": "\(note)"]) }
        guard !result.needsApproval else {
            let cause = Cause(reason: "ApprovalRequired", message: result.notes.joined(separator: "; "))
            try await recordPhase(.superseded, of: start, cause: cause)
            publish {
                $0.phase = .blocked
                $0.cause = cause
                $0.message = "left the pipeline: \(cause.message)"
            }
            return
        }
        try await context.store.recordVerdict(
            Verdict(outcome: .healthy, notes: result.notes), of: start, quarantines: false, at: context.now)
        context.status.remove(target)
        finish()
    }

    /// Tries again until nothing keeps anything from going.
    private func takeAway(_ start: RolloutStart, orphans: Bool) async throws -> Pruner.Result {
        let pruner = Pruner(context: context, target: target, rollout: start.id)
        let clock = context.surroundings.clock
        var backoff = Backoff()
        while true {
            let result = try await unlessChanged {
                try await orphans ? pruner.orphanAll() : pruner.prune(allBut: [])
            }
            guard let hindrance = result.hindrance else { return result }
            show(.blocked, hindrance)
            let delay = backoff.next(random: context.surroundings.random())
            try await unlessChanged { try await clock.sleep(for: delay) }
        }
    }

    // MARK: What is left over

    /// What would be pruned if it were done now.
    func lookAtPrune() async throws -> PruneReport {
        let shown = isGone ? nil : inForce ?? currentDesired
        return try await look(beside: shown?.manifests ?? [])
    }

    /// Whether something of an earlier revision may go that could not when this one was rolled out: a person has agreed
    /// by now, or an application can be read that might have asked for it.
    func hasLeftovers(_ desired: Desired) async throws -> Bool {
        guard desired.application.prune == .automatic, !desired.manifests.isEmpty else { return false }
        return try await !look(beside: desired.manifests).pruned.isEmpty
    }

    private func look(beside manifests: [Manifest]) async throws -> PruneReport {
        try await Pruner(context: context, target: target, rollout: "", hooks: Hook.identities(of: manifests))
            .look(allBut: Set(manifests.map(\.id)))
    }

    /// What the pipeline says of the application's removal is asked for when the pipeline no longer has it.
    func rememberRemoval(_ desired: Desired) async throws {
        let policy = desired.removal
        guard remembered != policy else { return }
        try await context.store.recordRemovalPolicy(policy, of: target, at: context.now)
        remembered = policy
    }
}

extension Desired {
    var removal: Application.Removal { application.onRemoval ?? environment.onRemoval }
}
