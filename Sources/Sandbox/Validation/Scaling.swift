// SPDX-License-Identifier: Apache-2.0

import Manifests

/// HorizontalPodAutoscalers and PodDisruptionBudgets.
extension Causes {
    mutating func autoscaler(_ object: Object) {
        let spec = Field("spec", object["spec"])
        let most = spec["maxReplicas"].integer ?? 0
        if let least = spec["minReplicas"].integer, least < 1 {
            invalid(spec["minReplicas"], "must be greater than or equal to 1")
        }
        if most < 1 { invalid(spec["maxReplicas"], "must be greater than 0", showing: .integer(most)) }
        if let least = spec["minReplicas"].integer, most < least {
            invalid(
                spec["maxReplicas"], "must be greater than or equal to `minReplicas`", showing: .integer(most))
        }
        let target = spec["scaleTargetRef"]
        requiredText(target["kind"], NameRules.pathSegment)
        requiredText(target["name"], NameRules.pathSegment)
        if !target["apiVersion"].string.contains("/"), target["kind"].string != "ReplicationController" {
            invalid(
                target["apiVersion"], "apiVersion must specify API group",
                showing: .string(target["apiVersion"].string))
        }
        if let cpu = spec["targetCPUUtilizationPercentage"].integer, cpu < 1 {
            invalid(
                Field("spec.metrics[0].resource.target.averageUtilization", .integer(cpu)), "must be greater than 0")
        }
        for metric in spec["metrics"].items { self.metric(metric) }
        for direction in ["scaleUp", "scaleDown"] where spec["behavior"][direction].isSet {
            scalingRules(spec["behavior"][direction])
        }
    }

    private mutating func metric(_ metric: Field) {
        let kinds = ["ContainerResource", "External", "Object", "Pods", "Resource"]
        let type = metric["type"].string
        if type.isEmpty { required(metric["type"], "must specify a metric source type") }
        if !kinds.contains(type) { unsupported(metric["type"], kinds, showing: .string(type)) }
        let fields = ["object", "external", "pods", "resource", "containerResource"]
        let present = fields.filter { metric[$0].isSet }
        if let first = present.first { source(metric[first], first) }
        let expected = type.prefix(1).lowercased() + type.dropFirst()
        if !type.isEmpty, fields.contains(expected), !present.contains(expected) {
            required(metric[expected], "must populate information for the given metric source")
        }
        if present.count != 1 {
            for key in present where key != expected {
                forbidden(metric[key], "must populate the given metric source only")
            }
        }
    }

    private mutating func source(_ source: Field, _ kind: String) {
        switch kind {
        case "resource", "containerResource":
            if source["name"].string.isEmpty { required(source["name"], "must specify a resource name") }
            if kind == "containerResource", source["container"].string.isEmpty {
                required(source["container"], "must specify a container")
            }
            metricTarget(source["target"])
            let target = source["target"]
            switch (target["averageUtilization"].isSet, target["averageValue"].isSet) {
            case (false, false):
                required(
                    target["averageUtilization"], "must set either a target raw value or a target utilization")
            case (true, true):
                forbidden(target["averageValue"], "may not set both a target raw value and a target utilization")
            default: break
            }
        default:
            if source["metric"]["name"].string.isEmpty {
                required(source["metric"]["name"], "must specify a metric name")
            }
            selector(source["metric"]["selector"])
            metricTarget(source["target"])
            if kind == "pods", !source["target"]["averageValue"].isSet {
                required(source["target"]["averageValue"], "must specify a positive target averageValue")
            }
            if kind != "pods", !source["target"]["value"].isSet, !source["target"]["averageValue"].isSet {
                required(
                    source["target"]["averageValue"], "must set either a target value or averageValue")
            }
        }
    }

    private mutating func metricTarget(_ target: Field) {
        let type = target["type"].string
        if type.isEmpty { required(target["type"], "must specify a metric target type") }
        if !["Utilization", "Value", "AverageValue"].contains(type) {
            invalid(
                target["type"], "must be either Utilization, Value, or AverageValue", showing: .string(type))
        }
        if let percent = target["averageUtilization"].integer, percent < 1 {
            invalid(target["averageUtilization"], "must be greater than 0")
        }
        for key in ["value", "averageValue"] {
            if let amount = target[key].quantity, let zero = Quantity("0"), amount <= zero {
                invalid(target[key], "must be positive", showing: .string(amount.canonical))
            }
        }
    }

    private mutating func scalingRules(_ rules: Field) {
        if let window = rules["stabilizationWindowSeconds"].integer {
            if window < 0 { invalid(rules["stabilizationWindowSeconds"], "must be greater than or equal to zero") }
            if window > 3600 { invalid(rules["stabilizationWindowSeconds"], "must be less than or equal to 3600") }
        }
        choice(rules["selectPolicy"], ["Disabled", "Max", "Min"])
        for policy in rules["policies"].items {
            choice(policy["type"], ["Percent", "Pods"])
            if policy["value"].integer ?? 0 <= 0 { invalid(policy["value"], "must be greater than zero") }
            if policy["periodSeconds"].integer ?? 0 <= 0 {
                invalid(policy["periodSeconds"], "must be greater than zero")
            } else if policy["periodSeconds"].integer ?? 0 > 1800 {
                invalid(policy["periodSeconds"], "must be less than or equal to 1800")
            }
        }
    }

    mutating func disruptionBudget(_ object: Object) {
        let spec = Field("spec", object["spec"])
        if spec["minAvailable"].isSet, spec["maxUnavailable"].isSet {
            invalid(
                spec, "minAvailable and maxUnavailable cannot be both set",
                showing: GoStruct.dump(spec.value, as: "PodDisruptionBudgetSpec"))
        }
        for key in ["minAvailable", "maxUnavailable"] where spec[key].isSet {
            amount(spec[key])
            atMostWhole(spec[key])
        }
        selector(spec["selector"])
        choice(spec["unhealthyPodEvictionPolicy"], ["AlwaysAllow", "IfHealthyBudget"])
    }
}
