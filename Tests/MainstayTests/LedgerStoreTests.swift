// SPDX-License-Identifier: Apache-2.0

import Ledger
import Manifests
import Planning
import StoreContract
import TestSupport
import Testing

@testable import Mainstay

@Suite("The ledger as the reconciler has it")
struct LedgerStoreTests {
    private static let api = TargetID(application: "api", environment: "production")

    private static func with(_ body: (LedgerStore) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let ledger = try Ledger(path: "\(directory.path)/ledger.db", chainKey: Array(repeating: 7, count: 32))
        try await body(LedgerStore(ledger: ledger, makeID: SystemTime.makeID))
        try ledger.close()
    }

    @Test("Its history is what decisions count on, and after a removal there is nothing to return to")
    func history() async throws {
        try await Self.with { store in
            let other = TargetID(application: "api", environment: "staging")
            let faults = try await HistoryContract.faults(of: store, Self.api, besides: other)
            #expect(faults == [])
        }
    }

    @Test("What a rollout announced is known, each action once")
    func announced() async throws {
        try await Self.with { store in
            let faults = try await HistoryContract.faultsOfAnnounced(store, Self.api)
            #expect(faults == [])
        }
    }

    @Test("What became of hooks' runs is told as it was recorded first")
    func hookRuns() async throws {
        try await Self.with { store in
            let faults = try await HistoryContract.faultsOfHookRuns(store, Self.api)
            #expect(faults == [])
        }
    }
}
