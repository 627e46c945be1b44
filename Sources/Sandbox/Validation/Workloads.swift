// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Deployments and their like, Jobs, and the pods they hold.
enum Workloads {
    typealias Cause = StatusError.Cause

    static func causes(_ object: Object, old: Object?, kind: String) -> [Cause] {
        var result: [Cause] = []
        let spec = object["spec"] ?? [:]
        if let replicas = spec["replicas"]?.integer, replicas < 0 {
            result.append(
                Validation.invalid("spec.replicas", .integer(replicas), "must be greater than or equal to 0"))
        }
        let selector = spec["selector"]
        if selector == nil { result.append(Validation.required("spec.selector")) }
        let labels = spec["template"]?["metadata"]?["labels"]
        if !matches(selector, labels?.object ?? Object()) {
            result.append(
                Validation.invalid(
                    "spec.template.metadata.labels", labels, "`selector` does not match template `labels`"))
        }
        let claims = (spec["volumeClaimTemplates"]?.array ?? []).compactMap { $0["metadata"]?["name"]?.string }
        result += podSpec(spec["template"]?["spec"], "spec.template.spec", claims: claims)
        if let policy = spec["template"]?["spec"]?["restartPolicy"], policy != "Always" {
            result.append(Validation.unsupported("spec.template.spec.restartPolicy", policy, ["Always"]))
        }
        if let old, kind == "StatefulSet" {
            if frozen(spec) != frozen(old["spec"] ?? [:]) {
                result.append(
                    Validation.forbidden(
                        "spec",
                        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
                    ))
            }
        } else if let old, selector != old.value(at: "spec", "selector") {
            result.append(Validation.invalid("spec.selector", selector, "field is immutable"))
        }
        return result
    }

    /// What of a StatefulSet may not change.
    private static func frozen(_ spec: Value) -> Value {
        var object = spec.object ?? Object()
        for key in [
            "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
        ] {
            object[key] = nil
        }
        return .object(object)
    }

    private static func matches(_ selector: Value?, _ labels: Object) -> Bool {
        let wanted = selector?["matchLabels"]?.object ?? Object()
        if wanted.isEmpty, selector?["matchExpressions"] == nil { return false }
        return wanted.pairs.allSatisfy { labels[$0.key] == $0.value }
    }

    static func job(_ object: Object, old: Object?) -> [Cause] {
        var result: [Cause] = []
        let spec = object["spec"] ?? [:]
        if let old, spec["template"] != old.value(at: "spec", "template") {
            result.append(Validation.invalid("spec.template", spec["template"], "field is immutable"))
        }
        result += podSpec(spec["template"]?["spec"], "spec.template.spec")
        let policy = spec["template"]?["spec"]?["restartPolicy"]
        if policy == "Always" {
            result.append(
                Validation.required("spec.template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\""))
        }
        return result
    }

    /// - Parameter claims: volumes that the pods get besides those of the template: a StatefulSet's claims.
    static func podSpec(_ spec: Value?, _ path: String, claims: [String] = []) -> [Cause] {
        let containers = spec?["containers"]?.array ?? []
        guard !containers.isEmpty else { return [Validation.required("\(path).containers")] }
        var result: [Cause] = []
        let volumes = Set((spec?["volumes"]?.array ?? []).compactMap { $0["name"]?.string } + claims)
        for list in ["initContainers", "containers"] {
            var names: Set<String> = []
            for (index, container) in (spec?[list]?.array ?? []).enumerated() {
                let field = "\(path).\(list)[\(index)]"
                let name = container["name"]?.string ?? ""
                if name.isEmpty {
                    result.append(Validation.required("\(field).name"))
                } else if !NameRules.isLabel(name) {
                    result.append(Validation.invalid("\(field).name", .string(name), NameRules.label))
                } else if !names.insert(name).inserted {
                    result.append(
                        Cause(
                            reason: "FieldValueDuplicate", message: "Duplicate value: \(JSON.text(.string(name)))",
                            field: "\(field).name"))
                }
                if (container["image"]?.string ?? "").isEmpty { result.append(Validation.required("\(field).image")) }
                result += ports(container, field)
                let policies = ["Always", "IfNotPresent", "Never"]
                if let policy = container["imagePullPolicy"]?.string, !policies.contains(policy) {
                    result.append(Validation.unsupported("\(field).imagePullPolicy", .string(policy), policies))
                }
                for (mountIndex, mount) in (container["volumeMounts"]?.array ?? []).enumerated() {
                    guard let volume = mount["name"]?.string, !volumes.contains(volume) else { continue }
                    result.append(
                        Cause(
                            reason: "FieldValueNotFound", message: "Not found: \(JSON.text(.string(volume)))",
                            field: "\(field).volumeMounts[\(mountIndex)].name"))
                }
            }
        }
        return result
    }

    private static func ports(_ container: Value, _ field: String) -> [Cause] {
        var result: [Cause] = []
        var names: Set<String> = []
        for (index, port) in (container["ports"]?.array ?? []).enumerated() {
            if let name = port["name"]?.string {
                let place = "\(field).ports[\(index)].name"
                if name.utf8.count > 15 {
                    result.append(Validation.invalid(place, .string(name), "must be no more than 15 characters"))
                } else if !names.insert(name).inserted {
                    result.append(
                        Cause(
                            reason: "FieldValueDuplicate", message: "Duplicate value: \(JSON.text(.string(name)))",
                            field: place))
                }
            }
            let number = port["containerPort"]?.integer ?? 0
            if !(1...65535).contains(number) {
                result.append(
                    Validation.invalid(
                        "\(field).ports[\(index)].containerPort", .integer(number),
                        "must be between 1 and 65535, inclusive"))
            }
        }
        return result
    }
}
