// SPDX-License-Identifier: Apache-2.0

import Logging
import Planning

/// How a rollout ends: with a verdict, and what follows from it.
extension RolloutRun {
    func conclude(failedBecauseOf cause: Cause) async throws -> Verdict {
        let complete = await withLogLines(cause)
        failure = complete
        try await keepUnsuccessfulRuns(complete)
        try await runFailureHooks()
        try await cleanUpHooks(hasSucceeded: false)
        try await noteWhatIsNotUndone()
        let verdict = Verdict(outcome: .failed, cause: complete, notes: notes + judge.notes)
        try await conclude(verdict)
        return verdict
    }

    /// Nobody can say whether it is well: it stays as it is, neither quarantined nor taken back.
    func conclude(inconclusiveBecauseOf cause: Cause) async throws -> Verdict {
        try await noteWhatIsNotUndone()
        let verdict = Verdict(outcome: .inconclusive, cause: cause, notes: notes + judge.notes)
        try await conclude(verdict)
        return verdict
    }

    /// Something newer came before the verdict: what had failed by then has failed all the same.
    func concludeCutShort() async throws {
        guard let failure else { return }
        try await conclude(
            Verdict(
                outcome: .failed, cause: failure,
                notes: notes + judge.notes + ["what follows a failure was cut short by something newer"]))
    }

    func conclude(_ verdict: Verdict) async throws {
        let isRollback = start.trigger == .rollback
        // What failed is not applied again; a rollback that fails was healthy once, and is left for a person.
        try await context.store.recordVerdict(
            verdict, of: start, quarantines: verdict.outcome == .failed && !isRollback, at: context.now)
        failure = nil
        let phase: RolloutPhase =
            switch verdict.outcome {
            case .healthy: isRollback ? .rolledBack : .succeeded
            case .failed, .inconclusive: .failed
            }
        var metadata: Logger.Metadata = ["rollout": "\(start.id)", "revision": "\(start.revision)"]
        if let cause = verdict.cause { metadata["cause"] = "\(cause)" }
        if !verdict.notes.isEmpty { metadata["notes"] = "\(verdict.notes.joined(separator: "; "))" }
        logger.log(level: phase == .failed ? .error : .notice, "rollout \(phase.rawValue)", metadata: metadata)
        context.status.countRollout(of: start.target, endedAs: phase)
        await countDelivery(verdict)
        await report(phase, verdict.cause)
    }
}
