// SPDX-License-Identifier: Apache-2.0

/// What a calendar and a clock on the wall show, to the second, in no time zone (Gregorian calendar).
package struct CivilTime: Sendable, Hashable, Comparable {
    /// As if it were UTC.
    let secondsSinceEpoch: Int64

    init(secondsSinceEpoch: Int64) { self.secondsSinceEpoch = secondsSinceEpoch }

    /// What is out of range counts on: the 32nd of January is the first of February, hour 24 the next day's first.
    package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        let months = Int64(year) * 12 + Int64(month - 1)
        let (quotient, remainder) = months.quotientAndRemainder(dividingBy: 12)
        let first = Timestamp.daysSinceEpoch(
            year: remainder < 0 ? quotient - 1 : quotient, month: (remainder < 0 ? remainder + 12 : remainder) + 1,
            day: 1)
        secondsSinceEpoch =
            (first + Int64(day - 1)) * 86_400 + Int64(hour) * 3600 + Int64(minute) * 60 + Int64(second)
    }

    package static func < (left: CivilTime, right: CivilTime) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }

    private var daysSinceEpoch: Int64 {
        secondsSinceEpoch >= 0 ? secondsSinceEpoch / 86_400 : (secondsSinceEpoch - 86_399) / 86_400
    }

    private var date: (year: Int64, month: Int64, day: Int64) { Timestamp.civilDate(daysSinceEpoch: daysSinceEpoch) }

    private var secondOfDay: Int { Int(secondsSinceEpoch - daysSinceEpoch * 86_400) }

    package var year: Int { Int(date.year) }

    /// From 1.
    package var month: Int { Int(date.month) }

    /// Of the month, from 1.
    package var day: Int { Int(date.day) }
    package var hour: Int { secondOfDay / 3600 }
    package var minute: Int { secondOfDay / 60 % 60 }
    package var second: Int { secondOfDay % 60 }

    /// From Sunday, 0. The first of January 1970 was a Thursday.
    package var weekday: Int { Int(((daysSinceEpoch + 4) % 7 + 7) % 7) }
}
