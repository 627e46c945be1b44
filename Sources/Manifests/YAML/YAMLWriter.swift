// SPDX-License-Identifier: Apache-2.0

/// Writes the value tree as YAML; see `YAML.text`.
///
/// Layout as kubectl prints it: two spaces a level, lists at the column of their key. A string is plain only where it
/// reads back as that string, a literal block where it has lines, and in double quotes otherwise.
struct YAMLWriter {
    private var output = ""

    mutating func document(_ value: Value) -> String {
        switch value {
        case .object(let object) where !object.isEmpty: write(object, indent: 0)
        case .array(let elements) where !elements.isEmpty: write(elements, indent: 0)
        default:
            writeScalar(value, indent: 0)
            output += "\n"
        }
        return output
    }

    private mutating func write(_ object: Object, indent: Int, isAfterDash: Bool = false) {
        for (index, pair) in object.pairs.enumerated() {
            if index > 0 || !isAfterDash { pad(indent) }
            let key = Self.inline(pair.key)
            // A longer key is no "simple key" (YAML 1.1 section 9.3.2: 1024 characters on one line).
            if key.utf8.count > 1000 {
                output += "? \(key)\n"
                pad(indent)
            } else {
                output += key
            }
            output += ":"
            switch pair.value {
            case .object(let child) where !child.isEmpty:
                output += "\n"
                write(child, indent: indent + 2)
            case .array(let elements) where !elements.isEmpty:
                output += "\n"
                write(elements, indent: indent)
            default:
                output += " "
                writeScalar(pair.value, indent: indent + 2)
                output += "\n"
            }
        }
    }

    private mutating func write(_ elements: [Value], indent: Int, isAfterDash: Bool = false) {
        for (index, element) in elements.enumerated() {
            if index > 0 || !isAfterDash { pad(indent) }
            output += "- "
            switch element {
            case .object(let child) where !child.isEmpty: write(child, indent: indent + 2, isAfterDash: true)
            case .array(let children) where !children.isEmpty:
                write(children, indent: indent + 2, isAfterDash: true)
            default:
                writeScalar(element, indent: indent + 2)
                output += "\n"
            }
        }
    }

    private mutating func pad(_ count: Int) { output += String(repeating: " ", count: count) }

    /// `indent` is the column for the lines of a literal block, two more than the parent's.
    private mutating func writeScalar(_ value: Value, indent: Int) {
        switch value {
        case .string(let text): output += Self.literal(text, indent: max(indent, 2)) ?? Self.inline(text)
        case .array: output += "[]"
        case .object: output += "{}"
        default: output += JSON.text(value)
        }
    }

    /// The text as a literal block without its last line break, or nil where a block cannot hold it.
    private static func literal(_ text: String, indent: Int) -> String? {
        guard text.unicodeScalars.dropLast().contains("\n"), text.unicodeScalars.contains(where: { $0 != "\n" }),
            text.unicodeScalars.allSatisfy({ $0 == "\n" || $0 == "\t" || isPrintable($0) })
        else { return nil }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        var header = "|"
        // Without the indicator a reader would take the first line's blanks for indent.
        if let first = text.unicodeScalars.first, first == " " || first == "\t" || first == "\n" { header += "2" }
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

    /// The text on one line: plain where that is safe, in double quotes otherwise.
    private static func inline(_ text: String) -> String {
        isPlainSafe(text) ? text : quoted(text)
    }

    private static func isPlainSafe(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, text != "=" else { return false }
        switch first {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "/"),
            UInt8(ascii: "_"), UInt8(ascii: "("), UInt8(ascii: "$"), UInt8(ascii: "^"):
            break
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "+"):
            // Other readers take `12:30` for a number in base 60.
            guard !text.utf8.contains(UInt8(ascii: ":")), !text.hasPrefix("...") else { return false }
        case UInt8(ascii: "-"):
            guard let second = text.utf8.dropFirst().first, second != UInt8(ascii: "-"), second != UInt8(ascii: " ")
            else { return false }
        default: return false
        }
        guard last != UInt8(ascii: " "), last != UInt8(ascii: ":") else { return false }
        var previous: UInt8 = 0
        for byte in text.utf8 {
            guard (0x20..<0x7F).contains(byte) else { return false }
            if byte == UInt8(ascii: "#"), previous == UInt8(ascii: " ") { return false }
            if byte == UInt8(ascii: " "), previous == UInt8(ascii: ":") { return false }
            previous = byte
        }
        // A time is a string to Kubernetes, but a date to most other readers.
        if first &- UInt8(ascii: "0") <= 9, text.utf8.dropFirst(4).first == UInt8(ascii: "-") { return false }
        return YAMLScalar.resolve(text) == .value(.string(text))
    }

    /// What libyaml reads as itself within quotes and blocks; other line breaks than LF would be changed.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if isPrintable(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    let hex = String(scalar.value, radix: 16, uppercase: true)
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }
            }
        }
        return result + "\""
    }
}
