// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a request on a resource or subresource can own.
struct FieldFilter: Sendable {
    private var dropped = FieldSet()
    private var kept: FieldSet?

    init(type: ResourceType, subresource: String) {
        if subresource == "status" {
            if type.custom != nil {
                var set = FieldSet()
                set.insert([.field("status")])
                kept = set
            } else {
                dropped.insert([.field("spec")])
                dropped.insert([.field("metadata"), .field("labels")])
            }
        } else if type.hasStatus {
            dropped.insert([.field("status")])
        }
    }

    /// Never owned by anyone: what the server itself sets or what identifies the object.
    private static let system: FieldSet = {
        var set = FieldSet()
        for name in ["apiVersion", "kind"] { set.insert([.field(name)]) }
        for name in [
            "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
            "resourceVersion",
        ] {
            set.insert([.field("metadata"), .field(name)])
        }
        return set
    }()

    func callAsFunction(_ set: FieldSet) -> FieldSet {
        let limited = kept.map(set.keepingSubtrees) ?? set.subtractingSubtrees(dropped)
        return Self.stripped(limited)
    }

    static func stripped(_ set: FieldSet) -> FieldSet {
        var result = set.subtractingSubtrees(system)
        result.members.remove(.field("metadata"))
        return result
    }
}
