// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Sets labels or annotations wherever objects have such a map.
struct PairTransformer {
    var pairs: [(String, String)]
    var fields: FieldSpecs

    func apply(to resource: inout Resource) throws(FieldMismatch) {
        guard !pairs.isEmpty else { return }
        try resource.withNotedAnnotations(put)
    }

    private func put(in resource: inout Resource) throws(FieldMismatch) {
        var made = pairs.map { SharedPair(key: $0.0, paths: []) }
        var changed: [(pair: Int, path: [String])] = []
        for field in fields.matching(resource.groupVersionKind) {
            try field.update(&resource.object, empty: .object(Object())) { value throws(FieldMismatch) in
                guard case .object(var map) = value else {
                    throw FieldMismatch(field: field, expected: "a map", found: value)
                }
                value = .null  // The only reference is ours now: nothing is copied.
                for (index, (key, text)) in pairs.enumerated() {
                    if map[key] != nil {
                        changed.append((index, field.path))
                    } else if made[index].paths.last != field.path {
                        made[index].paths.append(field.path)
                    }
                    map[key] = .string(text)
                }
                value = .object(map)
            }
        }
        for (index, path) in changed { try follow(pairs[index], at: path, in: &resource) }
        resource.sharedPairs += made.filter { $0.paths.count > 1 }
    }

    /// Changes the other places of a value that was changed at one.
    private func follow(
        _ pair: (String, String), at path: [String], in resource: inout Resource
    ) throws(FieldMismatch) {
        for shared in resource.sharedPairs where shared.key == pair.0 && shared.paths.contains(path) {
            for other in shared.paths where other != path {
                let field = FieldSpec(parts: other, selector: KindSelector())
                try field.update(&resource.object) { value throws(FieldMismatch) in
                    guard case .object(var map) = value, map[pair.0] != nil else { return }
                    map[pair.0] = .string(pair.1)
                    value = .object(map)
                }
            }
        }
    }
}
