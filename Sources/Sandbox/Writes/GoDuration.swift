// SPDX-License-Identifier: Apache-2.0

/// Durations as Go's `time.ParseDuration` reads them, for its words about those it cannot.
enum GoDuration {
    /// Nil for a duration.
    static func problem(_ text: String) -> String? {
        let invalid = "time: invalid duration \(GoText.quoted(text))"
        var rest = text[...]
        if let sign = rest.first, sign == "-" || sign == "+" { rest = rest.dropFirst() }
        if rest == "0" { return nil }
        guard !rest.isEmpty else { return invalid }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            guard number.contains(where: \.isNumber), number.count(where: { $0 == "." }) < 2 else { return invalid }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !($0.isASCII && $0.isNumber) && $0 != "." }
            guard !unit.isEmpty else { return "time: missing unit in duration \(GoText.quoted(text))" }
            guard ["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(unit) else {
                return "time: unknown unit \(GoText.quoted(String(unit))) in duration \(GoText.quoted(text))"
            }
            rest = rest.dropFirst(unit.count)
        }
        return nil
    }
}
