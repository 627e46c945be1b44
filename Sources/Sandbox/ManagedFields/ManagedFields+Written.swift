// SPDX-License-Identifier: Apache-2.0

import Manifests

extension ManagedFields {
    /// What a write of an object leaves of its ownership, before the writer takes what it changed: clients may rewrite
    /// the list, and empty it with `[]` or `[{}]`. A list that cannot be read, or none, changes nothing.
    init(written value: Value?, over live: Value?) {
        self.init()
        let isReset = value?.array.map { $0.isEmpty || $0 == [[:]] } ?? false
        if isReset { return }
        let written = Self.decoded(value) ?? []
        entries = written.isEmpty ? Self.decoded(live) ?? [] : written
    }
}

extension Object {
    var withoutManagedFields: Object {
        var copy = self
        copy.setMetadata("managedFields", nil)
        return copy
    }
}
