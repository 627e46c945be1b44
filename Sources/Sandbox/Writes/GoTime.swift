// SPDX-License-Identifier: Apache-2.0

/// Times as Go's `time.Parse` reads them, for its words about those it cannot.
enum GoTime {
    static let seconds = ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05", "Z07:00"]
    static let microseconds = Array(seconds.dropLast()) + [".000000", "Z07:00"]

    /// Nil for a time of that layout.
    static func problem(_ text: String, layout: [String]) -> String? {
        let full = layout.joined()
        var rest = text[...]
        for element in layout {
            if let length = length(of: element, in: rest, whole: layout) {
                rest = rest.dropFirst(length)
                continue
            }
            let quoted = [text, full, String(rest), element].map { GoText.quoted($0) }
            return "parsing time \(quoted[0]) as \(quoted[1]): cannot parse \(quoted[2]) as \(quoted[3])"
        }
        if !rest.isEmpty { return "parsing time \(GoText.quoted(text)): extra text: \(GoText.quoted(String(rest)))" }
        return range(text).map { "parsing time \(GoText.quoted(text)): \($0) out of range" }
    }

    /// How much of the text an element of the layout takes up; nil where it does not stand there.
    private static func length(of element: String, in text: Substring, whole layout: [String]) -> Int? {
        func digits(_ count: Int) -> Int? {
            text.utf8.prefix(count).count { (0x30...0x39).contains($0) } == count ? count : nil
        }
        switch element {
        case "2006": return digits(4)
        case "01", "02", "15", "04": return digits(2)
        case "05":
            guard digits(2) != nil else { return nil }
            // A fraction is taken whether or not the layout has one.
            guard layout == seconds, text.dropFirst(2).first == "." else { return 2 }
            let fraction = text.dropFirst(3).prefix { $0.isASCII && $0.isNumber }.count
            return fraction == 0 ? 2 : 3 + fraction
        case ".000000":
            let fraction = text.utf8.dropFirst().prefix(6)
            return text.first == "." && fraction.count { (0x30...0x39).contains($0) } == 6 ? 7 : nil
        case "Z07:00":
            if text.first == "Z" { return 1 }
            return text.prefixMatch(of: /[+-][0-9]{2}:[0-9]{2}/) == nil ? nil : 6
        default: return text.hasPrefix(element) ? element.count : nil
        }
    }

    /// The first part of a time that no clock or calendar shows.
    private static func range(_ text: String) -> String? {
        func number(_ start: Int, _ count: Int) -> Int { Int(text.dropFirst(start).prefix(count)) ?? 0 }
        let (year, month, day) = (number(0, 4), number(5, 2), number(8, 2))
        guard (1...12).contains(month) else { return "month" }
        if number(11, 2) > 23 { return "hour" }
        if number(14, 2) > 59 { return "minute" }
        if number(17, 2) > 59 { return "second" }
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        return (1...days).contains(day) ? nil : "day"
    }
}
