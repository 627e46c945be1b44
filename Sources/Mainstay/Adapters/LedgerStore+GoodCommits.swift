// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler

extension LedgerStore {
    func recordGoodCommits(_ commits: [GoodCommit], at time: Timestamp) async throws {
        let records = commits.map {
            GoodCommitRecord(target: $0.target, branch: $0.branch, commit: $0.commit, pipeline: $0.pipeline)
        }
        try await ledger.recordGoodCommits(records, at: time)
    }

    func goodCommit(of target: TargetID?) async throws -> GoodCommit? {
        try await ledger.goodCommit(of: target).map {
            GoodCommit(target: $0.target, branch: $0.branch, commit: $0.commit, pipeline: $0.pipeline)
        }
    }
}
