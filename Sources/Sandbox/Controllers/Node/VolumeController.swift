// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Provisions a volume for every claim, and lets claims and volumes go when they are not used any more.
///
/// A storage class whose name holds `missing` does not exist: its claims stay pending.
package struct VolumeController: SandboxController {
    package let name = "persistentvolume-controller"
    private static let protection = "kubernetes.io/pvc-protection"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "PersistentVolumeClaim":
            let volume = object.string(at: "spec", "volumeName").map { GroupKind.persistentVolume.named($0) }
            return [object.objectID] + (object.isTerminating ? [volume].compactMap { $0 } : [])
        case "PersistentVolume": return [object.objectID]
        case "Pod" where object.isTerminating || object.isPodFinished:
            return PodReferences(pod: object, cluster: cluster).claims
                .map { GroupKind.persistentVolumeClaim.named($0, in: object.namespace) }
        default: return []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        guard let object = cluster.object(key) else { return ControllerResult() }
        if object.kind == "PersistentVolume" { return reclaim(object, in: cluster) }
        return object.isTerminating ? release(object, in: cluster) : bind(object, in: cluster)
    }

    private func bind(_ given: Object, in cluster: any ClusterReader) -> ControllerResult {
        var claim = given
        var result = ControllerResult()
        guard claim.string(at: "status", "phase") != "Bound" else { return result }
        let storageClass = claim.string(at: "spec", "storageClassName") ?? ""
        if storageClass.contains("missing") {
            let message = "storageclass.storage.k8s.io \"\(storageClass)\" not found"
            result.event(claim, "ProvisioningFailed", message, warning: true)
            return result
        }
        let capacity = claim.value(at: "spec", "resources", "requests", "storage") ?? "1Gi"
        let modes = claim.value(at: "spec", "accessModes") ?? ["ReadWriteOnce"]
        let named = claim.string(at: "spec", "volumeName").flatMap { $0.isEmpty ? nil : $0 }
        let name = named ?? "pvc-\(claim.uid)"
        if cluster.object(GroupKind.persistentVolume.named(name)) == nil {
            // A volume asked for by name is an administrator's to make.
            guard named == nil else { return result }
            result.changes.append(
                .create(volume(name, for: claim, capacity: capacity, modes: modes, storageClass: storageClass)))
        }
        claim.set(.string(name), at: "spec", "volumeName")
        claim.set("yes", at: "metadata", "annotations", "pv.kubernetes.io/bind-completed")
        result.update(claim)
        result.writeStatus(
            ["phase": "Bound", "accessModes": modes, "capacity": ["storage": capacity]], of: &claim)
        return result
    }

    private func volume(
        _ name: String, for claim: Object, capacity: Value, modes: Value, storageClass: String
    ) -> Object {
        [
            "apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": [
                "name": .string(name), "annotations": ["pv.kubernetes.io/provisioned-by": "sandbox.mainstay.dev"],
            ],
            "spec": [
                "capacity": ["storage": capacity], "accessModes": modes,
                "persistentVolumeReclaimPolicy": "Delete", "storageClassName": .string(storageClass),
                "volumeMode": claim.value(at: "spec", "volumeMode") ?? "Filesystem",
                "hostPath": ["path": .string("/sandbox/\(name)"), "type": ""],
                "claimRef": [
                    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": .string(claim.namespace),
                    "name": .string(claim.name), "uid": .string(claim.uid),
                ],
            ],
        ]
    }

    /// A claim outlives the pods that use it.
    private func release(_ given: Object, in cluster: any ClusterReader) -> ControllerResult {
        var claim = given
        var result = ControllerResult()
        guard claim.finalizers.contains(Self.protection) else { return result }
        let isUsed = cluster.objects(.pod, namespace: claim.namespace).contains { pod in
            !pod.isPodFinished && PodReferences(pod: pod, cluster: cluster).claims.contains(claim.name)
        }
        guard !isUsed else { return result }
        let others = claim.finalizers.filter { $0 != Self.protection }
        claim.set(others.isEmpty ? nil : .array(others.map(Value.string)), at: "metadata", "finalizers")
        result.update(claim)
        return result
    }

    /// Bound while its claim is there; then deleted, or released where the policy says so.
    private func reclaim(_ given: Object, in cluster: any ClusterReader) -> ControllerResult {
        var volume = given
        var result = ControllerResult()
        guard !volume.isTerminating else { return result }
        var phase = "Available"
        if let reference = volume.value(at: "spec", "claimRef")?.object, let name = reference["name"]?.string {
            let id = GroupKind.persistentVolumeClaim.named(name, in: reference["namespace"]?.string ?? "")
            let claim = cluster.object(id)
            let uid = reference["uid"]?.string
            phase = claim != nil && (uid == nil || claim?.uid == uid) ? "Bound" : "Released"
        }
        if phase == "Released", volume.string(at: "spec", "persistentVolumeReclaimPolicy") == "Delete" {
            result.delete(volume)
            return result
        }
        result.writeStatus(["phase": .string(phase)], of: &volume)
        return result
    }
}
