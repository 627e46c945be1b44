// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a structural OpenAPI schema of a CustomResourceDefinition means for merging, pruning and defaulting.
enum CustomSchema {
    /// The schema of whole objects: kind and metadata are added to what the definition says.
    static func schema(_ root: Value) -> Schema {
        guard case .record(var fields, let atomic, let rest) = node(root) else { return .deduced }
        fields.removeAll { ["apiVersion", "kind", "metadata"].contains($0.name) }
        fields += [
            Schema.Field(name: "apiVersion", schema: .scalar(.string)),
            Schema.Field(name: "kind", schema: .scalar(.string)),
            Schema.Field(name: "metadata", schema: BuiltInSchemas.objectMeta),
        ]
        return .record(fields, atomic: atomic, rest: rest)
    }

    private static func node(_ value: Value) -> Schema {
        if value["x-kubernetes-int-or-string"]?.bool == true { return .scalar(.any) }
        let preserves = value["x-kubernetes-preserve-unknown-fields"]?.bool == true
        switch value["type"]?.string {
        case "string": return .scalar(.string)
        case "integer", "number": return .scalar(.numeric)
        case "boolean": return .scalar(.boolean)
        case "array": return .list(value["items"].map(node) ?? .deduced, relation(value))
        case "object":
            let atomic = value["x-kubernetes-map-type"]?.string == "atomic"
            if let element = value["additionalProperties"]?.object {
                return .map(node(.object(element)), atomic: atomic)
            }
            let properties = value["properties"]?.object?.pairs ?? []
            if properties.isEmpty, preserves { return .map(.deduced, atomic: atomic) }
            return .record(
                properties.map { Schema.Field(name: $0.key, schema: node($0.value)) }, atomic: atomic,
                rest: preserves ? .deduced : nil)
        default: return .deduced
        }
    }

    private static func relation(_ value: Value) -> Schema.ListRelation {
        switch value["x-kubernetes-list-type"]?.string {
        case "set": return .set
        case "map":
            let keys = (value["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
            var defaults = Object()
            for key in keys { defaults[key] = value["items"]?["properties"]?[key]?["default"] }
            return .map(keys: keys, defaults: defaults)
        default: return .atomic
        }
    }

    /// Pruned of what the schema does not know, with its defaults.
    static func prepared(_ object: Object, _ root: Value) -> Object {
        var result = Object()
        for pair in object.pairs where ["apiVersion", "kind", "metadata"].contains(pair.key) {
            result[pair.key] = pair.value
        }
        let rest = prepared(.object(object), root).object ?? Object()
        for pair in rest.pairs where result[pair.key] == nil { result[pair.key] = pair.value }
        return result
    }

    private static func prepared(_ value: Value, _ schema: Value) -> Value {
        switch value {
        case .array(let items):
            guard let element = schema["items"] else { return value }
            return .array(items.map { prepared($0, element) })
        case .object(let object):
            let properties = schema["properties"]?.object ?? Object()
            let preserves = schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
            var result = Object()
            for pair in object.pairs {
                if let known = properties[pair.key] {
                    // Null stands for absent unless the schema says otherwise.
                    if pair.value.isNull, known["nullable"]?.bool != true { continue }
                    result[pair.key] = prepared(pair.value, known)
                } else if let element = schema["additionalProperties"], element.object != nil {
                    result[pair.key] = prepared(pair.value, element)
                } else if preserves || schema["additionalProperties"]?.bool == true {
                    result[pair.key] = pair.value
                }
            }
            for pair in properties.pairs where result[pair.key] == nil {
                if let value = pair.value["default"] { result[pair.key] = prepared(value, pair.value) }
            }
            return .object(result)
        default: return value
        }
    }
}
