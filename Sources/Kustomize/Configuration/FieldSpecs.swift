// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Two field specifications that say of the same field that it is and that it is not to be created.
struct FieldConflict: Error {
    var field: FieldSpec
}

/// The fields that one transformation changes, in the order in which it does.
struct FieldSpecs: Sendable {
    private(set) var all: [FieldSpec] = []
    /// Places of specifications by their kind; under the empty kind those that any kind has.
    private var places: [String: [Int]] = [:]

    init() {}

    /// Specifications as they are, repetitions and conflicts too.
    init(_ fields: [FieldSpec]) {
        all = fields
        index()
    }

    var isEmpty: Bool { all.isEmpty }

    /// The fields of one kind of objects, in order.
    func matching(_ kind: GroupVersionKind) -> [FieldSpec] {
        let own = places[kind.kind] ?? []
        let general = kind.kind.isEmpty ? [] : places[""] ?? []
        let both = own.isEmpty || general.isEmpty ? own + general : (own + general).sorted()
        return both.lazy.map { all[$0] }.filter { $0.selector.selects(kind) }
    }

    /// Adds those that are not there yet, as kustomize does it: a new one counts as there when it selects the kinds of
    /// one that is, so a specification for all kinds is left out where there is one for a single kind.
    mutating func merge(_ other: FieldSpecs) throws(FieldConflict) {
        for field in other.all { try merge(field) }
    }

    mutating func merge(_ field: FieldSpec) throws(FieldConflict) {
        let known = all.first { $0.path == field.path && $0.selector.isSelected(by: field.selector) }
        guard let known else {
            places[field.selector.kind, default: []].append(all.count)
            all.append(field)
            return
        }
        guard known.create == field.create else { throw FieldConflict(field: field) }
    }

    /// By kind, in the order of output: so kustomize leaves them after every merge.
    mutating func sort() {
        let keys = all.enumerated().map { (key: $0.element.selector.sortKey, place: $0.offset) }
        all = keys.sorted { ($0.key, $0.place) < ($1.key, $1.place) }.map { all[$0.place] }
        index()
    }

    private mutating func index() {
        places = [:]
        for (place, field) in all.enumerated() { places[field.selector.kind, default: []].append(place) }
    }
}

extension KindSelector {
    /// True where everything that `other` says is said here too.
    func isSelected(by other: KindSelector) -> Bool {
        other.selects(GroupVersionKind(group: group, version: version, kind: kind))
    }

    var sortKey: KindOrder { KindOrder(GroupVersionKind(group: group, version: version, kind: kind)) }
}
