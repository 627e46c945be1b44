// SPDX-License-Identifier: Apache-2.0

/// Types from an OpenAPI v2 document (a server's `/openapi/v2`, or what `kustomize openapi fetch` prints), with what
/// strategic merges need of them: maps, lists, patch strategies and merge keys.
extension TypeTable {
    package init(openAPI document: Value) {
        var types: [ObjectType] = []
        for definition in document["definitions"]?.object?.pairs ?? [] {
            let kinds = Self.kinds(definition.value["x-kubernetes-group-version-kind"])
            Self.add(definition.key, definition.value, kinds: kinds, to: &types)
        }
        self.init(types: types)
    }

    /// One `x-kubernetes-group-version-kind`, or a list of them.
    package static func kinds(_ value: Value?) -> [GroupVersionKind] {
        let entries = value?.array ?? (value.map { [$0] } ?? [])
        return entries.compactMap { entry in
            guard let kind = entry["kind"]?.string else { return nil }
            return GroupVersionKind(
                group: entry["group"]?.string ?? "", version: entry["version"]?.string ?? "", kind: kind)
        }
    }

    private static func add(_ name: String, _ schema: Value, kinds: [GroupVersionKind], to types: inout [ObjectType]) {
        var fields: [ObjectType.Field] = []
        for property in schema["properties"]?.object?.pairs ?? [] {
            let strategies = property.value["x-kubernetes-patch-strategy"]?.string?.split(separator: ",") ?? []
            var field = ObjectType.Field(
                name: property.key, shape: shape(property.value, within: "\(name)/\(property.key)", &types),
                isRequired: false, listType: nil, isAtomicMap: false, patchStrategy: [],
                patchMergeKey: property.value["x-kubernetes-patch-merge-key"]?.string)
            if strategies.contains("merge") { field.patchStrategy.insert(.merge) }
            if strategies.contains("replace") { field.patchStrategy.insert(.replace) }
            if let keys = property.value["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string), !keys.isEmpty {
                field.listType = .map(keys: keys)
            }
            fields.append(field)
        }
        fields.sort { $0.name < $1.name }
        types.append(ObjectType(name: name, kinds: kinds, isAtomic: false, fields: fields))
    }

    /// A shape; a map with properties of its own becomes a type that is named by its place.
    private static func shape(_ schema: Value, within place: String, _ types: inout [ObjectType]) -> ObjectType.Shape {
        if let reference = schema["$ref"]?.string {
            return .type(String(reference.dropFirst(reference.hasPrefix("#/definitions/") ? 14 : 0)))
        }
        if let items = schema["items"] { return .list(shape(items, within: "\(place)[]", &types)) }
        if schema["properties"]?.object != nil {
            add(place, schema, kinds: [], to: &types)
            return .type(place)
        }
        if let values = schema["additionalProperties"], values.object != nil {
            return .map(shape(values, within: "\(place){}", &types))
        }
        return .any
    }
}
