// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Turns a message of one of Kubernetes' types into what Go's JSON encoder would write of it.
///
/// Fields that the types do not have are skipped, as a server skips those of a newer client.
struct ProtobufDecoder {
    private static let depthLimit = 100

    private let types: TypeTable
    private let fields: ProtobufFields
    /// Values that may still be made: a few bytes can stand for an object with many empty fields.
    private var remaining: Int

    init(types: TypeTable = .builtIn, fields: ProtobufFields = .builtIn, valueLimit: Int = 500_000) {
        self.types = types
        self.fields = fields
        remaining = valueLimit
    }

    /// - Parameter type: as in `TypeTable`, and known to `ProtobufFields`.
    mutating func object(_ data: ArraySlice<UInt8>, type: String) throws(ProtobufError) -> Object {
        try object(data, type: type, depth: 0)
    }

    private mutating func object(
        _ data: ArraySlice<UInt8>, type name: String, depth: Int
    ) throws(ProtobufError) -> Object {
        guard depth < Self.depthLimit else { throw ProtobufError(message: "exceeded max depth") }
        guard let type = types.type(named: name) else { return Object() }
        var pairs: [Object.Pair] = []
        try append(data, message: name, of: type, to: &pairs, depth: depth)
        return Object(uniqueKeysWithValues: pairs)
    }

    /// What was found for one field.
    private struct Found {
        var value: Value?
        var items: [Value] = []
        var pairs: [Object.Pair] = []
        var message: ArraySlice<UInt8> = []
    }

    private mutating func append(
        _ data: ArraySlice<UInt8>, message: String, of type: ObjectType, to pairs: inout [Object.Pair], depth: Int
    ) throws(ProtobufError) {
        guard let entries = fields[message] else { return }
        var found = [Found](repeating: Found(), count: entries.count)
        var reader = ProtobufReader(data)
        while !reader.isAtEnd {
            let (number, scalar) = try reader.field()
            guard let index = entries.firstIndex(where: { $0.number == number }) else { continue }
            switch entries[index].content {
            case .inlined(let message): found[index].message += try Self.bytes(scalar, message)
            case .field(let name, _):
                guard let shape = type.field(name)?.shape else { continue }
                try read(scalar, shape, name, into: &found[index], depth: depth + 1)
            }
        }
        for (entry, found) in zip(entries, found) {
            switch entry.content {
            case .inlined(let message):
                try append(found.message, message: message, of: type, to: &pairs, depth: depth + 1)
            case .field(let name, let presence):
                guard let shape = type.field(name)?.shape,
                    let value = try value(found, shape, presence, depth: depth + 1)
                else { continue }
                pairs.append(Object.Pair(key: name, value: value))
            }
        }
    }

    private mutating func read(
        _ scalar: ProtobufReader.Scalar, _ shape: ObjectType.Shape, _ name: String, into found: inout Found, depth: Int
    ) throws(ProtobufError) {
        switch shape {
        case .list(let item):
            if case .delimited(let packed) = scalar, item.isNumber {
                var reader = ProtobufReader(packed)
                while !reader.isAtEnd {
                    let scalar: ProtobufReader.Scalar =
                        item == .double ? .fixed64(try reader.fixed(8)) : .varint(try reader.varint())
                    found.items.append(try single(scalar, item, name, depth: depth))
                }
            } else {
                found.items.append(try single(scalar, item, name, depth: depth))
            }
        case .map(let element):
            let pair = try mapEntry(try Self.bytes(scalar, name), element, name, depth: depth)
            found.pairs.append(pair)
        default: found.value = try single(scalar, shape, name, depth: depth)
        }
    }

    /// A map's entry is a message: the key is field 1, the value field 2.
    private mutating func mapEntry(
        _ data: ArraySlice<UInt8>, _ element: ObjectType.Shape, _ name: String, depth: Int
    ) throws(ProtobufError) -> Object.Pair {
        var key = ""
        var value: Value?
        var reader = ProtobufReader(data)
        while !reader.isAtEnd {
            switch try reader.field() {
            case (1, let scalar): key = String(decoding: try Self.bytes(scalar, name), as: UTF8.self)
            case (2, let scalar): value = try single(scalar, element, name, depth: depth)
            default: break
            }
        }
        if let value { return Object.Pair(key: key, value: value) }
        return Object.Pair(key: key, value: try zero(element, depth: depth))
    }

    private mutating func single(
        _ scalar: ProtobufReader.Scalar, _ shape: ObjectType.Shape, _ name: String, depth: Int
    ) throws(ProtobufError) -> Value {
        remaining -= 1
        guard remaining > 0 else { throw ProtobufError(message: "too many values") }
        switch (shape, scalar) {
        case (.boolean, .varint(let value)): return .bool(value != 0)
        case (.int32, .varint(let value)): return .integer(Int64(Int32(truncatingIfNeeded: value)))
        case (.int64, .varint(let value)): return .integer(Int64(bitPattern: value))
        case (.double, .fixed64(let bits)): return Self.number(Double(bitPattern: bits))
        case (.boolean, _), (.int32, _), (.int64, _), (.double, _): throw Self.wrongType(scalar, name)
        case (.string, _): return .string(String(decoding: try Self.bytes(scalar, name), as: UTF8.self))
        case (.bytes, _): return .string(Base64.encode(try Self.bytes(scalar, name)))
        case (.type(let type), _):
            return .object(try object(try Self.bytes(scalar, name), type: type, depth: depth + 1))
        // A list as a map's value is a message of its own.
        case (.list(let item), _):
            return .array(try wrapped(try Self.bytes(scalar, name), item, name, depth: depth + 1))
        case (.map, _): return [:]
        default: return try ProtobufWellKnown.value(try Self.bytes(scalar, name), shape)
        }
    }

    private mutating func wrapped(
        _ data: ArraySlice<UInt8>, _ item: ObjectType.Shape, _ name: String, depth: Int
    ) throws(ProtobufError) -> [Value] {
        guard depth < Self.depthLimit else { throw ProtobufError(message: "exceeded max depth") }
        var found = Found()
        var reader = ProtobufReader(data)
        while !reader.isAtEnd {
            if case (1, let scalar) = try reader.field() {
                try read(scalar, .list(item), name, into: &found, depth: depth)
            }
        }
        return found.items
    }

    /// What JSON says of a field; nil where it leaves it out.
    private mutating func value(
        _ found: Found, _ shape: ObjectType.Shape, _ presence: ProtobufFields.Presence, depth: Int
    ) throws(ProtobufError) -> Value? {
        switch shape {
        case .list where !found.items.isEmpty: return .array(found.items)
        case .map where !found.pairs.isEmpty: return .object(Self.uniqued(found.pairs))
        default: break
        }
        switch presence {
        case .optional:
            if shape == .bytes, found.value == "" { return nil }
            return found.value
        case .writesNull: return found.value ?? .null
        case .omitsZero:
            guard let value = found.value, !Self.isZero(value) else { return nil }
            return value
        case .writesZero:
            if let value = found.value { return value }
            return try zero(shape, depth: depth)
        }
    }

    private mutating func zero(_ shape: ObjectType.Shape, depth: Int) throws(ProtobufError) -> Value {
        remaining -= 1
        guard remaining > 0 else { throw ProtobufError(message: "too many values") }
        switch shape {
        case .string, .bytes: return ""
        case .boolean: return false
        case .int32, .int64, .double, .intOrString: return 0
        case .quantity: return "0"
        case .type(let name): return .object(try object([], type: name, depth: depth + 1))
        default: return .null
        }
    }

    /// The last of the pairs of a key, at the place of the first.
    private static func uniqued(_ pairs: [Object.Pair]) -> Object {
        var places: [String: Int] = [:]
        var result: [Object.Pair] = []
        for pair in pairs {
            if let place = places[pair.key] {
                result[place] = pair
            } else {
                places[pair.key] = result.count
                result.append(pair)
            }
        }
        return Object(uniqueKeysWithValues: result)
    }

    private static func isZero(_ value: Value) -> Bool {
        switch value {
        case .null, .bool(false), .integer(0), .string(""): true
        default: false
        }
    }

    private static func number(_ value: Double) -> Value {
        if let whole = Int64(exactly: value) { return .integer(whole) }
        return value.isFinite ? .number("\(value)") : .null
    }

    private static func bytes(
        _ scalar: ProtobufReader.Scalar, _ name: String
    ) throws(ProtobufError) -> ArraySlice<UInt8> {
        guard case .delimited(let bytes) = scalar else { throw wrongType(scalar, name) }
        return bytes
    }

    private static func wrongType(_ scalar: ProtobufReader.Scalar, _ name: String) -> ProtobufError {
        let wireType =
            switch scalar {
            case .varint: 0
            case .fixed64: 1
            case .delimited: 2
            case .fixed32: 5
            }
        return ProtobufError(
            message: "proto: wrong wireType = \(wireType) for field \(name.prefix(1).uppercased())\(name.dropFirst())")
    }
}

extension ObjectType.Shape {
    fileprivate var isNumber: Bool {
        switch self {
        case .boolean, .int32, .int64, .double: true
        default: false
        }
    }
}
