// SPDX-License-Identifier: Apache-2.0

extension StrategicMerger {
    /// Merges a list that its type says to merge, as the API server does: maps by their key, anything else as a set.
    func merge(
        _ changes: [Value], into current: [Value], field: ObjectType.Field, order: [Value]?, path: String
    ) throws(PatchError) -> [Value] {
        guard let key = field.patchMergeKey else {
            let merged = current + changes.filter { !current.contains($0) }
            return arrange(merged, patch: order ?? changes, original: current) { $0 == $1 }
        }
        var isReplaced = false
        var merged = current
        for change in changes {
            guard case .object(let item) = change else {
                throw PatchError(path: path, message: "an item is a map, not a \(change.typeName)")
            }
            let directive = item[Directive.patch]
            if directive?.string == "replace" {
                isReplaced = true
                continue
            }
            guard let identity = item[key], !identity.isNull else {
                throw PatchError(path: path, message: "an item has no \"\(key)\", the key of this list")
            }
            if directive?.string == "delete" {
                merged.removeAll { $0[key] == identity }
                continue
            }
            guard let index = merged.firstIndex(where: { $0[key] == identity }) else {
                merged.append(clean(change))
                continue
            }
            let schema = schema(of: field.shape.element)
            merged[index] =
                try self.merge(item, into: merged[index].object ?? Object(), schema: schema, path: path)
                .map(Value.object) ?? .null
        }
        if isReplaced { return changes.filter { $0[Directive.patch] == nil }.map(clean) }
        let patchOrder = order ?? changes.filter { $0[Directive.patch]?.string != "delete" }
        return arrange(merged, patch: patchOrder, original: current) { $0[key] == $1[key] }
    }

    /// `$setElementOrder/KEY` without a change to the list itself, and `$deleteFromPrimitiveList/KEY`.
    func applyListDirectives(
        of patch: Object, to result: inout Object, original: Object, schema: Schema, path: String
    ) throws(PatchError) {
        for pair in patch.pairs {
            let isDeletion = pair.key.hasPrefix(Directive.deleteFromPrimitives)
            guard isDeletion || pair.key.hasPrefix(Directive.elementOrder) else { continue }
            let key = String(
                pair.key.dropFirst((isDeletion ? Directive.deleteFromPrimitives : Directive.elementOrder).count))
            guard case .array(let directive) = pair.value else {
                throw PatchError(path: path, message: "\(pair.key) is a list, not a \(pair.value.typeName)")
            }
            guard case .array(let elements)? = result[key] else { continue }
            if isDeletion {
                result[key] = .array(elements.filter { !directive.contains($0) })
            } else if patch[key] == nil, let field = schema.field(key), field.patchStrategy.contains(.merge) {
                result[key] = .array(
                    arrange(elements, patch: directive, original: elements) { left, right in
                        field.patchMergeKey.map { left[$0] == right[$0] } ?? (left == right)
                    })
            }
        }
    }

    /// Brings merged items into order: items of the patch and of the original are merged so that each keeps its order,
    /// the patch's first where nothing ties two together (`mergeSortedSlice` in apimachinery).
    private func arrange(
        _ merged: [Value], patch: [Value], original: [Value], same: (Value, Value) -> Bool
    ) -> [Value] {
        var ranked: [(rank: Int, item: Value)] = []
        var others: [Value] = []
        for item in merged {
            if let rank = patch.firstIndex(where: { same($0, item) }) {
                ranked.append((rank, item))
            } else {
                others.append(item)
            }
        }
        // Stable: items that one patch item stands for keep their order.
        let patchItems = ranked.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
            .map(\.element.item)
        func place(_ item: Value) -> Int? { original.firstIndex { same($0, item) } }
        var result: [Value] = []
        var rest = others[...]
        for item in patchItems {
            while let other = rest.first, let left = place(other), let right = place(item), left < right {
                result.append(other)
                rest = rest.dropFirst()
            }
            result.append(item)
        }
        return result + rest
    }
}

extension ObjectType.Shape {
    /// What a list is a list of.
    var element: ObjectType.Shape? {
        if case .list(let element) = self { return element }
        return nil
    }
}
