// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Schema-driven operations on values: the fields they hold, how two compare and merge.
///
/// Source: sigs.k8s.io/structured-merge-diff, package typed.
enum TypedValue {
    /// The paths that a value sets.
    static func fieldSet(_ value: Value, _ schema: Schema) -> FieldSet {
        var set = FieldSet()
        collect(value, schema, [], &set)
        return set
    }

    private static func collect(_ value: Value, _ schema: Schema, _ path: [PathElement], _ set: inout FieldSet) {
        switch schema.resolved(for: value) {
        case .list(let item, let relation):
            guard relation != .atomic else { return set.insert(path) }
            let items = grouped(value.array ?? [], relation)
            for step in items.order {
                let below = path + [step]
                set.insert(below)
                // Of duplicates only their key is owned.
                guard let values = items.items[step], values.count == 1 else { continue }
                collect(values[0], item, below, &set)
            }
        case .map(_, true), .record(_, true, _): set.insert(path)
        case .map(_, false), .record(_, false, _):
            for pair in value.object?.pairs ?? [] {
                let step = PathElement.field(pair.key)
                let below = path + [step]
                if pair.value.isNull || pair.value.object?.isEmpty == true || !schema.declares(pair.key) {
                    set.insert(below)
                }
                collect(pair.value, schema.element(step), below, &set)
            }
        default: set.insert(path)
        }
    }

    /// A value without the paths of a set; nil where nothing is left of a map or list.
    static func removing(_ set: FieldSet, from value: Value, _ schema: Schema) -> Value? {
        switch schema.resolved(for: value) {
        case .list(let item, let relation):
            guard relation != .atomic, let elements = value.array else { return nil }
            var kept: [Value] = []
            for (index, element) in elements.enumerated() {
                let step = relation.pathElement(of: element, at: index)
                if set.members.contains(step) { continue }
                let below = set.child(step)
                kept.append(below.isEmpty ? element : removing(below, from: element, item) ?? .null)
            }
            return kept.isEmpty ? nil : .array(kept)
        case .map(_, false), .record(_, false, _):
            guard let object = value.object else { return nil }
            var kept: [Object.Pair] = []
            for pair in object.pairs {
                let step = PathElement.field(pair.key)
                if set.members.contains(step) { continue }
                let below = set.child(step)
                // Emptied maps and lists stay, as null: their parent's owner did not give them up.
                let value = below.isEmpty ? pair.value : removing(below, from: pair.value, schema.element(step))
                kept.append(Object.Pair(key: pair.key, value: value ?? .null))
            }
            return kept.isEmpty ? nil : .object(Object(uniqueKeysWithValues: kept))
        case .map, .record: return nil
        default: return value
        }
    }

    /// Items by what names them, in the order in which each name comes first.
    static func grouped(_ values: [Value], _ relation: Schema.ListRelation) -> (
        order: [PathElement], items: [PathElement: [Value]]
    ) {
        var order: [PathElement] = []
        var items: [PathElement: [Value]] = [:]
        for (index, value) in values.enumerated() {
            let step = relation.pathElement(of: value, at: index)
            if items[step] == nil { order.append(step) }
            items[step, default: []].append(value)
        }
        return (order, items)
    }
}
