// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The box's storage: makes a volume for every claim that asks for none by name, whatever its class.
///
/// A storage class whose name holds `missing` does not exist: its claims stay pending.
package struct VolumeProvisioner: SandboxController {
    package let name = "sandbox.mainstay.dev/provisioner"
    package let manager = "provisioner"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        object.kind == "PersistentVolumeClaim" ? [object.objectID] : []
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard let claim = cluster.object(key), !claim.isTerminating,
            claim.string(at: "spec", "volumeName") == nil
        else { return result }
        let storageClass = claim.string(at: "spec", "storageClassName") ?? ""
        if storageClass.contains("missing") {
            let message = "storageclass.storage.k8s.io \"\(storageClass)\" not found"
            result.event(claim, "ProvisioningFailed", message, warning: true)
            return result
        }
        let volumes = cluster.objects(.persistentVolume, namespace: nil)
        guard !volumes.contains(where: { VolumeMatch.fits($0, claim) }) else { return result }
        result.changes.append(.create(volume(for: claim, storageClass: storageClass)))
        return result
    }

    private func volume(for claim: Object, storageClass: String) -> Object {
        let name = "pvc-\(claim.uid)"
        return [
            "apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": [
                "name": .string(name), "annotations": ["pv.kubernetes.io/provisioned-by": "sandbox.mainstay.dev"],
            ],
            "spec": [
                "capacity": ["storage": claim.value(at: "spec", "resources", "requests", "storage") ?? "1Gi"],
                "accessModes": claim.value(at: "spec", "accessModes") ?? ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Delete", "storageClassName": .string(storageClass),
                "volumeMode": claim.value(at: "spec", "volumeMode") ?? "Filesystem",
                "hostPath": ["path": .string("/sandbox/\(name)"), "type": ""],
                "claimRef": VolumeMatch.reference(to: claim),
            ],
        ]
    }
}
