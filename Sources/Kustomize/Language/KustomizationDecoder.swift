// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Reads a kustomization file, strictly: one with any mistake has no result.
enum KustomizationDecoder {
    /// - Throws: everything that is wrong with the file, in its order.
    static func decode(_ bytes: [UInt8], file: String) throws(RenderErrors) -> Kustomization {
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            documents = try YAML.documents(bytes, file: file)
        } catch {
            throw RenderErrors([RenderError(.syntax, error)])
        }
        do throws(StrictErrors) {
            return try StrictDecoder.decode(documents, file: file, leniency: .otherCase) {
                kustomization($0, file: file)
            }
        } catch {
            throw RenderErrors(error.problems.map(RenderError.init))
        }
    }

    /// What kustomize knows and this renderer refuses, and why.
    private static let unsupported: KeyValuePairs = [
        "configurations": "transformer configurations are not supported",
        "crds": "reference rules from CRD schemas are not supported",
        "generators": "plugins are never run",
        "helmChartInflationGenerator": "render the chart into the repository first",
        "helmCharts": "render the chart into the repository first",
        "helmGlobals": "render the chart into the repository first",
        "inventory": "objects are tracked without it, remove it",
        "openapi": "schemas of one's own are not supported",
        "transformers": "plugins are never run",
        "validators": "plugins are never run",
    ]

    private static func kustomization(_ fields: StrictMap, file: String) -> Kustomization {
        var result = Kustomization(file: file)
        result.kind = kind(fields)
        fields.ignore("metadata")
        result.resources = fields.optional("resources") ?? []
        result.components = fields.optional("components") ?? []
        result.namespace = fields.optional("namespace") ?? ""
        result.namePrefix = fields.optional("namePrefix") ?? ""
        result.nameSuffix = fields.optional("nameSuffix") ?? ""
        result.labels = fields.maps("labels", label)
        result.commonLabels = fields.optional("commonLabels", as: TextPairs.self)?.pairs ?? []
        result.commonAnnotations = fields.optional("commonAnnotations", as: TextPairs.self)?.pairs ?? []
        result.images = fields.maps("images", image)
        result.replicas = fields.maps("replicas", replicas)
        result.strategicMergePatches = strategicMergePatches(fields)
        result.patches = fields.maps("patches") { patch($0, target: $0.map("target", selector)) }
        result.jsonPatches = fields.maps("patchesJson6902") { jsonPatch($0) }
        let options = fields.map("generatorOptions", generatorOptions) ?? GeneratorOptions()
        result.configMaps = fields.maps("configMapGenerator") { generator($0, general: options) }
        result.secrets = fields.maps("secretGenerator") { fields in
            var rule = generator(fields, general: options)
            if let type: String = fields.optional("type"), !type.isEmpty { rule.type = type }
            return rule
        }
        result.order = fields.map("sortOptions", order)
        result.replacements = fields.maps("replacements") { replacementRule($0, file: file) }.compactMap { $0 }
        result.variables = fields.maps("vars") { variable($0, file: file) }
        result.metadata = BuildMetadata(fields.optional("buildMetadata") ?? [])
        decodeDeprecated(fields, into: &result)
        for (name, reason) in unsupported { fields.refuse(name, "is not supported: \(reason)") }
        if fields.isEmpty { fields.report("says nothing: list what to render under \"resources\"") }
        return result
    }

    private static func kind(_ fields: StrictMap) -> Kustomization.Kind {
        let kind = fields.optional("kind") ?? Kustomization.Kind.kustomization
        if let version = fields.optional("apiVersion", as: String.self), !kind.versions.contains(version) {
            fields.report("must be \(kind.versions.joined(separator: " or ")), not \"\(version)\"", at: "apiVersion")
        }
        return kind
    }

    private static func decodeDeprecated(_ fields: StrictMap, into result: inout Kustomization) {
        let bases: [Located<String>] = fields.optional("bases") ?? []
        result.resources += bases
        let imageTags = fields.maps("imageTags", image)
        result.images += imageTags
        let deprecated = [
            ("bases", !bases.isEmpty, "resources"), ("imageTags", !imageTags.isEmpty, "images"),
            ("vars", !result.variables.isEmpty, "replacements"),
            ("commonLabels", !result.commonLabels.isEmpty, "labels"),
            ("patchesStrategicMerge", !result.strategicMergePatches.isEmpty, "patches"),
            ("patchesJson6902", !result.jsonPatches.isEmpty, "patches"),
        ]
        for behavior in (result.configMaps + result.secrets).compactMap(\.unknownBehavior) {
            result.warnings.append(
                "\(result.file):\(behavior.position.line): behavior \"\(behavior.value)\" is none, and counts as create; merge and replace are others"
            )
        }
        for (field, isUsed, successor) in deprecated where isUsed {
            result.warnings.append("\(result.file): \(field) is deprecated in kustomize, use \(successor)")
        }
    }

    private static func label(_ fields: StrictMap) -> LabelRule {
        let selectors = fields.optional("includeSelectors") ?? false
        let templates = fields.optional("includeTemplates") ?? false
        return LabelRule(
            pairs: fields.optional("pairs", as: TextPairs.self)?.pairs ?? [],
            reach: selectors ? .selectors : templates ? .templates : .objects,
            fields: fields.maps("fields") { field in
                let path: String = field.required("path")
                // Each part is a map within a map.
                if path.utf8.count(where: { $0 == UInt8(ascii: "/") }) > 50 {
                    field.report("is a path of more than 50 parts", at: "path")
                }
                return FieldSpec(
                    path, group: field.optional("group") ?? "",
                    version: field.optional("version") ?? "", kind: field.optional("kind") ?? "",
                    create: field.optional("create") ?? false)
            })
    }

    private static func image(_ fields: StrictMap) -> ImageOverride {
        fields.refuse("tagSuffix", "is not supported: write newTag in full")
        return ImageOverride(
            name: fields.required("name"), newName: fields.optional("newName"), newTag: fields.optional("newTag"),
            digest: fields.optional("digest"))
    }

    private static func replicas(_ fields: StrictMap) -> ReplicaRule {
        let name: String = fields.required("name")
        let count = fields.optional("count") ?? 0
        if count < 0 { fields.report("is negative", at: "count") }
        return ReplicaRule(
            replicas: ReplicaTransformer(name: name, count: Int64(count)), position: fields.node.position)
    }

    private enum Order: String, StrictChoice {
        case legacy, fifo

        static let placeholder = Order.legacy
    }

    private static func order(_ fields: StrictMap) -> OutputOrder {
        let order: Order = fields.required("order")
        let byKind = fields.map("legacySortOptions") { lists in
            OutputOrder.legacy(first: lists.optional("orderFirst") ?? [], last: lists.optional("orderLast") ?? [])
        }
        if order == .fifo, byKind != nil {
            fields.report("has no effect without \"order: legacy\"", at: "legacySortOptions")
        }
        return order == .fifo ? .firstInFirstOut : byKind ?? .byKind
    }
}

/// A map of strings, in order.
struct TextPairs: StrictValue {
    var pairs: [(String, String)]

    static let expectation = "a map"
    static var placeholder: TextPairs { TextPairs(pairs: []) }

    static func read(_ node: YAMLNode, in context: StrictContext) -> TextPairs? {
        guard case .mapping(let members) = node.content else { return nil }
        return TextPairs(
            pairs: members.map { ($0.key, context.field($0.key).read(String.self, from: $0.node)) })
    }
}
