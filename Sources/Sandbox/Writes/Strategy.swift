// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the server does to an object beyond defaulting: per kind, as the registry strategies do.
enum Strategy {
    static func prepareForCreate(_ object: inout Object, _ type: ResourceType, addresses: inout AddressPool) {
        if type.hasStatus { object["status"] = initialStatus(object, type) }
        switch (type.group, type.kind) {
        case ("", "Namespace"): object.set(["kubernetes"], at: "spec", "finalizers")
        case ("", "Service"): addresses.assign(to: &object)
        case ("", "Pod"): Defaults.admit(pod: &object)
        case ("batch", "Job"): JobLabels.generate(&object)
        case ("", "PersistentVolumeClaim"):
            object.setFinalizers(object.finalizers + [claimProtection])
            sameSources(&object)
        case ("", "PersistentVolume"): object.setFinalizers(object.finalizers + [volumeProtection])
        default: break
        }
    }

    /// What a claim is filled from is said in two fields (`NormalizeDataSources`).
    private static func sameSources(_ claim: inout Object) {
        claim.edit("spec") { spec in
            if spec["dataSourceRef"] == nil {
                spec["dataSourceRef"] = spec["dataSource"]
            } else if spec["dataSource"] == nil,
                spec.value(at: "dataSourceRef", "namespace")?.string?.isEmpty ?? true
            {
                spec["dataSource"] = spec["dataSourceRef"]
            }
        }
    }

    static let claimProtection = "kubernetes.io/pvc-protection"
    static let volumeProtection = "kubernetes.io/pv-protection"

    private static func initialStatus(_ object: Object, _ type: ResourceType) -> Value? {
        switch (type.group, type.kind) {
        case _ where type.custom != nil: nil
        case ("", "Namespace"): ["phase": "Active"]
        case ("", "Pod"): ["phase": "Pending", "qosClass": .string(PodQuality.qosClass(object))]
        case ("", "PersistentVolumeClaim"): ["phase": "Pending"]
        case ("", "PersistentVolume"):
            ["phase": "Pending", "lastPhaseTransitionTime": object.metadata["creationTimestamp"] ?? .null]
        case ("", "Service"), ("networking.k8s.io", "Ingress"): ["loadBalancer": [:]]
        case ("apps", "ReplicaSet"): ["replicas": 0]
        case ("apps", "StatefulSet"): ["replicas": 0, "availableReplicas": 0]
        case ("apps", "DaemonSet"):
            [
                "currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0,
            ]
        case ("policy", "PodDisruptionBudget"):
            ["disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0]
        case ("autoscaling", "HorizontalPodAutoscaler"):
            type.version == "v1"
                ? ["currentReplicas": 0, "desiredReplicas": 0] : ["desiredReplicas": 0, "currentMetrics": nil]
        case ("apiextensions.k8s.io", "CustomResourceDefinition"):
            [
                "conditions": nil, "acceptedNames": ["plural": "", "kind": ""],
                "storedVersions": .array(storedVersions(object)),
            ]
        case ("networking.k8s.io", "NetworkPolicy"): nil
        default: [:]
        }
    }

    private static func storedVersions(_ definition: Object) -> [Value] {
        (definition.value(at: "spec", "versions")?.array ?? [])
            .filter { $0["storage"]?.bool == true }.compactMap { $0["name"] }
    }

    /// Keeps what the (sub)resource does not let a request change.
    static func prepareForUpdate(
        _ object: inout Object, live: Object, _ type: ResourceType, subresource: String,
        addresses: inout AddressPool
    ) {
        if subresource == "status" {
            var result = live
            result["status"] = object["status"]
            // Annotations can be written with the status of built-in kinds: that is how the Deployment controller does.
            if type.custom == nil, type.group != "apiextensions.k8s.io" {
                result.setMetadata("annotations", object.metadata["annotations"])
                if type.kind != "Deployment" { result.setMetadata("labels", object.metadata["labels"]) }
            }
            object = result
            return
        }
        if type.hasStatus { object["status"] = live["status"] }
        switch (type.group, type.kind) {
        case ("", "Namespace"): object.set(live.value(at: "spec", "finalizers"), at: "spec", "finalizers")
        case ("", "Service"):
            AddressPool.drop(unneededFrom: live, in: &object)
            AddressPool.keep(from: live, in: &object)
            addresses.assign(to: &object)
        case ("", "PersistentVolumeClaim"):
            if object.value(at: "spec", "volumeName") == nil {
                object.set(live.value(at: "spec", "volumeName"), at: "spec", "volumeName")
            }
            sameSources(&object)
        case ("batch", "Job"): JobLabels.keep(from: live, in: &object)
        case ("apiextensions.k8s.io", "CustomResourceDefinition"):
            let known = object.value(at: "status", "storedVersions")?.array ?? []
            let new = storedVersions(object).filter { !known.contains($0) }
            if !new.isEmpty { object.set(.array(known + new), at: "status", "storedVersions") }
        default: break
        }
    }

    /// Everything that raises the generation when it changes.
    static func specification(_ object: Object) -> Object {
        var copy = object
        for key in ["apiVersion", "kind", "metadata", "status"] { copy[key] = nil }
        return copy
    }

    /// Nothing holds a terminating object any more.
    static func isFinalized(_ object: Object) -> Bool {
        guard object.finalizers.isEmpty else { return false }
        switch object.kind {
        case "Namespace": return object.value(at: "spec", "finalizers")?.array?.isEmpty ?? true
        case "Pod": return object.value(at: "metadata", "deletionGracePeriodSeconds") == .integer(0)
        default: return true
        }
    }
}

extension ResourceType {
    /// Kinds whose specification changes are counted.
    var hasGeneration: Bool {
        if custom != nil { return true }
        return switch (group, kind) {
        case ("apps", "ControllerRevision"): false
        case ("apps", _), ("batch", _): true
        case ("", "Pod"), ("", "ReplicationController"): true
        case ("networking.k8s.io", "Ingress"), ("networking.k8s.io", "NetworkPolicy"),
            ("networking.k8s.io", "IngressClass"):
            true
        case ("policy", "PodDisruptionBudget"), ("apiextensions.k8s.io", _), ("discovery.k8s.io", _): true
        case ("admissionregistration.k8s.io", _), ("flowcontrol.apiserver.k8s.io", _), ("scheduling.k8s.io", _): true
        default: false
        }
    }
}

extension Object {
    /// Keys in the order the server writes them: typed kinds by their Go fields, custom ones sorted.
    func inCanonicalOrder(custom: Bool) -> Object {
        if custom { return sortedByKey }
        var result = Object()
        for key in ["kind", "apiVersion", "metadata"] { result[key] = self[key] }
        for pair in pairs where result[pair.key] == nil && pair.key != "status" { result[pair.key] = pair.value }
        result["status"] = self["status"]
        let order = [
            "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
            "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
            "managedFields",
        ]
        let old = metadata
        var fields = Object()
        for key in order { fields[key] = old[key] }
        for pair in old.pairs where fields[pair.key] == nil { fields[pair.key] = pair.value }
        result["metadata"] = .object(fields)
        return result
    }
}
