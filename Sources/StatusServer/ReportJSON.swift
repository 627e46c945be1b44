// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
import Manifests
import Planning

/// A report as the API's JSON, some lines at a time. Times are in seconds.
enum ReportJSON {
    enum Division: String {
        case week, total
    }

    /// - Parameter last: the target that the page before ended with.
    static func report(_ report: DeliveryReport, by division: Division, after last: TargetID?, limit: Int) -> Value {
        let rest = report.lines.filter { line in last.map { $0 < line.target } ?? true }
        let shown = rest.prefix(limit)
        return [
            "since": .string(report.since.description), "until": .string(report.until.description),
            "items": .array(shown.map { line($0, by: division) }),
            "next": rest.count > shown.count ? shown.last.map { .string(cursor($0.target)) } ?? .null : .null,
        ]
    }

    private static func line(_ line: DeliveryReport.Line, by division: Division) -> Value {
        var weeks = Value.null
        if division == .week {
            weeks = .array(
                line.weeks.map { week in
                    var value = figures(week.figures)
                    value["week"] = .string(week.week.description)
                    return .object(value)
                })
        }
        return [
            "application": .string(line.target.application), "environment": .string(line.target.environment),
            "since": .string(line.since.description), "total": .object(figures(line.total)), "weeks": weeks,
        ]
    }

    private static func figures(_ figures: DeliveryFigures) -> Object {
        var value = Object()
        for (name, number) in [
            ("changes", figures.changes), ("deployments", figures.deployments), ("failures", figures.failures),
            ("rollbacks", figures.rollbacks), ("rollbacksByPeople", figures.rollbacksByPeople),
            ("incidents", figures.incidents), ("restored", figures.restored),
            ("openIncidents", figures.openIncidents),
        ] {
            value[name] = .integer(Int64(number))
        }
        value["leadTime"] = sample(figures.leadTimes)
        value["duration"] = sample(figures.durations)
        value["timeToRestore"] = sample(figures.restoreTimes)
        return value
    }

    private static func sample(_ sample: DurationSample) -> Value {
        [
            "count": .integer(Int64(sample.count)), "leftOut": .integer(Int64(sample.leftOut)),
            "median": sample.median.map(seconds) ?? .null, "p90": sample.p90.map(seconds) ?? .null,
        ]
    }

    private static func seconds(_ duration: Duration) -> Value { .integer(duration.milliseconds / 1000) }

    // MARK: Pages

    private static func cursor(_ target: TargetID) -> String { "\(target.environment)/\(target.application)" }

    static func target(ofCursor text: String) throws -> TargetID {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw HTTPError(.badRequest, message: "before must be the \"next\" of an earlier page")
        }
        return TargetID(application: String(parts[1]), environment: String(parts[0]))
    }
}
