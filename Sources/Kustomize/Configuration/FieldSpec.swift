// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A field of some kinds of objects, as kustomize's transformer configurations name them.
///
/// Lists on the way are entered by themselves, each element in turn; a part that ends in `[]` says that the field is
/// a list and is never created.
struct FieldSpec: Hashable {
    var selector: KindSelector
    var path: [String]
    /// Makes the field, and the maps on the way, where they are missing.
    var create: Bool

    /// - Parameter path: parts joined by `/`; a slash within a part is written `\/`.
    init(_ path: String, group: String = "", version: String = "", kind: String = "", create: Bool = false) {
        self.init(path, selector: KindSelector(group: group, version: version, kind: kind), create: create)
    }

    init(_ path: String, selector: KindSelector, create: Bool = false) {
        self.init(parts: Self.parts(of: path), selector: selector, create: create)
    }

    init(parts: [String], selector: KindSelector, create: Bool = false) {
        self.selector = selector
        path = parts
        self.create = create
    }

    static func parts(of path: String) -> [String] {
        var parts: [String] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            if let last = parts.last, last.hasSuffix("\\") {
                parts[parts.count - 1] = last.dropLast() + "/" + part
            } else {
                parts.append(String(part))
            }
        }
        return parts
    }

    /// Calls `change` on every value that the path leads to. Whether the field is of this kind of object is the caller's
    /// to check.
    ///
    /// - Parameter empty: what a missing or null field starts as when it is to be created.
    /// - Throws: `FieldMismatch` where the way leads through a plain value; the object is whole then.
    func update(
        _ object: inout Object, empty: Value = .null, _ change: (inout Value) throws(FieldMismatch) -> Void
    ) throws(FieldMismatch) {
        var value = Value.object(object)
        object = Object()
        defer { object = value.object ?? Object() }
        try update(&value, path[...], empty, change)
    }

    private func update(
        _ value: inout Value, _ path: ArraySlice<String>, _ empty: Value,
        _ change: (inout Value) throws(FieldMismatch) -> Void
    ) throws(FieldMismatch) {
        guard let part = path.first else { return try change(&value) }
        switch value {
        case .array(var elements):
            value = .null  // The only reference is ours now: nothing is copied.
            defer { value = .array(elements) }
            for index in elements.indices { try update(&elements[index], path, empty, change) }
        case .object(var object):
            let isList = part.hasSuffix("[]")
            let key = isList ? String(part.dropLast(2)) : part
            let present = object[key]
            let isMissing = present == nil || present == .null
            guard !isMissing || create && !isList else { return }
            var child = isMissing ? path.count == 1 ? empty : .object(Object()) : present ?? .null
            value = .null
            object[key] = .null
            defer {
                object[key] = child
                value = .object(object)
            }
            try update(&child, path.dropFirst(), empty, change)
        case .null: return
        default: throw FieldMismatch(field: self, expected: "a map or a list on the way", found: value)
        }
    }
}

extension Value {
    /// A plain value as text; nil for null, maps and lists.
    var plainText: String? {
        switch self {
        case .string(let text): text
        case .null, .array, .object: nil
        default: JSON.text(self)
        }
    }
}

/// A field that holds something else than a transformation can change.
struct FieldMismatch: Error {
    var path: String
    var message: String

    init(field: FieldSpec, _ message: String) {
        path = field.path.joined(separator: "/")
        self.message = message
    }

    init(field: FieldSpec, expected: String, found: Value) {
        self.init(field: field, "must be \(expected), not a \(found.typeName)")
    }
}
