// SPDX-License-Identifier: Apache-2.0

import Manifests

extension KustomizationDecoder {
    mutating func decodePatches(_ fields: inout FieldReader, into result: inout Kustomization) {
        for (node, name) in fields.list("patches") {
            patch(node, name, inlineKey: "patch").map { result.patches.append($0) }
        }
        for (node, name) in fields.list("patchesJson6902") {
            guard let rule = patch(node, name, inlineKey: "patch") else { continue }
            if rule.target == nil { fields.refuse(node, "\(name).target is missing") }
            result.jsonPatches.append(rule)
        }
        for entry in fields.strings("patchesStrategicMerge") {
            // The field mixes file names and patches; only a patch has a colon followed by more, or several lines.
            let isInline = entry.value.contains("\n") || entry.value.contains(": ")
            result.strategicMergePatches.append(
                PatchRule(source: isInline ? .inline(entry.value) : .path(entry.value), line: entry.line))
        }
    }

    private mutating func patch(_ node: YAMLNode, _ name: String, inlineKey: String) -> PatchRule? {
        var fields = FieldReader(node, file: file, path: name)
        let path = fields.string("path").flatMap { $0.isEmpty ? nil : $0 }
        let inline = fields.string(inlineKey).flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        let target = fields.node("target").map { selector($0, "\(name).target") }
        var options = fields.map("options")
        let allowsNameChange = options?.bool("allowNameChange") ?? false
        let allowsKindChange = options?.bool("allowKindChange") ?? false
        _ = options?.bool("allowNoTargetMatch")
        add(options?.finish() ?? [])
        switch (path, inline) {
        case (nil, nil) where fields.problems.isEmpty: fields.refuse(node, "\(name) needs either patch or path")
        case (_?, _?): fields.refuse(node, "\(name) has both patch and path")
        default: break
        }
        add(fields.finish())
        guard let source = path.map(PatchRule.Source.path) ?? inline.map(PatchRule.Source.inline) else { return nil }
        return PatchRule(
            source: source, target: target, allowsNameChange: allowsNameChange, allowsKindChange: allowsKindChange,
            line: node.position.line)
    }

    private mutating func selector(_ node: YAMLNode, _ name: String) -> TargetSelector {
        var fields = FieldReader(node, file: file, path: name)
        let result = TargetSelector(
            group: pattern("group", &fields), version: pattern("version", &fields), kind: pattern("kind", &fields),
            name: pattern("name", &fields), namespace: pattern("namespace", &fields),
            labels: labelSelector("labelSelector", &fields), annotations: labelSelector("annotationSelector", &fields))
        add(fields.finish())
        return result
    }

    private func pattern(_ key: String, _ fields: inout FieldReader) -> Pattern? {
        guard let text = fields.string(key), !text.isEmpty else { return nil }
        do throws(Pattern.SyntaxError) {
            return try Pattern(text)
        } catch {
            if let node = fields.node(key) {
                fields.refuse(node, "\(fields.name(key)) is no pattern: \(error.message)")
            }
            return nil
        }
    }

    private func labelSelector(_ key: String, _ fields: inout FieldReader) -> LabelSelector? {
        guard let text = fields.string(key), !text.isEmpty else { return nil }
        do throws(LabelSelector.SyntaxError) {
            return try LabelSelector(text)
        } catch {
            if let node = fields.node(key) {
                fields.refuse(node, "\(fields.name(key)) is no selector: \(error.message)")
            }
            return nil
        }
    }
}
