// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A five-field cron schedule in UTC (crontab(5)): lists, ranges, steps, `@hourly` and its like.
struct CronSchedule {
    private var minutes: Set<Int> = []
    private var hours: Set<Int> = []
    private var days: Set<Int> = []
    private var months: Set<Int> = []
    private var weekdays: Set<Int> = []
    /// Where both day fields are restricted, either is enough.
    private var isAnyDay = false
    private var isAnyWeekday = false

    private static let nicknames = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    init?(_ text: String) {
        let fields = (Self.nicknames[text] ?? text).split(separator: " ").map { $0.lowercased() }
        guard fields.count == 5, let minutes = Self.field(fields[0], 0...59),
            let hours = Self.field(fields[1], 0...23), let days = Self.field(fields[2], 1...31),
            let months = Self.field(fields[3], 1...12, names: Self.monthNames, firstName: 1),
            let weekdays = Self.field(fields[4], 0...7, names: Self.dayNames)
        else { return nil }
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        self.weekdays = weekdays.contains(7) ? weekdays.union([0]) : weekdays
        isAnyDay = fields[2].hasPrefix("*")
        isAnyWeekday = fields[4].hasPrefix("*")
    }

    private static func field(
        _ text: String, _ range: ClosedRange<Int>, names: [String] = [], firstName: Int = 0
    ) -> Set<Int>? {
        func number(_ text: Substring) -> Int? {
            let value = Int(text) ?? names.firstIndex(of: String(text)).map { $0 + firstName }
            return value.flatMap { range.contains($0) ? $0 : nil }
        }
        var values: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let base = halves.first else { return nil }
            var step = 1
            if halves.count == 2 {
                guard let given = Int(halves[1]), given > 0 else { return nil }
                step = given
            }
            var bounds = range
            if base != "*" {
                let ends = base.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
                guard let low = ends.first.flatMap(number) else { return nil }
                let high = ends.count == 2 ? number(ends[1]) : (halves.count == 2 ? range.upperBound : low)
                guard let high, high >= low else { return nil }
                bounds = low...high
            }
            values.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
        }
        return values
    }

    /// The first time after `time`; nil where none comes within five years (the 30th of February).
    func next(after time: Timestamp) -> Timestamp? {
        let minute: Int64 = 60_000
        var candidate = (time.millisecondsSinceEpoch / minute + 1) * minute
        let day = 86_400_000 as Int64
        let end = candidate + 5 * 366 * day
        while candidate < end {
            let moment = Timestamp(millisecondsSinceEpoch: candidate)
            guard holdsDay(of: moment) else {
                candidate = (candidate / day + 1) * day
                continue
            }
            let minuteOfDay = Int(candidate % day / minute)
            if hours.contains(minuteOfDay / 60), minutes.contains(minuteOfDay % 60) { return moment }
            candidate += minute
        }
        return nil
    }

    private func holdsDay(of moment: Timestamp) -> Bool {
        let text = moment.secondsDescription
        guard let month = Int(text.dropFirst(5).prefix(2)), let day = Int(text.dropFirst(8).prefix(2)),
            months.contains(month)
        else { return false }
        // The first of January 1970 was a Thursday.
        let weekday = Int((moment.millisecondsSinceEpoch / 86_400_000 + 4) % 7)
        let (matchesDay, matchesWeekday) = (days.contains(day), weekdays.contains(weekday))
        return isAnyDay || isAnyWeekday ? matchesDay && matchesWeekday : matchesDay || matchesWeekday
    }
}
