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
        described(metadata, knowsFinalizers: Self.knowsFinalizers(type))
    }

    /// Kinds whose metadata is checked by the generic rules alone.
    private static func knowsFinalizers(_ type: ResourceType) -> Bool {
        type.custom == nil
            && ![
                "apiextensions.k8s.io", "admissionregistration.k8s.io", "apiregistration.k8s.io", "coordination.k8s.io",
            ].contains(type.group)
    }

    /// What may not change, and what must be right at all times.
    mutating func metadataUpdate(_ object: Object, old: Object, _ type: ResourceType) {
        let metadata = Field("metadata", object["metadata"])
        if old.isTerminating {
            let added = Set(object.finalizers).subtracting(old.finalizers).sorted()
            if !added.isEmpty {
                let list = added.map { JSON.text(.string($0)) }.joined(separator: ", ")
                forbidden(
                    metadata["finalizers"],
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}"
                )
            }
        }
        described(metadata, knowsFinalizers: Self.knowsFinalizers(type))
    }

    /// - Parameter knowsFinalizers: whether a finalizer must be a standard one or have a domain.
    private mutating func described(_ metadata: Field, knowsFinalizers: Bool) {
        labels(metadata["labels"])
        annotations(metadata["annotations"])
        owners(metadata["ownerReferences"])
        let finalizers = metadata["finalizers"]
        let names = finalizers.items.map(\.string)
        for name in names {
            for problem in NameRules.qualifiedName(name) { invalid(finalizers, problem, showing: .string(name)) }
        }
        if names.contains("orphan"), names.contains("foregroundDeletion") {
            invalid(finalizers, "finalizer orphan and foregroundDeletion cannot be both set")
        }
        guard knowsFinalizers else { return }
        for finalizer in finalizers.items where !Self.isStandard(finalizer: finalizer.string) {
            invalid(
                finalizer, "name is neither a standard finalizer name nor is it fully qualified",
                showing: .string(finalizer.string))
        }
    }

    static func isStandard(finalizer: String) -> Bool {
        finalizer.contains("/") || ["foregroundDeletion", "orphan", "kubernetes"].contains(finalizer)
    }

    /// References are reported without their index.
    ///
    /// Source: ValidateOwnerReferences of apimachinery's pkg/api/validation.
    private mutating func owners(_ field: Field) {
        var first: String?
        for owner in field.items {
            func part(_ key: String) -> Field { Field("\(field.path).\(key)", owner[key].value) }
            let version = owner["apiVersion"].string
            if version.isEmpty || version.hasSuffix("/") {
                invalid(part("apiVersion"), "version must not be empty", showing: .string(version))
            }
            for key in ["kind", "name", "uid"] where owner[key].string.isEmpty {
                invalid(part(key), "must not be empty", showing: "")
            }
            if version == "v1", owner["kind"].string == "Event" {
                invalid(field, "/v1, Kind=Event is disallowed from being an owner", showing: owner.value)
            }
            guard owner["controller"].value == true else { continue }
            let name = "\(owner["kind"].string)/\(owner["name"].string)"
            if let first {
                invalid(
                    field,
                    "Only one reference can have Controller set to true. Found \"true\" in references for \(first) and \(name)"
                )
            } else {
                first = name
            }
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
