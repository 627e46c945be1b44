// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The schemas that CustomResourceDefinitions among manifests state, by the kind they are of.
enum DefinitionSchemas {
    static func schemas(in manifests: [Manifest]) -> [GroupVersionKind: Value] {
        var found: [GroupVersionKind: Value] = [:]
        for manifest in manifests
        where manifest.id.groupKind == GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition") {
            let spec = manifest.object["spec"]
            guard let group = spec?["group"]?.string, let kind = spec?["names"]?["kind"]?.string else { continue }
            for version in spec?["versions"]?.array ?? [] {
                guard let name = version["name"]?.string, let schema = version["schema"]?["openAPIV3Schema"] else {
                    continue
                }
                found[GroupVersionKind(group: group, version: name, kind: kind)] = schema
            }
        }
        return found
    }
}

/// Checks a custom resource against the structural schema of its definition (Kubernetes' "Extend the Kubernetes API with
/// CustomResourceDefinitions", "Specifying a structural schema"). Values' own rules are for the server.
struct DefinitionWalk {
    var findings: Findings
    private static let depth = 64

    mutating func checkRoot(_ object: Object, _ schema: Value) {
        var root = object
        for field in ["apiVersion", "kind", "metadata", "status"] { root[field] = nil }
        if let metadata = object["metadata"] {
            var walk = TypeWalk(findings: findings)
            walk.check(metadata, .type("meta.v1.ObjectMeta"), nil, "metadata")
            findings = walk.findings
        }
        check(.object(root), schema, "", depth: 0)
    }

    private mutating func check(_ value: Value, _ schema: Value, _ path: String, depth: Int) {
        guard !value.isNull, depth < Self.depth else { return }
        if schema["x-kubernetes-int-or-string"]?.bool == true {
            if value.integer == nil, value.string == nil {
                findings.reportType(value, "a whole number or a text", path)
            }
            return
        }
        switch schema["type"]?.string {
        case "object": checkObject(value, schema, path, depth: depth)
        case "array": checkArray(value, schema, path, depth: depth)
        case "string": if value.string == nil { findings.reportType(value, "a text", path) }
        case "boolean": if value.bool == nil { findings.reportType(value, "true or false", path) }
        case "integer":
            if case .number = value {
                findings.report(path, "must be a whole number", isCertain: false)
            } else if value.integer == nil {
                findings.reportType(value, "a whole number", path)
            }
        case "number":
            if case .number = value { return }
            if value.integer == nil { findings.reportType(value, "a number", path) }
        default: break
        }
    }

    private mutating func checkObject(_ value: Value, _ schema: Value, _ path: String, depth: Int) {
        guard let object = value.object else { return findings.reportType(value, "a map", path) }
        let properties = schema["properties"]?.object ?? Object()
        let others = schema["additionalProperties"]
        let keepsOthers =
            schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
            || schema["x-kubernetes-embedded-resource"]?.bool == true || properties.isEmpty || others?.bool == true
        for pair in object.pairs {
            let place = Findings.path(path, pair.key)
            if let property = properties[pair.key] {
                check(pair.value, property, place, depth: depth + 1)
            } else if let others, others.object != nil {
                check(pair.value, others, place, depth: depth + 1)
            } else if !keepsOthers {
                let ending = Suggestion.ending(for: pair.key, among: properties.keys)
                findings.report(place, "there is no such field\(ending)")
            }
        }
        for name in (schema["required"]?.array ?? []).compactMap(\.string) where object[name]?.isNull ?? true {
            // The root's own fields are none of the schema's business.
            if path.isEmpty, ["apiVersion", "kind", "metadata", "status"].contains(name) { continue }
            // A default is filled in before the server looks.
            if properties[name]?["default"] != nil { continue }
            findings.report(Findings.path(path, name), "is missing", isCertain: false)
        }
    }

    private mutating func checkArray(_ value: Value, _ schema: Value, _ path: String, depth: Int) {
        guard let items = value.array else { return findings.reportType(value, "a list", path) }
        if let item = schema["items"] {
            for (index, element) in items.enumerated() { check(element, item, "\(path)[\(index)]", depth: depth + 1) }
        }
        switch schema["x-kubernetes-list-type"]?.string {
        case "set": findings.checkSet(items, path)
        case "map":
            let keys = (schema["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
            var defaults = Object()
            for key in keys { defaults[key] = schema["items"]?["properties"]?[key]?["default"] }
            findings.checkKeys(items, keys, defaults: defaults, path)
        default: break
        }
    }
}
