// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The documents of OpenAPI v3 as the one of v2: what v2 cannot say is left out, as kube-openapi leaves it out.
struct OpenAPIv2Document {
    let value: Value

    init(registry: ResourceRegistry, options: SandboxOptions) {
        var paths: [String: Value] = [:]
        var definitions: [String: Value] = [:]
        var info: Value = [:]
        for path in OpenAPIDocument.paths(registry) {
            let document = OpenAPIDocument(registry: registry, options: options).value(path)
            info = document["info"] ?? info
            for pair in document["paths"]?.object?.pairs ?? [] { paths[pair.key] = Self.pathItem(pair.value) }
            for pair in document["components"]?["schemas"]?.object?.pairs ?? [] {
                definitions[pair.key] = Self.merged(Self.definition(pair.key, pair.value), definitions[pair.key])
            }
        }
        value = [
            "swagger": "2.0", "info": info, "paths": Self.ordered(paths), "definitions": Self.ordered(definitions),
            "securityDefinitions": [
                "BearerToken": [
                    "description": "Bearer Token authentication", "type": "apiKey", "name": "authorization",
                    "in": "header",
                ]
            ],
            "security": [["BearerToken": .array([])]],
        ]
    }

    private static func ordered(_ values: [String: Value]) -> Value {
        .object(
            Object(
                uniqueKeysWithValues: values.sorted { $0.key < $1.key }
                    .map { Object.Pair(key: $0.key, value: $0.value) }))
    }

    /// What every group has belongs to all their kinds.
    private static func merged(_ new: Value, _ old: Value?) -> Value {
        let key = "x-kubernetes-group-version-kind"
        guard let old, var object = new.object, let kinds = object[key]?.array else { return new }
        let known = old[key]?.array ?? []
        object[key] = .array(known + kinds.filter { !known.contains($0) })
        return .object(object)
    }

    // MARK: Schemas

    private static func definition(_ name: String, _ value: Value) -> Value {
        switch name {
        case OpenAPINames.quantity: ["type": "string"]
        case OpenAPINames.intOrString: ["type": "string", "format": "int-or-string"]
        default: schema(value)
        }
    }

    private static func schema(_ value: Value) -> Value {
        guard let object = value.object else { return value }
        var result = Object()
        for pair in object.pairs {
            switch pair.key {
            case "default", "nullable", "oneOf", "anyOf", "not": continue
            case "allOf":
                // A reference with more beside it: v2 lets them stand together.
                guard let reference = pair.value[0]?["$ref"] else { continue }
                result["$ref"] = local(reference)
            case "$ref": result["$ref"] = local(pair.value)
            case "items", "additionalProperties": result[pair.key] = schema(pair.value)
            case "properties":
                let fields = (pair.value.object?.pairs ?? []).map {
                    Object.Pair(key: $0.key, value: schema($0.value))
                }
                result["properties"] = .object(Object(uniqueKeysWithValues: fields))
            default: result[pair.key] = pair.value
            }
        }
        return .object(result)
    }

    private static func local(_ reference: Value) -> Value {
        .string((reference.string ?? "").replacing("#/components/schemas/", with: "#/definitions/"))
    }

    // MARK: Operations

    private static func pathItem(_ item: Value) -> Value {
        var result = Object()
        for pair in item.object?.pairs ?? [] {
            result[pair.key] = pair.key == "parameters" ? parameters(pair.value) : operation(pair.value)
        }
        return .object(result)
    }

    private static func parameters(_ list: Value) -> Value {
        .array(
            (list.array ?? []).map { parameter in
                var object = parameter.object ?? Object()
                let type = object["schema"]?.object ?? Object()
                object["schema"] = nil
                for pair in type.pairs { object[pair.key] = pair.value }
                return .object(object)
            })
    }

    private static func operation(_ operation: Value) -> Value {
        var result = Object()
        for pair in operation.object?.pairs ?? [] {
            switch pair.key {
            case "requestBody":
                let content = pair.value["content"]?.object?.pairs ?? []
                result["consumes"] = .array(content.map { .string($0.key) })
                var body: Object = ["name": "body", "in": "body"]
                body["required"] = pair.value["required"]
                body["schema"] = content.first?.value["schema"].map(schema)
                result["parameters"] = .array([.object(body)] + (result["parameters"]?.array ?? []))
            case "parameters":
                result["parameters"] = .array(
                    (result["parameters"]?.array ?? []) + (parameters(pair.value).array ?? []))
            case "responses":
                let responses = pair.value.object?.pairs ?? []
                let content = responses.compactMap { $0.value["content"]?.object?.pairs }
                result["produces"] = .array((content.first ?? []).map { .string($0.key) })
                result["responses"] = .object(
                    Object(
                        uniqueKeysWithValues: responses.map { response in
                            var answer: Object = ["description": response.value["description"] ?? ""]
                            let content = response.value["content"]?.object?.pairs.first
                            answer["schema"] = content?.value["schema"].map(schema)
                            return Object.Pair(key: response.key, value: .object(answer))
                        }))
            default: result[pair.key] = pair.value
            }
        }
        result["schemes"] = ["https"]
        return .object(result)
    }
}
