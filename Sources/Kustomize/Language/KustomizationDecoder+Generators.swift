// SPDX-License-Identifier: Apache-2.0

import Manifests

extension KustomizationDecoder {
    /// An entry of `configMapGenerator` or `secretGenerator`, with the kustomization's own options merged in.
    static func generator(_ fields: StrictMap, general: GeneratorOptions) -> GeneratorRule {
        var rule = GeneratorRule(name: fields.required("name"), position: fields.node.position)
        rule.namespace = fields.optional("namespace") ?? ""
        rule.behavior = fields.optional("behavior") ?? .create
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
