// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// Applies patches in their order.
    mutating func patch(
        _ resources: inout ResourceAccumulator, _ rules: [PatchRule], of kustomization: Kustomization, isComplete: Bool
    ) {
        for rule in rules {
            let problemsBefore = problems.count
            defer { nameField(rule.fieldPath, inProblemsFrom: problemsBefore, of: kustomization) }
            guard let patches = patches(of: rule, kustomization) else { continue }
            var transformer = PatchTransformer(rule: rule, file: kustomization.file, isComplete: isComplete)
            transformer.types = schema?.types
            transformer.copies = copiesLeft
            let copiesBefore = transformer.copies
            for patch in patches {
                let changes = transformer.changes(by: patch, to: &resources)
                let collisions = resources.replace(changes)
                // Kustomize sees what operations have made the same only where another kustomization takes it in.
                if patch.array == nil { report(collisions, after: "a patch", of: kustomization) }
            }
            problems += transformer.problems
            admitCopies(copiesBefore - transformer.copies, from: kustomization.file)
        }
    }

    /// The patches of a rule, none where its file holds nothing; nil where they cannot be read.
    private mutating func patches(of rule: PatchRule, _ kustomization: Kustomization) -> [Value]? {
        do throws(RenderError) {
            switch try documents(of: rule, kustomization) {
            case .operations(let operations):
                if operations.array?.isEmpty == true, rule.field == .json6902 {
                    throw RenderError(
                        .patch, file: kustomization.file, at: rule.position, "the patch has no operations")
                }
                return [operations]
            case .merges(let patches):
                if patches.isEmpty, rule.field != .patches {
                    throw RenderError(.patch, file: kustomization.file, at: rule.position, "the patch is empty")
                }
                guard patches.count <= 1 || rule.target == nil else {
                    throw RenderError(
                        .patch, file: kustomization.file, at: rule.position,
                        "a patch of several documents cannot have a target",
                        hint: "make an entry of each, or leave the target out: each document says what it is for")
                }
                return patches.map(Value.object)
            }
        } catch {
            problems.append(error)
            return nil
        }
    }

    private mutating func documents(
        of rule: PatchRule, _ kustomization: Kustomization
    ) throws(RenderError) -> PatchDocuments {
        let file = kustomization.file
        switch rule.source {
        case .inline(let text):
            guard !text.trimmed.isEmpty else {
                throw RenderError(.patch, file: file, at: rule.position, "the patch is empty")
            }
            do throws(PatchDocuments.SyntaxError) {
                return try PatchDocuments(Array(text.trimmed.utf8), file: file, field: rule.field, limits: limits.yaml)
            } catch {
                let line = error.line.map { "line \($0) of the patch: " } ?? ""
                throw RenderError(.patch, file: file, at: rule.position, line + error.message)
            }
        case .path(let path):
            let (source, bytes) = try reader.file(path, from: kustomization.folder, namedIn: file, at: rule.position)
            do throws(PatchDocuments.SyntaxError) {
                return try PatchDocuments(bytes, file: source, field: rule.field, limits: limits.yaml)
            } catch {
                throw RenderError(.patch, file: source, line: error.line, error.message, hint: "named in \(file)")
            }
        }
    }
}
