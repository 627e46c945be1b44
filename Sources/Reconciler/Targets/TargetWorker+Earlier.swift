// SPDX-License-Identifier: Apache-2.0

import Planning

extension TargetWorker {
    /// What was not well before the revision came that is taken back, as the ledger has it.
    func excusableInRollback() async throws -> Excusable {
        var taken: RolloutStart?
        for past in try await context.store.pastRollouts(of: target) where past.start.trigger != .rollback {
            if let taken {
                // Rolled out once more, it left what was before it as it is.
                guard past.start.digest == taken.digest else { break }
            } else if try await !context.store.hasBegun(past.start.id) {
                continue
            }
            taken = past.start
        }
        guard let taken, let known = try await context.store.earlierStates(of: taken.id),
            let states = EarlierStates(text: known.text)
        else { return .nothing }
        return .unwellBefore(states.objects)
    }
}
