// SPDX-License-Identifier: Apache-2.0

import GRDB
import Manifests
import Planning
import Testing

@testable import Ledger

@Suite struct LedgerReportsTests {
    /// Begun at `seconds`, judged a second later.
    private static func run(
        _ id: String, in ledger: Ledger, at seconds: Int64, _ outcomes: Verdict.Outcome..., target: TargetID = api,
        trigger: RolloutTrigger = .revision, hold: String? = nil
    ) async throws {
        var record = rollout(id, target, at: seconds)
        record.trigger = trigger
        record.hold = hold
        try await ledger.beginRollout(record)
        for (step, outcome) in outcomes.enumerated() {
            try await ledger.conclude(
                id, Verdict(outcome: outcome, cause: outcome == .healthy ? nil : crash),
                phase: outcome == .healthy ? .succeeded : .failed, quarantine: nil, at: time(seconds + 1 + Int64(step)))
        }
    }

    @Test(
        "A report is made of rollouts of its time with commit, verdicts and who took them back, and of all that was said of health"
    )
    func records() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await Self.run("before", in: ledger, at: 0, .failed)
            try await Self.run("relapsed", in: ledger, at: 100, .healthy, .failed)
            try await Self.run("taken", in: ledger, at: 200, .healthy)
            for (phase, seconds) in [(RolloutPhase.applying, Int64(190)), (.blocked, 192), (.applying, 195)] {
                try await ledger.recordPhase("taken", phase, reason: nil, cause: nil, at: time(seconds))
            }
            try await Self.run("other", in: ledger, at: 210, target: worker)
            try await ledger.recordHold(
                HoldRecord(
                    id: "h", target: api, rollout: "before", awayFromDigest: "d-taken", awayFromRevision: "c-taken",
                    reason: nil, actor: "ann", at: time(299)))
            try await Self.run("back", in: ledger, at: 300, .healthy, trigger: .rollback, hold: "h")
            for branch in ["main", "release"] {
                try await ledger.recordRevision(
                    Revision(commit: "c-taken", branch: branch, author: "a", subject: "s", committedAt: time(150)),
                    seenAt: time(160))
            }
            try await ledger.recordHealth(HealthMark(isHealthy: false, at: time(400)), of: api)
            try await ledger.recordHealth(HealthMark(isHealthy: true, at: time(420)), of: worker)

            let all = try #require(
                try await ledger.deliveryRecords(application: nil, environment: nil, since: time(100)))
            func rollout(
                _ id: String, _ seconds: Int64, committed: Timestamp? = nil, applied: Int64? = nil, healthy: Int64?,
                _ outcome: Verdict.Outcome?, target: TargetID = api, trigger: RolloutTrigger = .revision,
                takesBack: String? = nil
            ) -> DeliveredRollout {
                DeliveredRollout(
                    target: target, trigger: trigger, digest: "d-\(id)", startedAt: time(seconds),
                    committedAt: committed, appliedAt: applied.map(time), firstHealthyAt: healthy.map(time),
                    outcome: outcome, takesBack: takesBack)
            }
            #expect(
                all.rollouts == [
                    rollout("relapsed", 100, healthy: 101, .failed),
                    rollout("taken", 200, committed: time(150), applied: 190, healthy: 201, .healthy),
                    rollout("other", 210, healthy: nil, nil, target: worker),
                    rollout("back", 300, healthy: 301, .healthy, trigger: .rollback, takesBack: "d-taken"),
                ])
            func sign(_ kind: DeliverySign.Kind, _ seconds: Int64, _ target: TargetID = api) -> DeliverySign {
                DeliverySign(target: target, kind: kind, at: time(seconds))
            }
            #expect(
                all.verdicts == [
                    sign(.unwell, 1), sign(.well, 101), sign(.unwell, 102), sign(.well, 201), sign(.well, 301),
                ])
            #expect(all.healthMarks == [sign(.unwell, 400), sign(.well, 420, worker)])
            #expect(all.historyBegins.isEmpty)

            let scoped = try #require(
                try await ledger.deliveryRecords(application: "worker", environment: "staging", since: time(0)))
            #expect(scoped.rollouts.map(\.digest) == ["d-other"] && scoped.verdicts.isEmpty)
            #expect(scoped.healthMarks == [sign(.well, 420, worker)])
            let nowhere = try await ledger.deliveryRecords(application: nil, environment: "nowhere", since: time(0))
            #expect(nowhere == DeliveryRecords())
        }
    }

    @Test("More than is read for a report is said to be more, and not cut off")
    func limit() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            for number in 0..<3 { try await Self.run("r\(number)", in: ledger, at: Int64(number), .healthy) }
            func records(_ limit: Int) async throws -> DeliveryRecords? {
                try await ledger.deliveryRecords(application: nil, environment: nil, since: time(0), limit: limit)
            }
            #expect(try await records(3)?.rollouts.count == 3)
            #expect(try await records(2) == nil)
        }
    }

    @Test(
        "Retention of one environment takes its rows alone, says since when history is whole, and leaves the audit chain"
    )
    func retention() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            let live = TargetID(application: "api", environment: "production")
            for (place, target) in [("s", api), ("p", live)] {
                for day in [Int64(1), 50, 80] {
                    try await Self.run("\(place)\(day)", in: ledger, at: day, .healthy, target: target)
                    try await ledger.recordHealth(HealthMark(isHealthy: day == 50, at: time(day)), of: target)
                }
            }
            let entries = try await ledger.auditEntries(after: 0, limit: 100).count
            let report = try await ledger.applyRetention(
                before: time(0), environments: ["staging": time(60), "unknown": time(70)], at: time(100))
            #expect(report.rollouts == 2 && report.auditEntries == 0)
            #expect(try await ledger.rollouts(limit: 10).map(\.rollout.id) == ["p80", "p50", "p1", "s80"])
            #expect(try await ledger.auditEntries(after: 0, limit: 100).count == entries + 1)

            func records() async throws -> DeliveryRecords? {
                try await ledger.deliveryRecords(application: nil, environment: nil, since: time(-10))
            }
            let found = try #require(try await records())
            #expect(found.historyBegins == ["staging": time(60)])
            #expect(found.healthMarks.count { $0.target == live } == 3)
            #expect(found.healthMarks.count { $0.target == api } == 1)

            // A longer history later brings nothing back; a shorter one than the operator's is all that an environment has.
            try await Self.run("s90", in: ledger, at: 90, .healthy)
            _ = try await ledger.applyRetention(before: time(40), environments: ["staging": time(55)], at: time(110))
            #expect(try await records()?.historyBegins == ["production": time(40), "staging": time(60)])
            _ = try await ledger.applyRetention(before: time(85), environments: ["staging": time(2)], at: time(120))
            #expect(try await ledger.rollouts(limit: 10).map(\.rollout.id) == ["s90", "p80"])
            #expect(try await records()?.historyBegins == ["production": time(85), "staging": time(85)])
            let verified = try await ledger.verifyAuditChain()
            var isIntact = false
            if case .intact = verified { isIntact = true }
            #expect(isIntact, "\(verified)")
            await #expect(throws: LedgerError.self) {
                try await ledger.write { db in try db.execute(sql: "DELETE FROM history_cut") }
            }
        }
    }

    @Test("An environment that lost marks of health, and no rollout, says since when its history is whole")
    func lostMarks() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await Self.run("s1", in: ledger, at: 1, .healthy)
            for at in [Int64(2), 3, 80] {
                try await ledger.recordHealth(HealthMark(isHealthy: at == 3, at: time(at)), of: api)
            }
            _ = try await ledger.applyRetention(before: time(60), environments: [:], at: time(100))
            let records = try await ledger.deliveryRecords(application: nil, environment: nil, since: time(-10))
            #expect(records?.rollouts.count == 1)
            #expect(records?.healthMarks.count == 1)
            #expect(records?.historyBegins == ["staging": time(60)])
            // What was kept then, and goes by an earlier moment now, brings nothing back.
            try await Self.run("s90", in: ledger, at: 90, .healthy)
            #expect(try await ledger.applyRetention(before: time(40), at: time(110)).rollouts == 1)
            let later = try await ledger.deliveryRecords(application: nil, environment: nil, since: time(-10))
            #expect(later?.historyBegins == ["staging": time(60)])
        }
    }

    @Test("Of ten thousand rollouts each is in the report, once")
    func speed() async throws {
        try await LedgerFixture.with { fixture in
            let ledger = try fixture.open()
            try await ledger.write { db in
                for number in 0..<10_000 {
                    let id = "r\(number)"
                    let at = time(Int64(number) * 700).millisecondsSinceEpoch
                    try db.add(
                        "rollout",
                        [
                            "id": id, "application": "app\(number % 40)", "environment": "staging",
                            "revision": "c\(number)",
                            "digest": "d\(number)", "inputs_digest": "i", "trigger": "revision", "started_at": at,
                        ])
                    try db.add(
                        "verdict",
                        [
                            "rollout": id, "outcome": number % 9 == 0 ? "failed" : "healthy", "notes": "[]",
                            "at": at + 9000,
                        ])
                    try db.add(
                        "revision",
                        [
                            "commit_id": "c\(number)", "branch": "main", "author": "a", "subject": "s",
                            "committed_at": at - 60_000, "seen_at": at,
                        ])
                }
            }
            let records = try #require(
                try await ledger.deliveryRecords(application: nil, environment: nil, since: time(0)))
            let report = DeliveryReport(records, since: time(0), until: time(7_000_000))
            #expect(report.lines.count == 40)
            #expect(report.lines.reduce(0) { $0 + $1.total.changes } == 10_000)
        }
    }
}
