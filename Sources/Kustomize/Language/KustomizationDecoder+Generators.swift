// SPDX-License-Identifier: Apache-2.0

import Manifests

extension KustomizationDecoder {
    /// An entry of `configMapGenerator` or `secretGenerator`, with the kustomization's own options merged in.
    mutating func generator(
        _ node: YAMLNode, _ name: String, _ general: GeneratorOptions?, isSecret: Bool
    ) -> GeneratorRule? {
        var fields = FieldReader(node, file: file, path: name)
        var rule = GeneratorRule(name: "", line: node.position.line)
        let target = fields.required("name")
        rule.name = target ?? ""
        rule.namespace = fields.string("namespace").flatMap { $0.isEmpty ? nil : $0 }
        if let behavior = fields.string("behavior"), !behavior.isEmpty {
            if let known = GeneratorRule.Behavior(rawValue: behavior) {
                rule.behavior = known
            } else if let node = fields.node("behavior") {
                fields.refuse(node, "\(name).behavior is not create, merge or replace")
            }
        }
        rule.literals = fields.strings("literals")
        rule.files = fields.strings("files")
        rule.environmentFiles = fields.strings("envs")
        if let single = fields.string("env"), !single.isEmpty {
            rule.environmentFiles.append(Located(value: single, line: fields.node("env")?.position.line ?? fields.line))
        }
        if isSecret, let type = fields.string("type"), !type.isEmpty { rule.type = type }
        if let node = fields.node("options") { rule.options = generatorOptions(node, "\(name).options") }
        if let general { rule.options = rule.options.merged(with: general) }
        add(fields.finish())
        return target == nil ? nil : rule
    }

    mutating func generatorOptions(_ node: YAMLNode, _ name: String) -> GeneratorOptions {
        var fields = FieldReader(node, file: file, path: name)
        let options = GeneratorOptions(
            labels: fields.pairs("labels"), annotations: fields.pairs("annotations"),
            disablesHash: fields.bool("disableNameSuffixHash") ?? false, isImmutable: fields.bool("immutable") ?? false)
        add(fields.finish())
        return options
    }
}
