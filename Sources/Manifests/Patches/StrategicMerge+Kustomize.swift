// SPDX-License-Identifier: Apache-2.0

/// A strategic merge as kustomize does it (`merge2` of its kyaml).
///
/// What merges is read from `patchStrategy: merge` alone, so maps always merge. Where one field says which item of a
/// list is which, the patch's items come first, in the patch's order, then the others; where several fields do, items
/// keep their places and only new ones come first. `$patch: delete` removes a map with its key. Kustomize knows no other
/// directive and would leave it in the object.
///
/// Some differences are meant, each where kustomize drops something without a word: another directive is an error; so is
/// an item without its key; `$patch: replace` also works at the top and in items of lists; and a port without a protocol
/// is a TCP port, so that `port: 80` and `port: 80, protocol: TCP` are the same item.
extension StrategicMerger {
    /// The value of a key after the patch; nil where there is none.
    func kustomized(
        _ change: Object.Pair, into current: Value?, schema: Schema, path: String
    ) throws(PatchError) -> Value? {
        switch change.value {
        case .null: return nil
        case .object(let changes):
            let schema = self.schema(of: schema.shape(of: change.key))
            return try merge(changes, into: current?.object ?? Object(), schema: schema, path: path).map(Value.object)
        case .array(let items):
            let (directive, changes) = try listDirective(of: items, path: path)
            guard directive != .delete else { return nil }
            guard let field = schema.field(change.key), Self.merges(field) else { return .array(changes) }
            let current = directive == .replace ? [] : current?.array ?? []
            return .array(try kustomized(changes, into: current, field: field, path: path))
        default: return change.value
        }
    }

    func refuseServerDirectives(in patch: Object, path: String) throws(PatchError) {
        for key in patch.keys where Directive.isDirective(key) && key != Directive.patch {
            throw PatchError(path: path, message: "kustomize does not know the directive \(key)")
        }
    }

    /// A list's own directive is an item that says nothing else.
    private func listDirective(
        of items: [Value], path: String
    ) throws(PatchError) -> (directive: PatchDirective, changes: [Value]) {
        guard let place = items.firstIndex(where: { $0.object?.count == 1 && $0[Directive.patch] != nil }),
            case .object(let item) = items[place]
        else { return (.merge, items) }
        var changes = items
        changes.remove(at: place)
        return (try patchDirective(of: item, path: path), changes)
    }

    private func kustomized(
        _ changes: [Value], into current: [Value], field: ObjectType.Field, path: String
    ) throws(PatchError) -> [Value] {
        let keys = field.listKeys
        guard let primary = keys.first else { return changes + current.filter { !changes.contains($0) } }
        let keepsPlaces = (current + changes).contains { item in keys.dropFirst().contains { item[$0] != nil } }
        var kept = current.map(Value?.some)
        var first: [Value] = []
        for change in changes {
            guard case .object(let item) = change else {
                throw PatchError(path: path, message: "an item is a map, not a \(change.typeName)")
            }
            guard let identity = identity(of: change, keys) else {
                throw PatchError(path: path, message: "an item has no \"\(primary)\", the key of this list")
            }
            let place = kept.firstIndex { $0.flatMap { self.identity(of: $0, keys) } == identity }
            let base = place.flatMap { kept[$0]?.object } ?? Object()
            let merged = try merge(item, into: base, schema: schema(of: field.shape.element), path: path)
                .map(Value.object)
            if let place { kept[place] = keepsPlaces ? merged : nil }
            if let merged, place == nil || !keepsPlaces { first.append(merged) }
        }
        return first + kept.compactMap { $0 }
    }

    /// What an item is known by; nil where its first key is missing.
    private func identity(of item: Value, _ keys: [String]) -> [Value]? {
        guard let primary = item[keys[0]], !primary.isNull else { return nil }
        return keys.map { key in item[key] ?? (key == "protocol" ? "TCP" : .null) }
    }
}

// MARK: - What kustomize knows of the types

extension StrategicMerger {
    /// Kustomize 5.8 carries the types of an older Kubernetes: to it these kinds are custom resources.
    static func isKnownToKustomize(_ kind: GroupVersionKind) -> Bool {
        switch (kind.group, kind.kind) {
        case ("autoscaling", "HorizontalPodAutoscaler"): kind.version == "v1"
        case ("resource.k8s.io", _), ("flowcontrol.apiserver.k8s.io", _): false
        case (_, "IPAddress"), (_, "ServiceCIDR"), (_, "CSIStorageCapacity"), (_, "VolumeAttributesClass"): false
        case ("admissionregistration.k8s.io", let name): name.hasSuffix("WebhookConfiguration")
        default: true
        }
    }

    /// Lists that came to the types later.
    private static let newerLists: Set = ["matchConditions", "resourceClaims", "schedulingGates"]

    private static func merges(_ field: ObjectType.Field) -> Bool {
        field.patchStrategy.contains(.merge) && !newerLists.contains(field.name)
    }
}

extension ObjectType.Field {
    /// The fields that together say which item of a list is which; none for a list of plain values.
    fileprivate var listKeys: [String] {
        if case .map(let keys)? = listType { return keys }
        return patchMergeKey.map { [$0] } ?? []
    }
}
