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
    @Test("Its history is what decisions count on, and after a removal there is nothing to return to")
    func history() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try Ledger(path: "\(directory.path)/ledger.db", chainKey: Array(repeating: 7, count: 32))
        let faults = try await HistoryContract.faults(
            of: LedgerStore(ledger: ledger, makeID: { "id" }),
            TargetID(application: "api", environment: "production"),
            besides: TargetID(application: "api", environment: "staging"))
        #expect(faults == [])
        try ledger.close()
    }
}
