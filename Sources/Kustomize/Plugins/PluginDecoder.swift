// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Reads the configurations of built-in plugins, with fields in any case. Those that a plugin does not know count for
/// nothing, as in kustomize, with a warning.
enum PluginDecoder {
    static func transformation(
        _ resource: Resource, warnings: inout [RenderWarning]
    ) throws(RenderErrors) -> PluginTransformation {
        let kind = try kind(of: resource)
        guard !kind.isGenerator else { throw misplaced(resource, "a generator", field: "generators") }
        // These alone kustomize reads as YAML and not as JSON, so that a field's case counts.
        let leniency = kind.isAffix ? .unknownFields : StrictLeniency.kustomizePluginFile
        return try decode(resource, leniency, &warnings) { transformation(kind, $0, resource) }
    }

    static func generation(
        _ resource: Resource, warnings: inout [RenderWarning]
    ) throws(RenderErrors) -> PluginGeneration {
        let kind = try kind(of: resource)
        guard kind.isGenerator else { throw misplaced(resource, "a transformer", field: "transformers") }
        var named = resource
        // The generator's own name and namespace are those of its resource, unless it says otherwise.
        for (key, value) in [("name", resource.object.name), ("namespace", resource.object.namespace)] {
            let isStated = !(resource.object[key]?.string ?? "").isEmpty
            if kind != .accountGenerator, !isStated, !value.isEmpty { named.object[key] = .string(value) }
        }
        return try decode(named, .kustomizePluginFile, &warnings) { generation(kind, $0, resource) }
    }

    private static func kind(of resource: Resource) throws(RenderErrors) -> PluginKind {
        do throws(RenderError) {
            return try PluginKind(resource)
        } catch {
            throw RenderErrors([error])
        }
    }

    private static func misplaced(_ resource: Resource, _ what: String, field: String) -> RenderErrors {
        RenderErrors([
            RenderError(
                .invalidField, at: resource.origin, "\(resource.object.kind) is \(what)",
                hint: "list it under `\(field)`"
            )
        ])
    }

    private static func decode<Result>(
        _ resource: Resource, _ leniency: StrictLeniency, _ warnings: inout [RenderWarning],
        _ body: (StrictMap) -> Result
    ) throws(RenderErrors) -> Result {
        let position = YAMLNode.Position(line: resource.origin.line, column: 1)
        var document = YAMLDocument(
            node: YAMLNode(.object(resource.object), at: position), index: resource.origin.document,
            line: resource.origin.line)
        document.node.position = position
        do throws(StrictErrors) {
            return try StrictDecoder.decode(
                [document], file: resource.origin.file, leniency: leniency,
                overlooked: { warnings.append(RenderWarning(overlooked: $0)) }
            ) { fields in
                for key in ["apiVersion", "kind", "metadata"] { fields.ignore(key) }
                return body(fields)
            }
        } catch {
            throw RenderErrors(error.problems.map(RenderError.init))
        }
    }

    private static func transformation(
        _ kind: PluginKind, _ fields: StrictMap, _ resource: Resource
    ) -> PluginTransformation {
        let specs = FieldSpecs(fields.maps("fieldSpecs", ConfigurationDecoder.fieldSpec))
        switch kind {
        case .prefix, .suffix, .prefixSuffix: return affixes(kind, fields, specs)
        case .namespace:
            return .namespace(
                NamespaceTransformer(
                    namespace: resource.object.namespace, fields: specs,
                    subjects: fields.optional("setRoleBindingSubjects") ?? .defaultOnly,
                    onlyUnset: fields.optional("unsetOnly") ?? false))
        case .label:
            let pairs = fields.optional("labels", as: TextPairs.self)?.pairs ?? []
            return .pairs(PairTransformer(pairs: pairs, fields: specs))
        case .annotations:
            let pairs = fields.optional("annotations", as: TextPairs.self)?.pairs ?? []
            return .pairs(PairTransformer(pairs: pairs, fields: specs))
        case .imageTag:
            let image = fields.map("imageTag", KustomizationDecoder.image)
            return .images(ImageTransformer(image.map { [$0] } ?? [], fields: specs))
        case .replicaCount:
            let rule = fields.requiredMap("replica", KustomizationDecoder.replicas)
            return .replicas(ReplicaTransformer(name: rule?.name ?? "", count: rule?.count ?? 0, fields: specs))
        case .patch:
            let target = fields.map("target", KustomizationDecoder.selector)
            return .patches([KustomizationDecoder.patch(fields, target: target)])
        case .patchStrategicMerge:
            var rules = KustomizationDecoder.strategicMergePatches(fields, "paths")
            if let text: String = fields.optional("patches") {
                rules.append(PatchRule(source: .inline(text), position: fields.node.position))
            }
            if rules.isEmpty { fields.report("needs \"paths\" or \"patches\"") }
            return .patches(rules)
        case .patchJSON:
            let target = fields.requiredMap("target", KustomizationDecoder.selector)
            var rule = KustomizationDecoder.patch(fields, target: target, inline: "jsonOp")
            rule.field = .json6902
            return .patches([rule])
        case .hash: return .hashes
        case .valueAdd: return .values(ValueAddTransformer(fields))
        case .replacement:
            let file = resource.origin.file
            return .replacements(
                fields.maps("replacements") { KustomizationDecoder.replacementRule($0, file: file) }.compactMap { $0 })
        case .configMapGenerator, .secretGenerator, .accountGenerator: break
        }
        return .patches([])
    }

    private static func affixes(_ kind: PluginKind, _ fields: StrictMap, _ specs: FieldSpecs) -> PluginTransformation {
        if specs.isEmpty { fields.report("needs \"fieldSpecs\": `path: metadata/name` is the name itself") }
        var affixes: [AffixTransformer] = []
        if kind != .suffix, let text: String = fields.optional("prefix") {
            affixes.append(AffixTransformer(place: .prefix, text: text, fields: specs))
        }
        if kind != .prefix, let text: String = fields.optional("suffix") {
            affixes.append(AffixTransformer(place: .suffix, text: text, fields: specs))
        }
        return .affixes(affixes)
    }

    private static func generation(
        _ kind: PluginKind, _ fields: StrictMap, _ resource: Resource
    ) -> PluginGeneration {
        switch kind {
        case .configMapGenerator:
            return .configMap(KustomizationDecoder.generator(fields, general: GeneratorOptions()))
        case .secretGenerator:
            return .secret(KustomizationDecoder.secret(fields, general: GeneratorOptions()))
        default: return .resource(GeneratedResource.account(fields, origin: resource.origin))
        }
    }
}

extension YAMLNode {
    /// What plugins want as numbers or switches. Everything else is text to them, however it is written: `newTag: 7`.
    /// In lower case, since keys count in any.
    private static let typed: Set = [
        "allowkindchange", "allownamechange", "allownotargetmatch", "count", "create", "disablenamesuffixhash",
        "filepathposition", "immutable", "unsetonly",
    ]

    /// A value of a plugin's configuration, all of which stands in one place.
    fileprivate init(_ value: Value, at position: Position) {
        let content: Content =
            switch value {
            case .array(let elements): .sequence(elements.map { YAMLNode($0, at: position) })
            case .object(let object):
                .mapping(
                    object.pairs.map { pair in
                        let node =
                            Self.typed.contains(pair.key.lowercased()) && pair.value.array == nil
                                && pair.value.object == nil
                            ? YAMLNode(content: .scalar(pair.value), position: position)
                            : YAMLNode(pair.value, at: position)
                        return Member(key: pair.key, keyPosition: position, node: node)
                    })
            case .bool, .integer, .number: .scalar(.string(Self.text(value)))
            default: .scalar(value)
            }
        self.init(content: content, position: position)
    }

    /// As Go writes it: `newTag: 1.20` is the tag 1.2.
    private static func text(_ value: Value) -> String {
        guard case .number(let text) = value, let number = Double(text) else { return JSON.text(value) }
        return Int64(exactly: number).map(String.init) ?? "\(number)"
    }
}
