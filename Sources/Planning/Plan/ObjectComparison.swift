// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Finds the fields in which two states of an object differ, list items told apart by their keys.
package struct ObjectComparison {
    /// How lists and maps of a value are told apart.
    private enum Shape {
        case type(ObjectType)
        case items(ObjectType.Shape, ObjectType.ListType?)
        case map(ObjectType.Shape)
        /// Nothing is known: what looks like a key is taken for one.
        case unknown
    }

    private let types: TypeTable
    private(set) var differences: [FieldDifference] = []

    package static func differences(
        from old: Object, to new: Object, types: TypeTable = .builtIn
    ) -> [FieldDifference] {
        var comparison = ObjectComparison(types: types)
        let shape = types.type(for: new.groupVersionKind).map(Shape.type) ?? .unknown
        comparison.compare(.object(old), .object(new), shape, [])
        return comparison.differences
    }

    private init(types: TypeTable) { self.types = types }

    private mutating func compare(_ old: Value, _ new: Value, _ shape: Shape, _ path: [PathElement]) {
        guard old != new else { return }
        // Deeper than any object of a server; what is below counts as one.
        guard path.count < 64 else { return note(path, old, new) }
        switch (old, new) {
        case (.object(let old), .object(let new)): compare(old, new, shape, path)
        case (.array(let old), .array(let new)): compare(old, new, shape, path)
        default: note(path, old, new)
        }
    }

    private mutating func note(_ path: [PathElement], _ old: Value?, _ new: Value?) {
        differences.append(FieldDifference(path: path, old: old, new: new))
    }

    private mutating func compare(_ old: Object, _ new: Object, _ shape: Shape, _ path: [PathElement]) {
        let added = new.pairs.filter { old[$0.key] == nil }.map(\.key)
        for key in old.keys + added {
            let place = path + [.field(key)]
            switch (old[key], new[key]) {
            case (let before?, let after?): compare(before, after, self.shape(of: key, in: shape), place)
            case (let before?, nil): note(place, before, nil)
            case (nil, let after?): noteAdded(after, place)
            case (nil, nil): break
            }
        }
    }

    /// An added map is told field by field: a label, and not all labels.
    private mutating func noteAdded(_ value: Value, _ path: [PathElement]) {
        guard case .object(let object) = value, !object.isEmpty, path.count < 3 else { return note(path, nil, value) }
        for pair in object.pairs { noteAdded(pair.value, path + [.field(pair.key)]) }
    }

    private func shape(of key: String, in shape: Shape) -> Shape {
        switch shape {
        case .type(let type):
            guard let field = type.field(key) else { return .unknown }
            if case .list(let item) = field.shape { return .items(item, field.listType) }
            return resolved(field.shape)
        case .map(let item): return resolved(item)
        case .items, .unknown: return .unknown
        }
    }

    private func resolved(_ shape: ObjectType.Shape) -> Shape {
        switch shape {
        case .type(let name): types.type(named: name).map(Shape.type) ?? .unknown
        case .map(let item): .map(item)
        case .list(let item): .items(item, nil)
        default: .unknown
        }
    }

    // MARK: Lists

    private mutating func compare(_ old: [Value], _ new: [Value], _ shape: Shape, _ path: [PathElement]) {
        var item = Shape.unknown
        var keys: [String]?
        switch shape {
        case .items(let element, let relation):
            item = resolved(element)
            switch relation {
            case .set: return compareSets(old, new, path)
            case .map(let names): keys = names
            case .atomic, nil: keys = nil
            }
        case .unknown: keys = Self.likelyKey(old + new).map { [$0] }
        case .type, .map: keys = nil
        }
        if let keys, let before = Self.elements(of: old, keys), let after = Self.elements(of: new, keys) {
            compareItems(before, after, item, path)
        } else if old.count == new.count {
            for (index, pair) in zip(old, new).enumerated() { compare(pair.0, pair.1, item, path + [.index(index)]) }
        } else {
            note(path, .array(old), .array(new))
        }
    }

    private mutating func compareItems(
        _ old: [(key: PathElement, value: Value)], _ new: [(key: PathElement, value: Value)], _ item: Shape,
        _ path: [PathElement]
    ) {
        let before = Dictionary(old.map { ($0.key, $0.value) }) { first, _ in first }
        let after = Dictionary(new.map { ($0.key, $0.value) }) { first, _ in first }
        for (key, value) in old {
            if let changed = after[key] {
                compare(value, changed, item, path + [key])
            } else {
                note(path + [key], value, nil)
            }
        }
        for (key, value) in new where before[key] == nil { note(path + [key], nil, value) }
        // The order of environment variables, init containers and ports counts.
        let (kept, wanted) = (old.map(\.key).filter { after[$0] != nil }, new.map(\.key).filter { before[$0] != nil })
        if kept != wanted { note(path, Self.order(kept), Self.order(wanted)) }
    }

    private static func order(_ keys: [PathElement]) -> Value {
        .string("in the order " + keys.map(\.pathText).joined(separator: ", "))
    }

    private mutating func compareSets(_ old: [Value], _ new: [Value], _ path: [PathElement]) {
        for value in old where !new.contains(value) { note(path + [.value(value)], value, nil) }
        for value in new where !old.contains(value) { note(path + [.value(value)], nil, value) }
        let (kept, wanted) = (old.filter(new.contains), new.filter(old.contains))
        if kept != wanted { note(path, .array(kept), .array(wanted)) }
    }

    /// Nil where a key is missing in an item, or two have the same.
    private static func elements(
        of items: [Value], _ keys: [String]
    ) -> [(key: PathElement, value: Value)]? {
        var seen: Set<PathElement> = []
        var found: [(key: PathElement, value: Value)] = []
        for item in items {
            // A port's protocol may be left out where the server fills it in.
            let fields = keys.compactMap { key in
                (item[key] ?? (key == "protocol" ? "TCP" : nil)).map { (key, $0) }
            }
            guard fields.count == keys.count else { return nil }
            let shown = fields.filter { $0.0 != "protocol" || $0.1 != "TCP" || fields.count == 1 }
            let key = PathElement.key(shown)
            guard seen.insert(key).inserted else { return nil }
            found.append((key, item))
        }
        return found
    }

    /// What names the items of a list of maps whose type is not known.
    private static func likelyKey(_ items: [Value]) -> String? {
        ["name", "key", "id", "type"].first { key in
            !items.isEmpty && items.allSatisfy { $0[key]?.string != nil }
        }
    }
}
