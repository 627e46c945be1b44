// SPDX-License-Identifier: Apache-2.0

/// Lists whose type says to merge them, as `walk/associative_sequence.go` of kustomize 5.8 does.
///
/// The patch's items come first and then the object's; with several keys (`containerPort` and `protocol`) an item of the
/// object keeps its place among the object's. What surprises people is kept too, since a build shows it to them:
/// an item that lacks a second key wins over all items with the same first one, in the patch as in the object; a patch's
/// item without its key empties the list; `$patch: replace` within an item changes nothing.
extension KustomizeMerger {
    func walkList(_ pair: Pair, field: ObjectType.Field, path: String) throws(PatchError) -> Outcome {
        guard case .array(let current)? = pair.current else {
            guard case .array(let changes)? = pair.change else { return .removed }
            return .taken(.array(try merge(List(shared: changes), field: field, path: path)))
        }
        switch pair.change {
        case nil: return .merged(.array(try merge(List(current: current, changes: []), field: field, path: path)))
        case .array(let items)?:
            let (directive, changes) = try directive(of: items, path: path)
            switch directive {
            case .delete: return .removed
            case .replace: return .taken(.array(try merge(List(shared: changes), field: field, path: path)))
            case .merge, nil:
                let list = pair.isShared ? List(shared: changes) : List(current: current, changes: changes)
                return .merged(.array(try merge(list, field: field, path: path)))
            }
        default: return .removed
        }
    }

    /// A list's own directive is an item that says nothing else.
    private func directive(
        of items: [Value], path: String
    ) throws(PatchError) -> (directive: PatchDirective?, changes: [Value]) {
        guard let place = items.firstIndex(where: { $0.object?.count == 1 && $0[Directive.patch] != nil }),
            case .object(let item) = items[place]
        else { return (nil, items) }
        var changes = items
        changes.remove(at: place)
        return (try directive(of: item, path: path), changes)
    }

    /// Items by their numbers, since the same item may stand in several lists while they merge.
    private struct List {
        var items: [Value]
        var current: [Int]
        var changes: [Int]

        init(shared items: [Value]) {
            self.items = items
            current = Array(items.indices)
            changes = current
        }

        init(current: [Value], changes: [Value]) {
            items = current + changes
            self.current = Array(current.indices)
            self.changes = Array(current.count..<items.count)
        }
    }

    private func merge(_ list: List, field: ObjectType.Field, path: String) throws(PatchError) -> [Value] {
        var list = list
        // A list of plain values is one whose key is the value itself.
        let keys = field.listKeys.isEmpty ? [""] : field.listKeys
        var seen: Set<[String]> = []
        var identities: [[String]] = []
        for number in list.changes + list.current {
            let identity = keys.map { Self.text(of: $0, in: list.items[number]) }
            if seen.insert(identity).inserted { identities.append(identity) }
        }
        guard !identities.isEmpty else { return list.current.map { list.items[$0] } }
        if keys.count > 1 { Self.fillIn(&identities) }
        // Keys that no item has are left out.
        var used = keys.indices.filter { place in identities.contains { !$0[place].isEmpty } }
        if used.isEmpty { used = Array(keys.indices) }
        let usedKeys = used.map { keys[$0] }
        var merged: [Int] = []
        for identity in identities {
            let values = used.map { identity[$0] }
            guard let number = try mergeItem(usedKeys, values, of: &list, field: field, path: path) else {
                try Self.set(nil, in: &list.current, keys: usedKeys, values: values, items: list.items, path: path)
                continue
            }
            if case .object(var object) = list.items[number] {
                for (key, value) in zip(usedKeys, values) where !value.isEmpty && object[key] == nil {
                    if case .value(let scalar) = YAMLScalar.resolve(value) { object[key] = scalar }
                }
                list.items[number] = .object(object)
            }
            try Self.set(number, in: &merged, keys: usedKeys, values: values, items: list.items, path: path)
        }
        for number in list.current {
            try Self.append(number, to: &merged, keys: usedKeys, items: list.items, path: path)
        }
        return merged.map { list.items[$0] }
    }

    /// Merges the first items of both sides with an identity; nil where nothing is left.
    private func mergeItem(
        _ keys: [String], _ values: [String], of list: inout List, field: ObjectType.Field, path: String
    ) throws(PatchError) -> Int? {
        var places = values.indices.filter { !values[$0].isEmpty }
        if places.isEmpty { places = Array(values.indices) }
        func first(_ numbers: [Int]) -> Int? {
            numbers.first { number in
                let item = list.items[number]
                return places.allSatisfy { place in
                    if keys[place].isEmpty { return Self.text(item) == values[place] }
                    return item[keys[place]].map(Self.text) == values[place]
                }
            }
        }
        let current = first(list.current)
        let change = first(list.changes)
        var pair = Pair(current: current.map { list.items[$0] }, change: change.map { list.items[$0] })
        pair.isShared = current != nil && current == change
        let outcome = try walk(pair, shape: field.shape.element, field: nil, path: path)
        if let change, case .object(var object) = list.items[change] {
            if object[Directive.patch]?.string.flatMap(PatchDirective.init) != nil {
                object[Directive.patch] = nil
                list.items[change] = .object(object)
            }
        }
        guard let value = outcome.value, value != .object(Object()) else { return nil }
        let number: Int?
        switch outcome {
        case .removed: number = nil
        case .merged: number = current
        case .taken: number = change
        }
        if let number { list.items[number] = value }
        return number
    }

    /// Identities that differ only where one has nothing become one.
    private static func fillIn(_ identities: inout [[String]]) {
        for left in identities.indices {
            for right in identities.indices {
                let pairs = Array(zip(identities[left], identities[right]))
                guard pairs.contains(where: { $0 == $1 }), pairs.allSatisfy({ $0 == $1 || $0.isEmpty || $1.isEmpty })
                else { continue }
                let both = pairs.map { $0.isEmpty ? $1 : $0 }
                identities[left] = both
                identities[right] = both
            }
        }
    }

    /// Puts an item in the place of all with an identity, or at the end; nil removes them.
    ///
    /// An empty value stands for any, and so does one that is missing behind the last.
    private static func set(
        _ number: Int?, in list: inout [Int], keys: [String], values: [String], items: [Value], path: String
    ) throws(PatchError) {
        let isForMaps = keys.first?.isEmpty == false && values.first?.isEmpty == false
        var result: [Int] = []
        var isFound = false
        for other in list {
            let item = items[other]
            if item.isNull || item == .object(Object()) { continue }
            if item.object == nil, isForMaps {
                result.append(other)
                continue
            }
            if !(try matches(item, keys: keys, values: values, path: path)) {
                if !values.isEmpty { result.append(other) }
                continue
            }
            isFound = true
            if let number { result.append(number) }
        }
        if let number, !isFound { result.append(number) }
        list = result
    }

    private static func matches(
        _ item: Value, keys: [String], values: [String], path: String
    ) throws(PatchError) -> Bool {
        guard !values.isEmpty else { return false }
        for (key, value) in zip(keys, values) {
            if key.isEmpty {
                guard item.object == nil, item.array == nil else {
                    throw PatchError(path: path, message: "the items of this list are plain values, not maps or lists")
                }
                if text(item) != value { return false }
            } else {
                guard case .object(let object) = item else {
                    throw PatchError(path: path, message: "an item is a map, not a \(item.typeName)")
                }
                guard let own = object[key], value.isEmpty || text(own) == value else { return false }
            }
        }
        return true
    }

    private static func append(
        _ number: Int, to list: inout [Int], keys: [String], items: [Value], path: String
    ) throws(PatchError) {
        let item = items[number]
        guard keys != [""] else {
            return try set(number, in: &list, keys: keys, values: [text(item)], items: items, path: path)
        }
        var values: [String] = []
        for key in keys {
            if let value = item[key] { values.append(text(value)) } else { list.append(number) }
        }
        if keys.count > 1 { try set(nil, in: &list, keys: keys, values: values, items: items, path: path) }
        try set(number, in: &list, keys: keys, values: values, items: items, path: path)
    }

    private static func text(of key: String, in item: Value) -> String {
        if key.isEmpty { return text(item) }
        guard let value = item[key], !value.isNull else { return "" }
        return text(value)
    }
}

extension ObjectType.Field {
    /// The fields that together say which item of a list is which; none for a list of plain values.
    fileprivate var listKeys: [String] {
        if case .map(let keys)? = listType { return keys }
        return patchMergeKey.map { [$0] } ?? []
    }
}
