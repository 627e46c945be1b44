// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Sets the replicas of workloads by name, the present one or any that they had.
struct ReplicaTransformer {
    var name: String
    var count: Int64
    var fields: FieldSpecs

    func matches(_ resource: Resource) -> Bool { !fields(of: resource).isEmpty }

    func apply(to resource: inout Resource) throws(FieldMismatch) {
        for field in fields(of: resource) where field.selector.selects(resource.groupVersionKind) {
            try field.update(&resource.object) { value throws(FieldMismatch) in
                if value.object != nil || value.array != nil {
                    throw FieldMismatch(field: field, expected: "a number", found: value)
                }
                value = .integer(count)
            }
        }
    }

    private func fields(of resource: Resource) -> [FieldSpec] {
        guard resource.isOrWasCalled(name) else { return [] }
        let ids = resource.allIDs.filter { $0.name == name }
        return fields.all.filter { field in ids.contains { field.selector.selects($0.groupVersionKind) } }
    }
}
