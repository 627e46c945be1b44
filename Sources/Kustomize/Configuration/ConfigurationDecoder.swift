// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Reads the files that `configurations` names.
enum ConfigurationDecoder {
    /// - Throws: everything that is wrong with the file. Only its first document counts, and it may be empty.
    static func decode(
        _ bytes: [UInt8], file: String, limits: YAML.Limits = YAML.Limits()
    ) throws(RenderErrors) -> TransformerConfiguration {
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            documents = try YAML.documents(bytes, file: file, dialect: .kustomize, limits: limits)
        } catch {
            throw RenderErrors([RenderError(.syntax, error)])
        }
        guard let first = documents.first, !first.node.isNull else { return TransformerConfiguration() }
        do throws(StrictErrors) {
            return try StrictDecoder.decode([first], file: file, leniency: .otherCase, configuration)
        } catch {
            throw RenderErrors(error.problems.map(RenderError.init))
        }
    }

    private static func configuration(_ fields: StrictMap) -> TransformerConfiguration {
        var result = TransformerConfiguration()
        for (name, list) in TransformerConfiguration.lists {
            result[keyPath: list] = FieldSpecs(fields.maps(name, fieldSpec))
        }
        result.nameReferences = fields.maps("nameReference") { rule in
            NameReferenceRule(target: kind(rule), referrers: FieldSpecs(rule.maps("fieldSpecs", fieldSpec)))
        }
        return result
    }

    static func fieldSpec(_ fields: StrictMap) -> FieldSpec {
        let path: String = fields.required("path")
        // Each part is a map within a map.
        if path.utf8.count(where: { $0 == UInt8(ascii: "/") }) > 50 {
            fields.report("is a path of more than 50 parts", at: "path")
        }
        return FieldSpec(path, selector: kind(fields), create: fields.optional("create") ?? false)
    }

    private static func kind(_ fields: StrictMap) -> KindSelector {
        KindSelector(
            group: fields.optional("group") ?? "", version: fields.optional("version") ?? "",
            kind: fields.optional("kind") ?? "")
    }
}
