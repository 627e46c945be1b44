// SPDX-License-Identifier: Apache-2.0

import GRDB
import Manifests
import Planning
import Testing

@testable import Ledger

@Suite struct LedgerRetentionTests {
    @Test("What is old goes with all its rows; what says something about now stays, and so do the guards")
    func retention() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            func run(_ id: String, _ outcome: Verdict.Outcome, _ phase: RolloutPhase) async throws {
                try await ledger.beginRollout(rollout(id))
                let intent = ActionIntent(id: "i-\(id)", rollout: id, object: deployment("a"), action: .configure)
                try await ledger.recordIntent([intent], at: time(1))
                try await ledger.recordOutcome([ActionOutcome(intent: "i-\(id)", succeeded: true, at: time(1))])
                try await ledger.conclude(
                    id, Verdict(outcome: outcome, cause: crash), phase: phase, quarantine: nil, at: time(1))
            }
            try await run("old", .healthy, .succeeded)
            try await run("healthy", .healthy, .succeeded)
            try await run("held", .failed, .failed)
            try await run("released", .failed, .failed)
            try await run("busy", .inconclusive, .verifying)
            try await run("latest", .failed, .failed)
            for id in ["held", "released"] {
                try await ledger.quarantine(
                    QuarantineRecord(target: api, digest: "d-\(id)", revision: "c", rollout: id, at: time(1)))
            }
            try await ledger.releaseQuarantine(api, digest: "d-released", actor: "ann", at: time(2))
            for name in ["c-old", "c-healthy", "unused"] {
                try await ledger.recordRevision(
                    Revision(commit: name, branch: "main", author: "a", subject: "s", committedAt: time(0)),
                    seenAt: time(0))
            }
            func entry(_ name: String, removed: Bool = false) -> InventoryRow {
                InventoryRow(
                    target: api, object: deployment(name), uid: name, apiVersion: "apps/v1", rollout: "old",
                    at: time(1), removed: removed, baseline: removed ? nil : "left \(name)")
            }
            func newer(_ name: String) -> InventoryRow {
                var row = entry(name)
                row.baseline = "newer"
                return row
            }
            try await ledger.recordInventory([newer("a"), entry("b"), entry("a"), entry("b", removed: true)])

            let report = try await ledger.applyRetention(before: time(100), at: time(200))
            #expect(report.rollouts == 2)
            #expect(report.quarantines == 1)
            #expect(report.inventoryEntries == 3)
            #expect(report.revisions == 2)
            #expect(
                try await ledger.rollouts(limit: 100).map(\.rollout.id) == ["latest", "busy", "held", "healthy"])
            #expect(try await ledger.rollout("healthy")?.actions.count == 1)
            #expect(try await ledger.rollout("old") == nil)
            #expect(try await ledger.lastHealthyRollout(api)?.rollout.id == "healthy")
            #expect(try await ledger.quarantines(active: false).map(\.rollout) == ["held"])
            #expect(try await ledger.inventory() == [entry("a")])
            let baselines = try await ledger.read { db in
                try db.rows("SELECT baseline FROM drift_baseline").map { try $0.text("baseline") }
            }
            #expect(baselines == ["left a"])
            #expect(try await ledger.revisions(limit: 10).map(\.revision.commit) == ["c-healthy"])

            let again = try await ledger.applyRetention(before: time(100), at: time(300))
            #expect(again.rollouts == 0 && again.inventoryEntries == 0 && again.quarantines == 0)
            await #expect(throws: LedgerError.self) {
                try await ledger.write { db in try db.execute(sql: "DELETE FROM rollout") }
            }
        }
    }
}
