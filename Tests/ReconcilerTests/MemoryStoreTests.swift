// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import StoreContract
import Testing

/// What other tests take for a ledger has to be one.
@Suite("The store in memory")
struct MemoryStoreTests {
    @Test("Its history is what decisions count on")
    func history() throws {
        let faults = try World.run { world in
            let store = StorePort(store: world.store, life: Life())
            return try await HistoryContract.faults(of: store, Planet.api, besides: Planet.worker)
        }
        #expect(faults == [])
    }

    @Test("What a rollout announced is known, each action once")
    func announced() throws {
        let faults = try World.run { world in
            try await HistoryContract.faultsOfAnnounced(StorePort(store: world.store, life: Life()), Planet.api)
        }
        #expect(faults == [])
    }

    @Test("What became of hooks' runs is told as it was recorded first")
    func hookRuns() throws {
        let faults = try World.run { world in
            try await HistoryContract.faultsOfHookRuns(StorePort(store: world.store, life: Life()), Planet.api)
        }
        #expect(faults == [])
    }
}
