// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The kinds the controllers move.
extension GroupKind {
    static let configMap = GroupKind(group: "", kind: "ConfigMap")
    static let controllerRevision = GroupKind(group: "apps", kind: "ControllerRevision")
    static let cronJob = GroupKind(group: "batch", kind: "CronJob")
    static let customResourceDefinition = GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")
    static let daemonSet = GroupKind(group: "apps", kind: "DaemonSet")
    static let deployment = GroupKind(group: "apps", kind: "Deployment")
    static let endpoints = GroupKind(group: "", kind: "Endpoints")
    static let endpointSlice = GroupKind(group: "discovery.k8s.io", kind: "EndpointSlice")
    static let horizontalPodAutoscaler = GroupKind(group: "autoscaling", kind: "HorizontalPodAutoscaler")
    static let job = GroupKind(group: "batch", kind: "Job")
    static let lease = GroupKind(group: "coordination.k8s.io", kind: "Lease")
    static let namespace = GroupKind(group: "", kind: "Namespace")
    static let node = GroupKind(group: "", kind: "Node")
    static let persistentVolume = GroupKind(group: "", kind: "PersistentVolume")
    static let persistentVolumeClaim = GroupKind(group: "", kind: "PersistentVolumeClaim")
    static let pod = GroupKind(group: "", kind: "Pod")
    static let podDisruptionBudget = GroupKind(group: "policy", kind: "PodDisruptionBudget")
    static let resourceQuota = GroupKind(group: "", kind: "ResourceQuota")
    static let replicaSet = GroupKind(group: "apps", kind: "ReplicaSet")
    static let secret = GroupKind(group: "", kind: "Secret")
    static let service = GroupKind(group: "", kind: "Service")
    static let serviceAccount = GroupKind(group: "", kind: "ServiceAccount")
    static let statefulSet = GroupKind(group: "apps", kind: "StatefulSet")

    func named(_ name: String, in namespace: String = "") -> ObjectID {
        ObjectID(group: group, kind: kind, namespace: namespace, name: name)
    }
}

extension Object {
    var groupKind: GroupKind { groupVersionKind.groupKind }

    var creationTime: Timestamp? { time(at: "metadata", "creationTimestamp") }

    func int(at path: String...) -> Int? { value(at: path)?.integer.flatMap(Int.init(exactly:)) }

    func string(at path: String...) -> String? { value(at: path)?.string }

    func list(at path: String...) -> [Object] { (value(at: path)?.array ?? []).compactMap(\.object) }

    func time(at path: String...) -> Timestamp? { value(at: path)?.string.flatMap { Timestamp($0) } }

    /// Oldest first, then by name: the order in which controllers go through what they own.
    static func isOlder(_ left: Object, _ right: Object) -> Bool {
        let (first, second) = (left.creationTime, right.creationTime)
        // What is not stored yet has no time and is the youngest.
        if first != second {
            guard let first else { return false }
            guard let second else { return true }
            return first < second
        }
        return left.name < right.name
    }
}

extension Value {
    static func count(_ value: Int) -> Value { .integer(Int64(value)) }

    static func time(_ value: Timestamp) -> Value { .string(value.secondsDescription) }
}
