// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Whether a schema is structural: every field has a type, and what only restricts values adds none.
///
/// Source: ValidateStructural of apiextensions-apiserver's pkg/apiserver/schema. The server sorts what it finds.
struct StructuralSchema {
    typealias Cause = StatusError.Cause

    private enum Place { case root, field, item }

    private var causes: [Cause] = []

    static func causes(_ schema: Value, _ path: String) -> [Cause] {
        var walk = StructuralSchema()
        walk.check(schema, .root, path)
        walk.completeness(schema, path)
        return walk.causes.sorted { "\($0.field): \($0.message)" < "\($1.field): \($1.message)" }
    }

    private mutating func required(_ field: String, _ why: String) { causes.append(Validation.required(field, why)) }

    private mutating func forbidden(_ field: String, _ why: String) { causes.append(Validation.forbidden(field, why)) }

    private mutating func invalid(_ field: String, _ value: Value?, _ why: String) {
        causes.append(Validation.invalid(field, value, why))
    }

    private mutating func check(_ schema: Value, _ place: Place, _ path: String) {
        guard schema.object != nil else { return }
        let type = schema["type"]?.string ?? ""
        if type == "array", schema["items"] == nil { required("\(path).items", "must be specified") }
        if let items = schema["items"] { check(items, .item, "\(path).items") }
        let properties = schema["properties"]?.object ?? Object()
        for pair in properties.pairs { check(pair.value, .field, "\(path).properties[\(pair.key)]") }
        let isEmbedded = schema["x-kubernetes-embedded-resource"]?.bool == true
        if let additional = schema["additionalProperties"] {
            if place == .root { forbidden("\(path).additionalProperties", "must not be used at the root") }
            check(additional, .field, "\(path).additionalProperties")
            if isEmbedded {
                forbidden(
                    "\(path).additionalProperties", "must not be used if x-kubernetes-embedded-resource is set")
            }
        }
        extensions(schema, path)
        values(schema, path, isIntOrString: schema["x-kubernetes-int-or-string"]?.bool == true)
        checkType(schema, type, place, isEmbedded: isEmbedded, path)
        if place == .root || isEmbedded { metadata(properties, path) }
        if isEmbedded, properties.isEmpty, schema["x-kubernetes-preserve-unknown-fields"]?.bool != true {
            required(
                "\(path).properties",
                "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
            )
        }
    }

    private mutating func checkType(
        _ schema: Value, _ type: String, _ place: Place, isEmbedded: Bool, _ path: String
    ) {
        let field = "\(path).type"
        let isOpen =
            schema["x-kubernetes-int-or-string"]?.bool == true
            || schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
        if isEmbedded, type != "object" {
            let why = "must be object if x-kubernetes-embedded-resource is true"
            type.isEmpty ? required(field, why) : invalid(field, .string(type), why)
        } else if type.isEmpty, !isOpen {
            switch place {
            case .root: required(field, "must not be empty at the root")
            case .item: required(field, "must not be empty for specified array items")
            case .field: required(field, "must not be empty for specified object fields")
            }
        }
        if place == .root, !type.isEmpty, type != "object" {
            invalid(field, .string(type), "must be object at the root")
        }
    }

    private mutating func extensions(_ schema: Value, _ path: String) {
        guard schema["x-kubernetes-int-or-string"]?.bool == true else { return }
        for key in ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"]
        where schema[key]?.bool == true {
            invalid("\(path).\(key)", true, "must be false if x-kubernetes-int-or-string is true")
        }
    }

    /// What objects call themselves is known; a schema may only restrict their names.
    private mutating func metadata(_ properties: Object, _ path: String) {
        for key in ["kind", "apiVersion"] {
            guard let type = properties[key]?["type"], type != "string" else { continue }
            invalid("\(path).properties[\(key)].type", type, "must be string")
        }
        guard let metadata = properties["metadata"], metadata["type"] != "object" else { return }
        invalid("\(path).properties[metadata].type", metadata["type"] ?? "", "must be object")
    }

    /// Alternatives and conditions only restrict.
    private mutating func values(_ schema: Value, _ path: String, isIntOrString: Bool) {
        for key in ["allOf", "anyOf", "oneOf"] {
            for (index, part) in (schema[key]?.array ?? []).enumerated() {
                // An integer or a string may be told so, in this way alone.
                let mayHaveTypes =
                    isIntOrString
                    && (key == "anyOf" || (key == "allOf" && index == 0 && part["anyOf"]?.array != nil))
                nested(part, "\(path).\(key)[\(index)]", mayHaveTypes: mayHaveTypes)
            }
        }
        if let not = schema["not"] { nested(not, "\(path).not", mayHaveTypes: false) }
    }

    private mutating func nested(_ schema: Value, _ path: String, mayHaveTypes: Bool) {
        values(schema, path, isIntOrString: mayHaveTypes)
        if let items = schema["items"] { nested(items, "\(path).items", mayHaveTypes: false) }
        for pair in schema["properties"]?.object?.pairs ?? [] {
            nested(pair.value, "\(path).properties[\(pair.key)]", mayHaveTypes: false)
        }
        for (keys, why) in [
            (["type", "title", "description", "x-kubernetes-list-map-keys"], "must be empty to be structural"),
            (
                ["additionalProperties", "default", "x-kubernetes-list-type", "x-kubernetes-map-type"],
                "must be undefined to be structural"
            ),
            (
                [
                    "nullable", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
                    "x-kubernetes-int-or-string",
                ], "must be false to be structural"
            ),
        ] {
            for key in keys {
                guard let value = schema[key], value != false, !(key == "type" && mayHaveTypes) else { continue }
                forbidden("\(path).\(key)", why)
            }
        }
        if schema["properties"]?["metadata"] != nil {
            forbidden("\(path).properties[metadata]", "must not be specified in a nested context")
        }
    }

    /// What a restriction speaks of must be there.
    private mutating func completeness(_ schema: Value, _ path: String) {
        for (part, place) in Self.restrictions(schema, path) { complete(part, schema, path, place) }
        if let items = schema["items"], items.object != nil { completeness(items, "\(path).items") }
        for pair in schema["properties"]?.object?.pairs ?? [] {
            completeness(pair.value, "\(path).properties[\(pair.key)]")
        }
        if let additional = schema["additionalProperties"], additional.object != nil {
            completeness(additional, "\(path).additionalProperties")
        }
    }

    private static func restrictions(_ schema: Value, _ path: String) -> [(Value, String)] {
        var result: [(Value, String)] = []
        for key in ["allOf", "anyOf", "oneOf"] {
            for (index, part) in (schema[key]?.array ?? []).enumerated() {
                result.append((part, "\(path).\(key)[\(index)]"))
            }
        }
        if let not = schema["not"] { result.append((not, "\(path).not")) }
        return result
    }

    private mutating func complete(_ part: Value, _ schema: Value?, _ path: String, _ place: String) {
        guard let schema, schema.object != nil else { return required(path, "because it is defined in \(place)") }
        for (inner, innerPlace) in Self.restrictions(part, place) { complete(inner, schema, path, innerPlace) }
        if let items = part["items"] { complete(items, schema["items"], "\(path).items", "\(place).items") }
        for pair in part["properties"]?.object?.pairs ?? [] {
            complete(
                pair.value, schema["properties"]?[pair.key], "\(path).properties[\(pair.key)]",
                "\(place).properties[\(pair.key)]")
        }
    }
}
