// SPDX-License-Identifier: Apache-2.0

/// Plain scalars that go-yaml takes for a point in time (yaml.org/type/timestamp.html, in the four forms it knows).
///
/// kubectl keeps the text. A kustomize build writes the time anew: `2001-01-01` comes out as `"2001-01-01T00:00:00Z"`.
struct YAMLTimestamp {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    /// RFC 3339 with as much of a fraction as there is; nil for text that is no time.
    static func normalized(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard bytes.count >= 8, bytes.count <= 64, bytes[4] == UInt8(ascii: "-") else { return nil }
        var reader = YAMLTimestamp(bytes: bytes)
        return reader.read()
    }

    static func isTimestamp(_ text: String) -> Bool {
        guard text.utf8.dropFirst(4).first == UInt8(ascii: "-") else { return false }
        return Array(text.utf8).withUnsafeBufferPointer { normalized($0) } != nil
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func read() -> String? {
        guard let year = number(digits: 4...4), skip("-"), let month = number(digits: 1...2), (1...12).contains(month),
            skip("-"), let day = number(digits: 1...2), day >= 1, day <= Self.days(inMonth: month, of: year)
        else { return nil }
        let date = "\(Self.padded(year, 4))-\(Self.padded(month))-\(Self.padded(day))T"
        if index == bytes.count { return date + "00:00:00Z" }
        let isSpaced = bytes[index] == UInt8(ascii: " ")
        guard isSpaced || bytes[index] | 0x20 == UInt8(ascii: "t") else { return nil }
        while index < bytes.count, bytes[index] == UInt8(ascii: " ") || (!isSpaced && bytes[index] | 0x20 == 0x74) {
            index += 1
            if !isSpaced { break }
        }
        guard let hour = number(digits: 1...2), hour < 24, skip(":"), let minute = number(digits: 1...2), minute < 60,
            skip(":"), let second = number(digits: 1...2), second < 60
        else { return nil }
        let fraction = fraction()
        // With a space there is no zone, with a T there has to be one.
        guard let zone = isSpaced ? "Z" : zone(), index == bytes.count else { return nil }
        return "\(date)\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))\(fraction)\(zone)"
    }

    private mutating func number(digits: ClosedRange<Int>) -> Int? {
        var value = 0
        var count = 0
        while index < bytes.count, count < digits.upperBound, case let digit = bytes[index] &- 0x30, digit <= 9 {
            value = value * 10 + Int(digit)
            index += 1
            count += 1
        }
        return count < digits.lowerBound ? nil : value
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, UInt32(bytes[index]) == character.value else { return false }
        index += 1
        return true
    }

    /// To the nanosecond and without zeros at its end, with its point; empty where there is none.
    private mutating func fraction() -> String {
        guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: ","),
            bytes[index + 1] &- 0x30 <= 9
        else { return "" }
        index += 1
        let start = index
        while index < bytes.count, bytes[index] &- 0x30 <= 9 { index += 1 }
        var digits = bytes[start..<index].prefix(9)
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return digits.isEmpty ? "" : "." + String(decoding: digits, as: UTF8.self)
    }

    private mutating func zone() -> String? {
        if skip("Z") { return "Z" }
        guard index < bytes.count else { return nil }
        let sign = bytes[index]
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        index += 1
        guard let hours = number(digits: 2...2), hours < 24, skip(":"), let minutes = number(digits: 2...2),
            minutes < 60
        else { return nil }
        guard hours + minutes > 0 else { return "Z" }
        return "\(sign == UInt8(ascii: "-") ? "-" : "+")\(Self.padded(hours)):\(Self.padded(minutes))"
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
