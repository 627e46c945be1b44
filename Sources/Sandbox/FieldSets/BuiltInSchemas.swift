// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Schemas of the built-in types, from the type table.
enum BuiltInSchemas {
    private struct Entry: Sendable {
        var schema: Schema
        var required: Set<String>
    }

    /// Every type that a built-in kind reaches, by name.
    private static let entries: [String: Entry] = {
        var result: [String: Entry] = [:]
        var pending = TypeTable.builtIn.kinds.compactMap { TypeTable.builtIn.type(for: $0)?.name } + [metadataName]
        while let name = pending.popLast() {
            guard result[name] == nil, let type = TypeTable.builtIn.type(named: name) else { continue }
            let fields = type.fields.map { Schema.Field(name: $0.name, schema: schema(of: $0)) }
            result[name] = Entry(
                schema: .record(fields, atomic: type.isAtomic, rest: nil), required: Set(type.requiredFields))
            pending += type.fields.compactMap { reference($0.shape) }
        }
        return result
    }()

    private static let metadataName = "meta.v1.ObjectMeta"

    static var objectMeta: Schema { .named(metadataName) }

    static func schema(_ name: String) -> Schema { entries[name]?.schema ?? .deduced }

    /// Fields that are written even when empty.
    static func required(_ name: String) -> Set<String> { entries[name]?.required ?? [] }

    static func schema(for kind: GroupVersionKind) -> Schema? {
        TypeTable.builtIn.type(for: kind).map { .named($0.name) }
    }

    private static func reference(_ shape: ObjectType.Shape) -> String? {
        switch shape {
        case .type(let name): name
        case .list(let item), .map(let item): reference(item)
        default: nil
        }
    }

    private static func schema(of field: ObjectType.Field) -> Schema {
        switch (schema(of: field.shape), field.listType) {
        case (.list(let item, _), .map(let keys)):
            .list(item, .map(keys: keys, defaults: keyDefaults(keys, of: item)))
        case (.list(let item, _), .set): .list(item, .set)
        case (.map(let item, _), _): .map(item, atomic: field.isAtomicMap)
        case (let schema, _): schema
        }
    }

    /// The key fields with a default among the built-in types.
    private static func keyDefaults(_ keys: [String], of item: Schema) -> Object {
        if keys.contains("protocol") { return ["protocol": "TCP"] }
        if case .named("core.v1.LocalObjectReference") = item { return ["name": ""] }
        return [:]
    }

    private static func schema(of shape: ObjectType.Shape) -> Schema {
        switch shape {
        case .string, .bytes: .scalar(.string)
        case .time: .scalar(.time)
        case .microTime: .scalar(.microTime)
        case .boolean: .scalar(.boolean)
        case .int32, .int64: .scalar(.integer)
        case .double: .scalar(.numeric)
        case .quantity: .scalar(.quantity)
        case .intOrString: .scalar(.any)
        case .freeObject, .any: .deduced
        case .type(let name): .named(name)
        case .list(let item): .list(schema(of: item), .atomic)
        case .map(let item): .map(schema(of: item), atomic: false)
        }
    }
}
