// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Where pods may run: affinity, tolerations, spreading.
extension Causes {
    mutating func affinity(_ affinity: Field) {
        let node = affinity["nodeAffinity"]
        let required = node["requiredDuringSchedulingIgnoredDuringExecution"]
        if required.isSet { nodeSelector(required) }
        for term in node["preferredDuringSchedulingIgnoredDuringExecution"].items {
            weight(term)
            nodeTerm(term["preference"], checksValues: false)
        }
        for key in ["podAffinity", "podAntiAffinity"] {
            for term in affinity[key]["requiredDuringSchedulingIgnoredDuringExecution"].items { podTerm(term) }
            for term in affinity[key]["preferredDuringSchedulingIgnoredDuringExecution"].items {
                weight(term)
                podTerm(term["podAffinityTerm"])
            }
        }
    }

    private mutating func weight(_ term: Field) {
        if !(1...100).contains(term["weight"].integer ?? 0) {
            invalid(term["weight"], "must be in the range 1-100", showing: .integer(term["weight"].integer ?? 0))
        }
    }

    mutating func nodeSelector(_ selector: Field) {
        let terms = selector["nodeSelectorTerms"]
        guard terms.count > 0 else { return required(terms, "must have at least one node selector term") }
        for term in terms.items { nodeTerm(term, checksValues: true) }
    }

    private mutating func nodeTerm(_ term: Field, checksValues: Bool) {
        for expression in term["matchExpressions"].items {
            if ["Gt", "Lt"].contains(expression["operator"].string) {
                if expression["values"].count != 1 {
                    required(expression["values"], "must be specified single value when `operator` is 'Lt' or 'Gt'")
                }
            } else {
                selectorValues(expression)
            }
            check(expression["key"], NameRules.qualifiedName)
            guard checksValues else { continue }
            for value in expression["values"].items { check(value, NameRules.labelValue) }
        }
        for expression in term["matchFields"].items {
            if !["In", "NotIn"].contains(expression["operator"].string) {
                invalid(expression["operator"], "not a valid selector operator")
            } else if expression["values"].count != 1 {
                required(
                    expression["values"],
                    "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
            }
            if expression["key"].string != "metadata.name" {
                invalid(expression["key"], "not a valid field selector key")
            } else {
                for value in expression["values"].items { check(value, NameRules.subdomain) }
            }
        }
    }

    private mutating func podTerm(_ term: Field) {
        selector(term["labelSelector"])
        selector(term["namespaceSelector"])
        for name in term["namespaces"].items {
            for problem in NameRules.label(name.string) {
                invalid(term["namespace"], problem, showing: .string(name.string))
            }
        }
        if term["topologyKey"].string.isEmpty {
            required(term["topologyKey"], "can not be empty")
        }
        check(term["topologyKey"], NameRules.qualifiedName)
    }

    mutating func tolerations(_ list: Field) {
        for toleration in list.items {
            if !toleration["key"].string.isEmpty { check(toleration["key"], NameRules.qualifiedName) }
            let operation = toleration["operator"].string
            if toleration["key"].string.isEmpty, operation != "Exists" {
                invalid(
                    toleration["operator"],
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
                    showing: .string(operation))
            }
            if toleration["tolerationSeconds"].isSet, toleration["effect"].string != "NoExecute" {
                invalid(
                    toleration["effect"], "effect must be 'NoExecute' when `tolerationSeconds` is set",
                    showing: .string(toleration["effect"].string))
            }
            let value = toleration["value"].string
            switch operation {
            case "Equal", "":
                let problems = NameRules.labelValue(value)
                if !problems.isEmpty {
                    invalid(toleration["operator"], problems.joined(separator: ";"), showing: .string(value))
                }
            case "Exists":
                if !value.isEmpty {
                    invalid(
                        toleration["operator"], "value must be empty when `operator` is 'Exists'",
                        showing: .string(value))
                }
            default: unsupported(toleration["operator"], ["Equal", "Exists"])
            }
            if !toleration["effect"].string.isEmpty {
                choice(toleration["effect"], ["NoSchedule", "PreferNoSchedule", "NoExecute"])
            }
        }
    }

    mutating func spreading(_ list: Field) {
        var seen: Set<String> = []
        for constraint in list.items {
            let skew = constraint["maxSkew"].integer ?? 0
            if skew <= 0 {
                invalid(constraint["maxSkew"], "must be greater than zero", showing: .integer(skew))
            }
            let key = constraint["topologyKey"].string
            if key.isEmpty {
                required(constraint["topologyKey"], "can not be empty")
            } else {
                check(constraint["topologyKey"], NameRules.qualifiedName)
            }
            let action = constraint["whenUnsatisfiable"].string
            if !["DoNotSchedule", "ScheduleAnyway"].contains(action) {
                unsupported(
                    constraint["whenUnsatisfiable"], ["DoNotSchedule", "ScheduleAnyway"], showing: .string(action))
            }
            // An earlier constraint of the same key and action.
            if !seen.insert("\(key)/\(action)").inserted {
                duplicate(
                    Field("\(constraint.path).{topologyKey, whenUnsatisfiable}", nil),
                    showing: .string("{\(key), \(action)}"))
            }
            if let domains = constraint["minDomains"].integer {
                if domains <= 0 { invalid(constraint["minDomains"], "must be greater than zero") }
                if action != "DoNotSchedule" {
                    invalid(
                        constraint["minDomains"],
                        "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)")
                }
            }
            for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                choice(constraint[policy], ["Honor", "Ignore"])
            }
            selector(constraint["labelSelector"])
        }
    }
}
