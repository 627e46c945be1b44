// SPDX-License-Identifier: Apache-2.0

/// Durations as people write them: `30s`, `10m`, `24h`, `90d`, `1h30m`, `250ms`. Units go from large to small, each once.
package enum DurationText {
    /// A day is 24 hours, whatever clocks are changed on it.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Ten years, in milliseconds.
    private static let longest: Int64 = 87_660 * 3_600_000

    /// Nil when the text is no duration, or one of more than ten years.
    package static func parse(_ text: String) -> Duration? {
        var rest = text[...]
        var total: Int64 = 0
        var nextUnit = 0
        guard !rest.isEmpty, rest.utf8.count <= 32 else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !("0"..."9").contains($0) }
            rest = rest.dropFirst(name.count)
            guard let count = Int64(digits), let unit = units[nextUnit...].firstIndex(where: { $0.name == name }),
                count <= longest / units[unit].milliseconds
            else { return nil }
            total += count * units[unit].milliseconds
            nextUnit = unit + 1
        }
        guard total <= longest else { return nil }
        return .milliseconds(total)
    }

    /// The shortest text without days that reads back as the duration, to the millisecond: `90m` is `1h30m`.
    package static func text(_ duration: Duration) -> String {
        var rest = duration.milliseconds
        guard rest != 0 else { return "0s" }
        var text = rest < 0 ? "-" : ""
        rest = abs(rest)
        for unit in units.dropFirst() where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }
}
