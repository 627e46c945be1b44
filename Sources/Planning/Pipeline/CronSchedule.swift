// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// A schedule of five fields, as crontab(5) describes it: minute, hour, day of month, month, day of week.
package struct CronSchedule: Sendable, Hashable, CustomStringConvertible {
    /// As written.
    package let description: String
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    /// Days are met by either field where both are restricted.
    private let isDayRestricted: Bool
    private let isWeekdayRestricted: Bool

    /// Nil when the text is no schedule.
    package init?(_ text: String) {
        let fields = text.split(separator: " ")
        guard fields.count == 5, let minutes = Self.set(fields[0], 0...59), let hours = Self.set(fields[1], 0...23),
            let days = Self.set(fields[2], 1...31), let months = Self.set(fields[3], 1...12, names: Self.monthNames),
            let weekdays = Self.set(fields[4], 0...7, names: Self.weekdayNames)
        else { return nil }
        description = text
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        // 7 is Sunday too.
        self.weekdays = weekdays | (weekdays >> 7 & 1)
        isDayRestricted = !fields[2].hasPrefix("*")
        isWeekdayRestricted = !fields[4].hasPrefix("*")
    }

    /// Every minute.
    init() {
        description = "* * * * *"
        minutes = .max
        hours = .max
        days = .max
        months = .max
        weekdays = .max
        isDayRestricted = false
        isWeekdayRestricted = false
    }

    /// Whether a minute is one of the schedule; the weekday counts from Sunday, 0.
    package func matches(minute: Int, hour: Int, day: Int, month: Int, weekday: Int) -> Bool {
        func has(_ set: UInt64, _ value: Int) -> Bool { value >= 0 && value < 64 && set >> UInt64(value) & 1 == 1 }
        guard has(minutes, minute), has(hours, hour), has(months, month) else { return false }
        if isDayRestricted, isWeekdayRestricted { return has(days, day) || has(weekdays, weekday) }
        return has(days, day) && has(weekdays, weekday)
    }

    /// Whether a day is one of the schedule.
    func hasDay(_ day: Int, month: Int, weekday: Int) -> Bool {
        matches(
            minute: minutes.trailingZeroBitCount, hour: hours.trailingZeroBitCount, day: day, month: month,
            weekday: weekday)
    }

    /// Whether there is such a day: `0 9 31 2 *` names none.
    var hasDays: Bool {
        let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return lengths.enumerated().contains { month, length in
            (1...length).contains { day in (0...6).contains { hasDay(day, month: month + 1, weekday: $0) } }
        }
    }

    /// The moments of one day, in order: those that the clocks of a zone show.
    ///
    /// - Parameter day: its beginning.
    package func starts(on day: CivilTime, _ rules: TimeZoneRules) -> [Timestamp] {
        let date = (day: day.day, month: day.month, weekday: day.weekday)
        var starts: [Timestamp] = []
        for hour in 0..<24 where hours >> UInt64(hour) & 1 == 1 {
            for minute in 0..<60 where minutes >> UInt64(minute) & 1 == 1 {
                guard
                    matches(minute: minute, hour: hour, day: date.day, month: date.month, weekday: date.weekday)
                else { return [] }
                starts.append(
                    rules.moment(
                        of: CivilTime(year: day.year, month: date.month, day: date.day, hour: hour, minute: minute)))
            }
        }
        return starts
    }

    private static let monthNames = [
        "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
        "dec": 12,
    ]
    private static let weekdayNames = ["sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6]

    /// The values of one field as bits: `*`, `5`, `1-5`, `*/15`, `8-18/2`, and lists of them.
    private static func set(_ field: Substring, _ range: ClosedRange<Int>, names: [String: Int] = [:]) -> UInt64? {
        func value(_ text: Substring) -> Int? {
            if let named = names[text.lowercased()] { return named }
            guard text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }), let number = Int(text) else { return nil }
            return range.contains(number) ? number : nil
        }
        var result: UInt64 = 0
        for item in field.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "/", omittingEmptySubsequences: false)
            guard let head = parts.first, parts.count <= 2 else { return nil }
            var step = 1
            if parts.count == 2 {
                guard let number = Int(parts[1]), (1...range.upperBound).contains(number) else { return nil }
                step = number
            }
            let bounds = head.split(separator: "-", omittingEmptySubsequences: false)
            let first: Int
            let last: Int
            if head == "*" {
                (first, last) = (range.lowerBound, range.upperBound)
            } else if bounds.count == 2, let low = value(bounds[0]), let high = value(bounds[1]), low <= high {
                (first, last) = (low, high)
            } else if bounds.count == 1, parts.count == 1, let only = value(head) {
                (first, last) = (only, only)
            } else {
                return nil
            }
            for number in stride(from: first, through: last, by: step) { result |= 1 << UInt64(number) }
        }
        return result
    }
}
