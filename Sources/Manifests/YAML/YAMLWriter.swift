// SPDX-License-Identifier: Apache-2.0

/// Writes the value tree as YAML; see `YAML.text`.
///
/// The same bytes as `kubectl kustomize` prints for the same tree: two spaces a level, lists at the column of their key,
/// strings plain where they read back as strings, in double quotes where they would be something else, in single quotes
/// where YAML would take their characters for syntax, and as literal blocks where they have lines; lines are broken at the
/// first single space behind column 80.
struct YAMLWriter {
    private var output = ""

    mutating func document(_ value: Value) -> String {
        switch value {
        case .object(let object) where !object.isEmpty: write(object, indent: 0)
        case .array(let elements) where !elements.isEmpty: write(elements, indent: 0)
        default:
            writeScalar(value, at: 0, indent: 0)
            output += "\n"
        }
        return output
    }

    private mutating func write(_ object: Object, indent: Int, isAfterDash: Bool = false) {
        for (index, pair) in object.pairs.enumerated() {
            if index > 0 || !isAfterDash { pad(indent) }
            var column = indent + 2
            // A longer key is not written as a "simple key"; with quotes, it counts with them.
            if pair.key.utf8.count > 128 {
                output += "? \(YAMLText.value(pair.key, at: indent + 2, indent: indent + 2))\n"
                pad(indent)
            } else {
                let key = YAMLText.key(pair.key)
                output += key
                column += key.unicodeScalars.count
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
                writeScalar(pair.value, at: column, indent: indent + 2)
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
                writeScalar(element, at: indent + 2, indent: indent + 2)
                output += "\n"
            }
        }
    }

    private mutating func pad(_ count: Int) { output += String(repeating: " ", count: count) }

    /// - Parameters:
    ///   - column: where it starts.
    ///   - indent: the column for further lines, two more than the parent's.
    private mutating func writeScalar(_ value: Value, at column: Int, indent: Int) {
        switch value {
        case .string(let text): output += YAMLText.value(text, at: column, indent: max(indent, 2))
        case .array: output += "[]"
        case .object: output += "{}"
        case .number(let text): output += number(text)
        default: output += JSON.text(value)
        }
    }

    private func number(_ text: String) -> String {
        if UInt64(text) != nil { return text }
        guard let number = Double(text).flatMap(YAMLNumber.init) else { return text }
        return number.integer.map(String.init) ?? number.general
    }
}
