// SPDX-License-Identifier: Apache-2.0

extension StrategicMerger {
    /// Merges a list that its type says to merge: maps by their key, anything else as a set.
    func merge(
        _ changes: [Value], into current: [Value], field: ObjectType.Field, order: [Value]?, path: String
    ) throws(PatchError) -> [Value] {
        guard field.patchMergeKey != nil else {
            let merged = current + changes.filter { !current.contains($0) }
            return arrange(merged, patch: order ?? changes, original: current, isOrdered: order != nil) { $0 == $1 }
        }
        let keys = keys(of: field)
        var isReplaced = false
        var merged = current
        for change in changes {
            guard case .object(let item) = change else {
                throw PatchError(path: path, message: "an item is a map, not a \(change.typeName)")
            }
            let directive = item[Directive.patch]
            if directive?.string == "replace", flavor == .apiServer || item.count == 1 {
                isReplaced = true
                continue
            }
            guard let primary = keys.first, let identity = item[primary], !identity.isNull else {
                throw PatchError(path: path, message: "an item has no \"\(keys.first ?? "")\", the key of this list")
            }
            if directive?.string == "delete" {
                merged.removeAll { matches($0, change, keys) }
                continue
            }
            guard let index = merged.firstIndex(where: { matches($0, change, keys) }) else {
                merged.append(clean(change))
                continue
            }
            let schema = schema(of: element(of: field.shape))
            merged[index] =
                try self.merge(item, into: merged[index].object ?? Object(), schema: schema, path: path)
                .map(Value.object) ?? .null
        }
        if isReplaced { return changes.filter { $0[Directive.patch] == nil }.map(clean) }
        let patchOrder = order ?? changes.filter { $0[Directive.patch]?.string != "delete" }
        return arrange(merged, patch: patchOrder, original: current, isOrdered: order != nil) { left, right in
            matches(left, right, keys)
        }
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
                let keys = keys(of: field)
                result[key] = .array(
                    arrange(elements, patch: directive, original: elements, isOrdered: true) { left, right in
                        keys.isEmpty ? left == right : matches(left, right, keys)
                    })
            }
        }
    }

    private func keys(of field: ObjectType.Field) -> [String] {
        if flavor == .kustomize, case .map(let keys)? = field.listType { return keys }
        return field.patchMergeKey.map { [$0] } ?? []
    }

    private func element(of shape: ObjectType.Shape) -> ObjectType.Shape? {
        if case .list(let element) = shape { return element }
        return nil
    }

    /// The first key decides; a further one only where both items state it.
    private func matches(_ left: Value, _ right: Value, _ keys: [String]) -> Bool {
        guard let primary = keys.first, let value = left[primary], value == right[primary] else { return false }
        return keys.dropFirst().allSatisfy { key in
            guard let own = left[key], let other = right[key] else { return true }
            return own == other
        }
    }

    /// Brings merged items into order. With an order given, or from the API server, items of the patch and of the
    /// original are merged so that each keeps its order, the patch's first where nothing ties two together
    /// (`mergeSortedSlice` in apimachinery). Kustomize puts the patch's items first.
    private func arrange(
        _ merged: [Value], patch: [Value], original: [Value], isOrdered: Bool, same: (Value, Value) -> Bool
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
        guard flavor == .apiServer || isOrdered else { return patchItems + others }
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
