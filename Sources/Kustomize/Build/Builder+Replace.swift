// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// Carries out replacements that a kustomization states, or a plugin that it lists.
    mutating func replace(
        in resources: inout ResourceAccumulator, _ rules: [ReplacementRule], of kustomization: Kustomization,
        isComplete: Bool
    ) {
        let replacements = replacements(rules, of: kustomization)
        guard !replacements.isEmpty else { return }
        var transformer = ReplacementTransformer(replacements, isComplete: isComplete)
        transformer.copies = copiesLeft
        let copiesBefore = transformer.copies
        let collisions = transformer.apply(to: &resources)
        admitCopies(copiesBefore - transformer.copies, from: kustomization.file)
        problems += transformer.problems
        report(collisions, after: "a replacement", of: kustomization)
    }

    /// The replacements of rules, files read; problems are collected.
    mutating func replacements(_ rules: [ReplacementRule], of kustomization: Kustomization) -> [Replacement] {
        var replacements: [Replacement] = []
        var overlooked: [RenderWarning] = []
        for rule in rules {
            switch rule {
            case .inline(let replacement): replacements.append(replacement)
            case .path(let path):
                do throws(RenderError) {
                    let (file, bytes) = try reader.file(
                        path.value, from: kustomization.folder, namedIn: kustomization.file, at: path.position,
                        field: path.path)
                    do throws(RenderErrors) {
                        replacements += try KustomizationDecoder.replacements(
                            bytes, file: file, limits: limits.yaml, warnings: &overlooked)
                    } catch {
                        problems += error.errors.map { $0.named(in: kustomization.file, at: path.position) }
                    }
                } catch {
                    problems.append(error)
                }
            }
        }
        warn(overlooked)
        return replacements
    }
}
