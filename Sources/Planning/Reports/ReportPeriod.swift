// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// A week in UTC, from Monday to Monday.
package struct ReportWeek: Sendable, Hashable, Comparable, CustomStringConvertible {
    package static let length = Duration.seconds(7 * 86_400)

    private let number: Int64

    /// The week that a moment is in. The first of January 1970 was a Thursday.
    package init(of moment: Timestamp) {
        let shifted = moment.millisecondsSinceEpoch + 3 * 86_400_000
        let length: Int64 = 7 * 86_400_000
        number = (shifted >= 0 ? shifted : shifted - length + 1) / length
    }

    package var begin: Timestamp { Timestamp(secondsSinceEpoch: (number * 7 - 3) * 86_400) }

    package static func < (left: ReportWeek, right: ReportWeek) -> Bool { left.number < right.number }

    /// The Monday: `2026-11-23`.
    package var description: String { String(begin.secondsDescription.prefix(10)) }
}

/// From when on a report looks: `90d`, `2026-11-01`, or a moment.
package enum ReportPeriod: Sendable, Hashable {
    case ago(Duration)
    case since(Timestamp)

    /// What nobody asked otherwise for.
    package static let standard = ReportPeriod.ago(.seconds(90 * 86_400))
    /// Two years.
    package static let longest = Duration.seconds(731 * 86_400)
    package static let expectation =
        "a duration such as 90d, a date such as 2026-11-01, or a moment, of the last two years (731d)"

    /// Nil where it is none of these, or too long a duration.
    package init?(_ text: String) {
        if let duration = DurationText.parse(text) {
            guard duration <= Self.longest else { return nil }
            self = .ago(duration)
        } else if let moment = Timestamp(text) ?? Timestamp(text + "T00:00:00Z") {
            self = .since(moment)
        } else {
            return nil
        }
    }

    /// Whether a report of it says anything: not of what is still to come, nor of what nobody keeps any more.
    package func isPast(now: Timestamp) -> Bool {
        guard case .since(let moment) = self else { return true }
        return moment <= now && moment >= now + (.zero - Self.longest)
    }

    /// From the Monday of the week in which it begins, so that all weeks but the current one are whole. At most two years
    /// back, and never in the future.
    package func begin(now: Timestamp) -> Timestamp {
        let asked =
            switch self {
            case .ago(let duration): now + (.zero - duration)
            case .since(let moment): moment
            }
        return ReportWeek(of: max(min(asked, now), now + (.zero - Self.longest))).begin
    }
}
