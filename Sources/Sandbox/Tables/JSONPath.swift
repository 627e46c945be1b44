// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The JSONPath of a printer column: fields, indices, wildcards and filters, as in
/// `.status.conditions[?(@.type=="Ready")].status`.
///
/// Source: k8s.io/client-go, util/jsonpath; ranges, unions, slices and recursion are not read.
struct JSONPath: Sendable {
    private enum Step: Sendable {
        case field(String)
        case index(Int)
        case every
        /// Items that have something at a path, or a value there that compares as stated.
        case filter(path: JSONPath, comparison: String?, value: Value)
    }

    private var steps: [Step] = []

    /// Nil for what is not read.
    init?(_ text: String) {
        var rest = text[...]
        if rest.hasPrefix("{"), rest.hasSuffix("}") { rest = rest.dropFirst().dropLast() }
        while let first = rest.first {
            switch first {
            case ".":
                rest = rest.dropFirst()
                if rest.first == "[" { continue }
                guard let name = Self.name(&rest) else { return nil }
                steps.append(name == "*" ? .every : .field(name))
            case "[":
                guard let (inner, after) = Self.bracket(rest), let step = Self.step(inner) else { return nil }
                steps.append(step)
                rest = after
            default: return nil
            }
        }
    }

    func values(in value: Value) -> [Value] {
        steps.reduce([value]) { values, step in values.flatMap { Self.apply(step, to: $0) } }
    }

    /// A name up to the next step; a backslash takes what follows as it is.
    private static func name(_ rest: inout Substring) -> String? {
        var name = ""
        while let character = rest.first, character != ".", character != "[" {
            rest = rest.dropFirst()
            if character == "\\" {
                guard let escaped = rest.popFirst() else { return nil }
                name.append(escaped)
            } else {
                name.append(character)
            }
        }
        return name.isEmpty ? nil : name
    }

    /// What stands in brackets, and what follows them.
    private static func bracket(_ text: Substring) -> (inner: Substring, after: Substring)? {
        var depth = 0
        var quote: Character?
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
                continue
            }
            switch character {
            case "'", "\"": quote = character
            case "[": depth += 1
            case "]":
                depth -= 1
                if depth == 0 {
                    return (text[text.index(after: text.startIndex)..<index], text[text.index(after: index)...])
                }
            default: break
            }
        }
        return nil
    }

    private static func step(_ text: Substring) -> Step? {
        if text == "*" { return .every }
        if let index = Int(text) { return .index(index) }
        if text.hasPrefix("?("), text.hasSuffix(")") { return filter(text.dropFirst(2).dropLast()) }
        return unquoted(text).map { .field($0) }
    }

    private static func unquoted(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "'" || quote == "\"", text.count >= 2, text.last == quote else {
            return nil
        }
        return String(text.dropFirst().dropLast()).replacing("\\", with: "")
    }

    private static func filter(_ text: Substring) -> Step? {
        let text = text.drop { $0 == " " }
        guard text.hasPrefix("@") else { return nil }
        let body = text.dropFirst()
        for sign in ["==", "!="] {
            guard let range = body.firstRange(of: sign) else { continue }
            let left = body[..<range.lowerBound].filter { $0 != " " }
            let right = body[range.upperBound...].drop { $0 == " " }
            guard let path = JSONPath(left) else { return nil }
            let literal = unquoted(right).map { Value.string($0) } ?? (try? JSON.parse(String(right)))
            return literal.map { .filter(path: path, comparison: sign, value: $0) }
        }
        return JSONPath(body.filter { $0 != " " }).map { .filter(path: $0, comparison: nil, value: .null) }
    }

    private static func apply(_ step: Step, to value: Value) -> [Value] {
        switch step {
        case .field(let name): return value[name].map { [$0] } ?? []
        case .index(let index):
            guard let items = value.array else { return [] }
            return value[index < 0 ? items.count + index : index].map { [$0] } ?? []
        case .every: return value.array ?? value.object?.pairs.map(\.value) ?? []
        case .filter(let path, let comparison, let literal):
            return (value.array ?? []).filter { item in
                guard let found = path.values(in: item).first else { return false }
                return switch comparison {
                case "==": found == literal
                case "!=": found != literal
                default: true
                }
            }
        }
    }
}

extension JSONPath {
    /// The cell of a printer column.
    static func cell(_ column: Value, of object: Object, age: (String) -> Value) -> Value {
        guard let path = JSONPath(column["jsonPath"]?.string ?? ""),
            let value = path.values(in: .object(object)).first
        else { return .null }
        switch (column["type"]?.string, value) {
        case ("string", .array), ("string", .object): return .string(GoFormat.json(value))
        case ("string", .null): return "<no value>"
        case ("string", _): return .string(GoFormat.plain(value))
        case ("integer", .integer), ("number", .integer), ("number", .number), ("boolean", .bool): return value
        case ("integer", .number(let text)): return Double(text).map { .integer(Int64($0)) } ?? .null
        case ("date", .string(let text)):
            return text.isEmpty || text == "null" ? "<unknown>" : Timestamp(text) == nil ? "<invalid>" : age(text)
        default: return .null
        }
    }
}
