// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Quotas, limits, priorities, leases, events and webhooks.
extension Causes {
    mutating func quota(_ object: Object, old: Object?) {
        let spec = Field("spec", object["spec"])
        for (name, amount) in spec["hard"].entries {
            resourceName(amount, name)
            if !name.contains("/"), !Self.isQuota(name) {
                invalid(amount, "must be a standard resource for quota", showing: .string(name))
            }
            resourceAmount(amount, name)
        }
        let scopes = [
            "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass",
            "Terminating", "VolumeAttributesClass",
        ]
        for scope in spec["scopes"].items where !scopes.contains(scope.string) {
            invalid(spec["scopes"], "unsupported scope", showing: spec["scopes"].value)
        }
        if let old { immutable(spec["scopes"], old.value(at: "spec", "scopes")) }
    }

    private static func isQuota(_ name: String) -> Bool {
        isCounted(name)
            || [
                "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
                "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
            ].contains(name) || name.hasPrefix("hugepages-") || name.hasPrefix("requests.hugepages-")
    }

    mutating func limitRange(_ object: Object) {
        var types: Set<String> = []
        for limit in Field("spec.limits", object.value(at: "spec", "limits")).items {
            let type = limit["type"].string
            if NameRules.qualifiedName(type).isEmpty {
                if !type.contains("/"), !["Pod", "Container", "PersistentVolumeClaim"].contains(type) {
                    invalid(limit["type"], "must be a standard limit type or fully qualified")
                }
            } else {
                check(limit["type"], NameRules.qualifiedName)
            }
            if !types.insert(type).inserted { duplicate(limit["type"]) }
            limits(limit, type)
        }
    }

    private mutating func limits(_ limit: Field, _ type: String) {
        let lists = type == "Pod" ? ["max", "min"] : ["max", "min", "default", "defaultRequest"]
        if type == "Pod" {
            for key in ["default", "defaultRequest"] where limit[key].count > 0 {
                forbidden(limit[key], "may not be specified when `type` is 'Pod'")
            }
        }
        var names: Set<String> = []
        for key in lists + ["maxLimitRequestRatio"] {
            for (name, amount) in limit[key].entries {
                names.insert(name)
                if type == "Pod" || type == "Container" {
                    containerResourceName(amount, name)
                } else {
                    resourceName(amount, name)
                }
            }
        }
        if type == "PersistentVolumeClaim", limit["min"]["storage"].value == nil, limit["max"]["storage"].value == nil {
            required(
                limit["limits"], "either minimum or maximum storage value is required, but neither was provided")
        }
        for name in names.sorted() { bounds(limit, name) }
    }

    private mutating func bounds(_ limit: Field, _ name: String) {
        func amount(_ key: String) -> Quantity? { limit[key][name].quantity }
        let comparisons = [
            ("min", "max", "min", "min value", "max value"),
            ("min", "defaultRequest", "defaultRequest", "min value", "default request value"),
            ("defaultRequest", "max", "defaultRequest", "default request value", "max value"),
            ("defaultRequest", "default", "defaultRequest", "default request value", "default limit value"),
            ("min", "default", "default", "min value", "default value"),
            ("default", "max", "default", "default value", "max value"),
        ]
        for (low, high, place, lowName, highName) in comparisons {
            guard let small = amount(low), let large = amount(high), small > large else { continue }
            let shown = place == "default" ? (low == "min" ? small : large) : (place == low ? small : large)
            invalid(
                limit[place].entry(name),
                "\(lowName) \(small.canonical) is greater than \(highName) \(large.canonical)",
                showing: .string(shown.canonical))
        }
        if let ratio = amount("maxLimitRequestRatio"), let one = Quantity("1"), ratio < one {
            invalid(
                limit["maxLimitRequestRatio"].entry(name), "ratio \(ratio.canonical) is less than 1",
                showing: .string(ratio.canonical))
        }
    }

    mutating func priorityClass(_ object: Object, old: Object?) {
        let value = Field("value", object["value"])
        if let old {
            if object["value"] != old["value"] { forbidden(value, "may not be changed in an update.") }
            immutable(Field("preemptionPolicy", object["preemptionPolicy"]), old["preemptionPolicy"])
            return
        }
        if object.name.hasPrefix("system-") {
            if !["system-node-critical", "system-cluster-critical"].contains(object.name) {
                forbidden(
                    Field("metadata.name", nil),
                    "priority class names with 'system-' prefix are reserved for system use only. error: \(object.name) is not a known system priority class"
                )
            }
        } else if let number = value.integer, number > 1_000_000_000 {
            forbidden(value, "maximum allowed value of a user defined priority is 1000000000")
        }
        choice(Field("preemptionPolicy", object["preemptionPolicy"]), ["PreemptLowerPriority", "Never"])
    }

    mutating func lease(_ object: Object) {
        let spec = Field("spec", object["spec"])
        if let seconds = spec["leaseDurationSeconds"].integer, seconds <= 0 {
            invalid(spec["leaseDurationSeconds"], "must be greater than 0")
        }
        nonnegative(spec["leaseTransitions"])
    }

    mutating func event(_ object: Object, type: ResourceType) {
        let regarding = type.group.isEmpty ? "involvedObject" : "regarding"
        let namespace = Field("involvedObject.namespace", object.value(at: regarding, "namespace"))
        let matches =
            namespace.string.isEmpty
            ? ["", "default", "kube-system"].contains(object.namespace) : namespace.string == object.namespace
        if !matches {
            invalid(namespace, "does not match event.namespace", showing: .string(namespace.string))
        }
    }

    mutating func webhooks(_ object: Object) {
        for webhook in Field("webhooks", object["webhooks"]).items {
            let name = webhook["name"]
            if name.string.isEmpty {
                required(name)
            } else if !NameRules.subdomain(name.string).isEmpty {
                check(name, NameRules.subdomain)
            } else if name.string.split(separator: ".").count < 3 {
                invalid(name, "should be a domain with at least three segments separated by dots")
            }
            if webhook["admissionReviewVersions"].count == 0 {
                required(
                    Field(webhook["admissionReviewVersions"].path, nil), "must specify one of v1, v1beta1")
            }
            for rule in webhook["rules"].items { webhookRule(rule) }
            choice(webhook["failurePolicy"], ["Fail", "Ignore"])
            choice(webhook["matchPolicy"], ["Equivalent", "Exact"])
            if !webhook["sideEffects"].isSet {
                required(webhook["sideEffects"], "must specify one of None, NoneOnDryRun")
            } else {
                choice(webhook["sideEffects"], ["None", "NoneOnDryRun"])
            }
            if let seconds = webhook["timeoutSeconds"].integer, !(1...30).contains(seconds) {
                invalid(webhook["timeoutSeconds"], "the timeout value must be between 1 and 30 seconds")
            }
            for key in ["namespaceSelector", "objectSelector"] { selector(webhook[key]) }
            choice(webhook["reinvocationPolicy"], ["IfNeeded", "Never"])
            webhookClient(webhook["clientConfig"])
        }
    }

    private mutating func webhookRule(_ rule: Field) {
        if rule["operations"].count == 0 { required(Field(rule["operations"].path, nil)) }
        for operation in rule["operations"].items {
            choice(operation, ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"])
        }
        if rule["operations"].count > 1, rule["operations"].items.contains(where: { $0.string == "*" }) {
            invalid(rule["operations"], "if '*' is present, must not specify other operations")
        }
        for (key, word) in [("apiGroups", "API groups"), ("apiVersions", "API versions")] {
            if rule[key].count == 0 { required(Field(rule[key].path, nil)) }
            if rule[key].count > 1, rule[key].items.contains(where: { $0.string == "*" }) {
                invalid(rule[key], "if '*' is present, must not specify other \(word)")
            }
        }
        if rule["resources"].count == 0 { required(Field(rule["resources"].path, nil)) }
        choice(rule["scope"], ["*", "Cluster", "Namespaced"])
    }

    private mutating func webhookClient(_ client: Field) {
        let service = client["service"]
        guard client["url"].isSet != service.isSet else {
            return required(client, "exactly one of url or service is required")
        }
        if client["url"].isSet {
            if !client["url"].string.hasPrefix("https://") {
                invalid(
                    client["url"], "'https' is the only allowed URL scheme; desired format: https://host[/path]")
            }
            return
        }
        if service["name"].string.isEmpty { required(service["name"], "service name is required") }
        if service["namespace"].string.isEmpty { required(service["namespace"], "service namespace is required") }
        range(service["port"], 1...65535)
    }
}
