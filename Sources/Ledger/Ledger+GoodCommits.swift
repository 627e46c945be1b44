// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

/// A commit that could be used: of the pipeline, where it has no target, or of an application.
package struct GoodCommitRecord: Sendable, Hashable {
    package var target: TargetID?
    package var branch: String
    package var commit: String
    /// The commit whose pipeline it was read by.
    package var pipeline: String

    package init(target: TargetID?, branch: String, commit: String, pipeline: String) {
        self.target = target
        self.branch = branch
        self.commit = commit
        self.pipeline = pipeline
    }
}

extension Ledger {
    /// What is known already is not written again.
    package func recordGoodCommits(_ records: [GoodCommitRecord], at: Timestamp) async throws(LedgerError) {
        let known = try await read { db in try records.map { try db.goodCommit(of: $0.target) } }
        let news = zip(records, known).filter { $0 != $1 }.map(\.0)
        guard !news.isEmpty else { return }
        try await write { db in
            for record in news {
                try db.add(
                    "good_commit",
                    [
                        "application": record.target?.application ?? "",
                        "environment": record.target?.environment ?? "", "branch": record.branch,
                        "commit_id": record.commit, "pipeline": record.pipeline, "at": at.millisecondsSinceEpoch,
                    ])
            }
        }
    }

    /// - Parameter target: nil for the pipeline.
    package func goodCommit(of target: TargetID?) async throws(LedgerError) -> GoodCommitRecord? {
        try await read { db in try db.goodCommit(of: target) }
    }
}

extension Database {
    fileprivate func goodCommit(of target: TargetID?) throws -> GoodCommitRecord? {
        try rows(
            """
            SELECT branch, commit_id, pipeline FROM good_commit WHERE application = ? AND environment = ?
            ORDER BY sequence DESC LIMIT 1
            """, target?.application ?? "", target?.environment ?? ""
        ).first.map { row in
            GoodCommitRecord(
                target: target, branch: try row.text("branch"), commit: try row.text("commit_id"),
                pipeline: try row.text("pipeline"))
        }
    }
}
