// SPDX-License-Identifier: Apache-2.0

/// Types from an OpenAPI v2 document (a server's `/openapi/v2`, or what `kustomize openapi fetch` prints), with what
/// strategic merges need of them: maps, lists, patch strategies and merge keys.
extension TypeTable {
    package init(openAPI document: Value) {
        let definitions = document["definitions"]?.object ?? Object()
        var reading = OpenAPITypes(definitions: definitions)
        for definition in definitions.pairs {
            let kinds = definition.value["x-kubernetes-group-version-kind"]
            reading.add(definition.key, definition.value, kinds: kinds?.array == nil ? [] : Self.kinds(kinds))
        }
        self.init(types: reading.types)
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
}

private struct OpenAPITypes {
    let definitions: Object
    var types: [ObjectType] = []

    mutating func add(_ name: String, _ schema: Value, kinds: [GroupVersionKind]) {
        var fields: [ObjectType.Field] = []
        for property in schema["properties"]?.object?.pairs ?? [] {
            let schema = list(property.value)
            let strategies = schema["x-kubernetes-patch-strategy"]?.string?.split(separator: ",") ?? []
            var field = ObjectType.Field(
                name: property.key, shape: shape(schema, within: "\(name)/\(property.key)"), isRequired: false,
                listType: nil, isAtomicMap: false, patchStrategy: [],
                patchMergeKey: schema["x-kubernetes-patch-merge-key"]?.string)
            if strategies.contains("merge") { field.patchStrategy.insert(.merge) }
            if strategies.contains("replace") { field.patchStrategy.insert(.replace) }
            if let keys = schema["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string), !keys.isEmpty {
                field.listType = .map(keys: keys)
            }
            fields.append(field)
        }
        fields.sort { $0.name < $1.name }
        types.append(ObjectType(name: name, kinds: kinds, isAtomic: false, fields: fields))
    }

    /// A list that a reference leads to, with how it merges; otherwise the schema itself.
    private func list(_ schema: Value) -> Value {
        guard let name = reference(schema), let target = definitions[name], target["items"] != nil else {
            return schema
        }
        return target
    }

    private func reference(_ schema: Value) -> String? {
        let prefix = "#/definitions/"
        return schema["$ref"]?.string.map { String($0.dropFirst($0.hasPrefix(prefix) ? prefix.count : 0)) }
    }

    /// A shape; a map with properties of its own becomes a type that is named by its place.
    private mutating func shape(_ schema: Value, within place: String) -> ObjectType.Shape {
        if let name = reference(schema) { return .type(name) }
        if let items = schema["items"] { return .list(shape(items, within: "\(place)[]")) }
        if schema["properties"]?.object != nil {
            add(place, schema, kinds: [])
            return .type(place)
        }
        if let values = schema["additionalProperties"], values.object != nil {
            return .map(shape(values, within: "\(place){}"))
        }
        return .any
    }
}
