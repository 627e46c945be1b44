// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("Delivery reports")
struct DeliveryReportTests {
    private static let api = TargetID(application: "api", environment: "production")
    /// A Monday.
    private static let monday = Timestamp(secondsSinceEpoch: 1_795_392_000)
    private static let until = monday + .seconds(21 * 86_400)

    private static func at(_ seconds: Int64) -> Timestamp { monday + .seconds(seconds) }

    /// A change that began, and was judged ten seconds later.
    private static func change(
        _ seconds: Int64, _ outcome: Verdict.Outcome?, digest: String = "d", committed: Int64? = nil,
        applied: Int64? = nil, relapsed: Bool = false, target: TargetID = api
    ) -> DeliveredRollout {
        DeliveredRollout(
            target: target, trigger: .revision, digest: digest, startedAt: at(seconds),
            committedAt: committed.map(at), appliedAt: applied.map(at),
            firstHealthyAt: outcome == .healthy || relapsed ? at(seconds + 10) : nil,
            outcome: outcome)
    }

    private static func rollback(_ seconds: Int64, takesBack: String? = nil) -> DeliveredRollout {
        DeliveredRollout(
            target: api, trigger: .rollback, digest: "old", startedAt: at(seconds), firstHealthyAt: at(seconds + 5),
            outcome: .healthy, takesBack: takesBack)
    }

    private static func sign(_ kind: DeliverySign.Kind, _ seconds: Int64) -> DeliverySign {
        DeliverySign(target: api, kind: kind, at: at(seconds))
    }

    private static func total(
        _ rollouts: [DeliveredRollout] = [], verdicts: [DeliverySign] = [], marks: [DeliverySign] = []
    ) throws -> DeliveryFigures {
        let records = DeliveryRecords(rollouts: rollouts, verdicts: verdicts, healthMarks: marks)
        return try #require(DeliveryReport(records, since: monday, until: until).lines.first).total
    }

    // MARK: Changes

    @Test("A change is a revision's rollout that was judged; what was superseded, waits, or brings nothing new is none")
    func changes() throws {
        func other(_ trigger: RolloutTrigger) -> DeliveredRollout {
            var rollout = Self.change(50, .healthy, committed: 0)
            rollout.trigger = trigger
            return rollout
        }
        let total = try Self.total([
            Self.change(0, .healthy, committed: 0), Self.change(1, .failed), Self.change(2, nil),
            Self.change(3, .inconclusive), other(.removal), other(.resume), other(.approve),
            other(.reconcile),
        ])
        #expect(total.changes == 2 && total.deployments == 1 && total.failures == 1)
        #expect(total.leadTimes.count == 1 && total.leadTimes.leftOut == 0)
    }

    @Test("A relapse is a failure and no deployment; what a person took back is both, and counts once")
    func takenBack() throws {
        let relapsed = try Self.total([Self.change(0, .failed, committed: 0, relapsed: true)])
        #expect(relapsed.deployments == 0 && relapsed.failures == 1 && relapsed.leadTimes.count == 0)

        let taken = try Self.total([
            Self.change(0, .healthy, digest: "a", committed: 0), Self.change(100, .healthy, digest: "b", committed: 90),
            Self.rollback(200, takesBack: "b"), Self.rollback(300, takesBack: "b"),
        ])
        #expect(taken.changes == 2 && taken.deployments == 2 && taken.failures == 1)
        #expect(taken.rollbacks == 2 && taken.rollbacksByPeople == 2)

        let failedBefore = try Self.total([Self.change(0, .failed, digest: "b"), Self.rollback(9, takesBack: "b")])
        #expect(failedBefore.changes == 1 && failedBefore.failures == 1)
    }

    @Test("A person's rollback takes back the digest's last rollout before it, and none that comes after")
    func lastBefore() throws {
        let rollouts = [
            Self.change(0, .healthy, digest: "b", committed: 0), Self.rollback(20, takesBack: "b"),
            Self.change(700_000, .healthy, digest: "b", committed: 0),
        ]
        let report = DeliveryReport(DeliveryRecords(rollouts: rollouts), since: Self.monday, until: Self.until)
        #expect(report.lines.first?.weeks.map(\.figures.failures) == [1, 0])
        let again = [
            Self.change(0, .healthy, digest: "b"), Self.change(700_000, .healthy, digest: "b"),
            Self.rollback(700_100, takesBack: "b"),
        ]
        let second = DeliveryReport(DeliveryRecords(rollouts: again), since: Self.monday, until: Self.until)
        #expect(second.lines.first?.weeks.map(\.figures.failures) == [0, 1])
        let automatic = try Self.total([Self.change(0, .healthy, digest: "b", committed: 0), Self.rollback(20)])
        #expect(automatic.failures == 0 && automatic.rollbacks == 1 && automatic.rollbacksByPeople == 0)
    }

    @Test(
        "Lead time is from the commit to the first healthy verdict; unknown and negative ones are left out and counted")
    func leadTimes() throws {
        let total = try Self.total([
            Self.change(100, .healthy, committed: 40), Self.change(200, .healthy),
            Self.change(300, .healthy, committed: 400),
            Self.change(500, .failed, committed: 400),
        ])
        #expect(total.leadTimes.count == 1 && total.leadTimes.leftOut == 2)
        #expect(total.leadTimes.median == .seconds(70))
    }

    @Test("A duration is from the begin of applying to the first healthy verdict, without what was waited for before")
    func durations() throws {
        let total = try Self.total([
            Self.change(100, .healthy, committed: 0, applied: 107),
            Self.change(200, .healthy, committed: 0, applied: 204),
            Self.change(300, .healthy, committed: 0, applied: 320), Self.change(400, .failed, applied: 401),
        ])
        #expect(total.durations.count == 2 && total.durations.leftOut == 1)
        #expect(total.durations.median == .seconds(3) && total.durations.p90 == .seconds(6))
    }

    // MARK: Incidents

    @Test("An incident is from the first failed verdict or unwell mark to the next healthy one")
    func incidents() throws {
        let total = try Self.total(
            verdicts: [
                Self.sign(.well, 0), Self.sign(.unwell, 100), Self.sign(.unwell, 150), Self.sign(.well, 160),
                Self.sign(.well, 400),
            ], marks: [Self.sign(.unwell, 300), Self.sign(.unwell, 5000)])
        #expect(total.incidents == 3 && total.restored == 2 && total.openIncidents == 1)
        #expect(total.restoreTimes.median == .seconds(60) && total.restoreTimes.p90 == .seconds(100))
    }

    @Test("Of one moment, the verdict comes before what was seen at rest")
    func oneMoment() throws {
        let total = try Self.total(verdicts: [Self.sign(.unwell, 100)], marks: [Self.sign(.well, 100)])
        #expect(total.incidents == 1 && total.restored == 1 && total.openIncidents == 0)
    }

    @Test("A removal ends an incident that nobody restored, and one that began before the time is not counted")
    func ends() throws {
        let removed = try Self.total(verdicts: [Self.sign(.unwell, 10), Self.sign(.gone, 20), Self.sign(.well, 30)])
        #expect(removed.incidents == 1 && removed.restored == 0 && removed.openIncidents == 0)
        let before = try Self.total(
            [Self.change(0, .healthy, committed: 0)], verdicts: [Self.sign(.unwell, -50), Self.sign(.unwell, 10)])
        #expect(before.incidents == 0)
    }

    @Test("Where the clock was set back, an incident was restored, and its time is left out")
    func clockSetBack() throws {
        let total = try Self.total(verdicts: [Self.sign(.unwell, 100), Self.sign(.well, 50)])
        #expect(total.incidents == 1 && total.restored == 1)
        #expect(total.restoreTimes.count == 0 && total.restoreTimes.leftOut == 1)
    }

    @Test(
        "What a verdict says of an application",
        arguments: [
            (Verdict.Outcome.healthy, RolloutTrigger.revision, DeliverySign.Kind.well), (.healthy, .rollback, .well),
            (.healthy, .resume, .well), (.healthy, .removal, .gone), (.failed, .revision, .unwell),
            (.failed, .rollback, .unwell), (.failed, .removal, nil), (.inconclusive, .revision, nil),
        ] as [(Verdict.Outcome, RolloutTrigger, DeliverySign.Kind?)])
    func signs(outcome: Verdict.Outcome, trigger: RolloutTrigger, kind: DeliverySign.Kind?) {
        #expect(DeliverySign(outcome, of: trigger, target: Self.api, at: Self.monday)?.kind == kind)
    }

    // MARK: Times

    @Test(
        "Weeks are of UTC, from Monday",
        arguments: [
            ("2026-11-23T00:00:00Z", "2026-11-23"), ("2026-11-29T23:59:59.999Z", "2026-11-23"),
            ("2026-11-30T00:00:00Z", "2026-11-30"), ("2026-11-30T00:30:00+01:00", "2026-11-23"),
            ("1970-01-01T00:00:00Z", "1969-12-29"), ("1969-12-28T23:59:59Z", "1969-12-22"),
            ("2027-01-01T12:00:00Z", "2026-12-28"),
        ])
    func weeks(moment: String, monday: String) throws {
        let week = ReportWeek(of: try time(moment))
        #expect(week.description == monday)
        #expect(ReportWeek(of: week.begin) == week)
    }

    @Test(
        "A period begins on a Monday, not before two years ago and not in the future",
        arguments: [
            ("7d", "2026-11-23"), ("90d", "2026-08-31"), ("0s", "2026-11-30"), ("2026-11-01", "2026-10-26"),
            ("2026-11-02T08:00:00+09:00", "2026-10-26"), ("2030-01-01", "2026-11-30"), ("731d", "2024-11-25"),
            ("0001-01-01", "2024-11-25"),
        ])
    func periods(text: String, monday: String) throws {
        let begin = try #require(ReportPeriod(text)).begin(now: try time("2026-12-01T10:00:00Z"))
        #expect(ReportWeek(of: begin).description == monday && ReportWeek(of: begin).begin == begin)
    }

    @Test(
        "What is no period is refused",
        arguments: ["", "90", "yesterday", "2026-13-01", "-3d", "2026-11", "732d", "5000d"])
    func noPeriods(text: String) { #expect(ReportPeriod(text) == nil) }

    @Test("What is still to come, or longer ago than anything is kept, is told from what a report can be of")
    func past() throws {
        let now = try time("2026-12-01T10:00:00Z")
        for (text, isPast) in [
            ("90d", true), ("2026-11-01", true), ("2024-12-02", true), ("2026-12-01T10:00:01Z", false),
            ("2030-01-01", false), ("2020-01-01", false),
        ] {
            #expect(try #require(ReportPeriod(text)).isPast(now: now) == isPast, "\(text)")
        }
    }

    @Test("Where retention took rows, counting begins there, and what was kept of before is not counted")
    func retention() throws {
        let staging = TargetID(application: "api", environment: "staging")
        let records = DeliveryRecords(
            rollouts: [
                Self.change(0, .healthy, committed: 0), Self.change(0, .healthy, committed: 0, target: staging),
                Self.change(900, .healthy, committed: 0, target: staging),
            ], historyBegins: ["staging": Self.at(500)])
        let lines = DeliveryReport(records, since: Self.monday, until: Self.until).lines
        #expect(lines.map(\.target) == [Self.api, staging])
        #expect(lines.map(\.since) == [Self.monday, Self.at(500)])
        #expect(lines.map(\.total.deployments) == [1, 1])
    }

    // MARK: Samples

    @Test(
        "Median and 90% are durations that occurred",
        arguments: [
            ([], nil, nil), ([7], 7, 7), ([9, 1], 1, 9), ([3, 1, 2], 2, 3), (Array(1...10), 5, 9),
            (Array(1...11), 6, 10),
        ]
            as [([Int64], Int64?, Int64?)])
    func samples(seconds: [Int64], median: Int64?, p90: Int64?) {
        var sample = DurationSample()
        for second in seconds { sample.add(.seconds(second)) }
        #expect(sample.median == median.map { .seconds($0) })
        #expect(sample.p90 == p90.map { .seconds($0) })
    }

    // MARK: Properties

    @Test("Weeks add up to the total, and nothing is counted twice or lost", arguments: 0..<100)
    func sums(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let records = Self.records(&random)
        let report = DeliveryReport(records, since: Self.monday, until: Self.until)
        for line in report.lines {
            func sum(_ number: (DeliveryFigures) -> Int) -> Int { line.weeks.reduce(0) { $0 + number($1.figures) } }
            let total = line.total
            #expect(sum(\.changes) == total.changes && sum(\.deployments) == total.deployments)
            #expect(sum(\.failures) == total.failures && sum(\.rollbacks) == total.rollbacks)
            #expect(sum(\.rollbacksByPeople) == total.rollbacksByPeople && sum(\.incidents) == total.incidents)
            #expect(sum(\.restored) == total.restored && sum(\.openIncidents) == total.openIncidents)
            #expect(sum(\.leadTimes.count) == total.leadTimes.count)
            #expect(sum(\.leadTimes.leftOut) == total.leadTimes.leftOut)
            #expect(total.leadTimes.count + total.leadTimes.leftOut == total.deployments)
            #expect(total.restoreTimes.count + total.restoreTimes.leftOut == total.restored)
            #expect(total.deployments + total.failures >= total.changes && total.failures <= total.changes)
            #expect(total.openIncidents <= 1 && total.rollbacksByPeople <= total.rollbacks)
            #expect(line.weeks.map(\.week) == line.weeks.map(\.week).sorted())
        }
        let rollbacks = records.rollouts.count { $0.trigger == .rollback && $0.startedAt >= Self.monday }
        #expect(report.lines.reduce(0) { $0 + $1.total.rollbacks } == rollbacks)
    }

    private static func records(_ random: inout SeededGenerator) -> DeliveryRecords {
        let targets = ["api", "worker"].map { TargetID(application: $0, environment: "production") }
        var records = DeliveryRecords()
        var now: Int64 = -500_000
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            // Now and then the clock is set back.
            now += Int64.random(in: -20_000...90_000, using: &random)
            guard let target = targets.randomElement(using: &random) else { continue }
            let outcomes: [Verdict.Outcome?] = [.healthy, .healthy, .failed, .inconclusive, nil]
            let digest = ["a", "b", "c"].randomElement(using: &random) ?? ""
            var rollout = change(
                now, outcomes.randomElement(using: &random) ?? nil, digest: digest,
                committed: Bool.random(using: &random) ? now - Int64.random(in: -50...5000, using: &random) : nil,
                target: target)
            if Int.random(in: 0..<4, using: &random) == 0 {
                rollout.trigger = .rollback
                rollout.takesBack = Bool.random(using: &random) ? digest : nil
            }
            records.rollouts.append(rollout)
            if let outcome = rollout.outcome,
                let sign = DeliverySign(outcome, of: rollout.trigger, target: target, at: at(now + 10))
            {
                records.verdicts.append(sign)
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                let kind: DeliverySign.Kind = Bool.random(using: &random) ? .well : .unwell
                records.healthMarks.append(DeliverySign(target: target, kind: kind, at: at(now + 500)))
            }
        }
        return records
    }
}
