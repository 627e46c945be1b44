// SPDX-License-Identifier: Apache-2.0

/// A value of the Common Expression Language.
package indirect enum ExpressionValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case list([ExpressionValue])
    case map([Entry])
    /// Nanoseconds.
    case duration(Int64)
    case timestamp(Timestamp)
    case quantity(Quantity)
    case type(String)
    case optional(ExpressionValue?)

    package struct Entry: Sendable {
        package var key: ExpressionValue
        package var value: ExpressionValue

        package init(key: ExpressionValue, value: ExpressionValue) {
            self.key = key
            self.value = value
        }
    }

    /// A value as it stands, without a schema: numbers with a fraction are doubles, other texts are texts.
    package init(_ value: Value) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .int(value)
        case .number(let text): self = Double(text).map { .double($0) } ?? .string(text)
        case .string(let text): self = .string(text)
        case .array(let items): self = .list(items.map { ExpressionValue($0) })
        case .object(let object):
            self = .map(object.pairs.map { Entry(key: .string($0.key), value: ExpressionValue($0.value)) })
        }
    }

    package var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .list: "list"
        case .map: "map"
        case .duration: "google.protobuf.Duration"
        case .timestamp: "google.protobuf.Timestamp"
        case .quantity: "kubernetes.Quantity"
        case .type: "type"
        case .optional: "optional_type"
        }
    }

    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
}

extension ExpressionValue {
    /// Numbers are equal across their types; values of other types that differ are not.
    package func isEqual(to other: ExpressionValue) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.bytes(let left), .bytes(let right)): left == right
        case (.duration(let left), .duration(let right)): left == right
        case (.timestamp(let left), .timestamp(let right)): left == right
        case (.quantity(let left), .quantity(let right)): left == right
        case (.type(let left), .type(let right)): left == right
        case (.list(let left), .list(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isEqual(to: $1) }
        case (.map(let left), .map(let right)):
            left.count == right.count
                && left.allSatisfy { entry in other.entry(entry.key).map { entry.value.isEqual(to: $0) } ?? false }
        case (.optional(let left), .optional(let right)):
            switch (left, right) {
            case (nil, nil): true
            case (let left?, let right?): left.isEqual(to: right)
            default: false
            }
        default: order(to: other) == 0
        }
    }

    /// The value of a map's key.
    package func entry(_ key: ExpressionValue) -> ExpressionValue? {
        guard case .map(let entries) = self else { return nil }
        return entries.first { $0.key.isEqual(to: key) }?.value
    }

    /// Less than, equal to or greater than 0; nil where there is no order.
    func order(to other: ExpressionValue) -> Int? {
        func compare<T: Comparable>(_ left: T, _ right: T) -> Int { left < right ? -1 : left == right ? 0 : 1 }
        switch (self, other) {
        case (.bool(let left), .bool(let right)): return compare(left ? 1 : 0, right ? 1 : 0)
        case (.string(let left), .string(let right)):
            return left == right ? 0 : left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars) ? -1 : 1
        case (.bytes(let left), .bytes(let right)):
            return left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
        case (.duration(let left), .duration(let right)): return compare(left, right)
        case (.timestamp(let left), .timestamp(let right)): return compare(left, right)
        case (.int(let left), .int(let right)): return compare(left, right)
        case (.uint(let left), .uint(let right)): return compare(left, right)
        case (.int(let left), .uint(let right)): return left < 0 ? -1 : compare(UInt64(left), right)
        case (.uint(let left), .int(let right)): return right < 0 ? 1 : compare(left, UInt64(right))
        default:
            guard let left = number, let right = other.number, !left.isNaN, !right.isNaN else { return nil }
            return compare(left, right)
        }
    }

    var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .uint(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// How many items, entries or characters; nil for what has no size.
    var size: Int? {
        switch self {
        case .string(let text): text.unicodeScalars.count
        case .bytes(let bytes): bytes.count
        case .list(let items): items.count
        case .map(let entries): entries.count
        default: nil
        }
    }
}
