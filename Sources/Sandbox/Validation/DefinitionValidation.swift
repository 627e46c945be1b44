// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What the server refuses of a CustomResourceDefinition.
///
/// Source: apiextensions-apiserver, pkg/apis/apiextensions/validation.
enum DefinitionValidation {
    typealias Cause = StatusError.Cause

    static func causes(_ object: Object, old: Object?) -> [Cause] {
        var result = object["metadata"].map { _ in name(object) } ?? []
        let spec = object["spec"] ?? [:]
        result += group(spec) + scope(spec) + versions(spec) + names(spec)
        result += shared(spec) + conversion(Field("spec.conversion", spec["conversion"]))
        if let old { result += changes(object, old: old) }
        result += storedVersions(object) + approval(object, old: old)
        if spec["preserveUnknownFields"]?.bool == true, old?.value(at: "spec", "preserveUnknownFields") != true {
            result.append(
                Validation.invalid(
                    "spec.preserveUnknownFields", true,
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
                ))
        }
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
        if !problems.isEmpty {
            return [Validation.invalid("spec.group", .string(group), problems.joined(separator: ","))]
        }
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
        for (index, version) in versions.enumerated()
        where version["schema"]?["openAPIV3Schema"]?.object == nil {
            result.append(
                Validation.required("spec.versions[\(index)].schema.openAPIV3Schema", "schemas are required"))
        }
        for (index, version) in versions.enumerated() {
            let path = "spec.versions[\(index)]"
            let name = version["name"]?.string ?? ""
            if !isDNSLabel(name) { result.append(Validation.invalid("\(path).name", .string(name), NameRules.dns1035)) }
            result += deprecation(version, path)
            if same(spec, "schema") == nil {
                result += DefinitionSchema.causes(version["schema"], version, "\(path).schema")
            }
            if same(spec, "subresources") == nil {
                result += scale(version["subresources"]?["scale"], "\(path).subresources")
            }
            if same(spec, "additionalPrinterColumns") == nil {
                result += columns(version["additionalPrinterColumns"], "\(path).additionalPrinterColumns")
            }
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

    /// What all versions say alike: the server moves it out of them before it looks
    /// (`Convert_v1_CustomResourceDefinitionSpec_To_apiextensions_CustomResourceDefinitionSpec`).
    private static func same(_ spec: Value, _ key: String) -> Value? {
        let versions = spec["versions"]?.array ?? []
        guard let first = versions.first?[key], versions.allSatisfy({ $0[key] == first }) else { return nil }
        return first
    }

    private static func shared(_ spec: Value) -> [Cause] {
        var result: [Cause] = []
        if let schema = same(spec, "schema") {
            let withStatus = (spec["versions"]?.array ?? []).first { $0["subresources"]?["status"] != nil }
            result += DefinitionSchema.causes(schema, withStatus ?? [:], "spec.validation")
        }
        result += scale(same(spec, "subresources")?["scale"], "spec.subresources")
        result += columns(same(spec, "additionalPrinterColumns"), "spec.additionalPrinterColumns")
        return result
    }

    private static func deprecation(_ version: Value, _ path: String) -> [Cause] {
        guard let warning = version["deprecationWarning"]?.string else { return [] }
        func cause(_ why: String) -> Cause {
            Validation.invalid("\(path).deprecationWarning", .string(warning), why)
        }
        if version["deprecated"]?.bool != true { return [cause("can only be set for deprecated versions")] }
        var result: [Cause] = []
        if warning.utf8.count > 256 { result.append(cause("must be <= 256 characters long")) }
        if warning.isEmpty { result.append(cause("must not be an empty string")) }
        return result
    }

    /// Source: validateCustomResourceConversion; the fields have the names that they have inside the server.
    private static func conversion(_ conversion: Field) -> [Cause] {
        guard conversion.isSet else { return [] }
        var causes = Causes()
        causes.requiredChoice(conversion["strategy"], ["None", "Webhook"])
        let client = Field("\(conversion.path).webhookClientConfig", conversion["webhook"]["clientConfig"].value)
        let versions = Field(
            "\(conversion.path).conversionReviewVersions", conversion["webhook"]["conversionReviewVersions"].value)
        if conversion["strategy"].string == "Webhook" {
            if client.isSet {
                causes.webhookClient(client)
            } else {
                causes.required(client, "required when strategy is set to Webhook")
            }
            causes.reviewVersions(versions, missing: "")
        } else {
            for field in [client, versions] where field.isSet {
                causes.forbidden(field, "should not be set when strategy is not set to Webhook")
            }
        }
        return causes.list
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
            let format = column["format"]?.string ?? ""
            let formats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"]
            if !format.isEmpty, !formats.contains(format) {
                result.append(
                    Validation.invalid(
                        "\(field).format", .string(format), "must be one of \(formats.joined(separator: ","))"))
            }
            let jsonPath = column["jsonPath"]?.string ?? ""
            if jsonPath.isEmpty {
                result.append(Validation.required("\(field).JSONPath"))
            } else if !jsonPath.hasPrefix(".") {
                result.append(
                    Validation.invalid(
                        "\(field).JSONPath", .string(jsonPath), "must be a simple json path starting with ."))
            }
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
                result.append(Validation.invalid("spec.names.\(key)", .string(name), NameRules.dns1035))
            }
        }
        for key in ["kind", "listKind"] {
            if let name = names[key]?.string, !name.isEmpty, !isDNSLabel(name.lowercased()) {
                result.append(
                    Validation.invalid(
                        "spec.names.\(key)", .string(name),
                        "may have mixed case, but should otherwise match: \(NameRules.dns1035)"))
            }
        }
        for key in ["shortNames", "categories"] {
            for (index, name) in (names[key]?.array ?? []).enumerated() where !isDNSLabel(name.string ?? "") {
                result.append(Validation.invalid("spec.names.\(key)[\(index)]", name, NameRules.dns1035))
            }
        }
        if let kind = names["kind"], kind != "", kind == names["listKind"] {
            result.append(
                Validation.invalid("spec.names.listKind", kind, "kind and listKind may not be the same"))
        }
        return result
    }

    /// Groups of Kubernetes itself are for those who have leave to define them.
    private static func approval(_ object: Object, old: Object?) -> [Cause] {
        let group = object.value(at: "spec", "group")?.string ?? ""
        let annotation = "api-approved.kubernetes.io"
        let value = object.annotations[annotation]?.string ?? ""
        guard
            [".k8s.io", ".kubernetes.io"].contains(where: group.hasSuffix)
                || ["k8s.io", "kubernetes.io"].contains(group), !isApproval(value)
        else { return [] }
        let before = old?.annotations[annotation]?.string ?? ""
        if old != nil, !isApproval(before), before.isEmpty == value.isEmpty { return [] }
        let place = "metadata.annotations[\(annotation)]"
        let rule = "protected groups must have approval annotation \"\(annotation)\""
        let source = "see https://github.com/kubernetes/enhancements/pull/1111"
        return value.isEmpty
            ? [Validation.required(place, "\(rule), \(source)")]
            : [
                Validation.invalid(
                    place, .string(value),
                    "\(rule) with either a URL or a reason starting with \"unapproved\", \(source)")
            ]
    }

    private static func isApproval(_ text: String) -> Bool { text.hasPrefix("unapproved") || text.contains("://") }

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
        return result
    }

    private static func storedVersions(_ object: Object) -> [Cause] {
        var result: [Cause] = []
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
