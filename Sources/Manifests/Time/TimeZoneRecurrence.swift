// SPDX-License-Identifier: Apache-2.0

/// What goes on every year: the text that ends a TZif file, `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX, `TZ`; RFC 9636
/// section 3.3.1 for hours beyond a day).
struct TimeZoneRecurrence: Sendable, Hashable {
    /// A day of the year, and the second of it, by the clocks that are to be changed.
    struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// 1 to 365: the 29th of February is never counted.
            case julian(Int)
            /// 0 to 365: the 29th of February is counted.
            case ordinal(Int)
            /// The weekday (from Sunday, 0) of the month's week, 5 for its last.
            case weekday(Int, week: Int, month: Int)
        }

        var day: Day
        var second: Int

        func time(in year: Int) -> CivilTime {
            let date: CivilTime
            switch day {
            case .julian(let number):
                let isLeap = CivilTime(year: year, month: 2, day: 29).month == 2
                date = CivilTime(year: year, month: 1, day: isLeap && number >= 60 ? number + 1 : number)
            case .ordinal(let number): date = CivilTime(year: year, month: 1, day: number + 1)
            case .weekday(let weekday, let week, let month):
                let first = CivilTime(year: year, month: month, day: 1)
                var day = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
                while CivilTime(year: year, month: month, day: day).month != first.month { day -= 7 }
                date = CivilTime(year: year, month: month, day: day)
            }
            return CivilTime(secondsSinceEpoch: date.secondsSinceEpoch + Int64(second))
        }
    }

    private struct Summer: Sendable, Hashable {
        var offset: Int
        var begins: Change
        var ends: Change
    }

    /// Seconds east of UTC.
    private var offset: Int
    private var summer: Summer?

    /// Nil where the text is no such rule.
    init?(_ text: String) {
        var scanner = Scanner(bytes: Array(text.utf8)[...])
        guard scanner.name(), let standard = scanner.time(hours: 24) else { return nil }
        offset = -standard
        guard !scanner.isAtEnd else { return }
        guard scanner.name() else { return nil }
        var summerOffset = offset + 3600
        if !scanner.isAtEnd, scanner.peek != UInt8(ascii: ",") {
            guard let given = scanner.time(hours: 24) else { return nil }
            summerOffset = -given
        }
        // Without rules, those of the United States hold.
        if scanner.isAtEnd { scanner.bytes = Array(",M3.2.0,M11.1.0".utf8)[...] }
        guard scanner.take(","), let begins = scanner.change(), scanner.take(","), let ends = scanner.change(),
            scanner.isAtEnd
        else { return nil }
        summer = Summer(offset: summerOffset, begins: begins, ends: ends)
    }

    /// - Parameter start: the last transition that is listed by itself.
    func span(at seconds: Int64, after start: Int64) -> TimeZoneRules.Span {
        guard let summer else { return TimeZoneRules.Span(offset: offset, start: start, end: Int64.max) }
        let year = CivilTime(secondsSinceEpoch: seconds + Int64(offset)).year
        // Each change is told by the clocks before it.
        var changes: [(at: Int64, offset: Int)] = []
        for year in (year - 1)...(year + 1) {
            changes.append((summer.begins.time(in: year).secondsSinceEpoch - Int64(offset), summer.offset))
            changes.append((summer.ends.time(in: year).secondsSinceEpoch - Int64(summer.offset), offset))
        }
        changes.sort { ($0.at, $0.offset) < ($1.at, $1.offset) }
        let next = changes.firstIndex { $0.at > seconds } ?? changes.count
        return TimeZoneRules.Span(
            offset: next > 0 ? changes[next - 1].offset : offset,
            start: max(start, next > 0 ? changes[next - 1].at : start),
            end: next < changes.count ? changes[next].at : Int64.max)
    }
}

private struct Scanner {
    var bytes: ArraySlice<UInt8>

    var isAtEnd: Bool { bytes.isEmpty }
    var peek: UInt8? { bytes.first }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        bytes.removeFirst()
        return true
    }

    /// `CEST` or `<+0330>`.
    mutating func name() -> Bool {
        if take("<") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: ">")) else { return false }
            bytes = bytes[(end + 1)...]
            return true
        }
        let letters = bytes.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
        bytes = bytes.dropFirst(letters.count)
        return letters.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
        var value = 0
        var count = 0
        while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), count < 4 {
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            count += 1
            bytes.removeFirst()
        }
        return count > 0 && range.contains(value) ? value : nil
    }

    /// `-3:30:15`, in seconds.
    mutating func time(hours: Int) -> Int? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard var seconds = number(0...hours).map({ $0 * 3600 }) else { return nil }
        for unit in [60, 1] where take(":") {
            guard let part = number(0...59) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    mutating func change() -> TimeZoneRecurrence.Change? {
        let day: TimeZoneRecurrence.Change.Day
        if take("J") {
            guard let number = number(1...365) else { return nil }
            day = .julian(number)
        } else if take("M") {
            guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                let weekday = number(0...6)
            else { return nil }
            day = .weekday(weekday, week: week, month: month)
        } else {
            guard let number = number(0...365) else { return nil }
            day = .ordinal(number)
        }
        // Two in the morning, where nothing is said.
        var second = 7200
        if take("/") {
            guard let given = time(hours: 167) else { return nil }
            second = given
        }
        return TimeZoneRecurrence.Change(day: day, second: second)
    }
}
