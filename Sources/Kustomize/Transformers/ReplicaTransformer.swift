// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Sets the replicas of workloads by name, the present one or any before it.
struct ReplicaTransformer {
    var name: String
    var count: Int64

    private static let kinds: Set<String> = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"]

    func matches(_ resource: Resource) -> Bool {
        Self.kinds.contains(resource.object.kind)
            && (resource.object.name == name || resource.previousIDs.contains { $0.name == name })
    }

    func apply(to resource: inout Resource) {
        resource.object.set(.integer(count), at: "spec", "replicas")
    }
}
