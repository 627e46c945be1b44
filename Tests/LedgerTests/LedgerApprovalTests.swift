// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@testable import Ledger

@Suite("Approvals and removal policies, in the ledger") struct LedgerApprovalTests {
    @Test("An approval is for one thing of one target, and in the audit chain")
    func approvals() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.recordApproval("prune", api, subject: "c0de", actor: "ann", at: time(1))
            #expect(try await ledger.approval("prune", api, subject: "c0de")?.actor == "ann")
            #expect(try await ledger.approval("prune", api, subject: "c0df") == nil)
            #expect(try await ledger.approval("prune", worker, subject: "c0de") == nil)
            #expect(try await ledger.approval("rollout", api, subject: "c0de") == nil)
            let entry = try #require(try await ledger.auditEntries(after: 0, limit: 1).first)
            #expect(entry.kind == "approved.prune")
            #expect(entry.actor == "ann")
            try await ledger.recordApproval("again", api, subject: "r1", reason: "cache", actor: "bob", at: time(2))
            #expect(try await ledger.approval("again", api, subject: "r1")?.reason == "cache")
            #expect(try await ledger.auditEntries(after: 1, limit: 1).first?.text == "r1: cache")
            _ = try await ledger.applyRetention(before: time(100), at: time(200))
            #expect(try await ledger.approval("prune", api, subject: "c0de") == nil, "long ago")
        }
    }

    @Test("All that was approved of a kind is known, each once, and of one target")
    func all() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for (kind, target, subject) in [
                ("deletion", api, "a"), ("deletion", api, "b"), ("deletion", api, "a"), ("prune", api, "c"),
                ("deletion", worker, "d"),
            ] {
                try await ledger.recordApproval(kind, target, subject: subject, actor: "ann", at: time(1))
            }
            #expect(try await ledger.approved("deletion", api).sorted() == ["a", "b"])
            _ = try await ledger.applyRetention(before: time(100), at: time(200))
            #expect(try await ledger.approved("deletion", api) == [])
        }
    }

    @Test("The policy that was recorded last counts, and outlives retention")
    func policies() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            #expect(try await ledger.removalPolicy(of: api) == nil)
            for policy in [Application.Removal.prune, .orphan, .orphan] {
                try await ledger.recordRemovalPolicy(policy, of: api, at: time(1))
            }
            _ = try await ledger.applyRetention(before: time(100), at: time(200))
            try ledger.close()
            ledger = try fixture.open()
            #expect(try await ledger.removalPolicy(of: api) == .orphan)
            #expect(try await ledger.removalPolicy(of: worker) == nil)
        }
    }
}
