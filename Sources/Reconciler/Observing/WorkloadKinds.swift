// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What judging a workload needs beside it.
enum WorkloadKinds {
    static let pod = GroupVersionKind(group: "", version: "v1", kind: "Pod")
    static let replicaSet = GroupVersionKind(group: "apps", version: "v1", kind: "ReplicaSet")

    /// The kinds of what it makes: none for what is no workload.
    static func below(_ id: ObjectID) -> [GroupVersionKind] {
        guard id.isWorkload else { return [] }
        return id.kind == "Deployment" ? [pod, replicaSet] : [pod]
    }
}

extension ObjectID {
    /// It makes pods.
    package var isWorkload: Bool {
        switch (group, kind) {
        case ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("apps", "ReplicaSet"),
            ("batch", "Job"):
            true
        default: false
        }
    }
}
