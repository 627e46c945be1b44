// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@testable import Ledger

@Suite("How things were before a rollout, in the ledger")
struct LedgerEarlierTests {
    @Test("The latest of each rollout is read back over a restart, and goes with its rollout")
    func states() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            for (id, second) in [("old", 1), ("new", 90)] as [(String, Int64)] {
                try await ledger.beginRollout(LedgerTests.rollout(id, at: second))
                try await ledger.recordEarlierStates("first \(id)", of: id, at: time(second))
                try await ledger.conclude(
                    id, Verdict(outcome: .healthy), phase: .succeeded, quarantine: nil, at: time(second + 9))
            }
            try await ledger.recordEarlierStates("second new", of: "new", at: time(91))
            try ledger.close()
            ledger = try fixture.open()
            #expect(try await ledger.earlierStates(of: "old")?.states == "first old")
            let latest = try #require(try await ledger.earlierStates(of: "new"))
            #expect(latest == ("second new", time(91)))
            #expect(try await ledger.earlierStates(of: "none") == nil)
            _ = try await ledger.applyRetention(before: time(50), at: time(300))
            #expect(try await ledger.earlierStates(of: "old") == nil)
            #expect(try await ledger.earlierStates(of: "new")?.states == "second new")
        }
    }

    @Test("A rollout touched what it applied, but for what was found to be so already; what was never answered, too")
    func touched() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for id in ["r", "other"] { try await ledger.beginRollout(LedgerTests.rollout(id, at: 1)) }
            let actions: [(String, ObjectAction)] = [
                ("changed", .configure), ("made", .create), ("same", .configure), ("open", .configure),
                ("refused", .replace), ("pruned", .prune), ("again", .configure),
            ]
            try await ledger.recordIntent(
                actions.map { ActionIntent(id: $0, rollout: "r", object: deployment($0), action: $1) }
                    + [
                        ActionIntent(id: "again 2", rollout: "r", object: deployment("again"), action: .configure),
                        ActionIntent(id: "elsewhere", rollout: "other", object: deployment("e"), action: .create),
                    ], at: time(2))
            func answer(_ intent: String, unchanged: Bool = false, error: String? = nil) -> ActionOutcome {
                ActionOutcome(
                    intent: intent, succeeded: error == nil, error: error, unchanged: unchanged, at: time(3))
            }
            try await ledger.recordOutcome([
                answer("changed"), answer("made"), answer("same", unchanged: true), answer("pruned"),
                answer("refused", error: "exceeded quota"), answer("again"), answer("again 2", unchanged: true),
            ])
            #expect(
                try await ledger.touched("r")
                    == Set(["changed", "made", "open", "refused", "again"].map { deployment($0) }))
            let action = try #require(try await ledger.rollout("r")?.actions.first { $0.intent.id == "same" })
            #expect(action.outcome?.unchanged == true)
        }
    }
}
