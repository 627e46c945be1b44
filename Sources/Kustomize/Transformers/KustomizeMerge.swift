// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A strategic merge as kustomize does it. It differs from the API server's in the order of merged lists. Where one field
/// says which element is which, the patch's elements come first, in the patch's order, then the others; where several
/// fields do, only the patch's new elements come first. `$patch: delete` and `replace` work in maps and in elements of
/// merged lists; the server's other directives are not known to kustomize and are refused.
///
/// One difference from kustomize is meant: a port without a protocol is a TCP port, so that `containerPort: 80` and
/// `containerPort: 80, protocol: TCP` are the same element; and an element without its key is an error, not dropped.
struct KustomizeMerge {
    struct Failure: Error, Hashable {
        var message: String
    }

    private let schema: MergeSchema

    init(groupVersionKind: GroupVersionKind) { schema = MergeSchema.of(groupVersionKind) }

    /// The object after the patch; nil where the patch deletes it.
    func merge(_ patch: Object, into object: Object) throws(Failure) -> Object? {
        try merge(patch, into: object, schema, path: "")
    }

    private enum Directive: String { case delete, replace, merge }

    private func merge(
        _ patch: Object, into old: Object, _ schema: MergeSchema?, path: String
    ) throws(Failure) -> Object? {
        var result = old
        switch try directive(of: patch, path: path) {
        case .delete: return nil
        case .replace: result = Object()
        case .merge: break
        }
        for pair in patch.pairs where pair.key != "$patch" {
            let path = path.isEmpty ? pair.key : "\(path).\(pair.key)"
            guard !pair.key.hasPrefix("$") else { throw Failure(message: "the directive \(path) is not supported") }
            result[pair.key] = try merge(
                pair.value, into: result[pair.key], schema?.lists[pair.key], schema?.maps[pair.key], path: path)
        }
        return result
    }

    private func merge(
        _ patch: Value, into old: Value?, _ list: MergeSchema.ListRule?, _ map: MergeSchema?, path: String
    ) throws(Failure) -> Value? {
        switch patch {
        case .null: return nil
        case .object(let patch):
            return try merge(patch, into: old?.object ?? Object(), map, path: path).map { .object($0) }
        case .array(let patch):
            guard let list else { return .array(try replacement(patch, path: path)) }
            return .array(try merge(patch, into: old?.array ?? [], list, path: path))
        default: return patch
        }
    }

    /// A list that is replaced: an element that only says so (`$patch: replace`) is left out.
    private func replacement(_ patch: [Value], path: String) throws(Failure) -> [Value] {
        var result: [Value] = []
        for (index, element) in patch.enumerated() {
            guard case .object(let object) = element else {
                result.append(element)
                continue
            }
            let isDirective = try directive(of: object, path: "\(path)[\(index)]") == .replace && object.count == 1
            if !isDirective { result.append(element) }
        }
        return result
    }

    private func merge(
        _ patch: [Value], into old: [Value], _ rule: MergeSchema.ListRule, path: String
    ) throws(Failure) -> [Value] {
        guard !rule.keys.isEmpty else {
            return patch + old.filter { !patch.contains($0) }
        }
        let keepsPlaces = (old + patch).contains { element in rule.keys.dropFirst().contains { element[$0] != nil } }
        var kept = old.map(Value?.some)
        var first: [Value] = []
        for (index, element) in patch.enumerated() {
            let path = "\(path)[\(index)]"
            guard case .object(let object) = element else {
                throw Failure(message: "\(path) is a \(element.typeName), not a map")
            }
            if try directive(of: object, path: path) == .replace, object.count == 1 {
                kept = []
                continue
            }
            guard let identity = identity(of: element, rule) else {
                throw Failure(message: "\(path) has no \(rule.keys[0]), so nothing says which element it is for")
            }
            let place = kept.firstIndex { $0.map { self.identity(of: $0, rule) == identity } ?? false }
            let base = place.flatMap { kept[$0]?.object } ?? Object()
            let merged = try merge(object, into: base, rule.element, path: path).map { Value.object($0) }
            if let place { kept[place] = keepsPlaces ? merged : nil }
            if let merged, place == nil || !keepsPlaces { first.append(merged) }
        }
        return first + kept.compactMap { $0 }
    }

    /// What an element is known by; nil where its first key is missing.
    private func identity(of element: Value, _ rule: MergeSchema.ListRule) -> [Value]? {
        guard element[rule.keys[0]] != nil else { return nil }
        return rule.keys.map { key in element[key] ?? (key == "protocol" ? "TCP" : .null) }
    }

    private func directive(of object: Object, path: String) throws(Failure) -> Directive {
        guard let value = object["$patch"] else { return .merge }
        guard let text = value.string, let directive = Directive(rawValue: text) else {
            throw Failure(message: "\(path.isEmpty ? "" : "\(path).")$patch is not delete, replace or merge")
        }
        return directive
    }
}
