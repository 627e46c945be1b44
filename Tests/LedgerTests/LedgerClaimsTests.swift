// SPDX-License-Identifier: Apache-2.0

import GRDB
import Manifests
import Planning
import Testing

@testable import Ledger

@Suite struct LedgerClaimsTests {
    private func row(_ name: String, _ target: TargetID = api, uid: String = "u", removed: Bool = false) -> InventoryRow
    {
        InventoryRow(
            target: target, object: deployment(name), uid: uid, apiVersion: "apps/v1", rollout: "", at: time(1),
            removed: removed)
    }

    @Test("What is known, or was, is not taken up; what is, is told of in the audit chain")
    func takeUp() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.recordInventory([row("known", uid: "ours"), row("let-go"), row("let-go", removed: true)])
            let found = [row("known"), row("let-go"), row("known", worker), row("new"), row("other", worker)]
            let taken = try await ledger.takeUp(found, at: time(2))
            #expect(taken.map(\.object.name) == ["new", "other"])
            #expect(try await ledger.inventory(target: api).map(\.uid) == ["ours", "u"])
            #expect(try await ledger.inventory(target: worker).map(\.object.name) == ["other"])
            #expect(try await ledger.takeUp(found, at: time(3)).isEmpty)
            let told = try await ledger.auditEntries(after: 0, limit: 10)
            #expect(told.map(\.kind) == ["inventory.taken-up", "inventory.taken-up"])
            #expect(told.first?.text.contains("Deployment staging/new") == true && told.first?.target == api)
        }
    }

    @Test("An installation keeps the id that it was given first, and the chain tells of it once")
    func installation() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            #expect(try await ledger.installation(orNew: "one", at: time(1)) == "one")
            #expect(try await ledger.installation(orNew: "two", at: time(2)) == "one")
            _ = try await ledger.applyRetention(before: time(100), at: time(200))
            #expect(try await ledger.installation(orNew: "three", at: time(201)) == "one")
            #expect(
                try await ledger.auditEntries(after: 0, limit: 10).map(\.kind).filter { $0 == "installation" }.count
                    == 1)
        }
    }

    @Test(
        "A succession is unknown to a target until something of it was applied, over retention, and has the search done again"
    )
    func succession() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let other = Tenant(installation: "b", process: "1", name: "host-b")
            try await ledger.recordClusterSearch(at: time(1))
            try await ledger.beginRollout(rollout("before"))
            try await ledger.recordPhase("before", .applying, at: time(1))
            func known(_ namespace: String = "staging", _ cluster: String = "") async throws -> Succession? {
                try await ledger.succession(unknownTo: api, in: namespace, of: cluster)
            }
            #expect(try await known() == nil)
            let early = Succession(cluster: "", namespace: "staging", from: nil, at: time(2))
            let late = Succession(cluster: "", namespace: "staging", from: other, at: time(3))
            for succession in [early, late] { try await ledger.recordSuccession(succession) }
            #expect(try await ledger.auditEntries(after: 0, limit: 10).filter { $0.kind == "succession" }.count == 2)
            #expect(try await !ledger.hasSearchedCluster())
            try await ledger.recordClusterSearch(at: time(4))
            #expect(try await ledger.hasSearchedCluster())
            _ = try await ledger.applyRetention(before: time(100), at: time(200))
            #expect(try await known() == late)
            #expect(try await known("production") == nil)
            #expect(try await known("staging", "far") == nil)
            try await ledger.beginRollout(rollout("after"))
            try await ledger.recordPhase("after", .blocked, at: time(201))
            #expect(try await known() == late)
            try await ledger.recordPhase("after", .applying, at: time(202))
            #expect(try await known() == nil)
        }
    }

    @Test("Marks and the search are remembered, whatever their age, and told of once")
    func remembered() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            #expect(try await !ledger.hasSearchedCluster())
            for mark in ["a#main", "b#main", "a#main"] { try await ledger.recordSource(mark, at: time(1)) }
            try await ledger.recordClusterSearch(at: time(1))
            let told = try await ledger.auditEntries(after: 0, limit: 10).map(\.kind)
            #expect(told == ["source.mark", "source.mark", "inventory.searched"])
            _ = try await ledger.applyRetention(before: time(100), at: time(200))
            #expect(try await ledger.sources() == ["a#main", "b#main"])
            #expect(try await ledger.hasSearchedCluster())
            for table in ["source_mark", "cluster_search"] {
                await #expect(throws: LedgerError.self) {
                    try await ledger.write { db in try db.execute(sql: "DELETE FROM \(table)") }
                }
            }
        }
    }
}
