// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Reads a kustomization file, strictly; collects everything that is wrong with it.
struct KustomizationDecoder {
    let file: String
    private(set) var problems: [RenderError] = []
    private var warnings: [String] = []

    init(file: String) { self.file = file }

    /// What kustomize knows and this renderer refuses, and why.
    private static let unsupported = [
        "buildMetadata": "annotations about the build are not written",
        "configurations": "transformer configurations are not supported",
        "crds": "reference rules from CRD schemas are not supported",
        "generators": "plugins are never run",
        "helmChartInflationGenerator": "render the chart into the repository first",
        "helmCharts": "render the chart into the repository first",
        "helmGlobals": "render the chart into the repository first",
        "inventory": "objects are tracked without it, remove it",
        "openapi": "schemas of one's own are not supported",
        "replacements": "use a patch",
        "transformers": "plugins are never run",
        "validators": "plugins are never run",
        "vars": "use a patch",
    ]

    /// The kustomization; nil where the file is no YAML or says nothing.
    mutating func decode(_ bytes: [UInt8]) -> Kustomization? {
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            documents = try YAML.documents(bytes, file: file)
        } catch {
            problems.append(RenderError(.syntax, file: file, line: error.line, error.message))
            return nil
        }
        guard let document = documents.first(where: { !$0.node.isNull }) else {
            problems.append(
                RenderError(.invalidField, file: file, "is empty", hint: "list what to render under `resources`"))
            return nil
        }
        for other in documents where other.index > document.index && !other.node.isNull {
            problems.append(
                RenderError(
                    .syntax, file: file, line: other.line, "a kustomization file holds one document, this is another"))
        }
        return kustomization(document.node)
    }

    private mutating func kustomization(_ node: YAMLNode) -> Kustomization {
        var fields = FieldReader(node, file: file, path: "")
        var result = Kustomization(file: file)
        result.kind = kind(&fields)
        _ = fields.node("metadata")
        result.resources = fields.strings("resources")
        result.components = fields.strings("components")
        result.namespace = fields.string("namespace").flatMap { $0.isEmpty ? nil : $0 }
        result.namePrefix = fields.string("namePrefix") ?? ""
        result.nameSuffix = fields.string("nameSuffix") ?? ""
        result.commonLabels = fields.pairs("commonLabels")
        result.commonAnnotations = fields.pairs("commonAnnotations")
        for (node, name) in fields.list("labels") { result.labels.append(label(node, name)) }
        for (node, name) in fields.list("images") { image(node, name).map { result.images.append($0) } }
        for (node, name) in fields.list("replicas") { replicas(node, name).map { result.replicas.append($0) } }
        decodePatches(&fields, into: &result)
        let options = fields.node("generatorOptions").map { generatorOptions($0, "generatorOptions") }
        for (node, name) in fields.list("configMapGenerator") {
            generator(node, name, options, isSecret: false).map { result.configMaps.append($0) }
        }
        for (node, name) in fields.list("secretGenerator") {
            generator(node, name, options, isSecret: true).map { result.secrets.append($0) }
        }
        result.order = fields.node("sortOptions").flatMap { order($0) }
        decodeDeprecated(&fields, into: &result)
        for (key, reason) in Self.unsupported.sorted(by: { $0.key < $1.key }) {
            guard let node = fields.node(key) else { continue }
            fields.refuse(node, "\(key) is not supported", code: .unsupported, hint: reason)
        }
        problems += fields.finish()
        if case .mapping(let members) = node.content, members.isEmpty {
            problems.append(RenderError(.invalidField, file: file, line: 1, "says nothing"))
        }
        result.warnings = warnings
        return result
    }

    private func kind(_ fields: inout FieldReader) -> Kustomization.Kind {
        let kind = fields.node("kind")
        let version = fields.node("apiVersion")
        let isComponent = kind?.value == "Component"
        if let kind, !isComponent, kind.value != "Kustomization" {
            fields.refuse(kind, "kind is neither Kustomization nor Component")
        }
        let versions: [Value] =
            isComponent
            ? ["kustomize.config.k8s.io/v1alpha1"]
            : ["kustomize.config.k8s.io/v1beta1", "kustomize.config.k8s.io/v1"]
        if let version, !versions.contains(version.value) {
            fields.refuse(version, "apiVersion is not \(versions.compactMap(\.string).joined(separator: " or "))")
        }
        return isComponent ? .component : .kustomization
    }

    private mutating func decodeDeprecated(_ fields: inout FieldReader, into result: inout Kustomization) {
        let bases = fields.strings("bases")
        result.resources += bases
        let imageTags = fields.list("imageTags")
        for (node, name) in imageTags { image(node, name).map { result.images.append($0) } }
        let deprecated = [
            ("bases", !bases.isEmpty, "resources"), ("imageTags", !imageTags.isEmpty, "images"),
            ("commonLabels", !result.commonLabels.isEmpty, "labels"),
            ("patchesStrategicMerge", !result.strategicMergePatches.isEmpty, "patches"),
            ("patchesJson6902", !result.jsonPatches.isEmpty, "patches"),
        ]
        for (field, isUsed, successor) in deprecated where isUsed {
            warnings.append("\(file): \(field) is deprecated in kustomize, use \(successor)")
        }
    }

    private mutating func label(_ node: YAMLNode, _ name: String) -> LabelRule {
        var fields = FieldReader(node, file: file, path: name)
        let pairs = fields.pairs("pairs")
        let selectors = fields.bool("includeSelectors") ?? false
        let templates = fields.bool("includeTemplates") ?? false
        var specs: [FieldSpec] = []
        for (node, name) in fields.list("fields") {
            var spec = FieldReader(node, file: file, path: name)
            let path = spec.required("path")
            let field = FieldSpec(
                path ?? "", group: spec.string("group") ?? "", version: spec.string("version") ?? "",
                kind: spec.string("kind") ?? "", create: spec.bool("create") ?? false)
            if path != nil { specs.append(field) }
            problems += spec.finish()
        }
        problems += fields.finish()
        return LabelRule(pairs: pairs, reach: selectors ? .selectors : templates ? .templates : .objects, fields: specs)
    }

    private mutating func image(_ node: YAMLNode, _ name: String) -> ImageOverride? {
        var fields = FieldReader(node, file: file, path: name)
        let image = fields.required("name")
        let result = ImageOverride(
            name: image ?? "", newName: fields.string("newName"), newTag: fields.string("newTag"),
            digest: fields.string("digest"))
        if let suffix = fields.node("tagSuffix") {
            fields.refuse(
                suffix, "\(name).tagSuffix is not supported", code: .unsupported, hint: "write newTag in full")
        }
        problems += fields.finish()
        return image == nil ? nil : result
    }

    private mutating func replicas(_ node: YAMLNode, _ name: String) -> Located<ReplicaTransformer>? {
        var fields = FieldReader(node, file: file, path: name)
        let target = fields.required("name")
        let count = fields.integer("count") ?? 0
        if count < 0 { fields.refuse(node, "\(name).count is negative") }
        problems += fields.finish()
        return target.map {
            Located(value: ReplicaTransformer(name: $0, count: count), line: node.position.line)
        }
    }

    private mutating func order(_ node: YAMLNode) -> OutputOrder? {
        var fields = FieldReader(node, file: file, path: "sortOptions")
        let order = fields.string("order")
        var result: OutputOrder? = order == "fifo" ? .firstInFirstOut : order == "legacy" ? .byKind : nil
        if result == nil { fields.refuse(node, "sortOptions.order is neither legacy nor fifo") }
        if let legacy = fields.node("legacySortOptions") {
            if order == "fifo" { fields.refuse(legacy, "sortOptions.legacySortOptions needs order: legacy") }
            var lists = FieldReader(legacy, file: file, path: "sortOptions.legacySortOptions")
            let first = lists.strings("orderFirst").map(\.value)
            result = .legacy(first: first, last: lists.strings("orderLast").map(\.value))
            problems += lists.finish()
        }
        problems += fields.finish()
        return result
    }
}

extension KustomizationDecoder {
    mutating func add(_ problems: [RenderError]) { self.problems += problems }
}
