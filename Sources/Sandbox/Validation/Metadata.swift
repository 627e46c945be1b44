// SPDX-License-Identifier: Apache-2.0

import Manifests

/// `ObjectMeta`, and labels and selectors wherever they stand.
extension Causes {
    mutating func metadata(_ object: Object, _ type: ResourceType) {
        let metadata = Field("metadata", object["metadata"])
        let names = Self.nameRule(type)
        if metadata["generateName"].isSet {
            // A prefix may end with a dash: something follows it.
            let prefix = metadata["generateName"].string
            let masked = prefix.hasSuffix("-") && prefix.utf8.count > 1 ? prefix.dropLast() + "a" : prefix
            for problem in names(masked) { invalid(metadata["generateName"], problem) }
        }
        if object.name.isEmpty {
            required(metadata["name"], "name or generateName is required")
        } else {
            check(metadata["name"], names)
        }
        described(metadata)
    }

    /// What may not change, and what must be right at all times.
    mutating func metadataUpdate(_ object: Object, old: Object) {
        let metadata = Field("metadata", object["metadata"])
        if old.isTerminating {
            let added = object.finalizers.filter { !old.finalizers.contains($0) }
            if !added.isEmpty {
                let list = added.map { JSON.text(.string($0)) }.joined(separator: ", ")
                forbidden(
                    metadata["finalizers"],
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}"
                )
            }
        }
        described(metadata)
    }

    private mutating func described(_ metadata: Field) {
        labels(metadata["labels"])
        annotations(metadata["annotations"])
        owners(metadata["ownerReferences"])
        for finalizer in metadata["finalizers"].items { check(finalizer, NameRules.qualifiedName) }
        for (finalizer, name) in zip(metadata["finalizers"].items, metadata["finalizers"].value?.array ?? [])
        where !name.text.contains("/") && !["foregroundDeletion", "orphan", "kubernetes"].contains(name.text) {
            invalid(
                finalizer, "name is neither a standard finalizer name nor is it fully qualified")
        }
    }

    private mutating func owners(_ field: Field) {
        var controllers: [String] = []
        for owner in field.items {
            if owner["apiVersion"].string.isEmpty {
                invalid(owner["apiVersion"], "version must not be empty", showing: "")
            }
            for (key, why) in [
                ("kind", "must not be empty"), ("name", "must not be empty"), ("uid", "must not be empty"),
            ]
            where owner[key].string.isEmpty {
                invalid(owner[key], why, showing: "")
            }
            guard owner["controller"].value == true else { continue }
            controllers.append("\(owner["kind"].string)/\(owner["name"].string)")
        }
        if controllers.count > 1 {
            invalid(
                field,
                "Only one reference can have Controller set to true. Found \"true\" in references for \(controllers[0]) and \(controllers[1])"
            )
        }
    }

    mutating func labels(_ field: Field) {
        for (key, entry) in field.entries {
            for problem in NameRules.qualifiedName(key) { invalid(field, problem, showing: .string(key)) }
            for problem in NameRules.labelValue(entry.string) { invalid(field, problem, showing: entry.value) }
        }
    }

    mutating func annotations(_ field: Field) {
        var size = 0
        for (key, entry) in field.entries {
            for problem in NameRules.qualifiedName(key.lowercased()) { invalid(field, problem, showing: .string(key)) }
            size += key.utf8.count + entry.string.utf8.count
        }
        if size > 262_144 { tooLong(field, limit: 262_144) }
    }

    mutating func selector(_ field: Field) {
        labels(field["matchLabels"])
        for expression in field["matchExpressions"].items {
            selectorValues(expression)
            check(expression["key"], NameRules.qualifiedName)
            for value in expression["values"].items { check(value, NameRules.labelValue) }
        }
    }

    mutating func selectorValues(_ expression: Field) {
        switch expression["operator"].string {
        case "In", "NotIn":
            if expression["values"].count == 0 {
                required(expression["values"], "must be specified when `operator` is 'In' or 'NotIn'")
            }
        case "Exists", "DoesNotExist":
            if expression["values"].count > 0 {
                forbidden(
                    expression["values"], "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        default:
            invalid(
                expression["operator"], "not a valid selector operator", showing: .string(expression["operator"].string)
            )
        }
    }

    private static func nameRule(_ type: ResourceType) -> (String) -> [String] {
        if type.custom != nil { return NameRules.subdomain }
        return switch (type.group, type.kind) {
        case ("", "Namespace"), ("", "Service"), ("apps", "StatefulSet"): NameRules.label
        case ("rbac.authorization.k8s.io", _), ("apiregistration.k8s.io", "APIService"): NameRules.pathSegment
        default: NameRules.subdomain
        }
    }
}

extension Value {
    fileprivate var text: String { string ?? "" }
}
