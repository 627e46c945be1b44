// SPDX-License-Identifier: Apache-2.0

/// A set of paths into an object: what a manager owns.
///
/// Source: sigs.k8s.io/structured-merge-diff, package fieldpath, whose semantics the operations keep.
package struct FieldSet: Hashable, Sendable {
    /// Elements that are themselves in the set.
    package var members: Set<PathElement> = []
    /// Elements below which something is in the set; never with an empty set.
    package private(set) var children: [PathElement: FieldSet] = [:]

    package init() {}

    package init(members: Set<PathElement>) { self.members = members }

    package var isEmpty: Bool { members.isEmpty && children.isEmpty }

    package mutating func insert(_ path: [PathElement]) { insert(path[...]) }

    private mutating func insert(_ path: ArraySlice<PathElement>) {
        guard let first = path.first else { return }
        if path.count == 1 {
            members.insert(first)
        } else {
            children[first, default: FieldSet()].insert(path.dropFirst())
        }
    }

    package func child(_ element: PathElement) -> FieldSet { children[element] ?? FieldSet() }

    package mutating func setChild(_ element: PathElement, _ set: FieldSet) {
        children[element] = set.isEmpty ? nil : set
    }

    /// Adds a set below an element.
    package mutating func insert(_ set: FieldSet, below element: PathElement) {
        guard !set.isEmpty else { return }
        children[element] = children[element].map { $0.union(set) } ?? set
    }

    package func union(_ other: FieldSet) -> FieldSet {
        if isEmpty { return other }
        if other.isEmpty { return self }
        var result = self
        result.members.formUnion(other.members)
        for (element, set) in other.children { result.children[element] = child(element).union(set) }
        return result
    }

    package func intersection(_ other: FieldSet) -> FieldSet {
        var result = FieldSet(members: members.intersection(other.members))
        for (element, set) in children { result.setChild(element, set.intersection(other.child(element))) }
        return result
    }

    /// Paths of this set that are not, exactly, in the other.
    package func subtracting(_ other: FieldSet) -> FieldSet {
        if other.isEmpty { return self }
        var result = FieldSet(members: members.subtracting(other.members))
        for (element, set) in children { result.setChild(element, set.subtracting(other.child(element))) }
        return result
    }

    /// Paths of this set that are neither in the other nor below something in it.
    package func subtractingSubtrees(_ other: FieldSet) -> FieldSet {
        if other.isEmpty { return self }
        var result = FieldSet(members: members.subtracting(other.members))
        for (element, set) in children where !other.members.contains(element) {
            result.setChild(element, set.subtractingSubtrees(other.child(element)))
        }
        return result
    }

    /// Paths that are in the other set or below something in it.
    package func keepingSubtrees(_ other: FieldSet) -> FieldSet {
        var result = FieldSet(members: members.intersection(other.members))
        for (element, set) in children {
            result.setChild(
                element, other.members.contains(element) ? set : set.keepingSubtrees(other.child(element)))
        }
        return result
    }

    package func contains(_ path: [PathElement]) -> Bool { contains(path[...]) }

    /// Whether something is in the set that a path leads to, or goes through.
    package func contains(atOrBelow path: [PathElement]) -> Bool {
        var set = self
        for (index, element) in path.enumerated() {
            if index == path.count - 1 { return set.members.contains(element) || set.children[element] != nil }
            guard let child = set.children[element] else { return false }
            set = child
        }
        return !isEmpty
    }

    private func contains(_ path: ArraySlice<PathElement>) -> Bool {
        guard let first = path.first else { return false }
        if path.count == 1 { return members.contains(first) }
        return children[first]?.contains(path.dropFirst()) ?? false
    }

    /// All paths: at each level its members in order, then what is below them.
    package var paths: [[PathElement]] {
        var result: [[PathElement]] = []
        appendPaths(to: &result, prefix: [])
        return result
    }

    private func appendPaths(to result: inout [[PathElement]], prefix: [PathElement]) {
        result += members.sorted().map { prefix + [$0] }
        for (element, set) in children.sorted(by: { $0.key < $1.key }) {
            set.appendPaths(to: &result, prefix: prefix + [element])
        }
    }

    /// Members and children's elements, in order.
    private var elements: [PathElement] { members.union(children.keys).sorted() }
}

extension FieldSet {
    /// The `fieldsV1` form.
    package var value: Value { .object(object) }

    private var object: Object {
        Object(
            uniqueKeysWithValues: elements.map { element in
                var entry = Object()
                if let child = children[element] {
                    if members.contains(element) { entry["."] = [:] }
                    for pair in child.object.pairs { entry[pair.key] = pair.value }
                }
                return Object.Pair(key: element.serialized, value: .object(entry))
            })
    }

    /// From `fieldsV1`; unknown keys are dropped, as they name nothing.
    package init(fieldsV1 value: Value) {
        for pair in value.object?.pairs ?? [] where pair.key != "." {
            guard let element = PathElement(serialized: pair.key) else { continue }
            let below = pair.value.object ?? Object()
            let set = FieldSet(fieldsV1: pair.value)
            if below.isEmpty || below["."] != nil { members.insert(element) }
            setChild(element, set)
        }
    }
}
