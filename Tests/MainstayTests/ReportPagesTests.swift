// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Testing

@testable internal import Mainstay
@testable internal import StatusServer

@Suite("Reports of more lines than one page")
struct ReportPagesTests {
    private static let page = 500

    private static func report(_ count: Int) -> DeliveryReport {
        let now = Timestamp(secondsSinceEpoch: 1_795_255_200)
        let rollouts = (0..<count).map { number in
            DeliveredRollout(
                target: TargetID(application: "service-\(number)", environment: number % 2 == 0 ? "one" : "two"),
                trigger: .revision, digest: "d", startedAt: now + .seconds(-60), firstHealthyAt: now,
                outcome: .healthy)
        }
        return DeliveryReport(DeliveryRecords(rollouts: rollouts), since: now + .seconds(-86_400), until: now)
    }

    @Test("All lines are shown, each once, in their order", arguments: [1, 500, 501, 1000, 1203])
    func pages(count: Int) async throws {
        let report = Self.report(count)
        var asked = 0
        let whole = try await ReportCommand.whole { before in
            asked += 1
            let last = try before.map(ReportJSON.target(ofCursor:))
            return ReportJSON.report(report, by: .total, after: last, limit: Self.page)
        }
        let shown = (whole["items"]?.array ?? []).map {
            TargetID(application: $0["application"]?.string ?? "", environment: $0["environment"]?.string ?? "")
        }
        #expect(shown == report.lines.map(\.target))
        #expect(shown.count == count)
        #expect(whole["next"] == .null)
        #expect(asked == (count + Self.page - 1) / Self.page)
    }
}
