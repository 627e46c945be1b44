// SPDX-License-Identifier: Apache-2.0

import Manifests

/// How a value changed, as sets of paths.
struct Comparison: Sendable {
    var added = FieldSet()
    var modified = FieldSet()
    var removed = FieldSet()

    var isSame: Bool { added.isEmpty && modified.isEmpty && removed.isEmpty }

    /// What is there now and was not, or not so.
    var changed: FieldSet { modified.union(added) }

    /// Without what a request on this (sub)resource cannot change.
    func filtered(_ filter: FieldFilter) -> Comparison {
        Comparison(added: filter(added), modified: filter(modified), removed: filter(removed))
    }
}

extension TypedValue {
    static func compare(_ before: Value?, _ after: Value?, _ schema: Schema) -> Comparison {
        var result = Comparison()
        compare(before, after, schema, [], &result)
        return result
    }

    private static func compare(
        _ before: Value?, _ after: Value?, _ schema: Schema, _ path: [PathElement], _ result: inout Comparison
    ) {
        guard let value = after ?? before else { return }
        if schema.isDeduced, let before, let after, before.shape != after.shape {
            // Without a schema each side is what it looks like: both are compared in their own form.
            compare(before, after, as: schema.resolved(for: before), path, &result)
        }
        compare(before, after, as: schema.resolved(for: value), path, &result)
    }

    private static func compare(
        _ before: Value?, _ after: Value?, as schema: Schema, _ path: [PathElement], _ result: inout Comparison
    ) {
        let isLeaf: Bool
        switch schema {
        case .list(let item, let relation):
            let old = before?.array ?? []
            let new = after?.array ?? []
            isLeaf = relation == .atomic || (old.isEmpty && new.isEmpty)
            if !isLeaf { compareItems(old, new, item, relation, path, &result) }
        case .map(_, let atomic), .record(_, let atomic, _):
            let old = before?.object ?? Object()
            let new = after?.object ?? Object()
            isLeaf = atomic || (old.isEmpty && new.isEmpty)
            if !isLeaf {
                for key in old.keys + new.keys.filter({ old[$0] == nil }) {
                    let step = PathElement.field(key)
                    compare(old[key], new[key], schema.element(step), path + [step], &result)
                }
            }
        default: isLeaf = true
        }
        if before == nil {
            result.added.insert(path)
        } else if after == nil {
            result.removed.insert(path)
        } else if isLeaf, before != after {
            result.modified.insert(path)
        }
    }

    private static func compareItems(
        _ old: [Value], _ new: [Value], _ schema: Schema, _ relation: Schema.ListRelation, _ path: [PathElement],
        _ result: inout Comparison
    ) {
        let oldItems = grouped(old, relation)
        let newItems = grouped(new, relation)
        for step in oldItems.order + newItems.order.filter({ oldItems.items[$0] == nil }) {
            let left = oldItems.items[step] ?? []
            let right = newItems.items[step] ?? []
            let below = path + [step]
            switch (left.count, right.count) {
            case (...1, ...1): compare(left.first, right.first, schema, below, &result)
            // Duplicates are one leaf, whatever is in them.
            case (2..., 2...): if left != right { result.modified.insert(below) }
            case (2..., _):
                compare(nil, right.first, schema, below, &result)
                result.removed.insert(below)
            default:
                compare(left.first, nil, schema, below, &result)
                result.added.insert(below)
            }
        }
    }
}

extension Value {
    /// The forms that a value without a schema is told apart by.
    fileprivate var shape: Int {
        switch self {
        case .object: 0
        case .array: 1
        case .null: 2
        case .bool, .integer, .number, .string: 3
        }
    }
}
