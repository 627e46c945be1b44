// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Which volumes a claim may have (kubernetes, pkg/controller/volume/persistentvolume).
enum VolumeMatch {
    static func reference(to claim: Object) -> Value {
        [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": .string(claim.namespace),
            "name": .string(claim.name), "uid": .string(claim.uid),
        ]
    }

    /// Kept for this claim: by name, and by uid where it says one.
    static func isReserved(_ volume: Object, for claim: Object) -> Bool {
        guard let reference = volume.value(at: "spec", "claimRef")?.object else { return false }
        let uid = reference["uid"]?.string ?? ""
        return reference["namespace"]?.string == claim.namespace && reference["name"]?.string == claim.name
            && (uid.isEmpty || uid == claim.uid)
    }

    /// Reserved for the claim, or free and large enough.
    static func fits(_ volume: Object, _ claim: Object) -> Bool {
        guard !volume.isTerminating else { return false }
        if volume.value(at: "spec", "claimRef") != nil { return isReserved(volume, for: claim) }
        func text(_ object: Object, _ field: String, _ standard: String) -> String {
            object.string(at: "spec", field) ?? standard
        }
        let modes = volume.value(at: "spec", "accessModes")?.array ?? []
        return text(volume, "storageClassName", "") == text(claim, "storageClassName", "")
            && text(volume, "volumeMode", "Filesystem") == text(claim, "volumeMode", "Filesystem")
            && (claim.value(at: "spec", "accessModes")?.array ?? []).allSatisfy(modes.contains)
            && (LabelSelector(selector: claim.value(at: "spec", "selector"))?.matches(volume.labels) ?? true)
            && request(of: claim) <= capacity(of: volume)
    }

    /// The smallest of those that fit, what is reserved for the claim before all others.
    static func best(of volumes: [Object], for claim: Object) -> Object? {
        let fitting = volumes.filter { fits($0, claim) }
        if let reserved = fitting.first(where: { isReserved($0, for: claim) }) { return reserved }
        return fitting.min { capacity(of: $0) < capacity(of: $1) }
    }

    static func request(of claim: Object) -> Quantity {
        quantity(claim.value(at: "spec", "resources", "requests", "storage"))
    }

    /// What a quota counts: the request, or what an expansion under way has taken already.
    static func quotaSize(of claim: Object) -> Quantity {
        max(request(of: claim), quantity(claim.value(at: "status", "allocatedResources", "storage")))
    }

    static func capacity(of volume: Object) -> Quantity { quantity(volume.value(at: "spec", "capacity", "storage")) }

    private static func quantity(_ value: Value?) -> Quantity { value?.string.flatMap { Quantity($0) } ?? .zero }
}
