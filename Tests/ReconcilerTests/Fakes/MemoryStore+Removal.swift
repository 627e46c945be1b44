// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler

extension MemoryStore.State {
    /// In the order of the journal.
    func removalProgress(of target: TargetID) -> RemovalProgress {
        var progress = RemovalProgress()
        var removals: Set<String> = []
        for entry in journal {
            switch entry {
            case .began(let start) where start.target == target:
                if start.trigger == .removal {
                    removals.insert(start.id)
                } else {
                    progress = RemovalProgress()
                    removals = []
                }
            case .intents(let intents, let rollout) where removals.contains(rollout):
                progress.created.formUnion(intents.filter { $0.action == .create }.map(\.object))
            case .completions(let jobs, target) where !removals.isEmpty:
                progress.completed.formUnion(jobs.map(\.id))
            default: break
            }
        }
        return progress
    }

    func announced(in rollout: String) -> Set<Intent> {
        Set(
            journal.flatMap { entry in
                if case .intents(let intents, rollout) = entry { intents } else { [Intent]() }
            })
    }
}
