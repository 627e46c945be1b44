// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Requests, limits and the names of resources.
extension Causes {
    mutating func resources(_ field: Field, isPodLevel: Bool) {
        resourceList(field["limits"], path: field["limits"].path, isPodLevel: isPodLevel)
        let limits = field["limits"]
        for (name, request) in field["requests"].entries {
            resource(request, name, isPodLevel: isPodLevel)
            let overcommits = Self.allowsOvercommit(name)
            guard let limit = limits[name].quantity, let amount = request.quantity else {
                if limits[name].value == nil, !overcommits {
                    required(limits, "Limit must be set for non overcommitable resources")
                }
                continue
            }
            let shown = Value.string(amount.canonical)
            if amount != limit, !overcommits {
                invalid(field["requests"], "must be equal to \(name) limit of \(limit.canonical)", showing: shown)
            } else if amount > limit {
                invalid(
                    field["requests"], "must be less than or equal to \(name) limit of \(limit.canonical)",
                    showing: shown)
            }
        }
        let names = Set((limits.entries + field["requests"].entries).map(\.key))
        if names.contains(where: { $0.hasPrefix("hugepages-") }), !names.contains("cpu"), !names.contains("memory") {
            forbidden(field, "HugePages require cpu or memory")
        }
    }

    mutating func resourceList(_ list: Field, path: String, isPodLevel: Bool) {
        for (name, amount) in Field(path, list.value).entries { resource(amount, name, isPodLevel: isPodLevel) }
    }

    private mutating func resource(_ amount: Field, _ name: String, isPodLevel: Bool) {
        if isPodLevel {
            let before = list.count
            resourceName(amount, name)
            if list.count == before, !["cpu", "memory"].contains(name), !name.hasPrefix("hugepages-") {
                unsupported(amount, ["cpu", "memory"], showing: .string(name))
            }
        } else {
            containerResourceName(amount, name)
        }
        resourceAmount(amount, name)
    }

    mutating func resourceAmount(_ amount: Field, _ name: String) {
        guard let quantity = amount.quantity, let zero = Quantity("0") else { return }
        if quantity < zero { invalid(amount, Self.negative, showing: .string(quantity.canonical)) }
        if Self.isCounted(name), quantity.canonical.hasSuffix("m") {
            invalid(amount, "must be an integer", showing: .string(quantity.canonical))
        }
    }

    /// A standard name, or one with a domain.
    mutating func resourceName(_ field: Field, _ name: String) {
        let problems = NameRules.qualifiedName(name)
        for problem in problems { invalid(field, problem, showing: .string(name)) }
        guard problems.isEmpty, !name.contains("/"), !Self.isStandard(name) else { return }
        invalid(field, "must be a standard resource type or fully qualified", showing: .string(name))
    }

    mutating func containerResourceName(_ field: Field, _ name: String) {
        resourceName(field, name)
        if !name.contains("/") {
            if !["cpu", "memory", "ephemeral-storage"].contains(name), !name.hasPrefix("hugepages-") {
                invalid(field, "must be a standard resource for containers", showing: .string(name))
            }
        } else if !Self.isNative(name), !Self.isExtended(name) {
            invalid(field, "doesn't follow extended resource name standard", showing: .string(name))
        }
    }

    private static func isStandard(_ name: String) -> Bool {
        standard.contains(name) || name.hasPrefix("hugepages-") || name.hasPrefix("requests.hugepages-")
    }

    private static let standard: Set<String> = [
        "cpu", "memory", "ephemeral-storage", "storage", "requests.cpu", "requests.memory", "requests.storage",
        "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods", "services",
        "services.nodeports", "services.loadbalancers", "replicationcontrollers", "resourcequotas", "secrets",
        "configmaps", "persistentvolumeclaims",
    ]

    /// Things that are counted, not measured.
    static func isCounted(_ name: String) -> Bool {
        [
            "pods", "services", "services.nodeports", "services.loadbalancers", "replicationcontrollers",
            "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims",
        ].contains(name) || isExtended(name)
    }

    private static func isNative(_ name: String) -> Bool { !name.contains("/") || name.contains("kubernetes.io/") }

    static func isExtended(_ name: String) -> Bool {
        !isNative(name) && !name.hasPrefix("requests.") && NameRules.qualifiedName("requests.\(name)").isEmpty
    }

    static func allowsOvercommit(_ name: String) -> Bool { isNative(name) && !name.hasPrefix("hugepages-") }
}
