// SPDX-License-Identifier: Apache-2.0

/// A strategic merge as kustomize does it (`merge2` and `walk` of its kyaml), to the same result.
///
/// What merges is read from `patchStrategy: merge` alone, so maps always merge. The whole object is walked, not only
/// what the patch names: nulls go, and lists with keys lose their repeated items. `$patch` is known in maps; other
/// directives are keys like any other and stay in the object. `KustomizeMerger+Lists.swift` has the rules for lists.
struct KustomizeMerger {
    typealias Schema = StrategicMerger.Schema

    let table: TypeTable

    /// What stands at a place of the object, and what the patch says there.
    ///
    /// Kustomize takes over parts of the patch by reference. From then on both are one, and a change of one is a change
    /// of the other: `isShared`.
    struct Pair {
        var current: Value?
        var change: Value?
        var isShared = false

        /// A part of the patch that was taken over, which is merged with itself.
        init(shared value: Value) {
            current = value
            change = value
            isShared = true
        }

        init(current: Value?, change: Value?) {
            self.current = current
            self.change = change
        }
    }

    /// What a walk made of a pair.
    enum Outcome {
        case removed
        /// The object's own value, changed.
        case merged(Value)
        /// The patch's value, in its place.
        case taken(Value)

        /// Nil where nothing is left, and for null.
        var value: Value? {
            switch self {
            case .merged(let value) where !value.isNull, .taken(let value) where !value.isNull: value
            default: Value?.none
            }
        }
    }

    func walk(
        _ pair: Pair, shape: ObjectType.Shape?, field: ObjectType.Field?, path: String
    ) throws(PatchError) -> Outcome {
        switch try kind(of: pair, path: path) {
        case .null, .object: return try walkMap(pair, schema: schema(of: shape, at: pair), path: path)
        case .array:
            guard let field, field.patchStrategy.contains(.merge) else { return override(pair) }
            return try walkList(pair, field: field, path: path)
        default: return override(pair)
        }
    }

    func walkMap(_ pair: Pair, schema: Schema, path: String) throws(PatchError) -> Outcome {
        guard case .object(var current)? = pair.current else {
            guard case .object(var changes)? = pair.change else { return pair.change.map(Outcome.taken) ?? .removed }
            // Kustomize leaves a directive alone that it does not know, but only where there is nothing yet.
            if let directive = changes[Directive.patch]?.string.flatMap(PatchDirective.init) {
                guard directive != .delete else { return .removed }
                changes[Directive.patch] = nil
            }
            return .taken(.object(try walkShared(changes, schema: schema, path: path)))
        }
        switch pair.change {
        case nil: return .merged(.object(try walk(current, with: Object(), schema: schema, path: path)))
        case .object(var changes)?:
            let directive = try directive(of: changes, path: path)
            if directive != nil { changes[Directive.patch] = nil }
            if pair.isShared { current[Directive.patch] = nil }
            switch directive {
            case .delete: return .removed
            case .replace: return .taken(.object(try walkShared(changes, schema: schema, path: path)))
            case .merge, nil:
                if pair.isShared { return .merged(.object(try walkShared(current, schema: schema, path: path))) }
                return .merged(.object(try walk(current, with: changes, schema: schema, path: path)))
            }
        default: return .removed
        }
    }

    private func walk(
        _ current: Object, with changes: Object, schema: Schema, path: String
    ) throws(PatchError) -> Object {
        var result: [Object.Pair] = []
        result.reserveCapacity(current.count)
        func add(_ key: String, _ pair: Pair) throws(PatchError) {
            let place = path.isEmpty ? key : "\(path).\(key)"
            let outcome = try walk(pair, shape: schema.shape(of: key), field: schema.field(key), path: place)
            if let value = outcome.value { result.append(Object.Pair(key: key, value: value)) }
        }
        for pair in current.pairs {
            let change = changes[pair.key]
            // A null that the patch says nothing about stays.
            if pair.value.isNull, change == nil {
                result.append(pair)
            } else {
                try add(pair.key, Pair(current: pair.value, change: change))
            }
        }
        for pair in changes.pairs where current[pair.key] == nil {
            try add(pair.key, Pair(current: nil, change: pair.value))
        }
        return Object(uniqueKeysWithValues: result)
    }

    private func walkShared(_ object: Object, schema: Schema, path: String) throws(PatchError) -> Object {
        var result: [Object.Pair] = []
        for pair in object.pairs {
            let place = path.isEmpty ? pair.key : "\(path).\(pair.key)"
            let outcome = try walk(
                Pair(shared: pair.value), shape: schema.shape(of: pair.key), field: schema.field(pair.key), path: place)
            if let value = outcome.value { result.append(Object.Pair(key: pair.key, value: value)) }
        }
        return Object(uniqueKeysWithValues: result)
    }

    /// Scalars, and lists that do not merge: the patch's where it says anything.
    ///
    /// A scalar keeps the object's quotes. Of those only such are known that have to be there: where the object says
    /// `"8080"` and the patch `9090`, a string comes out.
    private func override(_ pair: Pair) -> Outcome {
        if case .string(let text)? = pair.current, let change = pair.change, YAMLScalar.isQuoted(text) {
            switch change {
            case .bool, .integer, .number: return .taken(.string(Self.text(change)))
            default: return .taken(change)
            }
        }
        if let change = pair.change { return .taken(change) }
        return pair.current.map(Outcome.merged) ?? .removed
    }

    private enum Kind { case null, object, array, scalar }

    private func kind(of pair: Pair, path: String) throws(PatchError) -> Kind {
        let current = kind(of: pair.current)
        let change = kind(of: pair.change)
        guard current != .null, change != .null, current != change else { return current == .null ? change : current }
        let names = (pair.current?.typeName ?? "", pair.change?.typeName ?? "")
        throw PatchError(path: path, message: "the resource has a \(names.0) there, the patch a \(names.1)")
    }

    /// What a scalar is compared by; nothing for maps and lists.
    static func text(_ value: Value) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .number(let text), .string(let text): text
        case .array, .object: ""
        }
    }

    private func kind(of value: Value?) -> Kind {
        switch value {
        case nil, .null?: .null
        case .object?: .object
        case .array?: .array
        default: .scalar
        }
    }

    func directive(of map: Object, path: String) throws(PatchError) -> PatchDirective? {
        guard let value = map[Directive.patch] else { return nil }
        guard let directive = value.string.flatMap(PatchDirective.init) else {
            throw PatchError(path: path, message: "$patch is delete, replace or merge")
        }
        return directive
    }

    /// What no type says anything about is read by its own `apiVersion` and `kind`, or the patch's, as manifests within custom
    /// resources are.
    func schema(of shape: ObjectType.Shape?, at pair: Pair) -> Schema {
        switch shape {
        case .type(let name)?: table.type(named: name).map(Schema.type) ?? .unknown
        case .map(let shape)?: .map(shape)
        case nil: (type(of: pair.current) ?? type(of: pair.change)).map(Schema.type) ?? .unknown
        default: .unknown
        }
    }

    private func type(of value: Value?) -> ObjectType? {
        guard let object = value?.object, !object.apiVersion.isEmpty, !object.kind.isEmpty else { return nil }
        return table.type(for: object.groupVersionKind)
    }
}
