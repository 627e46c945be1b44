// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning

extension LedgerStore {
    func recordGoodCommits(_ commits: [GoodCommit], at time: Timestamp) async throws {
        try await ledger.recordGoodCommits(commits, at: time)
    }

    func goodCommit(of target: TargetID?) async throws -> GoodCommit? { try await ledger.goodCommit(of: target) }
}
