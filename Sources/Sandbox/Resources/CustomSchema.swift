// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a structural OpenAPI schema of a CustomResourceDefinition means for merging, pruning and defaulting.
///
/// Source: kube-openapi's schemaconv for merging; apiextensions-apiserver, pkg/apiserver/schema for the rest.
enum CustomSchema {
    /// Fields that every object has, whatever its schema says.
    static let metaFields = ["apiVersion", "kind", "metadata"]

    /// The schema of whole objects: kind and metadata are added to what the definition says.
    static func schema(_ root: Value) -> Schema {
        let properties = root["properties"]?.object?.pairs.filter { !metaFields.contains($0.key) } ?? []
        let preserves = root["x-kubernetes-preserve-unknown-fields"]?.bool == true
        let fields = properties.map { Schema.Field(name: $0.key, schema: node($0.value, preserves)) } + metaSchemas
        return .record(fields, atomic: false, rest: preserves ? .deduced : nil)
    }

    private static var metaSchemas: [Schema.Field] {
        [
            Schema.Field(name: "apiVersion", schema: .scalar(.string)),
            Schema.Field(name: "kind", schema: .scalar(.string)),
            Schema.Field(name: "metadata", schema: BuiltInSchemas.objectMeta),
        ]
    }

    private static func node(_ value: Value, _ inherited: Bool) -> Schema {
        let preserves = inherited || value["x-kubernetes-preserve-unknown-fields"]?.bool == true
        switch value["type"]?.string {
        case "string":
            let format = value["format"]?.string ?? ""
            return .scalar(format.isEmpty || format == "byte" ? .string : .any)
        case "integer", "number": return .scalar(.numeric)
        case "boolean": return .scalar(.boolean)
        case "array": return .list(value["items"].map { node($0, preserves) } ?? .deduced, relation(value))
        case "object":
            let atomic = value["x-kubernetes-map-type"]?.string == "atomic"
            if let element = value["additionalProperties"], element != .bool(false) {
                return .map(element.object == nil ? .deduced : node(element, preserves), atomic: atomic)
            }
            var fields = (value["properties"]?.object?.pairs ?? [])
                .map { Schema.Field(name: $0.key, schema: node($0.value, preserves)) }
            if value["x-kubernetes-embedded-resource"]?.bool == true {
                fields = fields.filter { !metaFields.contains($0.name) } + metaSchemas
            }
            if fields.isEmpty { return .map(.deduced, atomic: atomic) }
            return .record(fields, atomic: atomic, rest: preserves ? .deduced : nil)
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
        let pruned = pruned(object, root)
        var body = defaulted(withoutNulls(.object(pruned), root), root).object ?? pruned
        // What the schema says of metadata only restricts it.
        for key in metaFields { body[key] = pruned[key] }
        if let metadata = body["metadata"]?.object {
            body["metadata"] = .object(Normalizer.normalized(metadata, BuiltInSchemas.objectMeta))
        }
        return body
    }
}

extension CustomSchema {
    /// Without the fields that the schema does not know.
    static func pruned(_ object: Object, _ root: Value) -> Object {
        var unknown: [String] = []
        return prune(.object(object), root, "", isResource: true, &unknown).object ?? object
    }

    /// Paths of what pruning drops.
    static func unknownFields(_ object: Object, _ root: Value) -> [String] {
        var unknown: [String] = []
        _ = prune(.object(object), root, "", isResource: true, &unknown)
        return unknown
    }

    private static func prune(
        _ value: Value, _ schema: Value?, _ path: String, isResource: Bool, _ unknown: inout [String]
    ) -> Value {
        switch value {
        case .object(let object):
            let preserves = schema?["x-kubernetes-preserve-unknown-fields"]?.bool == true
            let isResource = isResource || schema?["x-kubernetes-embedded-resource"]?.bool == true
            var kept: [Object.Pair] = []
            for pair in object.pairs {
                let below = path.isEmpty ? pair.key : "\(path).\(pair.key)"
                if isResource, metaFields.contains(pair.key) {
                    kept.append(pair)
                } else if let known = schema?["properties"]?[pair.key] {
                    kept.append(
                        Object.Pair(
                            key: pair.key, value: prune(pair.value, known, below, isResource: false, &unknown)))
                } else if let element = schema?["additionalProperties"], element != .bool(false) {
                    let element = element.object == nil ? nil : element
                    kept.append(
                        Object.Pair(
                            key: pair.key, value: prune(pair.value, element, below, isResource: false, &unknown)))
                } else if preserves {
                    kept.append(pair)
                } else {
                    unknown.append(below)
                }
            }
            return .object(Object(uniqueKeysWithValues: kept))
        case .array(let items):
            if schema?["x-kubernetes-preserve-unknown-fields"]?.bool == true, schema?["items"] == nil { return value }
            return .array(
                items.enumerated().map {
                    prune($0.element, schema?["items"], "\(path)[\($0.offset)]", isResource: false, &unknown)
                })
        default: return value
        }
    }

    /// Null stands for absent unless the schema says otherwise.
    private static func withoutNulls(_ value: Value, _ schema: Value?) -> Value {
        guard let schema else { return value }
        switch value {
        case .object(let object):
            var kept: [Object.Pair] = []
            for pair in object.pairs {
                let below = schema["properties"]?[pair.key] ?? schema["additionalProperties"]
                if pair.value.isNull, let below, below.object != nil, below["nullable"]?.bool != true { continue }
                kept.append(Object.Pair(key: pair.key, value: withoutNulls(pair.value, below)))
            }
            return .object(Object(uniqueKeysWithValues: kept))
        case .array(let items): return .array(items.map { withoutNulls($0, schema["items"]) })
        default: return value
        }
    }

    static func defaulted(_ value: Value, _ schema: Value?) -> Value {
        guard let schema else { return value }
        switch value {
        case .object(var object):
            let properties = schema["properties"]?.object ?? Object()
            for pair in properties.pairs where object[pair.key] == nil {
                if let value = pair.value["default"] { object[pair.key] = value }
            }
            return .object(
                Object(
                    uniqueKeysWithValues: object.pairs.map { pair in
                        let below = properties[pair.key] ?? schema["additionalProperties"]
                        return Object.Pair(key: pair.key, value: defaulted(pair.value, below))
                    }))
        case .array(let items): return .array(items.map { defaulted($0, schema["items"]) })
        default: return value
        }
    }
}
