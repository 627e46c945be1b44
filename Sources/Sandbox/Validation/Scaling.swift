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
        // Twice: on its own, and for want of a source that would belong to it.
        let isKnown = kinds.contains(type)
        if !isKnown { unsupported(metric["type"], kinds, showing: .string(type)) }
        let fields = ["object", "external", "pods", "resource", "containerResource"]
        let present = fields.filter { metric[$0].isSet }
        if let first = present.first { source(metric[first], first) }
        let expected = type.prefix(1).lowercased() + type.dropFirst()
        if !isKnown {
            unsupported(metric["type"], kinds, showing: .string(type))
        } else if !present.contains(expected) {
            required(metric[expected], "must populate information for the given metric source")
        }
        if present.count != 1 {
            for key in present where key != expected {
                forbidden(metric[key], "must populate the given metric source only")
            }
        }
    }

    private mutating func source(_ source: Field, _ kind: String) {
        let target = source["target"]
        switch kind {
        case "resource", "containerResource": resourceMetric(source, isContainer: kind == "containerResource")
        case "pods":
            identifier(source["metric"])
            metricTarget(target)
            if !target["averageValue"].isSet {
                required(target["averageValue"], "must specify a positive target averageValue")
            }
        case "object":
            for key in ["kind", "name"] { requiredText(source["describedObject"][key], NameRules.pathSegment) }
            identifier(source["metric"])
            metricTarget(target)
            if !target["value"].isSet, !target["averageValue"].isSet {
                required(target["averageValue"], "must set either a target value or averageValue")
            }
        default:
            identifier(source["metric"])
            metricTarget(target)
            switch (target["value"].isSet, target["averageValue"].isSet) {
            case (false, false):
                required(
                    target["averageValue"], "must set either a target value for metric or a per-pod target")
            case (true, true):
                forbidden(target["value"], "may not set both a target value for metric and a per-pod target")
            default: break
            }
        }
    }

    private mutating func identifier(_ metric: Field) {
        guard !metric["name"].string.isEmpty else { return required(metric["name"], "must specify a metric name") }
        check(metric["name"], NameRules.pathSegment)
    }

    private mutating func resourceMetric(_ source: Field, isContainer: Bool) {
        let name = source["name"]
        if name.string.isEmpty {
            required(name, "must specify a resource name")
        } else if isContainer {
            containerResourceName(name, name.string)
        }
        if isContainer {
            if source["container"].string.isEmpty {
                required(source["container"], "must specify a container")
            } else {
                check(source["container"], NameRules.label)
            }
        }
        let target = source["target"]
        metricTarget(target)
        switch (target["averageUtilization"].isSet, target["averageValue"].isSet) {
        case (false, false):
            required(target["averageUtilization"], "must set either a target raw value or a target utilization")
        case (true, true):
            forbidden(target["averageValue"], "may not set both a target raw value and a target utilization")
        default: break
        }
    }

    private mutating func metricTarget(_ target: Field) {
        let type = target["type"].string
        if type.isEmpty { required(target["type"], "must specify a metric target type") }
        if !["Utilization", "Value", "AverageValue"].contains(type) {
            invalid(
                target["type"], "must be either Utilization, Value, or AverageValue", showing: .string(type))
        }
        for key in ["value", "averageValue"] {
            if let amount = target[key].quantity, let zero = Quantity("0"), amount <= zero {
                invalid(target[key], "must be positive", showing: .string(amount.canonical))
            }
        }
        if let percent = target["averageUtilization"].integer, percent < 1 {
            invalid(target["averageUtilization"], "must be greater than 0")
        }
    }

    private mutating func scalingRules(_ rules: Field) {
        if let window = rules["stabilizationWindowSeconds"].integer {
            if window < 0 { invalid(rules["stabilizationWindowSeconds"], "must be greater than or equal to zero") }
            if window > 3600 { invalid(rules["stabilizationWindowSeconds"], "must be less than or equal to 3600") }
        }
        choice(rules["selectPolicy"], ["Disabled", "Max", "Min"])
        if rules["policies"].count == 0 {
            required(Field(rules["policies"].path, nil), "must specify at least one Policy")
        }
        for policy in rules["policies"].items {
            if !["Percent", "Pods"].contains(policy["type"].string) {
                unsupported(policy["type"], ["Percent", "Pods"], showing: .string(policy["type"].string))
            }
            for key in ["value", "periodSeconds"] where policy[key].integer ?? 0 <= 0 {
                invalid(policy[key], "must be greater than zero", showing: .integer(policy[key].integer ?? 0))
            }
            if policy["periodSeconds"].integer ?? 0 <= 0 {
                continue
            } else if policy["periodSeconds"].integer ?? 0 > 1800 {
                invalid(policy["periodSeconds"], "must be less than or equal to 1800")
            }
        }
        if let tolerance = rules["tolerance"].quantity, let zero = Quantity("0"), tolerance < zero {
            invalid(rules["tolerance"], Self.negative, showing: .string(tolerance.canonical))
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
