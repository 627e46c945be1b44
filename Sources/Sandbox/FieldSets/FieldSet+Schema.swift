// SPDX-License-Identifier: Apache-2.0

import Manifests

extension FieldSet {
    /// Adapted to a schema that has changed since: who owned parts of what is atomic now owns all of it.
    func reconciled(with schema: Schema) -> FieldSet {
        var result = self
        for (element, set) in children {
            let below = schema.element(element)
            if below.isDeduced { continue }
            if below.isAtomic {
                result.setChild(element, FieldSet())
                result.members.insert(element)
            } else {
                result.setChild(element, set.reconciled(with: below))
            }
        }
        return result
    }

    /// Adds the fields of records that have something in the set below them.
    func ensuringNamedFields(_ schema: Schema) -> FieldSet {
        var result = FieldSet(members: members)
        for (element, set) in children {
            if case .field(let name) = element, schema.declares(name) { result.members.insert(element) }
            result.setChild(element, set.ensuringNamedFields(schema.element(element)))
        }
        return result
    }
}
