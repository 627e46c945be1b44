// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@testable internal import Mainstay

@Suite("What reports say of what happened")
struct ReportScenarioTests {
    @Test("A merge, one that fails and is taken back, and its fix are told as such, by the ledger and by the metrics")
    func story() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            monorepo.setImage(of: "worker", tag: "1.1.0-missing")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is rolled back and holds") {
                $0.phase == .rolledBack && $0.quarantine?.revision == bad
            }
            monorepo.setImage(of: "worker", tag: "1.1.1")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["worker"])

            let now = try #require(try await harness.life.ledger.rollouts(limit: 1).first?.phases.last?.at)
            let history = LedgerHistory(ledger: harness.life.ledger, now: { now })
            let answer = try await history.report(ReportQuery(application: "worker", environment: "staging"))
            var found: DeliveryReport?
            if case .report(let report) = answer { found = report }
            let report = try #require(found)
            let line = try #require(report.lines.first)
            #expect(report.lines.count == 1)
            let total = line.total
            #expect(total.changes == 3 && total.deployments == 2 && total.failures == 1)
            #expect(total.rollbacks == 1 && total.rollbacksByPeople == 0)
            #expect(total.incidents == 1 && total.restored == 1 && total.openIncidents == 0)
            #expect(total.leadTimes.count == 2 && total.leadTimes.leftOut == 0)

            #expect(total.durations.count == 2 && total.durations.leftOut == 0)
            let took = try #require(total.durations.median)
            #expect(took > .zero && took < .seconds(60))

            // The harness' commits are of a fixed time: what counts is that both ways tell the same.
            let counts = try #require(
                harness.life.board.deliveryCounts.first { $0.target == line.target }?.counts)
            #expect(counts.leadTimes.count == 2 && counts.restoreTimes.count == 1)
            #expect(counts.durations.count == 2)
            let slowest = try #require(total.leadTimes.percentile(100))
            let fastest = try #require(total.leadTimes.median)
            let difference = counts.leadTimes.total - (slowest + fastest)
            #expect(abs(difference.milliseconds) < 60_000)
        }
    }
}
