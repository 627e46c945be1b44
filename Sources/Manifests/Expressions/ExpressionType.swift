// SPDX-License-Identifier: Apache-2.0

/// What is known of a value before there is one.
package indirect enum ExpressionType: Sendable {
    /// Anything.
    case dyn
    case null, bool, int, uint, double, string, bytes, duration, timestamp, quantity, type
    case list(ExpressionType)
    /// With keys that are texts.
    case map(ExpressionType)
    /// With these fields and no others.
    case object([String: ExpressionType])
    case optional(ExpressionType)

    package var name: String {
        switch self {
        case .dyn: "dyn"
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .duration: "google.protobuf.Duration"
        case .timestamp: "google.protobuf.Timestamp"
        case .quantity: "kubernetes.Quantity"
        case .type: "type"
        case .list(let item): "list(\(item.name))"
        case .map(let item): "map(string, \(item.name))"
        case .object: "object"
        case .optional(let inner): "optional_type(\(inner.name))"
        }
    }

    var isNumber: Bool {
        switch self {
        case .int, .uint, .double: true
        default: false
        }
    }

    /// Whether values of both can be the same. What is null stands for any value that is missing.
    func fits(_ other: ExpressionType) -> Bool {
        switch (self, other) {
        case (.dyn, _), (_, .dyn), (.null, _), (_, .null): true
        case (.list(let left), .list(let right)), (.map(let left), .map(let right)),
            (.optional(let left), .optional(let right)):
            left.fits(right)
        case (.object, .object), (.object, .map), (.map, .object): true
        default: name == other.name
        }
    }
}
