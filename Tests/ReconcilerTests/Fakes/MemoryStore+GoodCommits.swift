// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler

extension StorePort {
    func recordGoodCommits(_ commits: [GoodCommit], at time: Timestamp) async throws {
        var news: [GoodCommit] = []
        for commit in commits where try await goodCommit(of: commit.target) != commit { news.append(commit) }
        for commit in news { try await write(.goodCommit(commit), at: time) }
    }

    func goodCommit(of target: TargetID?) async throws -> GoodCommit? {
        try await read { state in
            for case .goodCommit(let commit) in state.journal.reversed() where commit.target == target { return commit }
            return nil
        }
    }
}
