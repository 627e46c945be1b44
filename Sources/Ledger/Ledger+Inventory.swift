// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

extension Ledger {
    /// What was applied, and with `removed` what was taken away. The latest row of an object in a target counts.
    package func recordInventory(_ entries: [InventoryRow]) async throws(LedgerError) {
        guard !entries.isEmpty else { return }
        try await write { db in
            for entry in entries {
                try db.addInventory(entry)
                try db.addBaseline(of: entry)
            }
        }
    }

    /// What is there now, sorted by environment and object: of one target, or of all.
    ///
    /// - Parameter withBaselines: what the last applies left is most of it, and seldom asked for.
    package func inventory(
        target: TargetID? = nil, withBaselines: Bool = true
    ) async throws(LedgerError) -> [InventoryRow] {
        let baseline =
            withBaselines
            ? """
            (SELECT baseline FROM drift_baseline AS b
             WHERE b.environment = i.environment AND b.object = i.object AND b.application = i.application
             ORDER BY b.sequence DESC LIMIT 1)
            """ : "NULL"
        return try await read { db in
            try db.rows(
                """
                SELECT *, \(baseline) AS baseline FROM inventory AS i
                WHERE sequence IN (
                    SELECT MAX(sequence) FROM inventory WHERE ?2 IS NULL OR environment = ?2
                    GROUP BY application, environment, object)
                  AND removed = 0 AND (?1 IS NULL OR application = ?1)
                ORDER BY environment, application, object
                """, target?.application, target?.environment
            ).map(InventoryRow.init(row:))
        }
    }

    /// The targets of which there is anything now, sorted.
    package func targetsWithInventory() async throws(LedgerError) -> [TargetID] {
        let targets = try await read { db in
            try db.rows(
                """
                SELECT DISTINCT application, environment FROM inventory
                WHERE removed = 0 AND sequence IN (
                    SELECT MAX(sequence) FROM inventory GROUP BY application, environment, object)
                """
            ).map { try $0.target() }
        }
        return targets.sorted()
    }

    // MARK: Revisions

    /// Seeing a commit on a branch again changes nothing.
    package func recordRevision(_ revision: Revision, seenAt: Timestamp) async throws(LedgerError) {
        try await write { db in
            let known = try db.rows(
                "SELECT 1 FROM revision WHERE commit_id = ? AND branch = ?", revision.commit, revision.branch)
            guard known.isEmpty else { return }
            try db.add(
                "revision",
                [
                    "commit_id": revision.commit, "branch": revision.branch, "author": revision.author,
                    "subject": revision.subject, "committed_at": revision.committedAt.millisecondsSinceEpoch,
                    "seen_at": seenAt.millisecondsSinceEpoch,
                ])
        }
    }

    /// Last seen first; `before` is the last sequence of the page before.
    package func revisions(limit: Int, before: Int64? = nil) async throws(LedgerError) -> [SeenRevision] {
        try await read { db in
            try db.rows(
                "SELECT * FROM revision WHERE sequence < ? ORDER BY sequence DESC LIMIT ?", before ?? .max,
                Page.bounded(limit)
            ).map(SeenRevision.init(row:))
        }
    }
}

extension Database {
    func addInventory(_ entry: InventoryRow) throws {
        try add(
            "inventory",
            [
                "application": entry.target.application, "environment": entry.target.environment,
                "object": entry.object.key, "uid": entry.uid, "api_version": entry.apiVersion,
                "rollout": entry.rollout, "at": entry.at.millisecondsSinceEpoch, "removed": entry.removed,
            ])
    }

    /// Only what is not known yet: most applies leave what the one before left.
    fileprivate func addBaseline(of entry: InventoryRow) throws {
        guard let baseline = entry.baseline else { return }
        let last = try rows(
            """
            SELECT baseline FROM drift_baseline WHERE environment = ? AND object = ? AND application = ?
            ORDER BY sequence DESC LIMIT 1
            """, entry.target.environment, entry.object.key, entry.target.application
        ).first
        guard last?.optionalText("baseline") != baseline else { return }
        try add(
            "drift_baseline",
            [
                "application": entry.target.application, "environment": entry.target.environment,
                "object": entry.object.key, "baseline": baseline, "at": entry.at.millisecondsSinceEpoch,
            ])
    }
}

extension InventoryRow {
    fileprivate init(row: Row) throws {
        self.init(
            target: try row.target(), object: try row.object("object"), uid: try row.text("uid"),
            apiVersion: try row.text("api_version"), rollout: try row.text("rollout"), at: try row.timestamp("at"),
            removed: try row.integer("removed") != 0, baseline: row.optionalText("baseline"))
    }
}

extension SeenRevision {
    fileprivate init(row: Row) throws {
        self.init(
            sequence: try row.integer("sequence"),
            revision: Revision(
                commit: try row.text("commit_id"), branch: try row.text("branch"), author: try row.text("author"),
                subject: try row.text("subject"), committedAt: try row.timestamp("committed_at")),
            seenAt: try row.timestamp("seen_at"))
    }
}
