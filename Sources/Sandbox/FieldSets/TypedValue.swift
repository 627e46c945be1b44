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
            for (index, element) in (value.array ?? []).enumerated() {
                let below = path + [relation.pathElement(of: element, at: index)]
                set.insert(below)
                collect(element, item, below, &set)
            }
        case .map(_, true), .record(_, true, _): set.insert(path)
        case .map(let element, false):
            for pair in value.object?.pairs ?? [] {
                let below = path + [.field(pair.key)]
                set.insert(below)
                collect(pair.value, element, below, &set)
            }
        case .record(_, false, _):
            for pair in value.object?.pairs ?? [] {
                let below = path + [.field(pair.key)]
                if pair.value.isNull || pair.value.object?.isEmpty == true || !schema.declares(pair.key) {
                    set.insert(below)
                }
                collect(pair.value, schema.field(pair.key), below, &set)
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
            var kept = Object()
            for pair in object.pairs {
                let step = PathElement.field(pair.key)
                if set.members.contains(step) { continue }
                let below = set.child(step)
                // Emptied maps and lists stay, as null: their parent's owner did not give them up.
                kept[pair.key] =
                    below.isEmpty ? pair.value : removing(below, from: pair.value, schema.element(step)) ?? .null
            }
            return kept.isEmpty ? nil : .object(kept)
        case .map, .record: return nil
        default: return value
        }
    }
}
