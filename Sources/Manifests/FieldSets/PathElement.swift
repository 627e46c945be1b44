// SPDX-License-Identifier: Apache-2.0

/// One step into a value, as structured-merge-diff names steps (`f:`, `k:`, `v:`, `i:` in fieldsV1).
package enum PathElement: Hashable, Sendable {
    case field(String)
    /// An item of a keyed list, by its key fields sorted by name.
    case key([KeyField])
    /// An item of a set, by its value.
    case value(Value)
    case index(Int)

    package struct KeyField: Hashable, Sendable {
        package var name: String
        package var value: Value

        package init(name: String, value: Value) {
            self.name = name
            self.value = value
        }
    }

    package static func key(_ fields: [(String, Value)]) -> PathElement {
        .key(fields.sorted { $0.0 < $1.0 }.map { KeyField(name: $0.0, value: $0.1) })
    }

    /// How paths print in messages: `.name`, `[name="web"]`, `[="x"]`, `[3]`.
    package var pathText: String {
        switch self {
        case .field(let name): ".\(name)"
        case .key(let fields): "[\(fields.map { "\($0.name)=\(JSON.text($0.value))" }.joined(separator: ","))]"
        case .value(let value): "[=\(JSON.text(value))]"
        case .index(let index): "[\(index)]"
        }
    }

    /// The key in fieldsV1.
    package var serialized: String {
        switch self {
        case .field(let name): return "f:\(name)"
        case .key(let fields):
            let object = Object(fields.map { ($0.name, $0.value) })
            return "k:\(JSON.text(.object(object)))"
        case .value(let value): return "v:\(JSON.text(value))"
        case .index(let index): return "i:\(index)"
        }
    }

    /// Nil for a key that is none of the four kinds.
    package init?(serialized text: String) {
        let body = text.dropFirst(2)
        switch text.prefix(2) {
        case "f:": self = .field(String(body))
        case "k:":
            guard let object = (try? JSON.parse(String(body)))?.object else { return nil }
            self = .key(object.pairs.map { ($0.key, $0.value) })
        case "v:":
            guard let value = try? JSON.parse(String(body)) else { return nil }
            self = .value(value)
        case "i:":
            guard let index = Int(body) else { return nil }
            self = .index(index)
        default: return nil
        }
    }
}

extension PathElement: Comparable {
    /// Fields, then keys, then values, then indices; each in its own order.
    package static func < (left: PathElement, right: PathElement) -> Bool {
        switch (left, right) {
        case (.field(let a), .field(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.index(let a), .index(let b)): a < b
        case (.key(let a), .key(let b)): precedes(a, b)
        case (.value(let a), .value(let b)): precedes(a, b)
        default: left.rank < right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .field: 0
        case .key: 1
        case .value: 2
        case .index: 3
        }
    }

    private static func precedes(_ left: [KeyField], _ right: [KeyField]) -> Bool {
        for (a, b) in zip(left, right) {
            if a.name != b.name { return a.name < b.name }
            if a.value != b.value { return precedes(a.value, b.value) }
        }
        return left.count < right.count
    }

    private static func precedes(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.integer(let a), .integer(let b)): a < b
        case (.string(let a), .string(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        default: JSON.text(left) < JSON.text(right)
        }
    }
}
