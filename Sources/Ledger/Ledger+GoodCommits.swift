// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

extension Ledger {
    /// What is known already is not written again.
    package func recordGoodCommits(_ commits: [GoodCommit], at: Timestamp) async throws(LedgerError) {
        let known = try await read { db in try commits.map { try db.goodCommit(of: $0.target) } }
        let news = zip(commits, known).filter { $0 != $1 }.map(\.0)
        guard !news.isEmpty else { return }
        try await write { db in
            for commit in news {
                try db.add(
                    "good_commit",
                    [
                        "application": commit.target?.application ?? "",
                        "environment": commit.target?.environment ?? "", "branch": commit.branch,
                        "commit_id": commit.commit, "pipeline": commit.pipeline, "at": at.millisecondsSinceEpoch,
                    ])
            }
        }
    }

    /// - Parameter target: nil for the pipeline.
    package func goodCommit(of target: TargetID?) async throws(LedgerError) -> GoodCommit? {
        try await read { db in try db.goodCommit(of: target) }
    }
}

extension Database {
    fileprivate func goodCommit(of target: TargetID?) throws -> GoodCommit? {
        try rows(
            """
            SELECT branch, commit_id, pipeline FROM good_commit WHERE application = ? AND environment = ?
            ORDER BY sequence DESC LIMIT 1
            """, target?.application ?? "", target?.environment ?? ""
        ).first.map { row in
            GoodCommit(
                target: target, branch: try row.text("branch"), commit: try row.text("commit_id"),
                pipeline: try row.text("pipeline"))
        }
    }
}
