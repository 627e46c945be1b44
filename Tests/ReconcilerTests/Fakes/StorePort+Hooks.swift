// SPDX-License-Identifier: Apache-2.0

import Planning
import Reconciler

extension StorePort {
    func recordHookRuns(_ runs: [HookRun], of rollout: String) async throws {
        let known = try await hookRuns(of: rollout)
        let fresh = runs.filter { run in !known.contains { $0.object == run.object && $0.uid == run.uid } }
        guard let first = fresh.first else { return }
        try await write(.hookRuns(fresh, rollout: rollout), at: first.at)
    }

    func hookRuns(of rollout: String) async throws -> [HookRun] {
        try await read { $0.hookRuns.filter { $0.rollout == rollout }.map(\.run) }
    }
}

extension MemoryStore.State {
    /// All of them, in the order of the journal.
    var hookRuns: [(run: HookRun, rollout: String)] {
        journal.flatMap { entry -> [(run: HookRun, rollout: String)] in
            guard case .hookRuns(let runs, let rollout) = entry else { return [] }
            return runs.map { ($0, rollout) }
        }
    }
}
