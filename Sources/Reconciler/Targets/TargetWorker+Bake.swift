// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// What succeeded is judged on for a while, where the pipeline asks for that.
extension TargetWorker {
    /// The rollout that brought what runs, while a relapse would still be its failure.
    func bakingRollout(_ shown: Desired) async throws -> PastRollout? {
        // What a person does by hand meanwhile is no failure of the revision.
        guard shown.application.bake > .zero, succession == nil,
            try await context.store.suspensions().first(covering: target) == nil,
            let latest = try await context.store.history(of: target).latest,
            latest.start.digest == shown.digest, latest.isBaking(shown.application.bake, context)
        else { return nil }
        return latest
    }

    /// What the health at rest is of: not what a person set aside by itself.
    func watchedAtRest(_ shown: Desired) async throws -> [Manifest] {
        let suspensions = try await context.store.suspensions().filter { $0.scope.object != nil }
        return shown.manifests.filter { suspensions.first(covering: target, $0.id) == nil }
    }

    /// Its second verdict, and the quarantine that follows: what comes next is decided as after any failure.
    func relapse(_ start: RolloutStart, _ shown: Desired, because cause: Cause) async throws {
        let run = RolloutRun(start: start, isResumed: true, desired: shown, context: context, logger: logger) { _, _ in
        }
        let verdict = Verdict(
            outcome: .failed, cause: await run.withLogLines(cause),
            notes: ["it had succeeded, and relapsed while it baked"])
        try await context.store.recordVerdict(verdict, of: start, quarantines: true, at: context.now)
        logger.error("relapsed while it baked", metadata: ["rollout": "\(start.id)", "cause": "\(cause)"])
        context.status.countRollout(of: target, endedAs: .failed)
        context.status.hear(DeliverySign(target: target, kind: .unwell, at: context.now))
    }
}

extension PastRollout {
    func isBaking(_ bake: Duration, _ context: ReconcilerContext) -> Bool {
        isBaking(bake, after: context.passed(since: phaseSince))
    }

    /// Only what a revision brought: a rollback is not rolled back.
    package func isBaking(_ bake: Duration, after passed: Duration) -> Bool {
        phase == .succeeded && start.trigger == .revision && passed < bake
    }
}
