// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The component schemas of one document: what its operations refer to, and what that refers to in turn.
struct OpenAPISchemas {
    private let group: String
    private let version: String
    private let custom: [String: Value]
    private var schemas: [String: Value] = [:]

    init(_ types: [ResourceType]) {
        group = types.first?.group ?? ""
        version = types.first?.version ?? "v1"
        var custom: [String: Value] = [:]
        for type in types {
            guard let definition = type.custom else { continue }
            custom[OpenAPINames.schema(type)] = Self.custom(type, definition.schema)
            custom[OpenAPINames.list(type)] = Self.customList(type)
        }
        self.custom = custom
    }

    var result: Object {
        Object(
            uniqueKeysWithValues: schemas.sorted { $0.key < $1.key }.map { Object.Pair(key: $0.key, value: $0.value) })
    }

    /// Adds what a value refers to.
    mutating func addReferences(in value: Value) {
        switch value {
        case .array(let items): for item in items { addReferences(in: item) }
        case .object(let object):
            for pair in object.pairs {
                if pair.key == "$ref", let text = pair.value.string {
                    add(String(text.split(separator: "/").last ?? ""))
                } else {
                    addReferences(in: pair.value)
                }
            }
        default: break
        }
    }

    private mutating func add(_ name: String) {
        guard schemas[name] == nil else { return }
        let schema = custom[name] ?? builtIn(name)
        schemas[name] = schema
        addReferences(in: schema)
    }

    private func builtIn(_ name: String) -> Value {
        switch name {
        case OpenAPINames.quantity: return ["oneOf": [["type": "string"], ["type": "number"]]]
        case OpenAPINames.intOrString:
            return ["format": "int-or-string", "oneOf": [["type": "integer"], ["type": "string"]]]
        case OpenAPINames.time, OpenAPINames.microTime: return ["type": "string", "format": "date-time"]
        default: break
        }
        if OpenAPINames.isJSON(name) { return [:] }
        guard let type = TypeTable.builtIn.type(named: OpenAPINames.short(name)) else { return ["type": "object"] }
        var schema: Object = ["type": "object"]
        let required = type.requiredFields
        // In the order of the Go type, where that is known.
        let declared = OpenAPIFields.names(type.name)
        let ordered = declared.filter(required.contains) + required.filter { !declared.contains($0) }
        if !ordered.isEmpty { schema["required"] = .array(ordered.map { .string($0) }) }
        schema["properties"] = .object(
            Object(type.fields.map { ($0.name, OpenAPIFields.schema($0, of: type)) }))
        if type.isAtomic { schema["x-kubernetes-map-type"] = "atomic" }
        let kinds = kinds(of: type)
        if !kinds.isEmpty {
            schema["x-kubernetes-group-version-kind"] = .array(
                kinds.map {
                    ["group": .string($0.group), "kind": .string($0.kind), "version": .string($0.version)]
                })
        }
        return .object(schema)
    }

    /// The options of a delete and the events of a watch belong to every group.
    private func kinds(of type: ObjectType) -> [GroupVersionKind] {
        guard let kind = ["meta.v1.DeleteOptions", "meta.v1.WatchEvent"].contains(type.name) ? type.name : nil else {
            return type.kinds
        }
        let core = GroupVersionKind(group: "", version: "v1", kind: String(kind.dropFirst("meta.v1.".count)))
        let own = GroupVersionKind(group: group, version: version, kind: core.kind)
        return own == core ? [core] : [core, own]
    }

    /// A definition's own schema, with what every object has.
    private static func custom(_ type: ResourceType, _ schema: Value) -> Value {
        var object = schema.object ?? Object()
        if object["type"] == nil { object["type"] = "object" }
        var properties = object["properties"]?.object ?? Object()
        properties["apiVersion"] = ["type": "string"]
        properties["kind"] = ["type": "string"]
        properties["metadata"] = ["allOf": [OpenAPINames.reference(OpenAPINames.objectMeta)]]
        object["properties"] = .object(properties)
        object["x-kubernetes-group-version-kind"] = [kind(type, type.kind)]
        return .object(object)
    }

    private static func customList(_ type: ResourceType) -> Value {
        [
            "type": "object", "required": ["items"],
            "properties": [
                "apiVersion": ["type": "string"],
                "items": ["type": "array", "items": OpenAPINames.reference(OpenAPINames.schema(type))],
                "kind": ["type": "string"],
                "metadata": ["allOf": [OpenAPINames.reference(OpenAPINames.listMeta)]],
            ],
            "x-kubernetes-group-version-kind": [kind(type, type.listKind)],
        ]
    }

    private static func kind(_ type: ResourceType, _ kind: String) -> Value {
        ["group": .string(type.group), "kind": .string(kind), "version": .string(type.version)]
    }
}
