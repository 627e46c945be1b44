// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a request on a resource or subresource can own: everything but what its strategy resets.
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
                for path in Self.resetByStatus(type) { dropped.insert(path.map { .field($0) }) }
            }
        } else if subresource != "scale", type.hasStatus {
            dropped.insert([.field("status")])
        }
    }

    /// What a write of a built-in kind's status leaves as it is.
    private static func resetByStatus(_ type: ResourceType) -> [[String]] {
        switch (type.group, type.kind) {
        case ("apps", "Deployment"): [["spec"], ["metadata", "labels"]]
        case ("", "Pod"): [["spec"], ["metadata", "deletionTimestamp"], ["metadata", "ownerReferences"]]
        case ("apiextensions.k8s.io", _), ("flowcontrol.apiserver.k8s.io", _): [["spec"], ["metadata"]]
        default: [["spec"]]
        }
    }

    /// Never owned by anyone: what the server itself sets or what identifies the object.
    private static let system: FieldSet = {
        var set = FieldSet()
        for name in ["apiVersion", "kind", "metadata"] { set.insert([.field(name)]) }
        for name in [
            "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
            "resourceVersion",
        ] {
            set.insert([.field("metadata"), .field(name)])
        }
        return set
    }()

    func callAsFunction(_ set: FieldSet) -> FieldSet {
        kept.map(set.keepingSubtrees) ?? set.subtractingSubtrees(dropped)
    }

    static func stripped(_ set: FieldSet) -> FieldSet { set.subtracting(system) }
}
