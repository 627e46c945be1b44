// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the server refuses of a CustomResourceDefinition.
///
/// Source: apiextensions-apiserver, pkg/apis/apiextensions/validation.
enum DefinitionValidation {
    typealias Cause = StatusError.Cause

    private static let dnsLabel =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

    static func causes(_ object: Object, old: Object?) -> [Cause] {
        var result = object["metadata"].map { _ in name(object) } ?? []
        let spec = object["spec"] ?? [:]
        result += group(spec) + scope(spec) + versions(spec) + names(spec)
        result += approval(object)
        if let old { result += changes(object, old: old) }
        return result
    }

    private static func name(_ object: Object) -> [Cause] {
        let plural = object.value(at: "spec", "names", "plural")?.string ?? ""
        let group = object.value(at: "spec", "group")?.string ?? ""
        guard !object.name.isEmpty, object.name != "\(plural).\(group)" else { return [] }
        return [
            Validation.invalid(
                "metadata.name", .string(object.name), "must be spec.names.plural+\".\"+spec.group")
        ]
    }

    private static func group(_ spec: Value) -> [Cause] {
        let group = spec["group"]?.string ?? ""
        if group.isEmpty { return [Validation.required("spec.group")] }
        let problems = NameRules.subdomain(group)
        if !problems.isEmpty { return problems.map { Validation.invalid("spec.group", .string(group), $0) } }
        if group.contains(".") { return [] }
        return [Validation.invalid("spec.group", .string(group), "should be a domain with at least one dot")]
    }

    private static func scope(_ spec: Value) -> [Cause] {
        let scope = spec["scope"]?.string ?? ""
        if scope.isEmpty { return [Validation.required("spec.scope")] }
        if ["Cluster", "Namespaced"].contains(scope) { return [] }
        return [Validation.unsupported("spec.scope", .string(scope), ["Cluster", "Namespaced"])]
    }

    private static func versions(_ spec: Value) -> [Cause] {
        var result: [Cause] = []
        let versions = spec["versions"]?.array ?? []
        if spec["preserveUnknownFields"]?.bool == true {
            result.append(Validation.invalid("spec.preserveUnknownFields", true, "must be false"))
        }
        for (index, version) in versions.enumerated() {
            let path = "spec.versions[\(index)]"
            let name = version["name"]?.string ?? ""
            if !isDNSLabel(name) { result.append(Validation.invalid("\(path).name", .string(name), dnsLabel)) }
            if let schema = version["schema"]?["openAPIV3Schema"], schema.object != nil {
                result += DefinitionSchema.causes(schema, "\(path).schema.openAPIV3Schema")
            } else {
                result.append(Validation.required("\(path).schema.openAPIV3Schema", "schemas are required"))
            }
            result += scale(version["subresources"]?["scale"], "\(path).subresources")
            result += columns(version["additionalPrinterColumns"], "\(path).additionalPrinterColumns")
        }
        let names = versions.compactMap { $0["name"]?.string }
        if Set(names).count != names.count {
            result.append(Validation.invalid("spec.versions", spec["versions"], "must contain unique version names"))
        }
        if versions.count(where: { $0["storage"]?.bool == true }) != 1 {
            result.append(
                Validation.invalid(
                    "spec.versions", spec["versions"], "must have exactly one version marked as storage version"))
        }
        return result
    }

    private static func scale(_ scale: Value?, _ path: String) -> [Cause] {
        guard let scale else { return [] }
        var result: [Cause] = []
        for (key, root) in [
            ("specReplicasPath", ".spec."), ("statusReplicasPath", ".status."), ("labelSelectorPath", ".status."),
        ] {
            let text = scale[key]?.string ?? ""
            let field = "\(path).scale.\(key)"
            if text.isEmpty {
                if key != "labelSelectorPath" { result.append(Validation.required(field)) }
            } else if !text.hasPrefix(".") {
                result.append(
                    Validation.invalid(field, .string(text), "must be a simple json path starting with ."))
            } else if !text.hasPrefix(root), !(key == "labelSelectorPath" && text.hasPrefix(".spec.")) {
                let words = key == "labelSelectorPath" ? ".spec or .status" : String(root.dropLast())
                result.append(Validation.invalid(field, .string(text), "should be a json path under \(words)"))
            }
        }
        return result
    }

    private static func columns(_ columns: Value?, _ path: String) -> [Cause] {
        var result: [Cause] = []
        let types = ["boolean", "date", "integer", "number", "string"]
        for (index, column) in (columns?.array ?? []).enumerated() {
            let field = "\(path)[\(index)]"
            if column["name"]?.string?.isEmpty ?? true { result.append(Validation.required("\(field).name")) }
            let type = column["type"]?.string ?? ""
            if type.isEmpty {
                result.append(
                    Validation.required("\(field).type", "must be one of \(types.joined(separator: ","))"))
            } else if !types.contains(type) {
                result.append(
                    Validation.invalid(
                        "\(field).type", .string(type), "must be one of \(types.joined(separator: ","))"))
            }
            if column["jsonPath"]?.string?.isEmpty ?? true { result.append(Validation.required("\(field).jsonPath")) }
        }
        return result
    }

    private static func names(_ spec: Value) -> [Cause] {
        let names = spec["names"] ?? [:]
        var result: [Cause] = []
        for key in ["plural", "singular", "kind", "listKind"] where names[key]?.string?.isEmpty ?? true {
            result.append(Validation.required("spec.names.\(key)"))
        }
        for key in ["plural", "singular"] {
            if let name = names[key]?.string, !name.isEmpty, !isDNSLabel(name) {
                result.append(Validation.invalid("spec.names.\(key)", .string(name), dnsLabel))
            }
        }
        for key in ["kind", "listKind"] {
            if let name = names[key]?.string, !name.isEmpty, !isDNSLabel(name.lowercased()) {
                result.append(
                    Validation.invalid(
                        "spec.names.\(key)", .string(name),
                        "may have mixed case, but should otherwise match: \(dnsLabel)"))
            }
        }
        for key in ["shortNames", "categories"] {
            for (index, name) in (names[key]?.array ?? []).enumerated() where !isDNSLabel(name.string ?? "") {
                result.append(Validation.invalid("spec.names.\(key)[\(index)]", name, dnsLabel))
            }
        }
        if let kind = names["kind"], kind != "", kind == names["listKind"] {
            result.append(
                Validation.invalid("spec.names.listKind", kind, "kind and listKind may not be the same"))
        }
        return result
    }

    /// Groups of Kubernetes itself are for those who have leave to define them.
    private static func approval(_ object: Object) -> [Cause] {
        let group = object.value(at: "spec", "group")?.string ?? ""
        let annotation = "api-approved.kubernetes.io"
        guard
            [".k8s.io", ".kubernetes.io"].contains(where: group.hasSuffix)
                || ["k8s.io", "kubernetes.io"].contains(group),
            object.annotations[annotation]?.string?.isEmpty ?? true
        else { return [] }
        return [
            Validation.required(
                "metadata.annotations[\(annotation)]",
                "protected groups must have approval annotation \"\(annotation)\", see "
                    + "https://github.com/kubernetes/enhancements/pull/1111")
        ]
    }

    private static func changes(_ object: Object, old: Object) -> [Cause] {
        var result: [Cause] = []
        let isEstablished = (old.value(at: "status", "conditions")?.array ?? [])
            .contains { $0["type"] == "Established" && $0["status"] == "True" }
        let fixed = isEstablished ? [["scope"], ["names", "kind"]] : []
        for path in fixed + [["group"], ["names", "plural"]] {
            let value = object.value(at: ["spec"] + path)
            if value != old.value(at: ["spec"] + path) {
                result.append(
                    Validation.invalid((["spec"] + path).joined(separator: "."), value, "field is immutable"))
            }
        }
        let names = (object.value(at: "spec", "versions")?.array ?? []).compactMap { $0["name"] }
        for (index, stored) in (object.value(at: "status", "storedVersions")?.array ?? []).enumerated()
        where !names.contains(stored) {
            let name = stored.string ?? ""
            result.append(
                Validation.invalid(
                    "status.storedVersions[\(index)]", stored,
                    "missing from spec.versions; \(name) was previously a storage version, and must remain in "
                        + "spec.versions until a storage migration ensures no data remains persisted in \(name) and "
                        + "removes \(name) from status.storedVersions"))
        }
        return result
    }

    static func isDNSLabel(_ text: String) -> Bool {
        text.utf8.count <= 63 && text.wholeMatch(of: /[a-z]([-a-z0-9]*[a-z0-9])?/) != nil
    }
}

/// Whether a schema is structural (KEP-20180731).
enum DefinitionSchema {
    private enum Place { case root, field, item }

    static func causes(_ schema: Value, _ path: String) -> [StatusError.Cause] {
        var result: [StatusError.Cause] = []
        check(schema, .root, path, &result)
        return result
    }

    private static func check(
        _ schema: Value, _ place: Place, _ path: String, _ result: inout [StatusError.Cause]
    ) {
        checkType(schema, place, path, &result)
        if schema["uniqueItems"]?.bool == true {
            result.append(
                Validation.forbidden(
                    "\(path).uniqueItems",
                    "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"))
        }
        let properties = schema["properties"]?.object ?? Object()
        if let additional = schema["additionalProperties"] {
            if !properties.isEmpty, additional != true {
                result.append(
                    Validation.forbidden(
                        "\(path).additionalProperties", "additionalProperties and properties are mutual exclusive"))
            }
            if additional.object != nil { check(additional, .field, "\(path).additionalProperties", &result) }
        }
        for pair in properties.pairs {
            // Metadata is known; a schema may only restrict its names.
            if place == .root, CustomSchema.metaFields.contains(pair.key) { continue }
            check(pair.value, .field, "\(path).properties[\(pair.key)]", &result)
        }
        if let items = schema["items"], items.object != nil { check(items, .item, "\(path).items", &result) }
        for key in ["definitions", "dependencies", "patternProperties", "additionalItems", "$ref", "id"]
        where schema[key] != nil {
            result.append(Validation.forbidden("\(path).\(key)", "\(key) is not supported"))
        }
        checkList(schema, path, &result)
    }

    private static func checkType(
        _ schema: Value, _ place: Place, _ path: String, _ result: inout [StatusError.Cause]
    ) {
        let type = schema["type"]?.string ?? ""
        let field = "\(path).type"
        let isOpen =
            schema["x-kubernetes-int-or-string"]?.bool == true
            || schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
        switch (place, type) {
        case (.root, ""): result.append(Validation.required(field, "must not be empty at the root"))
        case (.root, "object"): break
        case (.root, _): result.append(Validation.invalid(field, .string(type), "must be object at the root"))
        case (.field, "") where !isOpen:
            result.append(Validation.required(field, "must not be empty for specified object fields"))
        case (.item, "") where !isOpen:
            result.append(Validation.required(field, "must not be empty for specified array items"))
        case (_, ""), (_, "array"), (_, "boolean"), (_, "integer"), (_, "number"), (_, "object"), (_, "string"): break
        case (_, "null"):
            result.append(Validation.forbidden(field, "type cannot be set to null, use nullable as an alternative"))
        default:
            result.append(
                Validation.unsupported(
                    field, .string(type), ["array", "boolean", "integer", "number", "object", "string"]))
        }
        if schema["x-kubernetes-embedded-resource"]?.bool == true, type != "object" {
            let why = "must be object if x-kubernetes-embedded-resource is true"
            result.append(
                type.isEmpty ? Validation.required(field, why) : Validation.invalid(field, .string(type), why))
        }
        if type == "array", schema["items"] == nil {
            result.append(Validation.required("\(path).items", "must be specified"))
        }
    }

    private static func checkList(_ schema: Value, _ path: String, _ result: inout [StatusError.Cause]) {
        guard let kind = schema["x-kubernetes-list-type"]?.string else { return }
        guard ["atomic", "set", "map"].contains(kind) else {
            return result.append(
                Validation.unsupported("\(path).x-kubernetes-list-type", .string(kind), ["atomic", "map", "set"]))
        }
        guard kind == "map" else { return }
        let keys = (schema["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
        if keys.isEmpty {
            return result.append(
                Validation.required(
                    "\(path).x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map"))
        }
        let item = schema["items"] ?? [:]
        let required = (item["required"]?.array ?? []).compactMap(\.string)
        for key in keys {
            guard let property = item["properties"]?[key] else {
                result.append(
                    Validation.invalid(
                        "\(path).x-kubernetes-list-map-keys", .array(keys.map { .string($0) }),
                        "entries must all be names of item properties"))
                continue
            }
            if property["default"] == nil, !required.contains(key) {
                result.append(
                    Validation.required(
                        "\(path).items.properties[\(key)].default",
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
                    ))
            }
        }
    }
}
