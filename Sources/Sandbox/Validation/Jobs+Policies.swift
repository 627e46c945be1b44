// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a Job makes of its pods' failures and successes.
///
/// Source: validateJobSpec, validatePodFailurePolicy and validateSuccessPolicy of pkg/apis/batch/validation.
extension Causes {
    mutating func indexedJob(_ spec: Field) {
        let completions = spec["completions"]
        let parallelism = spec["parallelism"]
        let most = spec["maxFailedIndexes"]
        if !completions.isSet { required(completions, "when completion mode is Indexed") }
        if let count = parallelism.integer, count > 100_000 {
            invalid(parallelism, "must be less than or equal to 100000 when completion mode is Indexed")
        }
        if let failed = most.integer {
            if let count = completions.integer, failed > count {
                invalid(most, "must be less than or equal to completions")
            }
            if failed > 100_000 { invalid(most, "must be less than or equal to 100000") }
        }
        guard let count = completions.integer, count > 100_000, spec["backoffLimitPerIndex"].isSet else { return }
        let why =
            "must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index"
        if !most.isSet { required(most, "must be specified when completions is above 100000") }
        for field in [parallelism, most] {
            if let number = field.integer, number > 10_000 { invalid(field, why) }
        }
    }

    mutating func podFailurePolicy(_ spec: Field) {
        let rules = spec["podFailurePolicy"]["rules"]
        tooMany(rules, limit: 20)
        let pod = spec["template"]["spec"]
        let names = (pod["containers"].items + pod["initContainers"].items).map { $0["name"].string }
        for rule in rules.items { failureRule(rule, spec, containers: names) }
    }

    private mutating func failureRule(_ rule: Field, _ spec: Field, containers: [String]) {
        let actions = ["Count", "FailIndex", "FailJob", "Ignore"]
        let action = rule["action"]
        if action.string.isEmpty {
            required(action, "valid values: \(Self.quoted(actions))")
        } else if action.string == "FailIndex" {
            if !spec["backoffLimitPerIndex"].isSet {
                invalid(action, "requires the backoffLimitPerIndex to be set")
            }
        } else {
            choice(action, actions)
        }
        let codes = rule["onExitCodes"]
        let conditions = rule["onPodConditions"]
        if codes.isSet { exitCodes(codes, containers: containers) }
        if conditions.count > 0 { podConditions(conditions) }
        switch (codes.isSet, conditions.count > 0) {
        case (true, true): invalidWhole(rule, "specifying both OnExitCodes and OnPodConditions is not supported")
        case (false, false): invalidWhole(rule, "specifying one of OnExitCodes and OnPodConditions is required")
        default: break
        }
    }

    private mutating func exitCodes(_ codes: Field, containers: [String]) {
        let operation = codes["operator"]
        if operation.string.isEmpty {
            required(operation, "valid values: \(Self.quoted(["In", "NotIn"]))")
        } else {
            choice(operation, ["In", "NotIn"])
        }
        let name = codes["containerName"]
        if name.isSet, !containers.contains(name.string) {
            invalid(name, "must be one of the container or initContainer names in the pod template")
        }
        let values = codes["values"]
        if values.count == 0 { invalid(values, "at least one value is required") } else { tooMany(values, limit: 255) }
        var seen: Set<Int64> = []
        let numbers = values.items.map { $0.integer ?? 0 }
        for (field, number) in zip(values.items, numbers) {
            if operation.string == "In", number == 0 { invalid(field, "must not be 0 for the In operator") }
            if !seen.insert(number).inserted { duplicate(field) }
        }
        if zip(numbers, numbers.dropFirst()).contains(where: { $0 > $1 }) { invalid(values, "must be ordered") }
    }

    private mutating func podConditions(_ conditions: Field) {
        let statuses = ["False", "True", "Unknown"]
        tooMany(conditions, limit: 20)
        for condition in conditions.items {
            check(condition["type"], NameRules.qualifiedName)
            if condition["status"].string.isEmpty {
                required(condition["status"], "valid values: \(Self.quoted(statuses))")
            } else {
                choice(condition["status"], statuses)
            }
        }
    }

    mutating func successPolicy(_ spec: Field, isIndexed: Bool) {
        let policy = spec["successPolicy"]
        guard isIndexed else {
            return invalid(
                policy, "requires indexed completion mode", showing: GoStruct.dump(policy.value, as: "SuccessPolicy"))
        }
        let rules = policy["rules"]
        if rules.count == 0 {
            required(rules, "at least one rules must be specified when the successPolicy is specified")
        }
        tooMany(rules, limit: 20)
        let completions = spec["completions"].integer ?? 0
        for rule in rules.items {
            let count = rule["succeededCount"]
            if !count.isSet, !rule["succeededIndexes"].isSet {
                required(rule, "at least one of succeededCount or succeededIndexes must be specified")
            }
            guard let number = count.integer else { continue }
            nonnegative(count)
            if number > completions {
                invalid(count, "must be less than or equal to \(completions) (the number of specified completions)")
            }
        }
    }

    /// As Go prints a list of texts with `%q`.
    private static func quoted(_ texts: [String]) -> String {
        "[\(texts.map { "\"\($0)\"" }.joined(separator: " "))]"
    }

    /// A cause that shows no value.
    private mutating func invalidWhole(_ field: Field, _ why: String) {
        add(StatusError.Cause(reason: "FieldValueInvalid", message: "Invalid value: \(why)", field: field.path))
    }
}
