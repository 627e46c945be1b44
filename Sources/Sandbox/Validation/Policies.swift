// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Quotas, limits, priorities and leases.
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
        quotaScopes(spec)
        if let old,
            Set(spec["scopes"].items.map(\.string))
                != Set((old.value(at: "spec", "scopes")?.array ?? []).compactMap(\.string))
        {
            invalid(spec["scopes"], "field is immutable")
        }
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
        if !Self.allowsOvercommit(name), let given = amount("default"), let asked = amount("defaultRequest"),
            given != asked
        {
            invalid(
                limit["defaultRequest"].entry(name),
                "default value \(given.canonical) must equal to defaultRequest value \(asked.canonical) in \(name)",
                showing: .string(asked.canonical))
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
}
