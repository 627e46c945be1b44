// SPDX-License-Identifier: Apache-2.0

/// Strategic merge patches: maps merge, lists of the types that say so merge by key, and directives do the rest
/// (Kubernetes API conventions and the patch documentation of apimachinery).
///
/// Kinds that are not built in have no list keys: their lists are replaced, as a JSON merge patch does.
package enum StrategicMerge {
    /// The two implementations differ, and a build must come out as `kubectl kustomize` makes it.
    package enum Flavor: Sendable {
        /// List items keep the live order, new ones stand before their next known neighbour; `patchMergeKey` alone
        /// identifies an item; `$patch: delete` leaves an empty map.
        case apiServer
        /// See `KustomizeMerger`.
        case kustomize
    }

    /// The merged object, or nil where the patch says `$patch: delete` at its top.
    ///
    /// - Parameter types: what to know the types from instead of the built-in table; then nothing else is known.
    /// - Throws: `PatchError` with the dotted path of a directive that is not understood or of a list item without its
    ///   key.
    package static func merge(
        patch: Value, into value: Value, groupVersionKind: GroupVersionKind, flavor: Flavor = .apiServer,
        types: TypeTable? = nil
    ) throws(PatchError) -> Value? {
        guard case .object(let changes) = patch else {
            throw PatchError(path: "", message: "a strategic merge patch is a map, not a \(patch.typeName)")
        }
        let table = types ?? (flavor == .kustomize ? .kustomize : .builtIn)
        let schema = table.type(for: groupVersionKind).map(StrategicMerger.Schema.type)
        switch flavor {
        case .apiServer:
            return try StrategicMerger(table: table)
                .merge(changes, into: value.object ?? Object(), schema: schema ?? .unknown, path: "")
                .map(Value.object)
        case .kustomize:
            let merger = KustomizeMerger(table: table)
            let pair = KustomizeMerger.Pair(current: value, change: patch)
            return try merger.walkMap(pair, schema: schema ?? merger.schema(of: nil, at: pair), path: "").value
        }
    }
}

/// Directives, by the names that apimachinery gives them.
enum Directive {
    static let patch = "$patch"
    static let retainKeys = "$retainKeys"
    static let elementOrder = "$setElementOrder/"
    static let deleteFromPrimitives = "$deleteFromPrimitiveList/"

    static func isDirective(_ key: String) -> Bool {
        key == patch || key == retainKeys || key.hasPrefix(elementOrder) || key.hasPrefix(deleteFromPrimitives)
    }
}

/// The values of `$patch`.
enum PatchDirective: String { case delete, replace, merge }

struct StrategicMerger {
    let table: TypeTable

    /// What is known of a map: its type, that it is a map of values of one shape, or nothing.
    enum Schema {
        case type(ObjectType)
        case map(ObjectType.Shape)
        case unknown

        func field(_ key: String) -> ObjectType.Field? {
            if case .type(let type) = self { return type.field(key) }
            return nil
        }

        func shape(of key: String) -> ObjectType.Shape? {
            switch self {
            case .type(let type): type.field(key)?.shape
            case .map(let shape): shape
            case .unknown: nil
            }
        }
    }

    func schema(of shape: ObjectType.Shape?) -> Schema {
        switch shape {
        case .type(let name)?: table.type(named: name).map(Schema.type) ?? .unknown
        case .map(let shape)?: .map(shape)
        default: .unknown
        }
    }

    /// Nil: the patch deletes the whole map.
    func merge(
        _ patch: Object, into original: Object, schema: Schema, path: String
    ) throws(PatchError) -> Object? {
        var result = original
        switch try patchDirective(of: patch, path: path) {
        case .delete: return nil
        case .replace: return clean(patch)
        case .merge: break
        }
        try retainKeys(patch, in: &result, path: path)
        for pair in patch.pairs where !Directive.isDirective(pair.key) {
            let place = path.isEmpty ? pair.key : "\(path).\(pair.key)"
            try merge(pair.value, at: pair.key, of: &result, patch: patch, schema: schema, path: place)
        }
        try applyListDirectives(of: patch, to: &result, original: original, schema: schema, path: path)
        return result
    }

    /// What `$patch` says of its map; merging where it says nothing.
    func patchDirective(of map: Object, path: String) throws(PatchError) -> PatchDirective {
        guard let value = map[Directive.patch] else { return .merge }
        guard let directive = value.string.flatMap(PatchDirective.init) else {
            throw PatchError(path: path, message: "$patch is delete, replace or merge")
        }
        return directive
    }

    private func merge(
        _ change: Value, at key: String, of result: inout Object, patch: Object, schema: Schema, path: String
    ) throws(PatchError) {
        let field = schema.field(key)
        switch (change, result[key]) {
        case (.null, _): result[key] = nil
        case (.object(let changes), .object(let current)?)
        where field?.patchStrategy.contains(.replace) != true || changes[Directive.patch] != nil:
            let merged = try merge(
                changes, into: current, schema: self.schema(of: schema.shape(of: key)), path: path)
            result[key] = .object(merged ?? Object())
        case (.object(let changes), _):
            if changes[Directive.patch]?.string == "delete" {
                result[key] = nil
            } else {
                result[key] = .object(clean(changes))
            }
        case (.array(let changes), .array(let current)?) where field?.patchStrategy.contains(.merge) == true:
            guard let field else { return }
            result[key] = .array(
                try merge(
                    changes, into: current, field: field, order: patch[Directive.elementOrder + key]?.array, path: path)
            )
        case (.array(let changes), _):
            // A list of maps that replaces may still say so.
            result[key] = .array(changes.filter { $0[Directive.patch] == nil }.map(clean))
        default: result[key] = change
        }
    }

    /// `$retainKeys` lists what stays: for unions such as a Deployment's strategy or a volume's source.
    private func retainKeys(_ patch: Object, in result: inout Object, path: String) throws(PatchError) {
        guard let directive = patch[Directive.retainKeys] else { return }
        guard let keys = directive.array?.compactMap(\.string) else {
            throw PatchError(path: path, message: "$retainKeys is a list of keys")
        }
        for pair in patch.pairs where !Directive.isDirective(pair.key) && !pair.value.isNull {
            guard keys.contains(pair.key) else {
                throw PatchError(path: path, message: "$retainKeys does not list \"\(pair.key)\", which the patch sets")
            }
        }
        for key in result.keys where !keys.contains(key) { result[key] = nil }
    }

    /// A value that is new: no directives, and no nulls, which only say that a key should not be.
    func clean(_ value: Value) -> Value {
        switch value {
        case .object(let object): .object(clean(object))
        case .array(let elements):
            .array(elements.filter { $0[Directive.patch]?.string != "delete" }.map(clean))
        default: value
        }
    }

    func clean(_ object: Object) -> Object {
        Object(
            uniqueKeysWithValues: object.pairs.compactMap { pair in
                guard !Directive.isDirective(pair.key), !pair.value.isNull,
                    pair.value[Directive.patch]?.string != "delete"
                else { return nil }
                return Object.Pair(key: pair.key, value: clean(pair.value))
            })
    }
}
