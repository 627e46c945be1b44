// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A path of `replacements` and `vars`: `spec.template.spec.containers.[name=web].image`.
///
/// Parts are joined by dots; a dot within a part is written `\.`, or the part stands in brackets. A part is a key, an
/// index, `[key=pattern]` for the elements of a list that have such a field, `[=pattern]` for those that are such a
/// text, or `*` for all elements.
struct FieldPath: Sendable, Hashable {
    /// Why a path does not fit an object.
    struct Mismatch: Error {
        var message: String
    }

    var text: String
    var parts: [String]

    init(_ text: String) {
        self.text = text
        var split: [String] = []
        for piece in text.split(separator: ".", omittingEmptySubsequences: false) {
            if let last = split.last, last.hasSuffix("\\") {
                split[split.count - 1] = last.dropLast() + "." + piece
            } else {
                split.append(String(piece))
            }
        }
        parts = Self.joiningBrackets(split)
    }

    /// Dots within brackets separate nothing. Brackets around a key go, those around `key=pattern` stay.
    private static func joiningBrackets(_ split: [String]) -> [String] {
        var parts: [String] = []
        var rest = split[...]
        while var part = rest.popFirst() {
            if part.hasPrefix("["), !part.hasSuffix("]") {
                while !part.hasSuffix("]"), let next = rest.popFirst() { part += "." + next }
                if !part.contains("=") { part = String(part.drop { $0 == "[" || $0 == "]" }).trimmingEnd("[]") }
            }
            parts.append(part)
        }
        return parts
    }

    /// The same path with `ports[0]` in two parts, as `vars` may write it.
    var splittingIndices: FieldPath {
        var path = self
        path.parts = parts.flatMap { part -> [String] in
            guard part.hasSuffix("]"), let open = part.lastIndex(of: "[") else { return [part] }
            let index = part[part.index(after: open)...].dropLast()
            guard !index.isEmpty, index.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return [part] }
            return (open == part.startIndex ? [] : [String(part[..<open])]) + [String(index)]
        }
        return path
    }

    static func isSelector(_ part: String) -> Bool { part.hasPrefix("[") && part.hasSuffix("]") }

    /// `[key=value]` in its parts.
    static func selector(_ part: String) throws(Mismatch) -> (key: String, value: String) {
        let pieces = part.dropFirst().dropLast().split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard pieces.count == 2 else { throw Mismatch(message: "\(part) is not [key=value]") }
        return (String(pieces[0]), String(pieces[1]))
    }
}

extension String {
    fileprivate func trimmingEnd(_ characters: String) -> String {
        var text = self[...]
        while let last = text.last, characters.contains(last) { text = text.dropLast() }
        return String(text)
    }
}

// MARK: - Reading

extension FieldPath {
    /// The one value that the path leads to, nil where something on the way is missing or null. An index is a number
    /// or `-` for the last; `[key=value]` takes the first element whose field is that text exactly.
    func value(in object: Object) throws(Mismatch) -> Value? {
        var current = Value.object(object)
        for part in parts {
            // Kustomize leaves out empty parts and what is blank around the others here, and only here.
            let part = part.trimmed
            if part.isEmpty { continue }
            if part == "*" { throw Mismatch(message: "* stands for several values") }
            if current == .null { return nil }
            guard let next = try Self.step(part, from: current) else { return nil }
            current = next
        }
        return current
    }

    private static func step(_ part: String, from value: Value) throws(Mismatch) -> Value? {
        if let index = Int(part) {
            guard index >= 0 else { throw Mismatch(message: "index \(part) is negative") }
            return try elements(of: value, for: part)[place: index]
        }
        if part == "-" { return try elements(of: value, for: part).last }
        guard isSelector(part) else {
            guard case .object(let object) = value else {
                throw Mismatch(message: "a \(value.typeName) has no \"\(part)\"")
            }
            return object[part]
        }
        let (key, wanted) = try selector(part)
        return try elements(of: value, for: part).first { element in
            key.isEmpty ? element.scalarText == wanted : element.object?[key]?.scalarText == wanted
        }
    }

    private static func elements(of value: Value, for part: String) throws(Mismatch) -> [Value] {
        guard case .array(let elements) = value else {
            throw Mismatch(message: "\(part) needs a list, but there is a \(value.typeName)")
        }
        return elements
    }
}

extension Array {
    fileprivate subscript(place index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
