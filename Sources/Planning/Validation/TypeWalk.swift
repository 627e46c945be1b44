// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Checks a value against a type of the table.
struct TypeWalk {
    var findings: Findings

    mutating func check(_ value: Value, _ shape: ObjectType.Shape, _ field: ObjectType.Field?, _ path: String) {
        // Null is the same as nothing.
        guard !value.isNull else { return }
        switch shape {
        case .type(let name): checkMembers(of: value, name, path)
        case .list(let item):
            guard let items = value.array else { return findings.reportType(value, "a list", path) }
            for (index, element) in items.enumerated() { check(element, item, nil, "\(path)[\(index)]") }
            checkItems(items, of: item, field, path)
        case .map(let element):
            guard let object = value.object else { return findings.reportType(value, "a map", path) }
            for pair in object.pairs { check(pair.value, element, nil, Findings.path(path, pair.key)) }
        case .freeObject:
            if value.object == nil { findings.reportType(value, "a map", path) }
        case .any: break
        default: checkScalar(value, shape, path)
        }
    }

    private mutating func checkMembers(of value: Value, _ name: String, _ path: String) {
        guard let type = TypeTable.builtIn.type(named: name) else { return }
        guard let object = value.object else { return findings.reportType(value, "a map", path) }
        for pair in object.pairs {
            let place = Findings.path(path, pair.key)
            guard let field = type.field(pair.key) else {
                let ending = Suggestion.ending(for: pair.key, among: type.fields.map(\.name))
                findings.report(place, "there is no such field\(ending)")
                continue
            }
            check(pair.value, field.shape, field, place)
        }
        for field in type.requiredFields where object[field]?.isNull ?? true {
            findings.report(Findings.path(path, field), "is missing", isCertain: false)
        }
    }

    private mutating func checkItems(
        _ items: [Value], of shape: ObjectType.Shape, _ field: ObjectType.Field?, _ path: String
    ) {
        switch field?.listType {
        case .set: findings.checkSet(items, path)
        case .map(let keys): findings.checkKeys(items, keys, defaults: Self.defaults(keys, of: shape), path)
        case .atomic, nil: break
        }
    }

    /// The key fields with a default among the built-in types.
    private static func defaults(_ keys: [String], of shape: ObjectType.Shape) -> Object {
        if keys.contains("protocol") { return ["protocol": "TCP"] }
        if case .type("core.v1.LocalObjectReference") = shape { return ["name": ""] }
        return [:]
    }

    private mutating func checkScalar(_ value: Value, _ shape: ObjectType.Shape, _ path: String) {
        switch (shape, value) {
        case (.string, .string), (.boolean, .bool), (.intOrString, .integer), (.intOrString, .string),
            (.double, .integer), (.double, .number), (.int64, .integer), (.quantity, .integer), (.quantity, .number):
            break
        case (.bytes, .string(let text)):
            if Base64.decode(text) == nil { findings.report(path, "must be base64 (a text goes under stringData)") }
        case (.int32, .integer(let number)):
            if Int32(exactly: number) == nil { findings.report(path, "must be a number of 32 bits") }
        // A number with a fraction of zero is read as a whole one by some of the server's decoders.
        case (.int32, .number), (.int64, .number), (.intOrString, .number):
            findings.report(path, "must be a whole number", isCertain: false)
        case (.quantity, .string(let text)):
            if Quantity(text) == nil {
                findings.report(path, "must be a quantity such as 500m or 1Gi", isCertain: false)
            }
        case (.time, .string(let text)), (.microTime, .string(let text)):
            if Timestamp(text) == nil { findings.report(path, "must be a time (RFC 3339)", isCertain: false) }
        default: findings.reportType(value, Self.expectation(of: shape), path)
        }
    }

    private static func expectation(of shape: ObjectType.Shape) -> String {
        switch shape {
        case .string: "a text"
        case .bytes: "base64 text"
        case .boolean: "true or false"
        case .int32, .int64: "a whole number"
        case .double: "a number"
        case .quantity: "a quantity such as 500m or 1Gi"
        case .time, .microTime: "a time (RFC 3339)"
        case .intOrString: "a whole number or a text"
        case .freeObject, .type, .map: "a map"
        case .list: "a list"
        case .any: "anything"
        }
    }
}
