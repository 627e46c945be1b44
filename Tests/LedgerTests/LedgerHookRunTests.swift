// SPDX-License-Identifier: Apache-2.0

import GRDB
import Manifests
import Planning
import Testing

@testable import Ledger

@Suite("Hooks' runs, in the ledger")
struct LedgerHookRunTests {
    private func run(_ name: String, _ lines: [String]) -> HookRun {
        HookRun(object: deployment(name), uid: "uid-\(name)", outcome: .succeeded, lines: lines, at: time(5))
    }

    @Test("They are read back over a restart, each once, and go with their rollout")
    func kept() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            for (id, second) in [("old", 1), ("new", 90)] as [(String, Int64)] {
                try await ledger.beginRollout(LedgerTests.rollout(id, at: second))
                try await ledger.recordHookRuns([run("a", [id]), run("b", [])], of: id)
                try await ledger.conclude(
                    id, Verdict(outcome: .healthy), phase: .succeeded, quarantine: nil, at: time(second + 9))
            }
            try ledger.close()
            ledger = try fixture.open()
            try await ledger.recordHookRuns([run("a", ["again"])], of: "new")
            let both = try await ledger.hookRuns(of: ["old", "new", "none"])
            #expect(both["old"] == [run("a", ["old"]), run("b", [])])
            #expect(both["new"] == [run("a", ["new"]), run("b", [])])
            #expect(both["none"] == [])
            _ = try await ledger.applyRetention(before: time(50), at: time(300))
            let count = try await ledger.read { db in try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM hook_run") }
            #expect(count == 2)
            #expect(try await ledger.hookRuns(of: ["new"])["new"]?.count == 2)
        }
    }

    @Test("Of many the latest 50 are told")
    func bounded() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginRollout(LedgerTests.rollout("r"))
            try await ledger.recordHookRuns((0..<60).map { run("h\($0)", []) }, of: "r")
            let names = try await ledger.hookRuns(of: ["r"])["r"]?.map(\.object.name)
            #expect(names == (10..<60).map { "h\($0)" })
        }
    }

    @Test("A ledger of an earlier version has none, and takes them")
    func upgraded() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginRollout(LedgerTests.rollout("r"))
            try ledger.close()
            let queue = try DatabaseQueue(path: fixture.path)
            try await queue.write { db in
                try db.execute(sql: "DROP TABLE hook_run; DELETE FROM grdb_migrations WHERE identifier = '6-hook-runs'")
            }
            try queue.close()
            let upgraded = try fixture.open()
            #expect(try await upgraded.hookRuns(of: ["r"])["r"] == [])
            try await upgraded.recordHookRuns([run("a", ["one"])], of: "r")
            #expect(try await upgraded.hookRuns(of: ["r"])["r"] == [run("a", ["one"])])
        }
    }
}
