// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What decides how values merge: a node of a type, as structured-merge-diff sees it.
indirect enum Schema: Sendable {
    enum Scalar: Sendable { case string, integer, numeric, boolean, quantity, time, microTime, any }

    enum ListRelation: Sendable, Equatable {
        case atomic
        case set
        /// Key fields, with the defaults that stand for missing ones.
        case map(keys: [String], defaults: Object)
    }

    struct Field: Sendable {
        var name: String
        var schema: Schema
    }

    case scalar(Scalar)
    case map(Schema, atomic: Bool)
    case list(Schema, ListRelation)
    /// Named fields; anything else is refused, or, with `rest`, has that schema.
    case record([Field], atomic: Bool, rest: Schema?)
    /// A built-in type, resolved when needed (types refer to themselves).
    case named(String)
    /// No schema: maps merge key by key, lists are atomic.
    case deduced

    /// The schema of what is meant, with references resolved and, where nothing is declared, deduced from a value.
    func resolved(for value: Value?) -> Schema {
        switch self {
        case .named(let name): return BuiltInSchemas.schema(name).resolved(for: value)
        case .deduced:
            return switch value {
            case .object, .null: .map(.deduced, atomic: false)
            case .array: .list(.deduced, .atomic)
            default: .scalar(.any)
            }
        default: return self
        }
    }

    var isDeduced: Bool { if case .deduced = self { true } else { false } }

    /// One owner has all of it.
    var isAtomic: Bool {
        switch resolved(for: nil) {
        case .map(_, let atomic), .record(_, let atomic, _): atomic
        case .list(_, let relation): relation == .atomic
        default: false
        }
    }

    func declares(_ name: String) -> Bool {
        guard case .record(let fields, _, _) = resolved(for: nil) else { return false }
        return fields.contains { $0.name == name }
    }

    /// The schema one step down.
    func element(_ element: PathElement) -> Schema {
        switch (resolved(for: nil), element) {
        case (.record(let fields, _, let rest), .field(let name)):
            fields.first { $0.name == name }?.schema ?? rest ?? .deduced
        case (.map(let schema, _), .field): schema
        case (.list(let schema, _), _): schema
        default: .deduced
        }
    }

    func field(_ name: String) -> Schema { element(.field(name)) }
}

extension Schema.ListRelation {
    /// The element that names an item of a list with this relation.
    func pathElement(of item: Value, at index: Int) -> PathElement {
        switch self {
        case .atomic: return .index(index)
        case .set: return .value(item)
        case .map(let keys, let defaults):
            return .key(
                keys.compactMap { key in
                    (item[key] ?? defaults[key]).map { (key, $0) }
                })
        }
    }
}
