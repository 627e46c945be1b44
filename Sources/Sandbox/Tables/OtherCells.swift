// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Storage, admission, scheduling and what else a cluster's administrator looks at.
extension CellWriter {
    func other(_ object: Object, kind: String) -> [Value]? {
        guard let dot = kind.firstIndex(of: ".") else { return nil }
        let group = kind[kind.index(after: dot)...]
        let kind = String(kind[..<dot])
        switch group {
        case "storage.k8s.io": return storage(object, kind)
        case "admissionregistration.k8s.io": return admission(object, kind)
        case "resource.k8s.io": return devices(object, kind)
        case "flowcontrol.apiserver.k8s.io": return flowControl(object, kind)
        case "apiregistration.k8s.io": return service(object)
        case "certificates.k8s.io": return signingRequest(object)
        case "scheduling.k8s.io":
            return [
                name(object), number(object, "value"), text(object, "globalDefault", or: false), age(object),
                text(object, "preemptionPolicy"),
            ]
        case "autoscaling": return scale(object, kind)
        case "node.k8s.io": return [name(object), text(object, "handler"), age(object)]
        default: return nil
        }
    }

    private func storage(_ object: Object, _ kind: String) -> [Value]? {
        switch kind {
        case "StorageClass":
            let isDefault = ["storageclass.kubernetes.io", "storageclass.beta.kubernetes.io"].contains {
                object.annotations["\($0)/is-default-class"] == "true"
            }
            return [
                .string(object.name + (isDefault ? " (default)" : "")), text(object, "provisioner"),
                text(object, "reclaimPolicy", or: "Delete"), text(object, "volumeBindingMode", or: "Immediate"),
                text(object, "allowVolumeExpansion", or: false), age(object),
            ]
        case "VolumeAttributesClass": return [name(object), text(object, "driverName"), age(object)]
        case "VolumeAttachment":
            return [
                name(object), text(object, "spec", "attacher"),
                text(object, "spec", "source", "persistentVolumeName"), text(object, "spec", "nodeName"),
                text(object, "status", "attached", or: false), age(object),
            ]
        case "CSINode":
            return [name(object), .integer(Int64(object.value(at: "spec", "drivers")?.array?.count ?? 0)), age(object)]
        case "CSIDriver":
            let audiences = (object.value(at: "spec", "tokenRequests")?.array ?? []).compactMap {
                $0["audience"]?.string
            }
            let modes = (object.value(at: "spec", "volumeLifecycleModes")?.array ?? []).compactMap(\.string)
            return [
                name(object), text(object, "spec", "attachRequired", or: true),
                text(object, "spec", "podInfoOnMount", or: false), text(object, "spec", "storageCapacity", or: false),
                .string(audiences.isEmpty ? "<unset>" : audiences.joined(separator: ",")),
                text(object, "spec", "requiresRepublish", or: false),
                .string(modes.isEmpty ? "<none>" : modes.joined(separator: ",")), age(object),
            ]
        case "CSIStorageCapacity":
            return [
                name(object), text(object, "storageClassName"),
                .string(Self.plain(object["capacity"]) ?? "<unset>"),
            ]
        default: return nil
        }
    }

    private func admission(_ object: Object, _ kind: String) -> [Value]? {
        switch kind {
        case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration":
            return [name(object), count(object, "webhooks"), age(object)]
        case "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy":
            let rules = kind == "ValidatingAdmissionPolicy" ? "validations" : "mutations"
            var parameters = "<unset>"
            if let reference = object.value(at: "spec", "paramKind") {
                parameters = "\(reference["apiVersion"]?.string ?? "")/\(reference["kind"]?.string ?? "")"
            }
            let number = object.value(at: "spec", rules)?.array?.count ?? 0
            return [name(object), .integer(Int64(number)), .string(parameters), age(object)]
        case "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding":
            var parameters = "<unset>"
            if let reference = object.value(at: "spec", "paramRef") {
                if let name = reference["name"]?.string, !name.isEmpty {
                    let namespace = reference["namespace"]?.string ?? ""
                    parameters = "\(namespace.isEmpty ? "*" : namespace)/\(name)"
                } else {
                    parameters = reference["selector"].map(Self.selectorStruct) ?? parameters
                }
            }
            return [name(object), text(object, "spec", "policyName"), .string(parameters), age(object)]
        default: return nil
        }
    }

    /// A label selector as its generated `String()` method writes it.
    private static func selectorStruct(_ selector: Value) -> String {
        let labels = (selector["matchLabels"]?.object?.pairs ?? []).sorted { $0.key < $1.key }
            .map { "\($0.key): \($0.value.string ?? "")," }.joined()
        let expressions = (selector["matchExpressions"]?.array ?? []).map { expression in
            let values = (expression["values"]?.array ?? []).compactMap(\.string).joined(separator: " ")
            return "LabelSelectorRequirement{Key:\(expression["key"]?.string ?? ""),"
                + "Operator:\(expression["operator"]?.string ?? ""),Values:[\(values)],},"
        }.joined()
        return "&LabelSelector{MatchLabels:map[string]string{\(labels)},"
            + "MatchExpressions:[]LabelSelectorRequirement{\(expressions)},}"
    }

    private func devices(_ object: Object, _ kind: String) -> [Value]? {
        switch kind {
        case "DeviceClass", "ResourceClaimTemplate": return [name(object), age(object)]
        case "ResourceClaim":
            var states: [String] = []
            if object.isTerminating { states.append("deleted") }
            if object.value(at: "status", "allocation") == nil {
                if !object.isTerminating { states.append("pending") }
            } else {
                states.append("allocated")
                let isReserved = object.value(at: "status", "reservedFor")?.array?.isEmpty == false
                if isReserved { states.append("reserved") }
            }
            return [name(object), .string(states.joined(separator: ",")), age(object)]
        case "ResourceSlice":
            return [
                name(object), text(object, "spec", "nodeName"), text(object, "spec", "driver"),
                text(object, "spec", "pool", "name"), age(object),
            ]
        default: return nil
        }
    }

    private func flowControl(_ object: Object, _ kind: String) -> [Value]? {
        switch kind {
        case "FlowSchema":
            let dangling = (object.value(at: "status", "conditions")?.array ?? []).first { $0["type"] == "Dangling" }
            return [
                name(object), text(object, "spec", "priorityLevelConfiguration", "name"),
                number(object, "spec", "matchingPrecedence"),
                text(object, "spec", "distinguisherMethod", "type", or: "<none>"), age(object),
                dangling?["status"] ?? "?",
            ]
        case "PriorityLevelConfiguration":
            let limited = object.value(at: "spec", "limited")
            func field(_ value: Value?) -> Value { value ?? "<none>" }
            let queuing = limited?["limitResponse"]?["queuing"]
            return [
                name(object), text(object, "spec", "type"),
                field(limited.map { $0["nominalConcurrencyShares"] ?? 0 }), field(queuing?["queues"]),
                field(queuing?["handSize"]), field(queuing?["queueLengthLimit"]),
                age(object),
            ]
        default: return nil
        }
    }

    /// What scale subresources answer with.
    private func scale(_ object: Object, _ kind: String) -> [Value]? {
        guard kind == "Scale" else { return nil }
        return [name(object), number(object, "spec", "replicas"), number(object, "status", "replicas"), age(object)]
    }

    private func service(_ object: Object) -> [Value] {
        var service = "Local"
        if let reference = object.value(at: "spec", "service") {
            service = "\(reference["namespace"]?.string ?? "")/\(reference["name"]?.string ?? "")"
        }
        let condition = (object.value(at: "status", "conditions")?.array ?? []).first { $0["type"] == "Available" }
        var available = condition?["status"]?.string ?? "Unknown"
        if let condition, available != "True" { available += " (\(condition["reason"]?.string ?? ""))" }
        return [name(object), .string(service), .string(available), age(object)]
    }

    private func signingRequest(_ object: Object) -> [Value] {
        let types = (object.value(at: "status", "conditions")?.array ?? []).compactMap { $0["type"]?.string }
        var states = [["Denied", "Approved"].first(where: types.contains) ?? "Pending"]
        if types.contains("Failed") { states.append("Failed") }
        if object.value(at: "status", "certificate") != nil { states.append("Issued") }
        let seconds = object.value(at: "spec", "expirationSeconds")?.integer
        return [
            name(object), age(object), text(object, "spec", "signerName", or: "<none>"),
            text(object, "spec", "username"), .string(seconds.map { Self.text(.seconds($0)) } ?? "<none>"),
            .string(states.joined(separator: ",")),
        ]
    }
}
