// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@testable import Ledger

@Suite struct AuditChainTests {
    /// A closed ledger of ten audit entries, and its head.
    private func ledger(in fixture: LedgerFixture, count: Int = 10) async throws -> AuditHead {
        let ledger = try fixture.open()
        let chain = ledger.chain
        try await ledger.write { db in
            for number in 1...count {
                try chain.append(
                    "test", number.isMultiple(of: 2) ? api : nil, actor: "ann", "entry \(number)",
                    at: time(Int64(number)), to: db)
            }
        }
        let head = try await ledger.auditHead()
        try ledger.close()
        return head
    }

    @Test("The chain of an untouched ledger is intact, an empty one too, and so it is across pages")
    func intact() async throws {
        try await LedgerFixture.with { fixture in
            let empty = try fixture.open()
            let origin = AuditHead(sequence: 0, hash: AuditChain.origin)
            #expect(try await empty.verifyAuditChain() == .intact(head: origin, count: 0))
            #expect(try await empty.verifyAuditChain(published: origin) == .intact(head: origin, count: 0))
            try empty.close()
            let head = try await ledger(in: fixture, count: 2001)
            let ledger = try fixture.open()
            #expect(try await ledger.verifyAuditChain() == .intact(head: head, count: 2001))
            #expect(try await ledger.verifyAuditChain(published: head) == .intact(head: head, count: 2001))
        }
    }

    @Test(
        "A changed, swapped, inserted or missing entry is altered, and the first such one is named",
        arguments: [
            ("UPDATE audit SET text = 'entry 05' WHERE sequence = 5", 5),
            ("UPDATE audit SET actor = 'bob' WHERE sequence = 1", 1),
            ("UPDATE audit SET at = at + 1 WHERE sequence = 10", 10),
            ("UPDATE audit SET application = NULL, environment = NULL WHERE sequence = 6", 6),
            ("UPDATE audit SET hash = 'ab' WHERE sequence = 3", 3),
            ("DELETE FROM audit WHERE sequence = 4", 4),
            ("DELETE FROM audit WHERE sequence = 1", 1),
            (
                """
                UPDATE audit SET sequence = 100 WHERE sequence = 7; UPDATE audit SET sequence = 7 WHERE sequence = 8;
                UPDATE audit SET sequence = 8 WHERE sequence = 100
                """, 7
            ),
            (
                """
                INSERT INTO audit (kind, actor, text, at, hash) SELECT kind, actor, text, at, hash FROM audit
                WHERE sequence = 10
                """, 11
            ),
        ] as [(String, Int64)])
    func altered(statement: String, sequence: Int64) async throws {
        try await LedgerFixture.with { fixture in
            _ = try await ledger(in: fixture)
            try fixture.tamper(statement)
            #expect(try await fixture.open().verifyAuditChain() == .altered(at: sequence))
        }
    }

    @Test(
        "An end that was cut off is truncated by SQLite's own count, or where that was set back, by the published head")
    func truncated() async throws {
        try await LedgerFixture.with { fixture in
            let head = try await ledger(in: fixture)
            try fixture.tamper("DELETE FROM audit WHERE sequence > 7")
            let ledger = try fixture.open()
            #expect(try await ledger.verifyAuditChain() == .truncated(last: 7, expected: 10))
            try ledger.close()
            try fixture.tamper("UPDATE sqlite_sequence SET seq = 7 WHERE name = 'audit'")
            let reopened = try fixture.open()
            #expect(try await reopened.verifyAuditChain(published: head) == .truncated(last: 7, expected: 10))
        }
    }

    @Test("An end that was cut off and written anew does not match the published head")
    func rewritten() async throws {
        try await LedgerFixture.with { fixture in
            let head = try await ledger(in: fixture)
            try fixture.tamper(
                "DELETE FROM audit WHERE sequence > 9", "UPDATE sqlite_sequence SET seq = 9 WHERE name = 'audit'")
            let ledger = try fixture.open()
            for text in ["other", "more"] {
                try await ledger.recordAudit(kind: "test", target: nil, actor: "bob", text: text, at: time(1))
            }
            #expect(try await ledger.verifyAuditChain(published: head) == .altered(at: 10))
        }
    }

    @Test("A recorded entry comes back as it was told, cut to a readable length")
    func entries() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.recordAudit(
                kind: "approval.given", target: api, actor: "ann", text: String(repeating: "x", count: 5000),
                at: time(1))
            let entry = try #require(try await ledger.auditEntries(after: 0, limit: 10).first)
            #expect(entry.kind == "approval.given")
            #expect(entry.target == api)
            #expect(entry.actor == "ann")
            #expect(entry.at == time(1))
            #expect(entry.text == String(repeating: "x", count: 4096) + "…")
            let head = try await ledger.auditHead()
            #expect(head == AuditHead(sequence: 1, hash: entry.hash))
            #expect(try await ledger.verifyAuditChain() == .intact(head: head, count: 1))
            #expect(try await ledger.auditEntries(after: 1, limit: 10) == [])
        }
    }

    @Test("A chain that goes on after the published head is unfinished")
    func unfinished() async throws {
        try await LedgerFixture.with { fixture in
            let published = try await ledger(in: fixture)
            let ledger = try fixture.open()
            try await ledger.recordAudit(kind: "test", target: nil, actor: "ann", text: "late", at: time(11))
            let head = try await ledger.auditHead()
            #expect(
                try await ledger.verifyAuditChain(published: published) == .unfinished(head: head, published: published)
            )
        }
    }

    @Test("Retention leaves a signed mark: the chain stays intact, and a forged mark is altered")
    func cut() async throws {
        try await LedgerFixture.with { fixture in
            let published = try await ledger(in: fixture)
            let ledger = try fixture.open()
            let report = try await ledger.applyRetention(before: time(5), at: time(20))
            #expect(report.auditEntries == 4)
            let head = try await ledger.auditHead()
            #expect(try await ledger.verifyAuditChain() == .intact(head: head, count: 7))
            #expect(
                try await ledger.verifyAuditChain(published: published) == .unfinished(head: head, published: published)
            )
            #expect(try await ledger.auditEntries(after: 0, limit: 1).first?.text == "entry 5")
            // All are old now: the last stays, or the next entry would follow nothing.
            _ = try await ledger.applyRetention(before: time(1000), at: time(30))
            let rest = try await ledger.auditEntries(after: 0, limit: 10)
            #expect(rest.map(\.kind) == ["retention.cut", "retention.cut"])
            let last = try await ledger.auditHead()
            #expect(try await ledger.verifyAuditChain() == .intact(head: last, count: 2))
            try ledger.close()
            try fixture.tamper(
                "DELETE FROM audit WHERE sequence = 11",
                "UPDATE audit_cut SET through = 11, hash = (SELECT hash FROM audit WHERE sequence = 12) WHERE through = 10"
            )
            #expect(try await fixture.open().verifyAuditChain() == .altered(at: 11))
        }
    }

    @Test("No two different entries have the same hash, wherever the difference lies between fields")
    func canonical() {
        let chain = AuditChain(key: [1, 2, 3])
        let base = AuditEntry(sequence: 1, kind: "ab", target: nil, actor: "c", text: "d", at: time(0), hash: "")
        var others = [base, base, base, base, base, base]
        others[0].kind = "a"
        others[0].actor = "bc"
        others[1].actor = "cd"
        others[1].text = ""
        others[2].target = TargetID(application: "", environment: "")
        others[3].sequence = 2
        others[4].at = time(1)
        others[5].target = TargetID(application: "a", environment: "b")
        let hashes = ([base] + others).map { chain.hash(of: $0, after: AuditChain.origin) }
        #expect(Set(hashes).count == hashes.count)
        #expect(chain.hash(of: base, after: hashes[0]) != hashes[0])
        #expect(AuditChain(key: [1, 2, 4]).hash(of: base, after: AuditChain.origin) != hashes[0])
    }

    @Test("The hash of an entry is a format: other versions must compute the same")
    func golden() {
        let entry = AuditEntry(
            sequence: 1, kind: "rollout.begun", target: api, actor: "mainstay", text: "rollout r1", at: time(0),
            hash: "")
        #expect(
            AuditChain(key: LedgerFixture.key).hash(of: entry, after: AuditChain.origin)
                == "92eb6d99b7dd97ccb5eb5bfea653e5be9aed077af24fc5960206932e30a761b9")
    }
}
