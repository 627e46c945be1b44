// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Schemas of the built-in types.
enum BuiltInSchemas {
    private static let types: (byName: [String: Schema], byKind: [GroupVersionKind: String], required: [String: [String]]) = {
        var result: [String: Schema] = [:]
        var kinds: [GroupVersionKind: String] = [:]
        var required: [String: [String]] = [:]
        guard let table = (try? JSON.parse(TemporaryTypes.json))?.object else { return ([:], [:], [:]) }
        for pair in table.pairs {
            for kind in pair.value["gvk"]?.array ?? [] {
                let parts = (kind.string ?? "").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                kinds[GroupVersionKind(group: parts[0], version: parts[1], kind: parts[2])] = pair.key
            }
            required[pair.key] = pair.value["required"]?.array?.compactMap(\.string) ?? []
            if let fields = pair.value["fields"]?.object {
                result[pair.key] = .record(
                    fields.pairs.map { Schema.Field(name: $0.key, schema: field($0.value)) },
                    atomic: pair.value["mapType"]?.string == "atomic", rest: nil)
            } else {
                switch (pair.value["type"]?.string, pair.key) {
                case ("string", let name) where name.hasSuffix("IntOrString"): result[pair.key] = .scalar(.any)
                case ("string", let name) where name.hasSuffix("Quantity"): result[pair.key] = .scalar(.quantity)
                case ("string", _): result[pair.key] = .scalar(.string)
                case ("object", let name) where name.hasSuffix("FieldsV1"): result[pair.key] = .deduced
                default: result[pair.key] = .deduced
                }
            }
        }
        return (result, kinds, required)
    }()

    static func schema(_ name: String) -> Schema { types.byName[name] ?? .deduced }

    static func required(_ name: String) -> [String] { types.required[name] ?? [] }

    static func schema(for kind: GroupVersionKind) -> Schema? { types.byKind[kind].map { .named($0) } }

    private static func field(_ value: Value) -> Schema {
        guard let entry = value.object else { return type(value.string ?? "") }
        let text = entry["type"]?.string ?? ""
        switch (type(text), entry["listType"]?.string) {
        case (.list(let item, _), "map"):
            let keys = entry["listKeys"]?.array?.compactMap(\.string) ?? []
            return .list(item, .map(keys: keys, defaults: keys.contains("protocol") ? ["protocol": "TCP"] : [:]))
        case (.list(let item, _), "set"): return .list(item, .set)
        case (.map(let item, _), _): return .map(item, atomic: entry["mapType"]?.string == "atomic")
        case (let schema, _): return schema
        }
    }

    private static func type(_ text: String) -> Schema {
        if text.hasPrefix("[]") { return .list(type(String(text.dropFirst(2))), .atomic) }
        if text.hasPrefix("map:") { return .map(type(String(text.dropFirst(4))), atomic: false) }
        switch text.split(separator: ":").first {
        case "string": return .scalar(.string)
        case "integer", "number": return .scalar(.numeric)
        case "boolean": return .scalar(.boolean)
        default: return text.hasPrefix("io.k8s.") ? .named(text) : .deduced
        }
    }
}

extension BuiltInSchemas {
    static var objectMeta: Schema { .named("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta") }
}
