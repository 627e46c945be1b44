// SPDX-License-Identifier: Apache-2.0

/// A JSON or YAML value, exact: integers are 64 bit, every other number keeps the text it was written with.
///
/// The one tree that all modules move. It is `Sendable`, compares without regard to key order, and keeps key order
/// when written.
package enum Value: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is no 64-bit integer, as written (`1.0`, `1e3`, `18446744073709551615`).
    case number(String)
    case string(String)
    case array([Value])
    case object(Object)
}

extension Value {
    package var isNull: Bool { self == .null }

    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

    package var string: String? { if case .string(let value) = self { value } else { nil } }

    package var array: [Value]? { if case .array(let value) = self { value } else { nil } }

    package var object: Object? { if case .object(let value) = self { value } else { nil } }

    /// The text that stands for a scalar in YAML, nil for lists and maps; null is `null`.
    package var scalarText: String? {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let text), .string(let text): text
        case .array, .object: nil
        }
    }

    /// The member of an object; nil for a missing key and for anything that is no object.
    package subscript(key: String) -> Value? { object?[key] }

    /// The element of an array; nil when out of range and for anything that is no array.
    package subscript(index: Int) -> Value? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The word for this value's type in messages to people.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "list"
        case .object: "map"
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: Value...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, Value)...) { self = .object(Object(elements)) }
    package init(nilLiteral: ()) { self = .null }
}
