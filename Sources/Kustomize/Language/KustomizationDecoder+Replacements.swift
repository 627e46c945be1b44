// SPDX-License-Identifier: Apache-2.0

import Manifests

extension KustomizationDecoder {
    /// An entry of `replacements`; nil where it has problems.
    static func replacementRule(_ fields: StrictMap, file: String) -> ReplacementRule? {
        guard let path: Located<String> = fields.optional("path"), !path.value.isEmpty else {
            return replacement(fields, file: file).map(ReplacementRule.inline)
        }
        if ["source", "sourceValue", "targets"].contains(where: { fields.node[$0] != nil }) {
            fields.report("has both \"path\" and a replacement of its own")
        }
        for name in ["source", "sourceValue", "targets"] { fields.ignore(name) }
        return .path(path)
    }

    /// The replacements of a file: one, or a list. As kustomize reads it: fields it does not know count for
    /// nothing, with a warning.
    static func replacements(
        _ bytes: [UInt8], file: String, limits: YAML.Limits, warnings: inout [RenderWarning]
    ) throws(RenderErrors) -> [Replacement] {
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            documents = try YAML.documents(bytes, file: file, limits: limits)
        } catch {
            throw RenderErrors([RenderError(.syntax, error)])
        }
        guard let node = documents.first?.node, !node.isNull else {
            throw RenderErrors([RenderError(.invalidField, file: file, "holds no replacement")])
        }
        let list: YAMLNode
        switch node.content {
        case .sequence: list = node
        case .mapping: list = YAMLNode(content: .sequence([node]), position: node.position)
        case .scalar:
            let message = "must be a replacement or a list of them, not a \(node.typeName)"
            throw RenderErrors([RenderError(.invalidField, file: file, at: node.position, message)])
        }
        let member = YAMLNode.Member(key: "replacements", keyPosition: node.position, node: list)
        let root = YAMLNode(content: .mapping([member]), position: node.position)
        do throws(StrictErrors) {
            return try StrictDecoder.decode(
                [YAMLDocument(node: root, index: 1, line: 1)], file: file, leniency: .kustomizePluginFile,
                overlooked: { warnings.append(RenderWarning(overlooked: $0)) }
            ) { fields in
                fields.maps("replacements") { replacement($0, file: file) }.compactMap { $0 }
            }
        } catch {
            throw RenderErrors(error.problems.map(RenderError.init))
        }
    }

    private static func replacement(_ fields: StrictMap, file: String) -> Replacement? {
        let text: String? = fields.optional("sourceValue")
        let field = fields.map("source", fieldSource)
        let targets = fields.maps("targets", replacementTarget).compactMap { $0 }
        if targets.isEmpty { fields.report("has no \"targets\"") }
        switch (text, field) {
        case (nil, nil): fields.report("needs either \"source\" or \"sourceValue\"")
        case (_?, _?): fields.report("has both \"source\" and \"sourceValue\"")
        default: break
        }
        guard let source = field.map(Replacement.Source.field) ?? text.map(Replacement.Source.text) else { return nil }
        return Replacement(
            source: source, targets: targets, file: file, position: fields.node.position,
            fieldPath: fields.context.path)
    }

    private static func fieldSource(_ fields: StrictMap) -> Replacement.FieldSource {
        let kind = KindSelector(
            group: fields.optional("group") ?? "", version: fields.optional("version") ?? "",
            kind: fields.optional("kind") ?? "")
        let path: String = fields.optional("fieldPath") ?? ""
        let field = FieldPath(path.isEmpty ? "metadata.name" : path)
        // A path to read from leads to one place.
        if field.parts.contains("*") { fields.report("\"*\" stands for several values", at: "fieldPath") }
        return Replacement.FieldSource(
            kind: kind, name: fields.optional("name") ?? "", namespace: fields.optional("namespace") ?? "", path: field,
            piece: fields.map("options", fieldOptions)?.piece)
    }

    private static func replacementTarget(_ fields: StrictMap) -> Replacement.Target? {
        let selected = fields.requiredMap("select", selector)
        let rejected = fields.maps("reject", selector)
        let paths: [String] = fields.optional("fieldPaths") ?? []
        let options = fields.map("options", fieldOptions)
        guard let selected else { return nil }
        return Replacement.Target(
            selected: selected, rejected: rejected,
            paths: (paths.isEmpty ? ["metadata.name"] : paths).map(FieldPath.init),
            piece: options?.piece, creates: options?.creates ?? false)
    }

    private static func fieldOptions(_ fields: StrictMap) -> (piece: Replacement.Piece?, creates: Bool) {
        let delimiter: String = fields.optional("delimiter") ?? ""
        let index: Int = fields.optional("index") ?? 0
        // Declared by kustomize and never carried out.
        fields.ignore("encoding")
        let piece = delimiter.isEmpty ? nil : Replacement.Piece(delimiter: delimiter, index: index)
        return (piece, fields.optional("create") ?? false)
    }
}

extension StrictLeniency {
    /// Files that kustomize reads into Go structures without being strict.
    static let kustomizePluginFile: StrictLeniency = [.otherCase, .unknownFields]
}
