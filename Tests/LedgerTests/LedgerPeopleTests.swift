// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@testable import Ledger

@Suite("What people said, in the ledger") struct LedgerPeopleTests {
    private func hold(_ id: String, to rollout: String, at seconds: Int64) -> HoldRecord {
        HoldRecord(
            id: id, target: api, rollout: rollout, awayFromDigest: "d-new", awayFromRevision: "c-new",
            reason: "slow", actor: "ann", at: time(seconds))
    }

    private func texts(_ ledger: Ledger) async throws -> [String] {
        try await ledger.auditEntries(after: 0, limit: 100).map { "\($0.kind) by \($0.actor)" }
    }

    @Test("A hold is in force until it ends, or another takes its place, over restarts; each is in the audit chain")
    func holds() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            #expect(try await ledger.hold(of: api) == nil)
            try await ledger.recordHold(hold("h1", to: "r1", at: 1))
            try await ledger.recordHold(hold("h2", to: "r2", at: 2))
            try ledger.close()
            ledger = try fixture.open()
            #expect(try await ledger.hold(of: api) == hold("h2", to: "r2", at: 2))
            #expect(try await ledger.hold(of: worker) == nil)
            try await ledger.endHold("h1", of: api, actor: "bob", reason: "late", at: time(3))
            #expect(try await ledger.hold(of: api)?.id == "h2", "what has ended ends nothing")
            try await ledger.endHold("h2", of: api, actor: "bob", reason: "released", at: time(4))
            #expect(try await ledger.hold(of: api) == nil)
            #expect(
                try await texts(ledger) == [
                    "rollback.asked by ann", "rollback.ended by ann", "rollback.asked by ann", "rollback.ended by bob",
                ])
            guard case .intact = try await ledger.verifyAuditChain() else {
                Issue.record("the chain is broken")
                return
            }
        }
    }

    @Test("A rollout remembers the hold that it carries out")
    func rolloutOfAHold() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            var record = rollout("r1")
            record.hold = "h1"
            try await ledger.beginRollout(record)
            try await ledger.beginRollout(rollout("r2"))
            #expect(try await ledger.rollouts(limit: 2).map(\.rollout.hold) == [nil, "h1"])
        }
    }

    @Test("A suspension is in force until it is ended; its scope is read back as it was written")
    func suspensions() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            let scopes = [
                Suspension.Scope(), .init(environment: "staging"), .init(application: "api", environment: "staging"),
                .init(
                    application: "api", environment: "staging",
                    object: Suspension.ObjectName("Deployment.apps/staging/api")),
            ]
            for (number, scope) in scopes.enumerated() {
                try await ledger.recordSuspension(
                    Suspension(id: 0, scope: scope, reason: "why \(number)", actor: "ann", since: time(Int64(number))))
            }
            try ledger.close()
            ledger = try fixture.open()
            let active = try await ledger.suspensions()
            #expect(active.map(\.scope) == scopes)
            #expect(active.map(\.reason) == ["why 0", "why 1", "why 2", "why 3"])
            #expect(Set(active.map(\.id)).count == 4)
            try await ledger.endSuspension(active[1].id, actor: "bob", at: time(9))
            try await ledger.endSuspension(active[1].id, actor: "bob", at: time(10))
            #expect(try await ledger.suspensions() == [active[0], active[2], active[3]])
            #expect(try await texts(ledger).filter { $0 == "resumed by bob" }.count == 1)
        }
    }

    @Test("An object taken up again is owed a rollout until one was begun")
    func resumedObjects() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginRollout(rollout("r1"))
            func takeUpAgain(_ scope: Suspension.Scope) async throws {
                try await ledger.recordSuspension(
                    Suspension(id: 0, scope: scope, reason: "why", actor: "ann", since: time(1)))
                let id = try #require(try await ledger.suspensions().last?.id)
                try await ledger.endSuspension(id, actor: "ann", at: time(2))
            }
            try await takeUpAgain(.init(application: "api", environment: "staging"))
            #expect(try await !ledger.hasResumedObject(of: api), "the application itself: it decides anew anyway")
            let object = try #require(Suspension.ObjectName("Deployment/api"))
            try await takeUpAgain(.init(application: "api", environment: "staging", object: object))
            #expect(try await ledger.hasResumedObject(of: api))
            #expect(try await !ledger.hasResumedObject(of: worker))
            try await ledger.beginRollout(rollout("r2", worker))
            #expect(try await ledger.hasResumedObject(of: api), "another's rollout pays nothing")
            try await ledger.beginRollout(rollout("r3"))
            #expect(try await !ledger.hasResumedObject(of: api))
        }
    }

    @Test("Retention keeps what is in force, with the rollout that it holds at, and removes what has ended")
    func retention() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for id in ["r1", "r2", "r3"] {
                try await ledger.beginRollout(rollout(id))
                try await ledger.conclude(
                    id, Verdict(outcome: .healthy), phase: .succeeded, quarantine: nil, at: time(1))
            }
            try await ledger.recordHold(hold("h0", to: "r2", at: 1))
            try await ledger.recordHold(hold("h1", to: "r1", at: 1))
            for reason in ["ended", "in force"] {
                try await ledger.recordSuspension(
                    Suspension(id: 0, scope: .init(), reason: reason, actor: "ann", since: time(1)))
            }
            let ended = try #require(try await ledger.suspensions().first)
            try await ledger.endSuspension(ended.id, actor: "ann", at: time(2))
            _ = try await ledger.applyRetention(before: time(1000), at: time(2000))
            #expect(try await ledger.rollouts(limit: 10).map(\.rollout.id) == ["r3", "r1"])
            #expect(try await ledger.hold(of: api)?.id == "h1")
            #expect(try await ledger.suspensions().map(\.reason) == ["in force"])
            // The rows are guarded as before.
            try ledger.close()
            #expect(throws: (any Error).self) { try fixture.delete("hold") }
        }
    }
}
