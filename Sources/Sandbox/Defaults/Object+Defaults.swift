// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Object {
    mutating func setDefault(_ value: Value, at path: String...) {
        if self.value(at: path) == nil { set(value, at: path[...]) }
    }

    /// Edits the map at a path, where there is one.
    mutating func edit(_ path: String..., body: (inout Object) -> Void) {
        guard var object = value(at: path)?.object else { return }
        body(&object)
        set(.object(object), at: path[...])
    }

    /// Edits each map of the list at a path, where there is one.
    mutating func editEach(_ path: String..., body: (inout Object) -> Void) {
        guard let items = value(at: path)?.array else { return }
        let edited = items.map { item -> Value in
            guard var object = item.object else { return item }
            body(&object)
            return .object(object)
        }
        set(.array(edited), at: path[...])
    }
}
