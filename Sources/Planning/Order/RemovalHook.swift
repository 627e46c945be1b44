// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// An object that does a piece of work when its application is removed with all that it has: a backup before, or what is
/// to be told elsewhere afterwards. No rollout knows of it.
///
/// Our own annotation, and Argo CD's `PreDelete` and `PostDelete` (its manual, "Sync Phases and Waves").
package struct RemovalHook: Sendable, Hashable {
    package enum Phase: String, Sendable, CaseIterable {
        /// Before anything of the application is deleted.
        case before = "before-removal"
        /// Once all of it is gone.
        case after = "after-removal"
    }

    package var phase: Phase
    /// As it is sent: a Job's name ends with the digest.
    package var manifest: Manifest

    package init(phase: Phase, manifest: Manifest) {
        self.phase = phase
        self.manifest = manifest
    }

    /// It does its work, and has an end.
    package var isRun: Bool { Hook.runsOnce(manifest.id.groupKind) }

    package var deletion: [Hook.Deletion] { Hook.deletion(of: manifest.object) }

    static func phase(_ word: String) -> Phase? {
        switch word {
        case "PreDelete": .before
        case "PostDelete": .after
        default: Phase(rawValue: word)
        }
    }

    /// What a rendered manifest stands for, one for each of its words.
    static func runs(of manifest: Manifest, digest: String) -> [RemovalHook] {
        let object = manifest.object
        var phases: [Phase] = []
        for phase in Hook.words(of: object).compactMap(phase) where !phases.contains(phase) { phases.append(phase) }
        return phases.map { phase in
            let generated = Hook.generatedBase(of: object)
            var base = generated ?? object.name
            if phase != phases.first { base += "-\(phase.rawValue)" }
            let isNamedAfterDigest = generated != nil || Hook.runsOnce(manifest.id.groupKind)
            var run = isNamedAfterDigest ? Hook.renamed(manifest, base, digest) : manifest
            Hook.setDeadline(of: &run.object)
            return RemovalHook(phase: phase, manifest: run)
        }
    }
}
