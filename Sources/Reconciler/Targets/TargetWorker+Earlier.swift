// SPDX-License-Identifier: Apache-2.0

import Planning

/// How things were before what was tried last: in memory alone, as of a rollout that goes on after a restart.
extension TargetWorker {
    /// What was not well before the revision that is taken back came, as far as this daemon saw that.
    func excusable(inRollbackTo digest: String) async throws -> Excusable {
        guard let ran = try await ranLast?.start, let unwellBefore,
            // Done once more, it takes back what it took back before.
            ran.digest == unwellBefore.digest || ran.trigger == .rollback && ran.digest == digest
        else { return .nothing }
        return .unwellBefore(unwellBefore.objects)
    }

    func noteWhatWasUnwell(before run: RolloutRun) async {
        unwellBefore = (run.start.digest, await run.earlierStates.objects)
    }
}
