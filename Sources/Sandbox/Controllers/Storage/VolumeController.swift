// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Binds claims and volumes to each other, and lets both go when they are not used any more.
package struct VolumeController: SandboxController {
    package let name = "persistentvolume-controller"
    private static let protection = "kubernetes.io/pvc-protection"
    private static let bindCompleted = "pv.kubernetes.io/bind-completed"
    private static let boundByController = "pv.kubernetes.io/bound-by-controller"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.kind {
        case "PersistentVolumeClaim":
            let volume = object.string(at: "spec", "volumeName").map { GroupKind.persistentVolume.named($0) }
            return [object.objectID] + (object.isTerminating ? [volume].compactMap { $0 } : [])
        case "PersistentVolume":
            let waiting = cluster.objects(.persistentVolumeClaim, namespace: nil)
                .filter { $0.annotations[Self.bindCompleted] == nil && VolumeMatch.fits(object, $0) }
            return [object.objectID] + waiting.map(\.objectID)
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
        guard claim.annotations[Self.bindCompleted] == nil else {
            expand(claim, in: cluster, result: &result)
            return result
        }
        let named = claim.string(at: "spec", "volumeName") ?? ""
        let found =
            named.isEmpty
            ? VolumeMatch.best(of: cluster.objects(.persistentVolume, namespace: nil), for: claim)
            : cluster.object(GroupKind.persistentVolume.named(named))
        guard var volume = found else {
            if named.isEmpty, (claim.string(at: "spec", "storageClassName") ?? "").isEmpty {
                result.event(
                    claim, "FailedBinding",
                    "no persistent volumes available for this claim and no storage class is set")
            }
            return result
        }
        if !VolumeMatch.isReserved(volume, for: claim) {
            // Somebody else's: the claim stays pending.
            guard volume.value(at: "spec", "claimRef") == nil else { return result }
            volume.set(VolumeMatch.reference(to: claim), at: "spec", "claimRef")
            volume.set("yes", at: "metadata", "annotations", Self.boundByController)
            result.update(volume)
        }
        if named.isEmpty {
            claim.set(.string(volume.name), at: "spec", "volumeName")
            claim.set("yes", at: "metadata", "annotations", Self.boundByController)
        }
        claim.set("yes", at: "metadata", "annotations", Self.bindCompleted)
        result.update(claim)
        let capacity: Value = ["storage": volume.value(at: "spec", "capacity", "storage") ?? "0"]
        let modes = volume.value(at: "spec", "accessModes") ?? []
        result.writeStatus(["phase": "Bound", "accessModes": modes, "capacity": capacity], of: &claim)
        return result
    }

    /// What asks for more than its volume has gets it: the box's storage can grow.
    private func expand(_ given: Object, in cluster: any ClusterReader, result: inout ControllerResult) {
        var claim = given
        let id = GroupKind.persistentVolume.named(claim.string(at: "spec", "volumeName") ?? "")
        guard let request = claim.value(at: "spec", "resources", "requests", "storage"),
            var volume = cluster.object(id), VolumeMatch.capacity(of: volume) < VolumeMatch.request(of: claim)
        else { return }
        volume.set(request, at: "spec", "capacity", "storage")
        result.update(volume)
        var status = claim["status"]?.object ?? Object()
        status.set(request, at: "capacity", "storage")
        result.writeStatus(status, of: &claim)
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
