// SPDX-License-Identifier: Apache-2.0

/// What the API server knows about its built-in types: fields, their shapes, and how lists and maps merge.
///
/// Types are named by package, version and name, as in `core.v1.PodSpec` and `meta.v1.ObjectMeta`.
package struct TypeTable: Sendable {
    /// The types of kube-apiserver 1.36. Read once, at first use.
    package static let builtIn = TypeTable(parsing: data)

    private let types: [String: ObjectType]
    private let namesByKind: [GroupVersionKind: String]

    init(types: [ObjectType]) {
        self.types = Dictionary(types.map { ($0.name, $0) }) { first, _ in first }
        namesByKind = Dictionary(
            types.flatMap { type in type.kinds.map { ($0, type.name) } }
        ) { first, _ in first }
    }

    /// The type of an object; nil for kinds that are not built in.
    package func type(for kind: GroupVersionKind) -> ObjectType? {
        namesByKind[kind].flatMap { types[$0] }
    }

    package func type(named name: String) -> ObjectType? { types[name] }

    /// Sorted by name.
    var allTypes: [ObjectType] { types.values.sorted { $0.name < $1.name } }

    /// Every built-in kind, sorted.
    package var kinds: [GroupVersionKind] { namesByKind.keys.sorted() }
}

/// A type with fields.
package struct ObjectType: Sendable, Hashable {
    package var name: String
    /// The kinds this is the type of; empty for types that only stand within others.
    package var kinds: [GroupVersionKind]
    /// Server-side apply owns and replaces the whole map.
    package var isAtomic: Bool
    /// Sorted by name.
    package var fields: [Field]

    package struct Field: Sendable, Hashable {
        package var name: String
        package var shape: Shape
        package var isRequired: Bool
        /// For lists under server-side apply. Nil means atomic, as for every list that states nothing.
        package var listType: ListType?
        /// Server-side apply owns and replaces the whole map.
        package var isAtomicMap: Bool
        package var patchStrategy: PatchStrategy
        /// The key by which a strategic merge patch pairs the items of a list.
        package var patchMergeKey: String?
    }

    package indirect enum Shape: Sendable, Hashable {
        case string
        /// Base64 text.
        case bytes
        case boolean
        case int32
        case int64
        case double
        /// `resource.Quantity`: a string, or a number.
        case quantity
        /// RFC 3339 to the second.
        case time
        /// RFC 3339 to the microsecond.
        case microTime
        case intOrString
        /// Any map.
        case freeObject
        /// Anything.
        case any
        /// A type of the table, by name.
        case type(String)
        case list(Shape)
        case map(Shape)
    }

    package enum ListType: Sendable, Hashable {
        case atomic
        case set
        case map(keys: [String])
    }

    package struct PatchStrategy: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let merge = PatchStrategy(rawValue: 1)
        package static let replace = PatchStrategy(rawValue: 2)
        package static let retainKeys = PatchStrategy(rawValue: 4)
    }

    /// The field of a name, by binary search.
    package func field(_ name: String) -> Field? {
        var low = 0
        var high = fields.count
        while low < high {
            let middle = (low + high) / 2
            if fields[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low < fields.count && fields[low].name == name ? fields[low] : nil
    }

    package var requiredFields: [String] { fields.filter(\.isRequired).map(\.name) }
}
