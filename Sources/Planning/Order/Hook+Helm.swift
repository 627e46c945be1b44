// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Helm's annotations on a manifest that a chart was rendered to, read as Argo CD reads them (its manual, "Helm", "Helm
/// Hooks"): installs and upgrades are the same to it, and what is for tests and rollbacks is not run.
extension Hook {
    private static let helmKey = "helm.sh/hook"
    private static let helmWeightKey = "helm.sh/hook-weight"
    static let helmDeletionKey = "helm.sh/hook-delete-policy"

    /// In Argo CD's words, each once.
    static func helmWords(of object: Object) -> [String] {
        var words: [String] = []
        for word in split(object.annotations[helmKey]).compactMap(argoWord) where !words.contains(word) {
            words.append(word)
        }
        return words
    }

    private static func argoWord(_ word: String) -> String? {
        switch word {
        case "pre-install", "pre-upgrade": "PreSync"
        case "post-install", "post-upgrade": "PostSync"
        case "pre-delete": "PreDelete"
        case "post-delete": "PostDelete"
        case "test", "test-success", "test-failure", "pre-rollback", "post-rollback": "Skip"
        // Definitions (`crd-install`) are applied like all others.
        default: nil
        }
    }

    static func helmWeight(of object: Object) -> Int? {
        object.annotations[helmWeightKey]?.string.flatMap { Int($0) }
    }

    static func helmDeletion(_ word: String) -> Deletion? {
        switch word {
        case "hook-succeeded": .succeeded
        case "hook-failed": .failed
        case "before-hook-creation": .beforeCreation
        default: nil
        }
    }
}
