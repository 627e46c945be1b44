// SPDX-License-Identifier: Apache-2.0

import Planning

extension TargetWorker {
    /// What was not well before the first of all that is taken back, as the ledger has it.
    ///
    /// - Parameter digest: of what is gone back to.
    func excusable(inRollbackTo digest: String) async throws -> Excusable {
        var taken: RolloutStart?
        for past in try await context.store.pastRollouts(of: target) where past.start.trigger != .rollback {
            if past.start.digest == digest { break }
            if try await context.store.hasBegun(past.start.id) { taken = past.start }
        }
        guard let taken, let known = try await context.store.earlierStates(of: taken.id),
            let states = EarlierStates(text: known.text)
        else { return .nothing }
        return .unwellBefore(states.objects)
    }
}
