// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Keeps once what many objects have in common: the fields that a manager owns, templates, labels, long keys.
///
/// Objects of a kind are alike, and most of what they hold in memory is how alike they are. The pool has a fixed number of
/// places and forgets what another value takes the place of; what is large it does not keep, so that it is small itself.
struct ValuePool: Sendable {
    private static let places = 1 << 13
    /// In bytes of text, roughly.
    private static let largest = 4 << 10
    /// Swift keeps texts up to this length without storage of their own.
    private static let inlineText = 15

    private var values = [Value?](repeating: nil, count: places)

    /// What a value is told apart by, and about how large it is.
    private struct Summary {
        /// FNV-1a.
        var hash: UInt64 = 14_695_981_039_346_656_037
        var size = 0

        mutating func add(_ number: UInt64) { hash = (hash ^ number) &* 1_099_511_628_211 }

        mutating func add(_ text: String) {
            for byte in text.utf8 { add(UInt64(byte)) }
            size += text.utf8.count
        }

        mutating func add(_ other: Summary) {
            add(other.hash)
            size += other.size
        }
    }

    /// The same object, keys in the same order, made of what was seen before where it can be.
    mutating func shared(_ object: Object) -> Object {
        var summary = Summary()
        return parts(of: object, &summary)
    }

    private mutating func parts(of object: Object, _ summary: inout Summary) -> Object {
        let pairs = object.pairs.map { pair in
            var key = Summary()
            var value = Summary()
            let result = Object.Pair(key: text(pair.key, &key), value: shared(pair.value, &value))
            summary.add(key)
            summary.add(value)
            return result
        }
        return Object(uniqueKeysWithValues: pairs)
    }

    private mutating func text(_ text: String, _ summary: inout Summary) -> String {
        shared(.string(text), &summary).string ?? text
    }

    private mutating func shared(_ value: Value, _ summary: inout Summary) -> Value {
        var result = value
        switch value {
        case .null: summary.add(1)
        case .bool(let bool): summary.add(bool ? 2 : 3)
        case .integer(let integer): summary.add(UInt64(bitPattern: integer))
        case .number(let text):
            summary.add(4)
            summary.add(text)
        case .string(let text):
            summary.add(5)
            summary.add(text)
            if text.utf8.count <= Self.inlineText { return value }
        case .array(let items):
            summary.add(6)
            if items.isEmpty { return value }
            result = .array(
                items.map { item in
                    var own = Summary()
                    let result = shared(item, &own)
                    summary.add(own)
                    return result
                })
        case .object(let object):
            summary.add(7)
            if object.isEmpty { return value }
            result = .object(parts(of: object, &summary))
        }
        return place(result, summary)
    }

    /// - Parameter value: made of shared parts.
    private mutating func place(_ value: Value, _ summary: Summary) -> Value {
        switch value {
        case .null, .bool, .integer: return value
        case .number, .string, .array, .object: break
        }
        guard summary.size <= Self.largest else { return value }
        let place = Int(truncatingIfNeeded: (summary.hash >> 32 ^ summary.hash) & UInt64(Self.places - 1))
        if let known = values[place], Self.isSame(known, value) { return known }
        values[place] = value
        return value
    }

    /// Equal, and written the same.
    private static func isSame(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.array(let left), .array(let right)):
            left.sharesStorage(with: right)
                || left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
        case (.object(let left), .object(let right)):
            left.pairs.sharesStorage(with: right.pairs)
                || left.count == right.count
                    && zip(left.pairs, right.pairs).allSatisfy { $0.key == $1.key && isSame($0.value, $1.value) }
        default: left == right
        }
    }
}

extension Array {
    /// Whether both are one array in memory, and so equal without a look at the elements.
    func sharesStorage(with other: [Element]) -> Bool {
        withUnsafeBufferPointer { own in
            other.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress && own.count == $0.count }
        }
    }
}
