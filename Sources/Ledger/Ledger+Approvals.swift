// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

extension Ledger {
    /// - Parameter kind: what was approved: `prune`, `deletion` or `check`.
    package func recordApproval(
        _ kind: String, _ target: TargetID, subject: String, actor: String, at: Timestamp
    ) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            try db.add(
                "approval",
                [
                    "kind": kind, "application": target.application, "environment": target.environment,
                    "subject": subject, "actor": actor, "at": at.millisecondsSinceEpoch,
                ])
            try chain.append("approved.\(kind)", target, actor: actor, subject, at: at, to: db)
        }
    }

    package func isApproved(
        _ kind: String, _ target: TargetID, subject: String
    ) async throws(LedgerError) -> Bool {
        try await read { db in
            try !db.rows(
                """
                SELECT 1 FROM approval WHERE kind = ? AND application = ? AND environment = ? AND subject = ? LIMIT 1
                """, kind, target.application, target.environment, subject
            ).isEmpty
        }
    }

    /// The subjects of all that was approved of a kind.
    package func approved(_ kind: String, _ target: TargetID) async throws(LedgerError) -> [String] {
        try await read { db in
            try db.rows(
                "SELECT DISTINCT subject FROM approval WHERE kind = ? AND application = ? AND environment = ?", kind,
                target.application, target.environment
            ).map { try $0.text("subject") }
        }
    }

    /// The same again changes nothing.
    package func recordRemovalPolicy(
        _ policy: Application.Removal, of target: TargetID, at: Timestamp
    ) async throws(LedgerError) {
        try await write { db in
            guard try db.removalPolicy(of: target) != policy else { return }
            try db.add(
                "removal_policy",
                [
                    "application": target.application, "environment": target.environment,
                    "policy": policy.rawValue, "at": at.millisecondsSinceEpoch,
                ])
        }
    }

    /// What the pipeline said last of the target's removal; nil where it never said anything.
    package func removalPolicy(of target: TargetID) async throws(LedgerError) -> Application.Removal? {
        try await read { db in try db.removalPolicy(of: target) }
    }
}

extension Database {
    fileprivate func removalPolicy(of target: TargetID) throws -> Application.Removal? {
        try rows(
            "SELECT policy FROM removal_policy WHERE application = ? AND environment = ? ORDER BY sequence DESC LIMIT 1",
            target.application, target.environment
        ).first?.word("policy")
    }
}
