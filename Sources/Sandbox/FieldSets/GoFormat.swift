// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Values as Go's `fmt` prints what `encoding/json` made of them: refusals of server-side apply quote them so.
enum GoFormat {
    /// The verb `%v`.
    static func plain(_ value: Value) -> String {
        switch value {
        case .null: return "<nil>"
        case .bool(let value): return String(value)
        case .integer(let value): return String(value)
        case .number(let text), .string(let text): return text
        case .array(let items): return "[\(items.map(plain).joined(separator: " "))]"
        case .object(let object):
            let pairs = object.pairs.sorted { $0.key < $1.key }.map { "\($0.key):\(plain($0.value))" }
            return "map[\(pairs.joined(separator: " "))]"
        }
    }

    /// The verb `%#v`.
    static func literal(_ value: Value) -> String {
        switch value {
        case .null: return "interface {}(nil)"
        case .string(let text): return JSON.text(.string(text))
        case .array(let items): return "[]interface {}{\(items.map(literal).joined(separator: ", "))}"
        case .object(let object):
            let pairs = object.pairs.sorted { $0.key < $1.key }
                .map { "\(JSON.text(.string($0.key))):\(literal($0.value))" }
            return "map[string]interface {}{\(pairs.joined(separator: ", "))}"
        default: return plain(value)
        }
    }

    /// As `encoding/json` writes it: keys in order, and nothing that HTML would take for markup.
    static func json(_ value: Value) -> String {
        var text = JSON.text(ordered(value))
        for (character, escape) in [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")] {
            text = text.replacing(character, with: escape)
        }
        return text
    }

    static func ordered(_ value: Value) -> Value {
        switch value {
        case .array(let items): .array(items.map(ordered))
        case .object(let object):
            .object(
                Object(
                    uniqueKeysWithValues: object.pairs.sorted { $0.key < $1.key }
                        .map { Object.Pair(key: $0.key, value: ordered($0.value)) }))
        default: value
        }
    }

    /// The verb `%T`.
    static func type(_ value: Value) -> String {
        switch value {
        case .null: "<nil>"
        case .bool: "bool"
        case .integer: "int64"
        case .number: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }
}
