// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

/// A person's word for one thing.
package struct ApprovalRecord: Sendable, Hashable {
    package var actor: String
    package var reason: String?
    package var at: Timestamp
}

extension Ledger {
    /// - Parameter kind: what was approved: `prune`, `deletion` or `check`.
    package func recordApproval(
        _ kind: String, _ target: TargetID, subject: String, reason: String? = nil, actor: String, at: Timestamp
    ) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            try db.add(
                "approval",
                [
                    "kind": kind, "application": target.application, "environment": target.environment,
                    "subject": subject, "reason": reason, "actor": actor, "at": at.millisecondsSinceEpoch,
                ])
            let why = reason.map { ": \($0)" } ?? ""
            try chain.append("approved.\(kind)", target, actor: actor, "\(subject)\(why)", at: at, to: db)
        }
    }

    /// The latest of it.
    package func approval(
        _ kind: String, _ target: TargetID, subject: String
    ) async throws(LedgerError) -> ApprovalRecord? {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM approval WHERE kind = ? AND application = ? AND environment = ? AND subject = ?
                ORDER BY sequence DESC LIMIT 1
                """, kind, target.application, target.environment, subject
            ).first.map {
                ApprovalRecord(
                    actor: try $0.text("actor"), reason: $0.optionalText("reason"), at: try $0.timestamp("at"))
            }
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
