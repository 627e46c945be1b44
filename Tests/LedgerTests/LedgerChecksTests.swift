// SPDX-License-Identifier: Apache-2.0

import GRDB
import Manifests
import Planning
import Testing

@testable import Ledger

@Suite("Since when a rollout's checks are asked, in the ledger")
struct LedgerChecksTests {
    @Test("The latest moment of each check of each rollout is read back over a restart, and goes with its rollout")
    func checks() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            for (id, second) in [("old", 1), ("new", 90)] as [(String, Int64)] {
                try await ledger.beginRollout(LedgerTests.rollout(id, at: second))
                try await ledger.recordCheckBegin("1", of: id, at: time(second))
                try await ledger.conclude(
                    id, Verdict(outcome: .healthy), phase: .succeeded, quarantine: nil, at: time(second + 9))
            }
            try await ledger.recordCheckBegin("2", of: "new", at: time(95))
            try await ledger.recordCheckBegin("1", of: "new", at: time(93))
            try ledger.close()
            ledger = try fixture.open()
            #expect(try await ledger.checkBegin("1", of: "old") == time(1))
            #expect(try await ledger.checkBegin("1", of: "new") == time(93))
            #expect(try await ledger.checkBegin("2", of: "new") == time(95))
            #expect(try await ledger.checkBegin("3", of: "new") == nil)
            _ = try await ledger.applyRetention(before: time(50), at: time(300))
            #expect(try await ledger.checkBegin("1", of: "old") == nil)
            #expect(try await ledger.checkBegin("1", of: "new") == time(93))
        }
    }

    @Test("A later moment takes an earlier one's place, and the rest of the table stays guarded")
    func replaced() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginRollout(LedgerTests.rollout("new", at: 0))
            for second in 0..<30 {
                try await ledger.recordCheckBegin("1", of: "new", at: time(Int64(second)))
                try await ledger.recordCheckBegin("2", of: "new", at: time(Int64(second)))
            }
            let rows = try await ledger.read { db in try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM check_begin") }
            #expect(rows == 2)
            #expect(try await ledger.checkBegin("1", of: "new") == time(29))
            try ledger.close()
            #expect(throws: (any Error).self) { try fixture.delete("check_begin") }
        }
    }
}
