// SPDX-License-Identifier: Apache-2.0

package import Manifests

extension KustomizationDecoder {
    /// An entry of `patchesJson6902`.
    static func jsonPatch(_ fields: StrictMap) -> PatchRule {
        let target = fields.requiredMap("target") { target in
            _ = target.required("name", as: String.self)
            return selector(target)
        }
        var rule = patch(fields, target: target)
        rule.field = .json6902
        return rule
    }

    /// An entry of `patches` or `patchesJson6902`.
    ///
    /// - Parameter inline: the field that holds the patch itself.
    static func patch(_ fields: StrictMap, target: TargetSelector?, inline: String = "patch") -> PatchRule {
        let path: String? = fields.optional("path")
        let content: String? = fields.optional(inline)
        let text = content?.trimmed.isEmpty == true ? nil : content
        switch (path, text) {
        case (nil, nil): fields.report("needs either \"\(inline)\" or \"path\"")
        case (_?, _?): fields.report("has both \"\(inline)\" and \"path\"")
        default: break
        }
        var rule = PatchRule(
            source: path.map(PatchRule.Source.path) ?? .inline(text ?? ""), target: target,
            position: fields.node.position, fieldPath: fields.context.path)
        fields.map("options") { options in
            rule.allowsNameChange = options.optional("allowNameChange") ?? false
            rule.allowsKindChange = options.optional("allowKindChange") ?? false
        }
        return rule
    }

    static func strategicMergePatches(_ fields: StrictMap, _ name: String) -> [PatchRule] {
        let entries: [Located<String>] = fields.optional(name) ?? []
        return entries.map { entry in
            // The field mixes file names and patches; only a patch has braces, a colon followed by more, or several lines.
            let text = entry.value
            let isInline = text.contains("\n") || text.contains(": ") || text.hasPrefix("{")
            return PatchRule(
                field: .strategicMerge, source: isInline ? .inline(text) : .path(text), position: entry.position,
                fieldPath: entry.path)
        }
    }

    static func selector(_ fields: StrictMap) -> TargetSelector {
        TargetSelector(
            group: fields.optional("group"), version: fields.optional("version"), kind: fields.optional("kind"),
            name: fields.optional("name"), namespace: fields.optional("namespace"),
            labels: fields.optional("labelSelector"), annotations: fields.optional("annotationSelector"))
    }
}

extension Pattern: StrictValue {
    package static var expectation: String { "a pattern" }
    package static var placeholder: Pattern { .everything }

    package static func read(_ node: YAMLNode, in context: StrictContext) -> Pattern? {
        guard let text = node.value.string else { return nil }
        do throws(SyntaxError) {
            return text.isEmpty ? .everything : try Pattern(text)
        } catch {
            context.report("is no pattern: \(error.message)", at: node.position)
            return .everything
        }
    }
}

extension LabelSelector: StrictValue {
    static var expectation: String { "a label selector" }
    static var placeholder: LabelSelector { LabelSelector() }

    static func read(_ node: YAMLNode, in context: StrictContext) -> LabelSelector? {
        guard let text = node.value.string else { return nil }
        do throws(SyntaxError) {
            return try LabelSelector(text)
        } catch {
            context.report("is no selector: \(error.message)", at: node.position)
            return LabelSelector()
        }
    }
}
