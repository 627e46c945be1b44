// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// Carries out a kustomization's replacements.
    mutating func replace(
        in resources: inout ResourceAccumulator, by kustomization: Kustomization, isComplete: Bool
    ) {
        let replacements = replacements(kustomization.replacements, of: kustomization)
        guard !replacements.isEmpty else { return }
        var transformer = ReplacementTransformer(replacements, isComplete: isComplete)
        let collisions = transformer.apply(to: &resources)
        problems += transformer.problems
        report(collisions, after: "a replacement", of: kustomization)
    }

    /// The replacements of rules, files read; problems are collected.
    mutating func replacements(_ rules: [ReplacementRule], of kustomization: Kustomization) -> [Replacement] {
        var replacements: [Replacement] = []
        for rule in rules {
            switch rule {
            case .inline(let replacement): replacements.append(replacement)
            case .path(let path):
                do throws(RenderError) {
                    let bytes = try reader.contents(
                        of: path.value, from: kustomization.folder, namedIn: kustomization.file, at: path.position)
                    let file = try TreeReader.path(
                        path.value, from: kustomization.folder, namedIn: kustomization.file, at: path.position)
                    do throws(RenderErrors) {
                        replacements += try KustomizationDecoder.replacements(bytes, file: file, limits: limits.yaml)
                    } catch {
                        problems += error.errors
                    }
                } catch {
                    problems.append(error)
                }
            }
        }
        return replacements
    }
}
