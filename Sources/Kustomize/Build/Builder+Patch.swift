// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// Applies patches in their order.
    mutating func patch(
        _ resources: inout ResourceAccumulator, _ rules: [PatchRule], of kustomization: Kustomization, isComplete: Bool
    ) {
        for rule in rules {
            guard let documents = documents(of: rule, kustomization) else { continue }
            var transformer = PatchTransformer(rule: rule, file: kustomization.file, isComplete: isComplete)
            if rule.target != nil, documents.count > 1 {
                let message = "a patch of several documents cannot have a target"
                problems.append(RenderError(.patch, file: kustomization.file, at: rule.position, message))
                continue
            }
            for document in documents {
                let changes = transformer.changes(by: document.value, to: resources)
                report(resources.replace(changes), after: "a patch", of: kustomization)
            }
            problems += transformer.problems
        }
    }

    /// A patch's documents, empty ones left out; nil where it cannot be read.
    private mutating func documents(of rule: PatchRule, _ kustomization: Kustomization) -> [YAMLDocument]? {
        do throws(RenderError) {
            let documents: [YAMLDocument]
            switch rule.source {
            case .inline(let text): documents = try Self.documents(inline: text, of: rule, kustomization.file)
            case .path(let path):
                let bytes = try reader.contents(
                    of: path, from: kustomization.folder, namedIn: kustomization.file, at: rule.position)
                documents = try Self.documents(
                    bytes,
                    file: TreeReader.path(
                        path, from: kustomization.folder, namedIn: kustomization.file, at: rule.position))
            }
            guard documents.isEmpty else { return documents }
            throw RenderError(.patch, file: kustomization.file, at: rule.position, "the patch is empty")
        } catch {
            problems.append(error)
            return nil
        }
    }

    private static func documents(_ bytes: [UInt8], file: String) throws(RenderError) -> [YAMLDocument] {
        do throws(YAMLError) {
            return try YAML.documents(bytes, file: file, dialect: .kustomizePatch).filter { !$0.node.isNull }
        } catch {
            throw RenderError(.syntax, error)
        }
    }

    private static func documents(
        inline text: String, of rule: PatchRule, _ file: String
    ) throws(RenderError) -> [YAMLDocument] {
        do throws(RenderError) {
            return try documents(Array(text.utf8), file: file)
        } catch {
            throw RenderError(
                .syntax, file: file, at: rule.position, "line \(error.line ?? 1) of the patch: \(error.message)")
        }
    }
}
