// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    /// What admission refuses of an update.
    func checkUpdate(_ object: Object, live: Object, _ request: WriteRequest) throws(StatusError) {
        if request.type.kind == "PriorityClass" { try checkOnlyDefault(object, request) }
        try checkAllocations(object, request)
        let size = ["spec", "resources", "requests", "storage"]
        guard request.type.group.isEmpty, request.type.kind == "PersistentVolumeClaim",
            let new = object.value(at: size)?.quantity, let old = live.value(at: size)?.quantity, new > old
        else { return }
        guard live.value(at: "status", "phase") == "Bound" else {
            throw .forbidden(request.type, request.name, "Only bound persistent volume claims can be expanded")
        }
        let name = object.value(at: "spec", "storageClassName")?.string ?? ""
        let allows = objects("storage.k8s.io", "StorageClass").contains {
            $0.name == name && $0["allowVolumeExpansion"] == true
        }
        guard allows else {
            throw .forbidden(
                request.type, request.name,
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
            )
        }
    }

    /// Some kinds are only replaced by who knows what is there.
    func checkUnconditional(_ request: WriteRequest) throws(StatusError) {
        let type = request.type
        let needsVersion =
            type.custom != nil
            || [
                "CustomResourceDefinition", "Lease", "PodDisruptionBudget", "ValidatingWebhookConfiguration",
                "MutatingWebhookConfiguration", "RuntimeClass", "VolumeAttachment", "CSIDriver", "CSINode",
                "FlowSchema", "PriorityLevelConfiguration", "APIService", "ValidatingAdmissionPolicy",
                "ValidatingAdmissionPolicyBinding",
            ].contains(type.kind)
        guard needsVersion else { return }
        throw .invalid(
            group: type.group, kind: type.plural, name: request.name,
            causes: [
                Validation.invalid("metadata.resourceVersion", 0, "must be specified for an update")
            ])
    }
}
