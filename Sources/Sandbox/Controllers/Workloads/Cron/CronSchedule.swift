// SPDX-License-Identifier: Apache-2.0

import Manifests

/// When a CronJob is due, in the syntax and by the arithmetic of the real controller (robfig/cron, version 3): five
/// fields with lists, ranges and steps, `@hourly` and its like, or `@every 90s`.
enum CronSchedule {
    case fields(CronFields)
    case every(seconds: Int64)

    private static let nicknames = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    init?(_ text: String) {
        if text.hasPrefix("@every ") {
            // Go's durations have no days.
            guard !text.contains("d"), let duration = DurationText.parse(String(text.dropFirst(7))) else { return nil }
            self = .every(seconds: max(1, duration.components.seconds))
        } else if let fields = CronFields(Self.nicknames[text] ?? text) {
            self = .fields(fields)
        } else {
            return nil
        }
    }

    /// The first time after `time`, on a full second; nil where none comes within five years (the 30th of February).
    func next(after time: Timestamp, in zone: TimeZoneRules = .utc) -> Timestamp? {
        let second = Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch / 1000 * 1000)
        switch self {
        case .every(let seconds): return second + .seconds(seconds)
        case .fields(let fields): return fields.next(from: second + .seconds(1), in: zone)
        }
    }
}

/// The five fields.
struct CronFields {
    private struct Field {
        var values: UInt64
        /// Says nothing by itself: a plain `*` or `?`.
        var isAny: Bool

        func contains(_ value: Int) -> Bool { values >> UInt64(value) & 1 == 1 }
    }

    private let minutes: Field
    private let hours: Field
    private let days: Field
    private let months: Field
    private let weekdays: Field

    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    init?(_ text: String) {
        let fields = text.split(whereSeparator: \.isWhitespace).map { $0.lowercased() }
        guard fields.count == 5, let minutes = Self.field(fields[0], 0...59),
            let hours = Self.field(fields[1], 0...23), let days = Self.field(fields[2], 1...31),
            let months = Self.field(fields[3], 1...12, names: Self.monthNames, firstName: 1),
            let weekdays = Self.field(fields[4], 0...6, names: Self.dayNames)
        else { return nil }
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        self.weekdays = weekdays
    }

    private static func field(
        _ text: String, _ range: ClosedRange<Int>, names: [String] = [], firstName: Int = 0
    ) -> Field? {
        func number(_ text: Substring) -> Int? {
            let value = names.firstIndex(of: String(text)).map { $0 + firstName } ?? Int(text)
            return value.flatMap { range.contains($0) ? $0 : nil }
        }
        var field = Field(values: 0, isAny: false)
        for part in text.split(separator: ",") {
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            guard let base = halves.first, halves.count <= 2 else { return nil }
            var step = 1
            if halves.count == 2 {
                guard let given = Int(halves[1]), given > 0 else { return nil }
                step = given
            }
            var bounds = range
            if base == "*" || base == "?" {
                if step == 1 { field.isAny = true }
            } else {
                let ends = base.split(separator: "-", omittingEmptySubsequences: false)
                guard let low = ends.first.flatMap(number), ends.count <= 2 else { return nil }
                let high = ends.count == 2 ? number(ends[1]) : (halves.count == 2 ? range.upperBound : low)
                guard let high, high >= low else { return nil }
                bounds = low...high
            }
            for value in stride(from: bounds.lowerBound, through: bounds.upperBound, by: step) {
                field.values |= 1 << UInt64(value)
            }
        }
        return field.values == 0 ? nil : field
    }

    /// The first time from `start` on. Fields are settled from the month down to the minute, each by going on until it
    /// fits; whatever wraps around begins again. Where clocks are changed, the result is therefore what the real
    /// controller's is: what falls into a gap is left out, or comes an hour off, and a repeated hour counts twice.
    func next(from start: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        var moment = start
        var civil = zone.civilTime(at: moment)
        // Once a field was moved on, the smaller ones have begun anew.
        var isMoved = false
        func go(to time: CivilTime) {
            moment = zone.moment(of: time)
            civil = zone.civilTime(at: moment)
        }
        func go(by duration: Duration) {
            moment = moment + duration
            civil = zone.civilTime(at: moment)
        }
        let lastYear = civil.year + 5
        search: while civil.year <= lastYear {
            while !months.contains(civil.month) {
                if !isMoved { go(to: CivilTime(year: civil.year, month: civil.month, day: 1)) }
                isMoved = true
                go(to: civil.moved(months: 1))
                if civil.month == 1 { continue search }
            }
            while !holdsDay(of: civil) {
                if !isMoved { go(to: CivilTime(year: civil.year, month: civil.month, day: civil.day)) }
                isMoved = true
                go(to: civil.moved(days: 1))
                // Midnight may have been skipped, or come twice.
                if civil.hour != 0 { go(by: .seconds(3600 * (civil.hour > 12 ? 24 - civil.hour : -civil.hour))) }
                if civil.day == 1 { continue search }
            }
            while !hours.contains(civil.hour) {
                if !isMoved {
                    go(to: CivilTime(year: civil.year, month: civil.month, day: civil.day, hour: civil.hour))
                }
                isMoved = true
                go(by: .seconds(3600))
                if civil.hour == 0 { continue search }
            }
            while !minutes.contains(civil.minute) {
                if !isMoved { go(by: .milliseconds(-(moment.millisecondsSinceEpoch % 60_000))) }
                isMoved = true
                go(by: .seconds(60))
                if civil.minute == 0 { continue search }
            }
            while civil.second != 0 {
                isMoved = true
                go(by: .seconds(1))
                if civil.second == 0 { continue search }
            }
            return moment
        }
        return nil
    }

    /// Where both day fields say something, either is enough.
    private func holdsDay(of time: CivilTime) -> Bool {
        let (matchesDay, matchesWeekday) = (days.contains(time.day), weekdays.contains(time.weekday))
        return days.isAny || weekdays.isAny ? matchesDay && matchesWeekday : matchesDay || matchesWeekday
    }
}

extension CivilTime {
    fileprivate func moved(months: Int = 0, days: Int = 0) -> CivilTime {
        CivilTime(
            year: year, month: month + months, day: day + days, hour: hour, minute: minute, second: second)
    }
}
