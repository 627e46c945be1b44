// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the server refuses, as it says it and in its order.
enum Validation {
    typealias Cause = StatusError.Cause

    /// - Parameters:
    ///   - old: what is stored; nil for a create.
    ///   - subresource: what is written: `status` leaves the specification as it is.
    ///   - timeZones: those that a CronJob may name.
    static func causes(
        _ object: Object, old: Object?, type: ResourceType, subresource: String = "", timeZones: TimeZones
    ) -> [Cause] {
        var causes = Causes()
        if let old { causes.metadataUpdate(object, old: old, type) } else { causes.metadata(object, type) }
        if let custom = type.custom { return causes.list + CustomValidation.causes(object, old: old, custom.schema) }
        if subresource.isEmpty {
            if type.group == "batch", type.kind == "CronJob" {
                causes.cronJob(object, old: old, timeZones: timeZones)
            } else {
                specification(object, old, type, &causes)
            }
        }
        return causes.list
    }

    private static func specification(_ object: Object, _ old: Object?, _ type: ResourceType, _ causes: inout Causes) {
        switch type.group {
        case "": core(object, old, type, &causes)
        case "apps": apps(object, old, type, &causes)
        case "rbac.authorization.k8s.io":
            let isNamespaced = type.namespaced
            if type.kind.hasSuffix("Binding") {
                causes.binding(object, old: old, namespaced: isNamespaced)
            } else {
                causes.role(object, namespaced: isNamespaced)
            }
        default: other(object, old, type, &causes)
        }
    }

    private static func core(_ object: Object, _ old: Object?, _ type: ResourceType, _ causes: inout Causes) {
        switch type.kind {
        case "Pod": if let old { causes.podUpdate(object, old: old) } else { causes.pod(object) }
        case "PodTemplate": causes.podTemplate(Field("template", object["template"]))
        case "ReplicationController": causes.replicationController(object)
        case "Service": causes.service(object, old: old)
        case "Endpoints": causes.endpoints(object)
        case "ConfigMap": causes.configMap(object, old: old)
        case "Secret": causes.secret(object, old: old)
        case "PersistentVolumeClaim": causes.claim(object, old: old)
        case "PersistentVolume": causes.volume(object, old: old)
        case "ResourceQuota": causes.quota(object, old: old)
        case "LimitRange": causes.limitRange(object)
        case "Event": causes.event(object, isNew: old == nil, type: type)
        default: break
        }
    }

    private static func apps(_ object: Object, _ old: Object?, _ type: ResourceType, _ causes: inout Causes) {
        switch type.kind {
        case "Deployment": causes.deployment(object, old: old)
        case "ReplicaSet": causes.replicaSet(object, old: old)
        case "StatefulSet": causes.statefulSet(object, old: old)
        case "DaemonSet": causes.daemonSet(object, old: old)
        case "ControllerRevision":
            causes.nonnegative(Field("revision", object["revision"]))
            if let old { causes.immutable(Field("data", object["data"]), old["data"]) }
        default: break
        }
    }

    private static func other(_ object: Object, _ old: Object?, _ type: ResourceType, _ causes: inout Causes) {
        switch (type.group, type.kind) {
        case ("apiextensions.k8s.io", "CustomResourceDefinition"):
            DefinitionValidation.causes(object, old: old).forEach { causes.add($0) }
        case ("batch", "Job"): causes.job(object, old: old)
        case ("networking.k8s.io", "Ingress"): causes.ingress(object, old: old)
        case ("networking.k8s.io", "IngressClass"): causes.ingressClass(object, old: old)
        case ("networking.k8s.io", "NetworkPolicy"): causes.networkPolicy(object)
        case ("autoscaling", "HorizontalPodAutoscaler"): causes.autoscaler(object)
        case ("policy", "PodDisruptionBudget"): causes.disruptionBudget(object)
        case ("storage.k8s.io", "StorageClass"): causes.storageClass(object, old: old)
        case ("scheduling.k8s.io", "PriorityClass"): causes.priorityClass(object, old: old)
        case ("coordination.k8s.io", "Lease"): causes.lease(object)
        case ("discovery.k8s.io", "EndpointSlice"): causes.endpointSlice(object, old: old)
        case ("events.k8s.io", "Event"): causes.event(object, isNew: old == nil, type: type)
        case ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"):
            causes.webhooks(object)
        default: break
        }
    }

    static func required(_ field: String, _ why: String = "") -> Cause {
        Cause(
            reason: "FieldValueRequired", message: why.isEmpty ? "Required value" : "Required value: \(why)",
            field: field)
    }

    static func invalid(_ field: String, _ value: Value?, _ why: String) -> Cause {
        Cause(
            reason: "FieldValueInvalid",
            message: "Invalid value: \(JSON.text((value ?? .null).sortedByKey)): \(why)", field: field)
    }

    /// With a value that is shown in the order it has.
    static func invalid(unsorted field: String, _ value: Value, _ why: String) -> Cause {
        Cause(reason: "FieldValueInvalid", message: "Invalid value: \(JSON.text(value)): \(why)", field: field)
    }

    static func forbidden(_ field: String, _ why: String) -> Cause {
        Cause(reason: "FieldValueForbidden", message: "Forbidden: \(why)", field: field)
    }

    static func unsupported(_ field: String, _ value: Value, _ supported: [String]) -> Cause {
        let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return Cause(
            reason: "FieldValueNotSupported",
            message: "Unsupported value: \(JSON.text(value)): supported values: \(list)", field: field)
    }
}
