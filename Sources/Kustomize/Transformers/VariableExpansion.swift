// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Puts values for `$(NAME)`, as Kubernetes expands container arguments: `$$` is a dollar, and a name that is not known
/// stays as it is.
struct VariableExpansion {
    /// Why a field cannot hold variables.
    struct Mismatch: Error {
        var message: String
    }

    let values: [String: Value]
    private(set) var used: Set<String> = []
    /// Names whose value is a list or a map, which no text can hold.
    private(set) var misused: Set<String> = []

    /// What may still be put, by `Value.weight`; negative once that was too much, and nothing more is put then.
    private(set) var left: Int

    init(_ values: [String: Value], limit: Int = .max) {
        self.values = values
        left = limit
    }

    /// Expands one field: a text, the texts of a list, or the texts in a map.
    mutating func expand(_ field: FieldSpec, in object: inout Object) throws(Mismatch) {
        guard field.selector.selects(object.groupVersionKind) else { return }
        var value = Value.object(object)
        try expand(&value, field.path[...])
        object = value.object ?? object
    }

    private mutating func expand(_ value: inout Value, _ path: ArraySlice<String>) throws(Mismatch) {
        guard let part = path.first else { return try expandLeaf(&value) }
        switch value {
        case .array(var elements):
            for index in elements.indices { try expand(&elements[index], path) }
            value = .array(elements)
        case .object(var object):
            let key = part.hasSuffix("[]") ? String(part.dropLast(2)) : part
            guard var child = object[key], child != .null else { return }
            try expand(&child, path.dropFirst())
            object[key] = child
            value = .object(object)
        case .null: return
        default: throw Mismatch(message: "there is a \(value.typeName) where \"\(part)\" should be")
        }
    }

    private mutating func expandLeaf(_ value: inout Value) throws(Mismatch) {
        switch value {
        case .string(let text): value = expanded(text)
        case .array(var elements):
            for index in elements.indices {
                guard let text = elements[index].string else {
                    throw Mismatch(message: "an element is a \(elements[index].typeName), not a string")
                }
                elements[index] = expanded(text)
            }
            value = .array(elements)
        case .object(let object):
            value = .object(
                Object(
                    uniqueKeysWithValues: object.pairs.map { pair in
                        guard let text = pair.value.string else { return pair }
                        return Object.Pair(key: pair.key, value: expanded(text))
                    }))
        default: return
        }
    }

    /// A text that is one variable and nothing else takes its type too.
    mutating func expanded(_ text: String) -> Value {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return .string(text) }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "$"), index + 1 < bytes.count else {
                result.append(bytes[index])
                index += 1
                continue
            }
            switch bytes[index + 1] {
            case UInt8(ascii: "$"):
                result.append(UInt8(ascii: "$"))
                index += 2
            case UInt8(ascii: "("):
                guard let close = bytes[(index + 2)...].firstIndex(of: UInt8(ascii: ")")) else {
                    result += bytes[index..<(index + 2)]
                    index += 2
                    continue
                }
                let name = String(decoding: bytes[(index + 2)..<close], as: UTF8.self)
                let value = value(of: name)
                left -= value.weight(upTo: max(0, left))
                guard left >= 0 else { return .string(text) }
                if index == 0, close == bytes.count - 1 { return value.plainNumber }
                result += Array((value.goText ?? "").utf8)
                index = close + 1
            default:
                result += bytes[index..<(index + 2)]
                index += 2
            }
        }
        return .string(String(decoding: result, as: UTF8.self))
    }

    private mutating func value(of name: String) -> Value {
        let unchanged = Value.string("$(\(name))")
        switch values[name] {
        case nil: return unchanged
        case .array, .object:
            misused.insert(name)
            return unchanged
        // Null is nothing that can be put, so its text is.
        case .null:
            used.insert(name)
            return .string("null")
        case let value?:
            used.insert(name)
            return value
        }
    }
}

extension Value {
    /// A float written without an exponent, as kustomize puts it where it takes the place of a whole text.
    fileprivate var plainNumber: Value {
        guard case .number(let text) = self, let number = Double(text) else { return self }
        return Value(plainScalar: GoNumber.text(number, largestPlainExponent: 400, smallestPlainExponent: -400))
    }

    /// The text by which Go prints a scalar within a text.
    fileprivate var goText: String? {
        guard case .number(let text) = self, let number = Double(text) else { return scalarText }
        return GoNumber.text(number, largestPlainExponent: 5)
    }
}
