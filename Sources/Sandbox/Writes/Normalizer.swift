// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a round trip through the server's Go types does to an object: zero values that are `omitempty` go, quantities
/// take their canonical spelling.
enum Normalizer {
    static func normalized(_ object: Object, _ schema: Schema) -> Object {
        normalize(.object(object), schema)?.object ?? Object()
    }

    private static func normalize(_ value: Value, _ schema: Schema) -> Value? {
        switch schema.resolved(for: value) {
        case .scalar(.quantity): return quantity(value)
        case .list(let item, _):
            guard let items = value.array, !items.isEmpty else { return nil }
            return .array(items.map { normalize($0, item) ?? .null })
        case .map(let element, _):
            guard let object = value.object, !object.isEmpty else { return nil }
            if case .deduced = element { return value }
            return .object(
                Object(
                    uniqueKeysWithValues: object.pairs.map {
                        Object.Pair(key: $0.key, value: normalize($0.value, element) ?? $0.value)
                    }))
        case .record(let fields, _, _):
            guard let object = value.object else { return value }
            var result = Object()
            for pair in object.pairs where !pair.value.isNull {
                let field = fields.first { $0.name == pair.key }?.schema ?? .deduced
                if case .deduced = field {
                    result[pair.key] = pair.value
                    continue
                }
                let value = normalize(pair.value, field)
                switch presence(pair.key, in: schema) {
                case .writesZero, .writesNull: result[pair.key] = value ?? pair.value
                case .optional: result[pair.key] = value
                case .omitsZero: if let value, !isZero(value) { result[pair.key] = value }
                }
            }
            return .object(result)
        default: return value
        }
    }

    private static func isZero(_ value: Value) -> Bool {
        value == .string("") || value == .integer(0) || value == .bool(false)
    }

    private static func presence(_ name: String, in schema: Schema) -> ProtobufFields.Presence {
        guard case .named(let type) = schema else { return .omitsZero }
        if let presence = ProtobufFields.builtIn.presence(of: name, in: type) { return presence }
        if definitionPointers[type]?.contains(name) == true { return .optional }
        return BuiltInSchemas.required(type).contains(name) ? .writesZero : .omitsZero
    }

    /// What is a pointer within a definition, so that a minimum of 0 is one.
    private static let definitionPointers: [String: Set<String>] = [
        "apiextensions.v1.JSONSchemaProps": [
            "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum",
            "x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields",
        ],
        "apiextensions.v1.ValidationRule": ["optionalOldSelf", "reason"],
        "apiextensions.v1.CustomResourceDefinitionVersion": ["deprecationWarning"],
        "apiextensions.v1.CustomResourceSubresourceScale": ["labelSelectorPath"],
        "apiextensions.v1.ServiceReference": ["path", "port"],
        "apiextensions.v1.WebhookClientConfig": ["url"],
    ]

    /// Canonical form; anything that is no quantity is left for validation to refuse.
    static func quantity(_ value: Value) -> Value {
        let text: String
        switch value {
        case .string(let string): text = string
        case .integer(let integer): text = String(integer)
        case .number(let number): text = number
        default: return value
        }
        return Quantity(text).map { .string($0.canonical) } ?? value
    }
}
