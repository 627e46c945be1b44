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

/// How the value at one place changed, and what is below it.
private struct ComparedPlace {
    var isAdded = false
    var isModified = false
    var isRemoved = false
    var below = Comparison()

    mutating func insert(_ place: ComparedPlace, at step: PathElement) {
        if place.isAdded { below.added.members.insert(step) }
        if place.isModified { below.modified.members.insert(step) }
        if place.isRemoved { below.removed.members.insert(step) }
        below.added.insert(place.below.added, below: step)
        below.modified.insert(place.below.modified, below: step)
        below.removed.insert(place.below.removed, below: step)
    }
}

extension TypedValue {
    static func compare(_ before: Value?, _ after: Value?, _ schema: Schema) -> Comparison {
        var place = ComparedPlace()
        compare(before, after, schema, &place)
        return place.below
    }

    private static func compare(
        _ before: Value?, _ after: Value?, _ schema: Schema, _ place: inout ComparedPlace
    ) {
        guard let value = after ?? before else { return }
        // Most of an object stays as it is.
        if before == after { return }
        if schema.isDeduced, let before, let after, before.shape != after.shape {
            // Without a schema each side is what it looks like: both are compared in their own form.
            compare(before, after, as: schema.resolved(for: before), &place)
        }
        compare(before, after, as: schema.resolved(for: value), &place)
    }

    private static func compare(
        _ before: Value?, _ after: Value?, as schema: Schema, _ place: inout ComparedPlace
    ) {
        let isLeaf: Bool
        switch schema {
        case .list(let item, let relation):
            let old = before?.array ?? []
            let new = after?.array ?? []
            isLeaf = relation == .atomic || (old.isEmpty && new.isEmpty)
            if !isLeaf { compareItems(old, new, item, relation, &place) }
        case .map(_, let atomic), .record(_, let atomic, _):
            let old = before?.object ?? Object()
            let new = after?.object ?? Object()
            isLeaf = atomic || (old.isEmpty && new.isEmpty)
            if !isLeaf {
                for key in old.keys + new.keys.filter({ old[$0] == nil }) {
                    let step = PathElement.field(key)
                    var member = ComparedPlace()
                    compare(old[key], new[key], schema.element(step), &member)
                    place.insert(member, at: step)
                }
            }
        default: isLeaf = true
        }
        if before == nil {
            place.isAdded = true
        } else if after == nil {
            place.isRemoved = true
        } else if isLeaf, before != after {
            place.isModified = true
        }
    }

    private static func compareItems(
        _ old: [Value], _ new: [Value], _ schema: Schema, _ relation: Schema.ListRelation,
        _ place: inout ComparedPlace
    ) {
        let oldItems = grouped(old, relation)
        let newItems = grouped(new, relation)
        for step in oldItems.order + newItems.order.filter({ oldItems.items[$0] == nil }) {
            let left = oldItems.items[step] ?? []
            let right = newItems.items[step] ?? []
            var item = ComparedPlace()
            switch (left.count, right.count) {
            case (...1, ...1): compare(left.first, right.first, schema, &item)
            // Duplicates are one leaf, whatever is in them.
            case (2..., 2...): item.isModified = left != right
            case (2..., _):
                compare(nil, right.first, schema, &item)
                item.isRemoved = true
            default:
                compare(left.first, nil, schema, &item)
                item.isAdded = true
            }
            place.insert(item, at: step)
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
