// SPDX-License-Identifier: Apache-2.0

/// A moment in UTC, to the millisecond. Given, never taken: nothing below the composition root reads a clock.
///
/// Arithmetic stays within the years that RFC 3339 can write: what manifests say (deadlines of 64 bits) may lead anywhere.
package struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var millisecondsSinceEpoch: Int64

    package init(millisecondsSinceEpoch: Int64) { self.millisecondsSinceEpoch = millisecondsSinceEpoch }

    package init(secondsSinceEpoch: Int64) {
        millisecondsSinceEpoch = Self.bounded(
            secondsSinceEpoch.multipliedReportingOverflow(by: 1000), secondsSinceEpoch)
    }

    /// From the beginning of the year 0 to the end of the year 9999.
    private static let writable: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    private static func bounded(_ result: (partialValue: Int64, overflow: Bool), _ direction: Int64) -> Int64 {
        if result.overflow { return direction < 0 ? writable.lowerBound : writable.upperBound }
        return min(max(result.partialValue, writable.lowerBound), writable.upperBound)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }

    package static func + (left: Timestamp, right: Duration) -> Timestamp {
        let offset = right.milliseconds
        return Timestamp(
            millisecondsSinceEpoch: bounded(left.millisecondsSinceEpoch.addingReportingOverflow(offset), offset))
    }

    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.millisecondsSinceEpoch) - .milliseconds(right.millisecondsSinceEpoch)
    }

    /// RFC 3339 with milliseconds: `2026-11-21T10:08:00.250Z`.
    package var description: String { format(withMilliseconds: true) }

    /// RFC 3339 to the second, as Kubernetes writes times.
    package var secondsDescription: String { format(withMilliseconds: false) }

    private func format(withMilliseconds: Bool) -> String {
        // Floor, not truncation: moments before 1970 belong to the day they are in.
        let (quotient, remainder) = millisecondsSinceEpoch.quotientAndRemainder(dividingBy: 86_400_000)
        let days = remainder < 0 ? quotient - 1 : quotient
        let date = Self.civilDate(daysSinceEpoch: days)
        let rest = millisecondsSinceEpoch - days * 86_400_000
        func pad(_ value: Int64, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let time = "\(pad(rest / 3_600_000, 2)):\(pad(rest / 60_000 % 60, 2)):\(pad(rest / 1000 % 60, 2))"
        let fraction = withMilliseconds ? ".\(pad(rest % 1000, 3))" : ""
        return "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))T\(time)\(fraction)Z"
    }

    /// From RFC 3339 text with any offset; fractions beyond milliseconds are dropped. Nil when it is something else.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60,
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] | 0x20 == UInt8(ascii: "t"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":")
        else { return nil }
        var index = 19
        var milliseconds: Int64 = 0
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            var scale: Int64 = 100
            let start = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
                milliseconds += Int64(bytes[index] - 0x30) * scale
                scale /= 10
                index += 1
            }
            guard index > start else { return nil }
        }
        guard index < bytes.count else { return nil }
        var offset: Int64 = 0
        if bytes[index] | 0x20 == UInt8(ascii: "z") {
            guard index + 1 == bytes.count else { return nil }
        } else {
            guard bytes.count == index + 6, let hours = number(index + 1..<index + 3),
                let minutes = number(index + 4..<index + 6),
                bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[index] == UInt8(ascii: "-") ? -1 : 1)
        }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        // February 30th and its like count on into the next month, and come back as another day.
        guard Self.civilDate(daysSinceEpoch: days).day == day else { return nil }
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        self.init(millisecondsSinceEpoch: seconds * 1000 + milliseconds)
    }

    /// Gregorian calendar by eras of 400 years (Hinnant, "chrono-compatible low-level date algorithms").
    static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func civilDate(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Duration {
    /// Whole milliseconds, towards zero; the most that there are where they are too many.
    package var milliseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000_000_000) }
}
