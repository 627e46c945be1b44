// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What is waited for with nothing applied may have to be made in a namespace that this very rollout brings: the namespaces
/// are applied first then, and nothing else.
extension RolloutRun {
    /// The rollout's namespaces that are not there, as far as they wait for nothing else of it.
    func namespacesToMake() async -> Set<ObjectID> {
        var found: Set<ObjectID> = []
        for id in ids where id.groupKind == GroupKind(group: "", kind: "Namespace") && !isApplied(id) {
            if (try? await isThere(id)) == false { found.insert(id) }
        }
        let all = found
        return found.filter { id in
            dependencies(of: id).allSatisfy { nodes[$0.to] == nil || all.contains($0.to) }
        }
    }

    /// Why one could not be; nil where they are there.
    func applyNamespaces() async throws -> Cause? {
        only = missingNamespaces
        missingNamespaces = []
        let cause = try await applyAndJudge()
        only = nil
        // What is looked at next is the whole.
        unseen.isAll = true
        moved.isAll = true
        return cause
    }
}
