// SPDX-License-Identifier: Apache-2.0

import Manifests

extension KustomizationDecoder {
    /// An entry of `configMapGenerator` or `secretGenerator`, with the kustomization's own options merged in.
    static func generator(_ fields: StrictMap, general: GeneratorOptions) -> GeneratorRule {
        var rule = GeneratorRule(
            name: fields.required("name"), position: fields.node.position, fieldPath: fields.context.path)
        rule.namespace = fields.optional("namespace") ?? ""
        if let behavior: Located<String> = fields.optional("behavior") {
            if let known = GeneratorRule.Behavior(rawValue: behavior.value) {
                rule.behavior = known
            } else if !behavior.value.isEmpty {
                rule.unknownBehavior = behavior
            }
        }
        rule.literals = fields.optional("literals") ?? []
        rule.files = fields.optional("files") ?? []
        rule.environmentFiles = fields.optional("envs") ?? []
        if let single: Located<String> = fields.optional("env") { rule.environmentFiles.append(single) }
        let own = fields.map("options", generatorOptions) ?? GeneratorOptions()
        rule.options = own.merged(with: general)
        return rule
    }

    /// An entry of `secretGenerator`.
    static func secret(_ fields: StrictMap, general: GeneratorOptions) -> GeneratorRule {
        var rule = generator(fields, general: general)
        if let type: String = fields.optional("type"), !type.isEmpty { rule.type = type }
        return rule
    }

    static func generatorOptions(_ fields: StrictMap) -> GeneratorOptions {
        GeneratorOptions(
            labels: fields.optional("labels", as: TextPairs.self)?.pairs ?? [],
            annotations: fields.optional("annotations", as: TextPairs.self)?.pairs ?? [],
            disablesHash: fields.optional("disableNameSuffixHash") ?? false,
            isImmutable: fields.optional("immutable") ?? false)
    }
}
