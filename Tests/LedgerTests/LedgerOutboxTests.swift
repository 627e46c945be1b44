// SPDX-License-Identifier: Apache-2.0

import GRDB
import Manifests
import Planning
import Testing

@testable import Ledger

@Suite("The ledger's outbox")
struct LedgerOutboxTests {
    private static func event(_ id: String, _ kind: NotificationKind = .failed, at seconds: Int64 = 0)
        -> NotificationEvent
    {
        NotificationEvent(id: id, kind: kind, target: api, at: time(seconds), revision: "c", cause: crash)
    }

    private static func planned(_ id: String, to receivers: String..., at seconds: Int64 = 0) -> PlannedNotification {
        PlannedNotification(
            event: event(id, at: seconds), deliveries: receivers.map { PlannedDelivery(receiver: $0, message: "m") })
    }

    @Test("Phases are told of from where telling began, in order, with what a notification needs")
    func phases() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginRollout(rollout("old"))
            try await ledger.recordPhase("old", .queued, at: time(1))
            #expect(try await ledger.phasesToTell(limit: 10) == [], "nobody was to be told")
            try await ledger.beginNotifying(at: time(2))
            #expect(try await ledger.phasesToTell(limit: 10) == [], "what was before is old news")

            try await ledger.recordRevision(
                Revision(commit: "c-new", branch: "main", author: "Ada", subject: "new", committedAt: time(0)),
                seenAt: time(3))
            try await ledger.beginRollout(rollout("new"))
            try await ledger.recordPhase("new", .queued, at: time(4))
            try await ledger.conclude(
                "new", Verdict(outcome: .failed, cause: crash, notes: ["not undone"]), phase: .failed, quarantine: nil,
                at: time(5))
            let phases = try await ledger.phasesToTell(limit: 10)
            #expect(phases.map(\.phase) == [.queued, .failed])
            #expect(phases[1].cause == crash)
            #expect(phases[1].notes == ["not undone"])
            #expect(phases[1].author == "Ada")
            #expect(phases[1].revision == "c-new")
            #expect(phases[0].notes == [], "there was no verdict then")
            #expect(phases.map(\.outcome) == [nil, .failed])
            #expect(try await ledger.phasesToTell(limit: 1).map(\.phase) == [.queued])

            try await ledger.recordNotifications([], throughPhase: phases[0].sequence, at: time(6))
            try ledger.close()
            let again = try fixture.open()
            try await again.beginNotifying(at: time(7))
            #expect(try await again.phasesToTell(limit: 10).map(\.phase) == [.failed], "it goes on where it was")
        }
    }

    @Test("Who forced a rollout is told from its beginning, kept with it, and in the audit chain")
    func forced() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            try await ledger.beginNotifying(at: time(0))
            var begun = rollout("r")
            begun.note = "forced past the freeze by ada: down"
            try await ledger.beginRollout(begun)
            try await ledger.recordPhase("r", .queued, at: time(1))
            let entry = try await ledger.auditEntries(after: 0, limit: 9).first { $0.kind == "rollout.begun" }
            #expect(entry?.text.hasSuffix(", forced past the freeze by ada: down") == true)
            try ledger.close()
            ledger = try fixture.open()
            #expect(try await ledger.phasesToTell(limit: 10).map(\.notes) == [["forced past the freeze by ada: down"]])
            #expect(try await ledger.rollout("r")?.summary.rollout == begun)
        }
    }

    @Test("A rollback is told with the commit that it takes back, and with who asked for it; so is what was destroyed")
    func people() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginNotifying(at: time(0))
            for (commit, author) in [("c-good", "Bob"), ("c-bad", "Mallory")] {
                try await ledger.recordRevision(
                    Revision(commit: commit, branch: "main", author: author, subject: "s", committedAt: time(0)),
                    seenAt: time(1))
            }
            func record(_ id: String, _ trigger: RolloutTrigger, hold: String? = nil) -> RolloutRecord {
                RolloutRecord(
                    id: id, target: api, revision: "c-good", fromRevision: "c-bad", digest: "d", inputsDigest: "",
                    trigger: trigger, startedAt: time(2), hold: hold)
            }
            try await ledger.recordHold(
                HoldRecord(
                    id: "h", target: api, rollout: "r0", awayFromDigest: "d2", awayFromRevision: "c-bad",
                    reason: "too slow", actor: "ada", at: time(2)))
            let scope = Suspension.Scope(environment: api.environment)
            try await ledger.recordSuspension(
                Suspension(id: 0, scope: scope, reason: "moved", actor: "grace", since: time(2), destroys: true))
            for rollout in [
                record("r1", .rollback), record("r2", .rollback, hold: "h"), record("r3", .removal),
                record("r4", .revision),
            ] {
                try await ledger.beginRollout(rollout)
                try await ledger.recordPhase(rollout.id, .queued, at: time(3))
            }
            let phases = try await ledger.phasesToTell(limit: 10)
            #expect(phases.map(\.author) == ["Mallory", "Mallory", "Bob", "Bob"])
            #expect(phases.map(\.person) == [nil, "ada", "grace", nil])
            #expect(phases.map(\.reason) == [nil, "too slow", "moved", nil])
        }
    }

    @Test("What happened while nobody was to be told is not told of later")
    func pause() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.beginNotifying(at: time(0))
            try await ledger.stopNotifying(at: time(1))
            try await ledger.stopNotifying(at: time(1))
            try await ledger.beginRollout(rollout("r"))
            try await ledger.recordPhase("r", .succeeded, at: time(2))
            try await ledger.beginNotifying(at: time(3))
            #expect(try await ledger.phasesToTell(limit: 10) == [])
            try await ledger.recordPhase("r", .failed, at: time(4))
            #expect(try await ledger.phasesToTell(limit: 10).map(\.phase) == [.failed])
        }
    }

    @Test("A receiver gets everything in order; an event that is there already is not made again")
    func deliveries() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.recordNotifications(
                [Self.planned("a", to: "chat", "hook"), Self.planned("b", to: "chat")], throughPhase: nil, at: time(1))
            try await ledger.recordNotifications([Self.planned("a", to: "chat")], throughPhase: nil, at: time(2))
            #expect(try await ledger.openDeliveries() == ["chat": 2, "hook": 1])

            let first = try #require(try await ledger.nextDelivery(to: "chat", after: 0))
            #expect(first.event == Self.event("a"))
            #expect(first.message == "m")
            #expect(!first.mayHaveArrived && first.unanswered == 0)
            try await ledger.recordDelivery(.attempt, of: first.sequence, detail: nil, at: time(3))
            #expect(try await ledger.nextDelivery(to: "chat", after: 0)?.mayHaveArrived == true)
            try await ledger.recordDelivery(.failure, of: first.sequence, detail: "no", at: time(4))
            #expect(try await ledger.nextDelivery(to: "chat", after: 0)?.mayHaveArrived == false)
            try await ledger.recordDelivery(.delivered, of: first.sequence, detail: "ok", at: time(5))

            let second = try #require(try await ledger.nextDelivery(to: "chat", after: first.sequence))
            #expect(second.event.id == "b")
            #expect(try await ledger.nextDelivery(to: "chat", after: second.sequence) == nil)
            #expect(try await ledger.nextDelivery(to: "hook", after: 0)?.event.id == "a")
            #expect(try await ledger.openDeliveries() == ["chat": 1, "hook": 1])
            #expect(try await ledger.notifications(limit: 5).first?.event.id == "b")
            #expect(
                try await ledger.notifications(limit: 5).last?.deliveries.map(\.outcome) == ["delivered", "waiting"])
        }
    }

    @Test("Too many that wait: the oldest are given up, but for the one that may be under way")
    func trim() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.recordNotifications(
                ["a", "b", "c", "d", "e"].map { Self.planned($0, to: "chat") }, throughPhase: nil, at: time(1))
            #expect(try await ledger.trimDeliveries(to: "chat", limit: 3, at: time(2)) == 2)
            #expect(try await ledger.trimDeliveries(to: "chat", limit: 3, at: time(2)) == 0)
            var left: [String] = []
            while let next = try await ledger.nextDelivery(to: "chat", after: 0) {
                left.append(next.event.id)
                try await ledger.recordDelivery(.delivered, of: next.sequence, detail: nil, at: time(3))
            }
            #expect(left == ["a", "d", "e"])
        }
    }

    @Test("What waits for a receiver that is gone is given up")
    func goneReceiver() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.recordNotifications(
                [Self.planned("a", to: "chat", "hook")], throughPhase: nil, at: time(1))
            #expect(try await ledger.abandonDeliveries(exceptTo: ["hook"], at: time(2)) == 1)
            #expect(try await ledger.openDeliveries() == ["hook": 1])
        }
    }

    @Test("Since when a rollout is in its phase counts through all reasons, and not through other phases")
    func since() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            #expect(try await ledger.phaseSince(api) == nil)
            try await ledger.beginRollout(rollout("r"))
            for (phase, seconds) in [
                (RolloutPhase.blocked, 1), (.applying, 2), (.blocked, 3), (.blocked, 9), (.queued, 10), (.blocked, 11),
            ] { try await ledger.recordPhase("r", phase, at: time(Int64(seconds))) }
            #expect(try await ledger.phaseSince(api) == time(3))
        }
    }

    @Test("Retention takes what everybody has, and keeps what is open and what was told last")
    func retention() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.recordNotifications(
                [
                    Self.planned("old", to: "chat"), Self.planned("open", to: "hook"),
                    Self.planned("latest", to: "chat"),
                ],
                throughPhase: 1, at: time(1))
            try await ledger.recordNotifications([], throughPhase: 2, at: time(1))
            for _ in 0..<2 {
                let next = try #require(try await ledger.nextDelivery(to: "chat", after: 0))
                try await ledger.recordDelivery(.delivered, of: next.sequence, detail: nil, at: time(2))
            }
            let report = try await ledger.applyRetention(before: time(100), at: time(200))
            #expect(report.notifications == 1)
            #expect(try await ledger.notifications(limit: 10).map(\.event.id) == ["latest", "open"])
            #expect(try await ledger.latestNotifications().map(\.id) == ["latest"])
            try ledger.close()
            // The guards are back.
            for table in Schema.outboxTables {
                #expect(throws: DatabaseError.self) { try fixture.delete(table) }
            }
        }
    }

    @Test("Tries that may have arrived are counted: those without an answer, and those that nothing came of")
    func tries() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            try await ledger.recordNotifications([Self.planned("a", to: "chat")], throughPhase: nil, at: time(1))
            let id = try #require(try await ledger.nextDelivery(to: "chat", after: 0)).sequence
            let steps: [(DeliveryOutcome, mayHaveArrived: Bool, unanswered: Int)] = [
                (.attempt, true, 1), (.failure, false, 0), (.attempt, true, 1), (.unsure, true, 0),
                (.attempt, true, 1), (.unanswered, true, 1), (.attempt, true, 2), (.attempt, true, 3),
                (.failure, true, 2),
            ]
            for (index, step) in steps.enumerated() {
                try await ledger.recordDelivery(step.0, of: id, detail: nil, at: time(2))
                if index == 5 {
                    try ledger.close()
                    ledger = try fixture.open()
                }
                let next = try #require(try await ledger.nextDelivery(to: "chat", after: 0))
                #expect(next.mayHaveArrived == step.mayHaveArrived, "\(index)")
                #expect(next.unanswered == step.unanswered, "\(index)")
            }
        }
    }

    @Test("Since when a receiver takes nothing is kept over a restart and retention, until it works")
    func trouble() async throws {
        try await LedgerFixture.with { fixture in
            var ledger = try fixture.open()
            #expect(try await ledger.receiverTrouble(of: "chat") == nil)
            try await ledger.recordReceiverTrouble("first", of: "chat", at: time(1))
            try await ledger.recordReceiverTrouble(nil, of: "chat", at: time(2))
            try await ledger.recordReceiverTrouble("down", of: "chat", at: time(3))
            try await ledger.recordReceiverTrouble("other", of: "hook", at: time(4))
            try await ledger.recordReceiverTrouble(nil, of: "hook", at: time(5))
            _ = try await ledger.applyRetention(before: time(100), at: time(200))
            try ledger.close()
            ledger = try fixture.open()
            let trouble = try await ledger.receiverTrouble(of: "chat")
            #expect(trouble?.problem == "down" && trouble?.since == time(3))
            #expect(try await ledger.receiverTrouble(of: "hook") == nil)
        }
    }
}
