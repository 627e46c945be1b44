// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The rules of a configuration by the kinds that refer.
struct ReferenceRules: Sendable {
    struct Rule: Sendable {
        /// The kind that is referred to.
        var target: KindSelector
        var field: FieldSpec
    }

    static let builtIn = ReferenceRules(.builtIn)

    /// Under the empty kind those that any kind has.
    private var byKind: [String: [(place: Int, rule: Rule)]] = [:]

    init(_ configuration: TransformerConfiguration) {
        var place = 0
        for names in configuration.nameReferences {
            for var field in names.referrers.all {
                // A reference that is missing stays so, whatever the specification says.
                field.create = false
                byKind[field.selector.kind, default: []].append((place, Rule(target: names.target, field: field)))
                place += 1
            }
        }
    }

    /// In the configuration's order: where a field may name several kinds, the first that fits counts.
    func rules(for kind: GroupVersionKind) -> [Rule] {
        let own = byKind[kind.kind] ?? []
        let general = byKind[""] ?? []
        let all = general.isEmpty ? own : (own + general).sorted { $0.place < $1.place }
        return all.lazy.map(\.rule).filter { $0.field.selector.selects(kind) }
    }

    /// The rules of one kind, made ready to be looked up in many objects.
    struct OfKind {
        let all: [Rule]
        let tree: FieldTree
        /// By rule: the later ones whose field is the same, above it or beneath it.
        let related: [[Int]]

        init(_ rules: [Rule]) {
            all = rules
            let paths = rules.map { rule in rule.field.path.map(FieldTree.key) }
            tree = FieldTree(paths)
            related = paths.enumerated().map { place, path in
                paths.indices.dropFirst(place + 1).filter {
                    path.starts(with: paths[$0]) || paths[$0].starts(with: path)
                }
            }
        }
    }
}

/// Fields of many paths, so that one walk through an object finds them all.
struct FieldTree {
    /// What the paths that end here are for, by their places.
    private var ends: [Int] = []
    /// Of the trees beneath; keys are compared most of the time, which trees in between would slow down.
    private var keys: [String] = []
    private var children: [FieldTree] = []

    init(_ paths: [[String]] = []) {
        for (place, path) in paths.enumerated() { insert(place, path[...]) }
    }

    /// A part of a path as a key: `[]` says that a list is meant, which the walk sees for itself.
    static func key(_ part: String) -> String { part.hasSuffix("[]") ? String(part.dropLast(2)) : part }

    private mutating func insert(_ place: Int, _ path: ArraySlice<String>) {
        guard let key = path.first else {
            ends.append(place)
            return
        }
        let index = keys.firstIndex(of: key) ?? keys.count
        if index == keys.count {
            keys.append(key)
            children.append(FieldTree())
        }
        children[index].insert(place, path.dropFirst())
    }

    /// Calls `body` with each path's place and every value that the path leads to, as `FieldSpec.update` finds them; with
    /// nil where the way leads through a plain value.
    func visit(_ value: Value, _ body: (Int, Value?) -> Void) {
        for place in ends { body(place, value) }
        if !children.isEmpty { visitChildren(of: value, body) }
    }

    private func visitChildren(of value: Value, _ body: (Int, Value?) -> Void) {
        switch value {
        case .null: return
        case .array(let elements): for element in elements { visitChildren(of: element, body) }
        case .object(let object):
            for pair in object.pairs {
                if let index = keys.firstIndex(of: pair.key) { children[index].visit(pair.value, body) }
            }
        default: for child in children { child.mismatch(body) }
        }
    }

    private func mismatch(_ body: (Int, Value?) -> Void) {
        for place in ends { body(place, nil) }
        for child in children { child.mismatch(body) }
    }
}
