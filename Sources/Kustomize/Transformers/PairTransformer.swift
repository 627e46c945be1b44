// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Sets labels or annotations wherever objects have such a map.
struct PairTransformer {
    var pairs: [(String, String)]
    var fields: FieldSpecs

    func apply(to resource: inout Resource) throws(FieldMismatch) {
        guard !pairs.isEmpty else { return }
        for field in fields.matching(resource.groupVersionKind) {
            try field.update(&resource.object, empty: .object(Object())) { value throws(FieldMismatch) in
                guard case .object(var map) = value else {
                    throw FieldMismatch(field: field, expected: "a map", found: value)
                }
                value = .null  // The only reference is ours now: nothing is copied.
                for (key, text) in pairs { map[key] = .string(text) }
                value = .object(map)
            }
        }
    }
}
