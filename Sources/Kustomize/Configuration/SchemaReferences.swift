// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Reads the files that `crds` names: OpenAPI definitions of one's own kinds, by type name, whose extensions say which
/// fields hold labels, annotations, a name that gets the prefix, or a reference to another object.
///
/// Kinds are known by name alone, as kustomize does it: neither their group nor their version counts.
struct SchemaReferences {
    private(set) var configuration = TransformerConfiguration()
    private(set) var problems: [RenderError] = []
    private let file: String
    private let schemas: [String: Object]
    private var visits = 0

    /// Properties that are looked at before a file is refused.
    private static let limit = 100_000

    init(_ bytes: [UInt8], file: String, limits: YAML.Limits = YAML.Limits()) {
        self.file = file
        var schemas: [String: Object] = [:]
        var names: [String] = []
        do throws(YAMLError) {
            let document =
                try YAML.documents(bytes, file: file, dialect: .kustomize, limits: limits).first?.value ?? .null
            guard case .object(let definitions) = document.isNull ? .object(Object()) : document else {
                self.schemas = [:]
                report("must be a map of type names to definitions, not a \(document.typeName)")
                return
            }
            for pair in definitions.pairs {
                guard case .object(let definition) = pair.value.isNull ? .object(Object()) : pair.value else {
                    problems.append(
                        RenderError(
                            .invalidField, file: file, "\(pair.key): must be a definition with a Schema",
                            hint: "`crds` takes OpenAPI definitions, not CustomResourceDefinitions: those are resources"
                        ))
                    continue
                }
                names.append(pair.key)
                schemas[pair.key] = (definition["Schema"] ?? definition["schema"])?.object ?? Object()
            }
        } catch {
            problems.append(RenderError(.syntax, error))
        }
        self.schemas = schemas
        for name in names where isKind(name) { read(name, kind: Self.kind(of: name), path: [], within: [name]) }
    }

    private func properties(of name: String) -> Object { schemas[name]?["properties"]?.object ?? Object() }

    private func isKind(_ name: String) -> Bool {
        let properties = properties(of: name)
        return ["kind", "apiVersion", "metadata"].allSatisfy { properties[$0] != nil }
    }

    private static func kind(of name: String) -> String {
        name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? name
    }

    private mutating func read(_ name: String, kind: String, path: [String], within types: [String]) {
        for property in properties(of: name).pairs {
            visits += 1
            guard visits <= Self.limit else {
                if visits == Self.limit + 1 { report("more than \(Self.limit) properties are reached from its kinds") }
                return
            }
            let place = path + [property.key]
            func text(_ key: String) -> String? { property.value[key]?.string }
            let field = FieldSpec(parts: place, selector: KindSelector(kind: kind))
            if text("x-kubernetes-annotation") != nil { add(field, to: \.commonAnnotations, "commonAnnotations") }
            if text("x-kubernetes-label-selector") != nil { add(field, to: \.commonLabels, "commonLabels") }
            if text("x-kubernetes-identity") != nil { add(field, to: \.namePrefix, "namePrefix") }
            if let version = text("x-kubernetes-object-ref-api-version"),
                let target = text("x-kubernetes-object-ref-kind")
            {
                let key = text("x-kubernetes-object-ref-name-key") ?? "name"
                let referrer = FieldSpec(parts: place + [key], selector: KindSelector(kind: kind))
                add(
                    NameReferenceRule(
                        target: KindSelector(version: version, kind: target), referrers: FieldSpecs([referrer])))
            }
            guard let next = text("$ref"), schemas[next] != nil else { continue }
            guard place.count < 50 else {
                report("\(name) leads deeper than 50 properties")
                return
            }
            guard !types.contains(next) else {
                report("\(next) refers to itself: \((types + [next]).joined(separator: " → "))")
                return
            }
            read(next, kind: kind, path: place, within: types + [next])
        }
    }

    private mutating func add(
        _ field: FieldSpec, to list: WritableKeyPath<TransformerConfiguration, FieldSpecs>, _ name: String
    ) {
        do throws(ConfigurationConflict) {
            try configuration.merge(FieldSpecs([field]), into: list, called: name)
        } catch {
            report(error.description)
        }
    }

    private mutating func add(_ rule: NameReferenceRule) {
        do throws(ConfigurationConflict) {
            try configuration.merge(rule)
        } catch {
            report(error.description)
        }
    }

    private mutating func report(_ message: String) {
        problems.append(RenderError(.invalidField, file: file, message))
    }
}
