// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the server refuses, as it says it. Field order within an object follows the server's own.
enum Validation {
    typealias Cause = StatusError.Cause

    static func causes(_ object: Object, old: Object?, type: ResourceType) -> [Cause] {
        var result: [Cause] = []
        if old == nil { result += NameRules.causes(object, type) }
        if let custom = type.custom {
            result += CustomValidation.causes(object, old: old, custom.schema)
            return result
        }
        switch (type.group, type.kind) {
        case ("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("apps", "DaemonSet"):
            result += Workloads.causes(object, old: old, kind: type.kind)
        case ("", "Pod"): result += Workloads.podSpec(object.value(at: "spec"), "spec")
        case ("batch", "Job"): result += Workloads.job(object, old: old)
        case ("apiextensions.k8s.io", "CustomResourceDefinition"):
            result += DefinitionValidation.causes(object, old: old)
        case ("", "Service"): result += Services.causes(object, old: old)
        case ("", "ConfigMap"), ("", "Secret"):
            if let old, old["immutable"] == true {
                for key in ["data", "binaryData"] where object[key] != old[key] {
                    result.append(forbidden(key, "field is immutable when `immutable` is set"))
                }
                if object["immutable"] != true {
                    result.append(forbidden("immutable", "field is immutable when `immutable` is set"))
                }
            }
        case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
            if let old, object["roleRef"] != old["roleRef"] {
                let reference = object["roleRef"] ?? [:]
                let text: Value = [
                    "APIGroup": reference["apiGroup"] ?? "", "Kind": reference["kind"] ?? "",
                    "Name": reference["name"] ?? "",
                ]
                result.append(invalid("roleRef", text, "cannot change roleRef"))
            }
        default: break
        }
        return result
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
