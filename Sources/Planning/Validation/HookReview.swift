// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What an author should know of hooks before the pipeline's are put on the manifests (`Application.withStatedHooks`).
package enum HookReview {
    package static func findings(on manifests: [Manifest], of application: Application) -> [ReviewFinding] {
        manifests.compactMap { manifest in
            guard let hook = application.hooks.first(where: { $0.isMeant(manifest) }) else {
                return forgotten(manifest, application)
            }
            let own = Hook.words(of: manifest.object)
            guard !own.isEmpty else { return nil }
            return ReviewFinding(
                .note, manifest, "metadata.annotations",
                "say that it is a hook (\(own.map { SafeText.word($0) }.joined(separator: ", "))); what the pipeline says counts: "
                    + "\(hook.field), \(hook.phase.rawValue)")
        }
    }

    private static func forgotten(_ manifest: Manifest, _ application: Application) -> ReviewFinding? {
        guard isLikelyMeant(manifest), !application.verify.contains(where: { $0.job == manifest.id.name }) else {
            return nil
        }
        return ReviewFinding(
            .note, manifest, "",
            "is applied beside the workloads, in no order, since nothing makes it a hook; hooks: {before: [\(manifest.id.name)]} "
                + "at its application has it run before they change")
    }

    /// Whether a Job's name says that it is to run before the workloads change, and nothing else does.
    package static func isLikelyMeant(_ manifest: Manifest) -> Bool {
        manifest.id.groupKind == GroupKind(group: "batch", kind: "Job") && Hook.words(of: manifest.object).isEmpty
            && ["migrat", "schema", "db-", "backup"].contains { manifest.id.name.contains($0) }
    }
}
