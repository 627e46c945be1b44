// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Source: validateResourceQuotaScopes and validateScopedResourceSelectorRequirement of pkg/apis/core/validation.
extension Causes {
    private static let scopes = [
        "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating",
        "VolumeAttributesClass",
    ]

    mutating func quotaScopes(_ spec: Field) {
        let names = spec["hard"].entries.map(\.key)
        let list = spec["scopes"]
        for scope in list.items.map(\.string) {
            if !Self.scopes.contains(scope) { invalid(list, "unsupported scope") }
            for name in names where !Self.applies(scope, to: name) {
                invalid(list, "unsupported scope applied to resource")
            }
        }
        conflicts(list.items.map(\.string), list, showing: list.value)
        guard spec["scopeSelector"].isSet else { return }
        let terms = spec["scopeSelector"]["matchExpressions"]
        for term in terms.items { scopeTerm(term, at: terms, in: spec, names) }
        conflicts(terms.items.map { $0["scopeName"].string }, terms, showing: list.value ?? .null)
    }

    /// Terms are reported without their index.
    private mutating func scopeTerm(_ term: Field, at terms: Field, in spec: Field, _ names: [String]) {
        func part(_ key: String) -> Field { Field("\(terms.path).\(key)", term[key].value) }
        let scope = term["scopeName"].string
        let operation = part("operator")
        if !Self.scopes.contains(scope) { invalid(part("scopeName"), "unsupported scope", showing: .string(scope)) }
        for name in names where !Self.applies(scope, to: name) {
            invalid(
                terms, "unsupported scope applied to resource",
                showing: GoStruct.dump(spec["scopeSelector"].value, as: "ScopeSelector"))
        }
        let plain = ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"]
        if plain.contains(scope), operation.string != "Exists" {
            invalid(
                operation,
                "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
                showing: .string(operation.string))
        }
        switch operation.string {
        case "In", "NotIn":
            if term["values"].count == 0 {
                required(
                    Field(part("values").path, nil),
                    "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
            }
        case "Exists", "DoesNotExist":
            if term["values"].count > 0 {
                invalid(
                    part("values"),
                    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")
            }
        default: invalid(operation, "not a valid selector operator", showing: .string(operation.string))
        }
    }

    private mutating func conflicts(_ scopes: [String], _ field: Field, showing value: Value?) {
        for pair in [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]]
        where pair.allSatisfy(scopes.contains) {
            invalid(field, "conflicting scopes", showing: value)
        }
    }

    /// Whether a scope makes sense for a resource (`IsResourceQuotaScopeValidForResource`). Names that a quota does not
    /// know are refused elsewhere.
    private static func applies(_ scope: String, to name: String) -> Bool {
        let compute = [
            "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage",
            "limits.cpu", "limits.memory", "limits.ephemeral-storage",
        ]
        let others = [
            "services", "services.nodeports", "services.loadbalancers", "replicationcontrollers", "resourcequotas",
            "secrets", "configmaps", "persistentvolumeclaims", "requests.storage",
        ]
        guard name == "pods" || compute.contains(name) || others.contains(name) else { return true }
        return switch scope {
        case "BestEffort": name == "pods"
        case "VolumeAttributesClass": ["persistentvolumeclaims", "requests.storage"].contains(name)
        case "NotBestEffort", "Terminating", "NotTerminating", "PriorityClass", "CrossNamespacePodAffinity":
            name == "pods" || compute.contains(name)
        default: true
        }
    }
}
