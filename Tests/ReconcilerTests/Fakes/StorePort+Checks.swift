// SPDX-License-Identifier: Apache-2.0

import Manifests
import Reconciler

extension StorePort {
    func recordCheckBegin(_ check: String, of rollout: String, at time: Timestamp) async throws {
        try await write(.check(check, rollout: rollout, at: time), at: time)
    }

    func checkBegin(_ check: String, of rollout: String) async throws -> Timestamp? {
        try await read { state in
            for case .check(check, rollout, let at) in state.journal.reversed() { return at }
            return nil
        }
    }
}
