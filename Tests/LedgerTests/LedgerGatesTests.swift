// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@testable import Ledger

@Suite("What waits at gates, in the ledger") struct LedgerGatesTests {
    private func proposal(_ id: String, _ digest: String, at seconds: Int64) -> Proposal {
        Proposal(id: id, target: api, digest: digest, revision: "c-\(digest)", since: time(seconds))
    }

    @Test("That the clock was set forward is read back over a restart, is in the audit chain, and goes when it is old")
    func clock() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            let jumps = [ClockJump(at: time(10), by: .seconds(3600)), ClockJump(at: time(99), by: .seconds(61))]
            for jump in jumps { try await ledger.recordClockJump(jump) }
            try ledger.close()
            ledger = try fixture.open()
            #expect(try await ledger.clockJumps() == jumps)
            #expect(
                try await ledger.auditEntries(after: 0, limit: 9).map(\.text) == ["forward by 1h", "forward by 1m1s"])
            _ = try await ledger.applyRetention(before: time(50), environments: ["staging": time(200)], at: time(300))
            #expect(try await ledger.clockJumps() == [jumps[1]])
        }
    }

    @Test("That the clock was set back again goes with the jump that it takes back, whose date is far ahead")
    func clockSetBack() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let jumps = [
                ClockJump(at: time(9_999_999), by: .seconds(9_999_990)),
                ClockJump(at: time(20), by: .seconds(-9_999_990)),
                ClockJump(at: time(9_999_999), by: .seconds(9_999_900)),
                ClockJump(at: time(99), by: .seconds(-9_999_900)),
            ]
            for jump in jumps { try await ledger.recordClockJump(jump) }
            #expect(try await ledger.clockJumps() == jumps)
            #expect(
                try await ledger.auditEntries(after: 0, limit: 2).map(\.text)
                    == ["forward by 2777h46m30s", "back by 2777h46m30s"])
            _ = try await ledger.applyRetention(before: time(50), at: time(300))
            #expect(try await ledger.clockJumps() == Array(jumps.dropFirst(2)))
        }
    }

    @Test("The latest proposal is read back with what was said of it, over a restart; each is in the audit chain")
    func proposals() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            #expect(try await ledger.proposal(of: api) == nil)
            try await ledger.recordProposal(proposal("p1", "d1", at: 1))
            try await ledger.recordProposal(proposal("p2", "d2", at: 2))
            let words = [
                Proposal.Word(kind: .approval, person: "ann", at: time(3)),
                Proposal.Word(kind: .rejection, person: "bob", reason: "late", at: time(4)),
                Proposal.Word(kind: .force, person: "cy", reason: "down", past: "the freeze", at: time(5)),
            ]
            for word in words { try await ledger.recordWord(word, on: proposal("p2", "d2", at: 2), actor: "uid 7") }
            try ledger.close()
            ledger = try fixture.open()
            var expected = proposal("p2", "d2", at: 2)
            expected.words = words.map { word in
                var word = word
                word.afterFreeze = 0
                return word
            }
            #expect(try await ledger.proposal(of: api) == expected)
            #expect(try await ledger.proposal(of: worker) == nil)
            let entries = try await ledger.auditEntries(after: 0, limit: 100)
            #expect(
                entries.map(\.kind) == ["gate.waits", "gate.waits", "gate.approval", "gate.rejection", "gate.force"])
            #expect(
                entries.suffix(2).map(\.text) == [
                    "bob of revision c-d2, digest d2: late", "cy of revision c-d2, digest d2, past the freeze: down",
                ])
            guard case .intact = try await ledger.verifyAuditChain() else {
                Issue.record("the chain is broken")
                return
            }
        }
    }

    @Test("A proposal comes with the words it has by then, each with the freeze it knew, and all in the audit chain")
    func takenOver() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for moment in [1, 2] as [Int64] {
                try await ledger.recordFreeze(
                    Freeze(scope: .init(environment: "production"), reason: "x", actor: "ann", since: time(moment)))
            }
            var whole = proposal("p1", "d1", at: 5)
            whole.words = [
                Proposal.Word(kind: .force, person: "cy", reason: "down", past: "it", afterFreeze: 1, at: time(3)),
                Proposal.Word(kind: .approval, person: "ann", afterFreeze: 2, at: time(4)),
            ]
            try await ledger.recordProposal(whole)
            #expect(try await ledger.proposal(of: api) == whole)
            let entries = try await ledger.auditEntries(after: 2, limit: 100)
            #expect(entries.map(\.kind) == ["gate.waits", "gate.force", "gate.approval"])
            #expect(entries.allSatisfy { $0.actor == "mainstay" })
            guard case .intact = try await ledger.verifyAuditChain() else {
                Issue.record("the chain is broken")
                return
            }
        }
    }

    @Test("A freeze is listed until somebody ends it")
    func freezes() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let one = Freeze(
                scope: .init(environment: "production"), reason: "holidays", actor: "ann", since: time(1),
                until: time(9))
            let two = Freeze(scope: .init(), reason: "all", actor: "bob", since: time(2))
            try await ledger.recordFreeze(one)
            try await ledger.recordFreeze(two)
            let listed = try await ledger.freezes()
            #expect(listed.map(\.scope) == [one.scope, two.scope])
            #expect(listed.map(\.until) == [time(9), nil])
            try await ledger.endFreeze(listed[0], actor: "ann", at: time(3))
            try await ledger.endFreeze(listed[0], actor: "ann", at: time(4))
            #expect(try await ledger.freezes().map(\.reason) == ["all"])
        }
    }

    @Test("A word knows the newest freeze when it was said, by the order of the rows and not by times")
    func wordsAndFreezes() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let scope = Suspension.Scope(environment: "production")
            let waiting = proposal("p", "d", at: 1)
            try await ledger.recordProposal(waiting)
            func say(_ person: String, at second: Int64, after freeze: Int64? = nil) async throws {
                try await ledger.recordWord(
                    .init(kind: .force, person: person, afterFreeze: freeze, at: time(second)), on: waiting,
                    actor: "uid 7")
            }
            func freeze(at second: Int64) async throws {
                try await ledger.recordFreeze(Freeze(scope: scope, reason: "r", actor: "ann", since: time(second)))
            }
            try await say("before", at: 900)
            try await freeze(at: 10)
            try await say("between", at: 5)
            try await freeze(at: 2)
            try await say("after", at: 3)
            // As it was written down elsewhere.
            try await say("copied", at: 4, after: 1)
            let words = try #require(try await ledger.proposal(of: api)?.words)
            #expect(words.map(\.afterFreeze) == [0, 1, 2, 1])
            #expect(try await ledger.freezes().map(\.id) == [2])
        }
    }

    @Test("Health is marked where it changed, and nowhere else")
    func health() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for (healthy, at) in [(false, 1), (false, 2), (true, 3), (true, 4)] as [(Bool, Int64)] {
                try await ledger.recordHealth(HealthMark(isHealthy: healthy, at: time(at)), of: api)
            }
            #expect(try await ledger.healthMark(of: api) == HealthMark(isHealthy: true, at: time(3)))
            #expect(try await ledger.healthMark(of: worker) == nil)
        }
    }

    @Test("Retention keeps what waits, what freezes, and how health is")
    func retention() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for (id, at) in [("p1", 1), ("p2", 2)] as [(String, Int64)] {
                try await ledger.recordProposal(proposal(id, id, at: at))
                try await ledger.recordWord(
                    .init(kind: .approval, person: "ann", at: time(at)), on: proposal(id, id, at: at), actor: "uid 7")
            }
            for (reason, until) in [("over", time(5)), ("ended", nil), ("stays", nil)] as [(String, Timestamp?)] {
                let scope = Suspension.Scope(application: reason, environment: "production")
                try await ledger.recordFreeze(
                    Freeze(scope: scope, reason: reason, actor: "ann", since: time(1), until: until))
            }
            try await ledger.endFreeze(try await ledger.freezes()[1], actor: "ann", at: time(2))
            try await ledger.recordHealth(HealthMark(isHealthy: false, at: time(1)), of: api)
            try await ledger.recordHealth(HealthMark(isHealthy: true, at: time(2)), of: api)
            _ = try await ledger.applyRetention(before: time(10), at: time(11))
            #expect(try await ledger.proposal(of: api)?.words.count == 1)
            #expect(try await ledger.freezes().map(\.reason) == ["stays"])
            #expect(try await ledger.healthMark(of: api)?.isHealthy == true)
        }
    }

    @Test("A suspension that destroys is read back as such")
    func destroys() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for destroys in [false, true] {
                try await ledger.recordSuspension(
                    Suspension(
                        id: 0, scope: .init(environment: "staging"), reason: "r", actor: "ann", since: time(1),
                        destroys: destroys))
            }
            #expect(try await ledger.suspensions().map(\.destroys) == [false, true])
        }
    }

    @Test("A freeze of the same scope takes the place of the one before, and the chain tells of both")
    func freezeAgain() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let scopes: [Suspension.Scope] = [.init(), .init(environment: "production"), .init(application: "api")]
            for scope in scopes {
                try await ledger.recordFreeze(
                    Freeze(scope: scope, reason: "fair", actor: "ann", since: time(1), until: time(9)))
            }
            let longer = Freeze(scope: scopes[1], reason: "holidays", actor: "bob", since: time(2), until: time(99))
            try await ledger.recordFreeze(longer)
            let active = try await ledger.freezes()
            #expect(active.map(\.scope) == [scopes[0], scopes[2], scopes[1]])
            #expect(active.last?.until == time(99) && active.last?.reason == "holidays")
            let told = try await ledger.auditEntries(after: 0, limit: 10).last
            #expect(told?.text.contains("in the place of: frozen by ann since") == true && told?.actor == "bob")
        }
    }
}
