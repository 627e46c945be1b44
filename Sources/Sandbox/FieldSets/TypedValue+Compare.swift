// SPDX-License-Identifier: Apache-2.0

import Manifests

/// How a value changed, as sets of paths.
struct Comparison: Sendable {
    var added = FieldSet()
    var modified = FieldSet()
    var removed = FieldSet()

    var isSame: Bool { added.isEmpty && modified.isEmpty && removed.isEmpty }

    /// Without what a request on this (sub)resource cannot change.
    func filtered(_ filter: (FieldSet) -> FieldSet) -> Comparison {
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
        guard before != nil || after != nil else { return }
        let isLeaf: Bool
        switch schema.resolved(for: after ?? before) {
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
        guard !path.isEmpty else { return }
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
            if left.count <= 1, right.count <= 1 {
                compare(left.first, right.first, schema, path + [step], &result)
            } else if left != right {
                // Duplicates compare as one leaf.
                result.modified.insert(path + [step])
            }
        }
    }

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
