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
        selector = KindSelector(group: group, version: version, kind: kind)
        self.path = Self.parts(of: path)
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

    /// Calls `change` on every value that the path leads to.
    ///
    /// - Parameter empty: what a missing or null field starts as when it is to be created.
    func update(_ object: inout Object, empty: Value = .null, _ change: (inout Value) -> Void) {
        guard selector.selects(object.groupVersionKind) else { return }
        var value = Value.object(object)
        object = Object()
        update(&value, path[...], empty, change)
        object = value.object ?? Object()
    }

    private func update(
        _ value: inout Value, _ path: ArraySlice<String>, _ empty: Value, _ change: (inout Value) -> Void
    ) {
        guard let part = path.first else { return change(&value) }
        switch value {
        case .array(var elements):
            value = .null  // The only reference is ours now: nothing is copied.
            for index in elements.indices { update(&elements[index], path, empty, change) }
            value = .array(elements)
        case .object(var object):
            let isList = part.hasSuffix("[]")
            let key = isList ? String(part.dropLast(2)) : part
            var child = object[key]
            if child == nil || child == .null {
                guard create, !isList else { return }
                child = path.count == 1 ? empty : .object(Object())
            }
            guard var child else { return }
            value = .null
            object[key] = .null
            update(&child, path.dropFirst(), empty, change)
            object[key] = child
            value = .object(object)
        default: return
        }
    }
}
