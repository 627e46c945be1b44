// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler

extension StorePort {
    func recordEarlierStates(_ text: String, of rollout: String, at time: Timestamp) async throws {
        try await write(.earlier(RecordedStates(text: text, at: time), rollout: rollout), at: time)
    }

    func earlierStates(of rollout: String) async throws -> RecordedStates? {
        try await read { state in
            for case .earlier(let states, rollout) in state.journal.reversed() { return states }
            return nil
        }
    }

    func touched(in rollout: String) async throws -> Set<ObjectID> {
        try await read { state in
            var unchanged: Set<String> = []
            for case .outcomes(let outcomes) in state.journal {
                unchanged.formUnion(outcomes.filter(\.wasUnchanged).map(\.intent))
            }
            let applies: [ObjectAction] = [.create, .configure, .replace]
            return Set(
                state.announcements.filter {
                    $0.rollout == rollout && applies.contains($0.intent.action) && !unchanged.contains($0.id)
                }.map(\.intent.object))
        }
    }
}
