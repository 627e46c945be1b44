// SPDX-License-Identifier: Apache-2.0

import GRDB
import Manifests
import Planning
import Testing

@testable import Ledger

@Suite struct LedgerClustersTests {
    private func row(_ name: String, removed: Bool = false) -> InventoryRow {
        InventoryRow(
            target: api, object: deployment(name), uid: "u", apiVersion: "apps/v1", rollout: "", at: time(1),
            removed: removed)
    }

    @Test("An application goes to another cluster only once nothing of it is left in the one before")
    func place() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            #expect(try await ledger.cluster(of: api) == nil)
            #expect(try await ledger.place(api, in: "east", at: time(1)) == "east")
            #expect(try await ledger.place(api, in: "west", at: time(2)) == "west", "nothing is there yet")
            try await ledger.recordInventory([row("a"), row("b")])
            #expect(try await ledger.place(api, in: "east", at: time(3)) == "west")
            try await ledger.recordInventory([row("a", removed: true)])
            #expect(try await ledger.place(api, in: "", at: time(4)) == "west")
            try await ledger.recordInventory([row("b", removed: true)])
            #expect(try await ledger.place(api, in: "", at: time(5)) == "")
            #expect(try await ledger.cluster(of: api) == "")
            let told = try await ledger.auditEntries(after: 0, limit: 10)
            #expect(
                told.map(\.text) == [
                    "deployed to the cluster west from now on, and no longer to the cluster east",
                    "deployed to the default cluster from now on, and no longer to the cluster west",
                ])
        }
    }

    @Test("What was there before there were several clusters is in the default one")
    func legacy() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.recordInventory([row("a")])
            #expect(try await ledger.cluster(of: api) == "")
            #expect(try await ledger.place(api, in: "east", at: time(2)) == "")
        }
    }

    @Test("Of the cluster that an application is in, retention leaves the latest row, and nobody else takes any")
    func retention() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for cluster in ["east", "west", "east"] { _ = try await ledger.place(api, in: cluster, at: time(1)) }
            _ = try await ledger.applyRetention(before: time(100), at: time(200))
            #expect(try await ledger.cluster(of: api) == "east")
            let rows = try await ledger.read { db in try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM placement") }
            #expect(rows == 1)
            for change in ["DELETE FROM placement", "UPDATE placement SET cluster = 'west'"] {
                await #expect(throws: LedgerError.self) {
                    try await ledger.write { db in try db.execute(sql: change) }
                }
            }
        }
    }

    @Test("A Job that was done in one cluster is not done in another")
    func jobs() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let job = JobRecord(object: deployment("migrate"), manifest: "{}")
            try await ledger.recordJobs([job], of: api, rollout: "r", at: time(1))
            try await ledger.recordInventory([row("a")])
            // The first row tells where it is; nothing moves.
            _ = try await ledger.place(api, in: "", at: time(2))
            #expect(try await ledger.jobsDone(of: api, among: [job]) == [job.object])
            try await ledger.recordInventory([row("a", removed: true)])
            _ = try await ledger.place(api, in: "east", at: time(3))
            #expect(try await ledger.jobsDone(of: api, among: [job]).isEmpty)
            try await ledger.recordJobs([job], of: api, rollout: "r", at: time(4))
            #expect(try await ledger.jobsDone(of: api, among: [job]) == [job.object])
        }
    }

    @Test("Each cluster is searched once, and what it has of an application that is elsewhere is left alone")
    func search() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.recordClusterSearch(at: time(1))
            #expect(try await !ledger.hasSearchedCluster("east"))
            try await ledger.recordClusterSearch("east", at: time(1))
            #expect(try await ledger.hasSearchedCluster("east"))
            #expect(try await ledger.takeUp([row("a")], in: "east", at: time(2)).count == 1)
            #expect(try await ledger.cluster(of: api) == "east")
            #expect(try await ledger.takeUp([row("b")], in: "", at: time(3)).isEmpty)
            #expect(try await ledger.takeUp([row("b")], in: "east", at: time(3)).count == 1)
        }
    }
}
