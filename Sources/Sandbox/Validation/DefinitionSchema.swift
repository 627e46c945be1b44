// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Whether a definition's schema is one that the server takes: structural (KEP-1693), and within OpenAPI v3.
///
/// Source: validateCustomResourceDefinitionValidation of apiextensions-apiserver's pkg/apis/apiextensions/validation.
enum DefinitionSchema {
    typealias Cause = StatusError.Cause

    /// - Parameters:
    ///   - validation: what holds `openAPIV3Schema`.
    ///   - version: says whether the status is written on its own.
    static func causes(_ validation: Value?, _ version: Value, _ parent: String) -> [Cause] {
        guard let schema = validation?["openAPIV3Schema"], schema.object != nil else { return [] }
        let path = "\(parent).openAPIV3Schema"
        var result: [Cause] = []
        if schema["nullable"]?.bool == true {
            result.append(Validation.forbidden("\(path).nullable", "nullable cannot be true at the root"))
        }
        let structural = StructuralSchema.causes(schema, path)
        var openAPI = OpenAPISchema()
        openAPI.check(schema, path)
        return result + structural + openAPI.causes
            + (structural.isEmpty && openAPI.causes.isEmpty ? SchemaRules.causes(schema, path) : [])
    }
}

/// Source: ValidateCustomResourceDefinitionOpenAPISchema.
private struct OpenAPISchema {
    private(set) var causes: [StatusError.Cause] = []

    private static let types = ["array", "boolean", "integer", "number", "object", "string"]

    private mutating func forbidden(_ field: String, _ why: String) {
        causes.append(Validation.forbidden(field, why))
    }

    private mutating func invalid(_ field: String, _ value: Value?, _ why: String) {
        causes.append(Validation.invalid(field, value, why))
    }

    mutating func check(_ schema: Value, _ path: String) {
        guard schema.object != nil else { return }
        standard(schema, path)
        if schema["uniqueItems"]?.bool == true {
            forbidden(
                "\(path).uniqueItems",
                "uniqueItems cannot be set to true since the runtime complexity becomes quadratic")
        }
        let properties = schema["properties"]?.object ?? Object()
        if let additional = schema["additionalProperties"] {
            if !properties.isEmpty, additional != true {
                forbidden(
                    "\(path).additionalProperties", "additionalProperties and properties are mutual exclusive")
            }
            check(additional, "\(path).additionalProperties")
        }
        for pair in properties.pairs { check(pair.value, "\(path).properties[\(pair.key)]") }
        if let not = schema["not"] { check(not, "\(path).not") }
        for key in ["allOf", "oneOf", "anyOf"] {
            for (index, part) in (schema[key]?.array ?? []).enumerated() { check(part, "\(path).\(key)[\(index)]") }
        }
        if let items = schema["items"] { check(items, "\(path).items") }
        if schema["x-kubernetes-preserve-unknown-fields"]?.bool == false {
            invalid("\(path).x-kubernetes-preserve-unknown-fields", false, "must be true or undefined")
        }
        map(schema, path)
        list(schema, path)
        SchemaRules.shape(schema, path).forEach { causes.append($0) }
    }

    /// What OpenAPI has and Kubernetes does not take.
    private mutating func standard(_ schema: Value, _ path: String) {
        let type = schema["type"]?.string ?? ""
        if !type.isEmpty, !Self.types.contains(type) {
            causes.append(Validation.unsupported("\(path).type", .string(type), Self.types))
        }
        for key in ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"]
        where schema[key] != nil {
            forbidden("\(path).\(key)", "\(key) is not supported")
        }
        if type == "null" {
            forbidden("\(path).type", "type cannot be set to null, use nullable as an alternative")
        }
        if schema["items"]?.array != nil {
            forbidden("\(path).items", "items must be a schema object and not an array")
        }
    }

    private mutating func typed(_ schema: Value, _ path: String, _ type: String, _ why: String) {
        let actual = schema["type"]?.string ?? ""
        guard actual != type else { return }
        causes.append(
            actual.isEmpty
                ? Validation.required("\(path).type", why)
                : Validation.invalid("\(path).type", .string(actual), why))
    }

    private mutating func map(_ schema: Value, _ path: String) {
        guard let kind = schema["x-kubernetes-map-type"]?.string else { return }
        typed(schema, path, "object", "must be object if x-kubernetes-map-type is specified")
        if !["atomic", "granular"].contains(kind) {
            causes.append(
                Validation.unsupported("\(path).x-kubernetes-map-type", .string(kind), ["atomic", "granular"]))
        }
    }

    private mutating func list(_ schema: Value, _ path: String) {
        let kind = schema["x-kubernetes-list-type"]?.string
        let keys = schema["x-kubernetes-list-map-keys"]?.array ?? []
        let items = schema["items"]
        if let kind {
            if schema["type"] != "array" {
                typed(schema, path, "array", "must be array if x-kubernetes-list-type is specified")
            } else if kind == "set", let items {
                setItems(items, path)
            }
            if !["atomic", "set", "map"].contains(kind) {
                causes.append(
                    Validation.unsupported("\(path).x-kubernetes-list-type", .string(kind), ["atomic", "set", "map"]))
            }
        }
        if !keys.isEmpty, kind != "map" {
            let why = "must be map if x-kubernetes-list-map-keys is non-empty"
            let place = "\(path).x-kubernetes-list-type"
            causes.append(
                kind.map { Validation.invalid(place, .string($0), why) } ?? Validation.required(place, why))
        }
        if kind == "map" { keyed(schema, keys.compactMap(\.string), path) }
        if kind == "map" || kind == "set", items?["nullable"]?.bool == true {
            forbidden(
                "\(path).items.nullable", "cannot be nullable when x-kubernetes-list-type is \(kind ?? "")")
        }
    }

    private mutating func setItems(_ items: Value, _ path: String) {
        let why = "must be atomic as item of a list with x-kubernetes-list-type=set"
        switch items["type"]?.string {
        case "array":
            if let kind = items["x-kubernetes-list-type"], kind != "atomic" {
                invalid("\(path).items.x-kubernetes-list-type", kind, why)
            }
        case "object":
            if items["x-kubernetes-map-type"] != "atomic" {
                // The server shows the list type here.
                invalid("\(path).items.x-kubernetes-map-type", items["x-kubernetes-list-type"] ?? "null", why)
            }
        default: break
        }
    }

    private mutating func keyed(_ schema: Value, _ keys: [String], _ path: String) {
        let field = "\(path).x-kubernetes-list-map-keys"
        if keys.isEmpty {
            causes.append(Validation.required(field, "must not be empty if x-kubernetes-list-type is map"))
        }
        guard let items = schema["items"] else {
            return causes.append(
                Validation.required("\(path).items", "must have a schema if x-kubernetes-list-type is map"))
        }
        guard items["type"] == "object" else {
            return invalid(
                "\(path).items.type", items["type"] ?? "",
                "must be object if parent array's x-kubernetes-list-type is map")
        }
        var seen: Set<String> = []
        let shown = Value.array(keys.map { .string($0) })
        for key in keys {
            if let property = items["properties"]?[key] {
                if property["type"] == "array" || property["type"] == "object" {
                    invalid(
                        "\(path).items.properties[\(key)].type", items["type"],
                        "must be a scalar type if parent array's x-kubernetes-list-type is map")
                }
            } else {
                invalid(field, shown, "entries must all be names of item properties")
            }
            if !seen.insert(key).inserted { invalid(field, shown, "must not contain duplicate entries") }
        }
        let required = (items["required"]?.array ?? []).compactMap(\.string)
        for key in keys {
            guard let property = items["properties"]?[key] else { continue }
            if property["default"] == nil, !required.contains(key) {
                causes.append(
                    Validation.required(
                        "\(path).items.properties[\(key)].default",
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
                    ))
            }
            if property["nullable"]?.bool == true {
                forbidden(
                    "\(path).items.properties[\(key)].nullable",
                    "this property is in x-kubernetes-list-map-keys, so it cannot be nullable")
            }
        }
    }
}
