// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Reads a kustomization file, strictly: one with any mistake has no result.
enum KustomizationDecoder {
    /// - Throws: everything that is wrong with the file, in its order.
    static func decode(
        _ bytes: [UInt8], file: String, limits: YAML.Limits = YAML.Limits()
    ) throws(RenderErrors) -> Kustomization {
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            // Kustomize reads the first document, whatever follows, and of a key that stands twice the last value.
            documents = try Array(
                YAML.documents(bytes, file: file, limits: limits, repeatedKeys: .lastWins).filter { !$0.node.isNull }
                    .prefix(1))
        } catch {
            throw RenderErrors([RenderError(.syntax, error)])
        }
        do throws(StrictErrors) {
            var result = try StrictDecoder.decode(documents, file: file, leniency: .otherCase) {
                kustomization($0, file: file)
            }
            for repeated in documents.flatMap(\.repeatedKeys) {
                result.warnings.append(
                    RenderWarning(
                        file: file, line: repeated.line,
                        "\(repeated.key) stands twice in one map, and only this one counts"))
            }
            return result
        } catch {
            throw RenderErrors(error.problems.map(RenderError.init))
        }
    }

    /// What kustomize knows and this renderer refuses, and why.
    private static let unsupported: KeyValuePairs = [
        "helmChartInflationGenerator": "render the chart into the repository first",
        "helmCharts": "render the chart into the repository first",
        "inventory": "objects are tracked without it, remove it",
    ]

    private static func kustomization(_ fields: StrictMap, file: String) -> Kustomization {
        var result = Kustomization(file: file)
        result.kind = kind(fields)
        fields.map("metadata") { metadata in
            for name in ["name", "namespace"] { _ = metadata.optional(name, as: String.self) }
            for name in ["labels", "annotations"] { _ = metadata.optional(name, as: TextPairs.self) }
        }
        result.resources = fields.optional("resources") ?? []
        result.components = fields.optional("components") ?? []
        result.configurations = fields.optional("configurations") ?? []
        result.crds = fields.optional("crds") ?? []
        result.schema = fields.map("openapi") { schema($0, warnings: &result.warnings) }
        result.generators = fields.optional("generators") ?? []
        result.transformers = fields.optional("transformers") ?? []
        result.validators = fields.optional("validators") ?? []
        result.namespace = fields.optional("namespace") ?? ""
        result.namePrefix = fields.optional("namePrefix") ?? ""
        result.nameSuffix = fields.optional("nameSuffix") ?? ""
        result.labels = fields.maps("labels", label)
        result.commonLabels = fields.optional("commonLabels", as: TextPairs.self)?.pairs ?? []
        result.commonAnnotations = fields.optional("commonAnnotations", as: TextPairs.self)?.pairs ?? []
        result.images = fields.maps("images", image)
        result.replicas = fields.maps("replicas", replicas)
        result.strategicMergePatches = strategicMergePatches(fields, "patchesStrategicMerge")
        result.patches = fields.maps("patches") { patch($0, target: $0.map("target", selector)) }
        result.jsonPatches = fields.maps("patchesJson6902") { jsonPatch($0) }
        let options = fields.map("generatorOptions", generatorOptions) ?? GeneratorOptions()
        result.configMaps = fields.maps("configMapGenerator") { generator($0, general: options) }
        result.secrets = fields.maps("secretGenerator") { secret($0, general: options) }
        result.order = fields.map("sortOptions", order)
        result.replacements = fields.maps("replacements") { replacementRule($0, file: file) }.compactMap { $0 }
        result.variables = fields.maps("vars") { variable($0, file: file) }
        result.metadata = BuildMetadata(fields.optional("buildMetadata") ?? [])
        decodeDeprecated(fields, into: &result)
        // Says nothing without charts.
        fields.ignore("helmGlobals")
        for (name, reason) in unsupported {
            if isEmpty(fields.node[name]) {
                fields.ignore(name)
            } else {
                fields.refuse(name, "is not supported: \(reason)")
            }
        }
        if saysNothing(fields.node) { fields.report("says nothing: list what to render under \"resources\"") }
        return result
    }

    private static func isEmpty(_ node: YAMLNode?) -> Bool {
        switch node?.content {
        case nil, .scalar(.null): true
        case .mapping(let members): members.isEmpty
        case .sequence(let elements): elements.isEmpty
        case .scalar: false
        }
    }

    /// True where nothing stands beside version and kind but fields without a value, which kustomize refuses.
    private static func saysNothing(_ node: YAMLNode) -> Bool {
        guard case .mapping(let members) = node.content else { return false }
        return members.allSatisfy { member in
            ["apiversion", "kind"].contains(member.key.lowercased()) || member.node.isNull
                || member.node.content == .scalar(.string(""))
        }
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
                RenderWarning(
                    file: result.file, line: behavior.position.line,
                    "\(behavior.path) \"\(behavior.value)\" is none, and counts as create; merge and replace are others"
                ))
        }
        for (field, isUsed, successor) in deprecated where isUsed {
            result.warnings.append(
                RenderWarning(
                    file: result.file, line: line(of: field, in: fields.node),
                    "\(field) is deprecated in kustomize, use \(successor)"))
        }
    }

    /// Where a field stands, in whichever case.
    private static func line(of field: String, in node: YAMLNode) -> Int? {
        guard case .mapping(let members) = node.content else { return nil }
        return members.first { $0.key.lowercased() == field.lowercased() }?.keyPosition.line
    }

    private static func label(_ fields: StrictMap) -> LabelRule {
        let selectors = fields.optional("includeSelectors") ?? false
        let templates = fields.optional("includeTemplates") ?? false
        return LabelRule(
            pairs: fields.optional("pairs", as: TextPairs.self)?.pairs ?? [],
            reach: selectors ? .selectors : templates ? .templates : .objects,
            fields: fields.maps("fields", ConfigurationDecoder.fieldSpec))
    }

    /// `openapi`: a file with types of one's own in place of the built-in ones, or the version of the built-in ones.
    /// To kustomize it is any texts by name.
    private static func schema(_ fields: StrictMap, warnings: inout [RenderWarning]) -> SchemaRule {
        if case .mapping(let members) = fields.node.content {
            for member in members where !["path", "version"].contains(member.key.lowercased()) {
                _ = fields.optional(member.key, as: String.self)
                let problem = StrictProblem(
                    file: fields.context.file, position: member.keyPosition, path: fields.context.path,
                    message: "unknown field \"\(member.key)\"")
                warnings.append(RenderWarning(overlooked: problem))
            }
        }
        let path: Located<String>? = fields.optional("path")
        let version: String? = fields.optional("version")
        if path != nil, version != nil { fields.report("has both \"path\" and \"version\"") }
        if let version, !version.isEmpty, version != SchemaRule.builtInVersion {
            fields.report(
                "must be \(SchemaRule.builtInVersion), the version that kustomize brings, or be left out", at: "version"
            )
        }
        return SchemaRule(path: path)
    }

    static func image(_ fields: StrictMap) -> ImageOverride {
        return ImageOverride(
            name: fields.optional("name") ?? "", newName: fields.optional("newName"), newTag: fields.optional("newTag"),
            digest: fields.optional("digest"), tagSuffix: fields.optional("tagSuffix"))
    }

    static func replicas(_ fields: StrictMap) -> ReplicaRule {
        let name: String = fields.required("name")
        return ReplicaRule(
            name: name, count: Int64(fields.optional("count") ?? 0), position: fields.node.position,
            fieldPath: fields.context.path)
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
            // Go makes an empty text of null.
            pairs: members.map { member in
                (member.key, member.node.isNull ? "" : context.field(member.key).read(String.self, from: member.node))
            })
    }
}
