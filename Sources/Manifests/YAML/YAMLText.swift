// SPDX-License-Identifier: Apache-2.0

/// How a string is written in YAML: the styles that go-yaml's emitter, a port of libyaml's, allows it and picks.
struct YAMLText {
    private let text: String
    private var allowsPlain = true
    private var allowsSingleQuotes = true
    private var allowsBlock = true
    private var hasLines = false

    static func key(_ text: String) -> String {
        // Plain, it would merge another map.
        if text == "<<" { return "\"<<\"" }
        let text = YAMLText(text)
        return text.hasLines ? text.doubleQuoted(nil) : text.inline(nil)
    }

    /// Without the line break behind it.
    ///
    /// - Parameters:
    ///   - column: where it starts.
    ///   - indent: the column for further lines.
    static func value(_ text: String, at column: Int, indent: Int) -> String {
        let text = YAMLText(text)
        let lines = YAMLLineBreaks(column: column, indent: indent)
        guard text.hasLines else { return text.inline(lines) }
        return text.allowsBlock ? text.block(indent: indent) : text.doubleQuoted(lines)
    }

    private init(_ text: String) {
        self.text = text
        analyze()
    }

    /// - Parameter lines: nil where it has to be one line.
    private func inline(_ lines: YAMLLineBreaks?) -> String {
        guard Self.isString(text) else { return doubleQuoted(lines) }
        if allowsPlain { return lines.map { $0.broken(text, in: .plain) { String($0) } } ?? text }
        return allowsSingleQuotes ? singleQuoted(lines) : doubleQuoted(lines)
    }

    /// Whether the plain text would be read as a string, by readers that know times and numbers to base 60 too.
    private static func isString(_ text: String) -> Bool {
        guard let first = text.utf8.first, YAMLScalar.resolve(text) == .value(.string(text)) else { return false }
        guard first &- 0x30 <= 9 || first == UInt8(ascii: "+") || first == UInt8(ascii: "-") else { return true }
        return !YAMLTimestamp.isTimestamp(text) && !isSexagesimal(text)
    }

    /// As in `12:30` and `-1:30:45.5`.
    private static func isSexagesimal(_ text: String) -> Bool {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return false }
        var first = parts.removeFirst()
        if first.first == "+" || first.first == "-" { first.removeFirst() }
        guard let last = parts.popLast(), first.utf8.first.map({ $0 &- 0x30 <= 9 }) == true,
            first.utf8.allSatisfy({ $0 &- 0x30 <= 9 || $0 == UInt8(ascii: "_") })
        else { return false }
        func isSixty(_ part: Substring) -> Bool {
            let digits = Array(part.utf8)
            return (1...2).contains(digits.count) && digits.allSatisfy { $0 &- 0x30 <= 9 }
                && (digits.count == 1 || digits[0] < UInt8(ascii: "6"))
        }
        let whole = last.prefix { $0 != "." }
        let fraction = last.dropFirst(whole.count + 1)
        return parts.allSatisfy(isSixty) && isSixty(whole)
            && fraction.utf8.allSatisfy { $0 &- 0x30 <= 9 || $0 == UInt8(ascii: "_") }
    }

    private mutating func analyze() {
        let scalars = text.unicodeScalars
        if text.isEmpty { allowsBlock = false }
        var hasIndicators = text.hasPrefix("---") || text.hasPrefix("...")
        var hasSpecials = false
        var startsBlank = false
        var endsBlank = false
        var endsWithSpace = false
        var breakThenSpace = false
        var spaceThenBreak = false
        var previous: Unicode.Scalar?
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let scalar = scalars[index]
            let nextIndex = scalars.index(after: index)
            let next = nextIndex < scalars.endIndex ? scalars[nextIndex] : nil
            let isLast = next == nil
            let isFollowedByBlank = next.map(Self.isBlankOrBreak) ?? true
            let isAfterBlank = previous.map(Self.isBlankOrBreak) ?? true
            if previous == nil {
                switch scalar {
                case "#", ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`":
                    hasIndicators = true
                case "?", ":", "-": if isFollowedByBlank { hasIndicators = true }
                default: break
                }
            } else if scalar == ":" && isFollowedByBlank || scalar == "#" && isAfterBlank {
                hasIndicators = true
            }
            if Self.isBreak(scalar) {
                if scalar == "\n" { hasLines = true }
                allowsPlain = false
                if previous == nil { startsBlank = true }
                if isLast { endsBlank = true }
                if previous == " " { spaceThenBreak = true }
            } else if scalar == " " {
                if previous == nil { startsBlank = true }
                if isLast {
                    endsBlank = true
                    endsWithSpace = true
                }
                if previous.map(Self.isBreak) == true { breakThenSpace = true }
            }
            // Kustomize leaves U+2028 and U+2029 as they are, and readers take them for the end of a line.
            if scalar != "\n", !Self.isPrintable(scalar) || Self.isBreak(scalar) {
                hasSpecials = true
            }
            previous = scalar
            index = nextIndex
        }
        if hasIndicators || startsBlank || endsBlank { allowsPlain = false }
        if endsWithSpace { allowsBlock = false }
        if breakThenSpace {
            allowsPlain = false
            allowsSingleQuotes = false
        }
        if spaceThenBreak || hasSpecials {
            allowsPlain = false
            allowsSingleQuotes = false
            allowsBlock = false
        }
    }

    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    private static func isBlankOrBreak(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || isBreak(scalar)
    }

    /// What stands as itself in quotes; a tab does not.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD: true
        default: false
        }
    }

    private func block(indent: Int) -> String {
        var header = "|"
        // Without the indicator a reader would take the first line's blanks for indent.
        if let first = text.unicodeScalars.first, first == " " || Self.isBreak(first) { header += "2" }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        if lines.last?.isEmpty == true {
            lines.removeLast()
            // The last line break comes with the block's own end; `+` keeps those before it.
            if lines.last?.isEmpty == true { header += "+" }
        } else {
            header += "-"
        }
        let prefix = String(repeating: " ", count: indent)
        return header + lines.map { $0.isEmpty ? "\n" : "\n\(prefix)\($0)" }.joined()
    }

    private func singleQuoted(_ lines: YAMLLineBreaks?) -> String {
        let content =
            lines?.broken(text, in: .singleQuotes) { $0 == "'" ? "''" : String($0) } ?? text.replacing("'", with: "''")
        return "'\(content)'"
    }

    private func doubleQuoted(_ lines: YAMLLineBreaks?) -> String {
        let content =
            lines?.broken(text, in: .doubleQuotes, Self.escaped) ?? text.unicodeScalars.map(Self.escaped).joined()
        return "\"\(content)\""
    }

    /// A character as it stands in double quotes.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\r": return "\\r"
        case "\u{0}": return "\\0"
        case "\u{7}": return "\\a"
        case "\u{8}": return "\\b"
        case "\u{B}": return "\\v"
        case "\u{C}": return "\\f"
        case "\u{1B}": return "\\e"
        case "\u{85}": return "\\N"
        case "\u{2028}": return "\\L"
        case "\u{2029}": return "\\P"
        default:
            if isPrintable(scalar) { return String(scalar) }
            let hex = String(scalar.value, radix: 16, uppercase: true)
            let width = hex.count <= 2 ? 2 : hex.count <= 4 ? 4 : 8
            let letter = width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U"
            return letter + String(repeating: "0", count: width - hex.count) + hex
        }
    }
}
