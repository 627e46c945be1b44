// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests

/// What a retention removed.
package struct RetentionReport: Sendable, Hashable {
    package var rollouts = 0
    package var quarantines = 0
    package var inventoryEntries = 0
    package var revisions = 0
    package var jobs = 0
    package var notifications = 0
    package var auditEntries = 0

    package var isEmpty: Bool {
        rollouts + quarantines + inventoryEntries + revisions + jobs + notifications + auditEntries == 0
    }
}

extension Ledger {
    /// Removes what is older than `cutoff` and no longer says anything about now: the only thing that deletes rows, but for `recordCheckBegin`.
    ///
    /// Kept whatever their age: of each target the latest rollout and the last healthy one, rollouts that are not over,
    /// quarantines in force and their rollouts, what people said and did not take back, current inventory. Audit entries go from the oldest on; a signed mark
    /// takes their place, so that the chain still verifies.
    ///
    /// - Parameter environments: those whose history ends sooner. What is of no environment, the audit chain with it, goes
    ///   by `cutoff` alone.
    package func applyRetention(
        before cutoff: Timestamp, environments: [String: Timestamp] = [:], at: Timestamp
    ) async throws(LedgerError) -> RetentionReport {
        let chain = chain
        let sooner = environments.filter { $0.value > cutoff }.sorted { $0.key < $1.key }
        let cuts = sooner.map { HistoryCut(environment: $0.key, before: $0.value) } + [HistoryCut(before: cutoff)]
        return try await write { db in
            // In one transaction with the deletes: nobody ever sees the tables without their guards.
            for table in Schema.tables { try Schema.permitDelete(of: table, in: db) }
            try db.removeBaselines()
            var report = RetentionReport()
            for cut in cuts {
                report.rollouts += try db.removeRollouts(cut, at: at)
                report.quarantines += try db.removeReleased(cut)
                report.inventoryEntries += try db.removeInventory(cut)
            }
            report.revisions = try db.removeRevisions(before: cutoff)
            for cut in cuts { report.jobs += try db.removeJobs(cut) }
            report.notifications = try db.removeNotifications(before: cutoff)
            report.auditEntries = try db.cutAudit(before: cutoff, at: at, chain: chain)
            for cut in cuts {
                try db.removeWords(cut)
                try db.removeGates(cut, at: at)
            }
            for table in Schema.tables { try Schema.forbidDelete(of: table, in: db) }
            if !report.isEmpty {
                let places = sooner.map { ", of \($0.key) before \($0.value)" }.joined()
                let text =
                    "before \(cutoff)\(places): \(report.rollouts) rollouts, \(report.quarantines) quarantines,"
                    + " \(report.inventoryEntries) inventory entries, \(report.revisions) revisions,"
                    + " \(report.jobs) completed Jobs, \(report.notifications) notifications,"
                    + " \(report.auditEntries) audit entries"
                try chain.append("retention.cut", nil, text, at: at, to: db)
            }
            return report
        }
    }
}

/// What goes: of one environment, or of all and of none, what is older than a moment.
private struct HistoryCut: Sendable {
    var environment: String?
    var before: Timestamp

    /// For SQL, as `?1` and `?2`.
    var arguments: [(any DatabaseValueConvertible)?] { [before.millisecondsSinceEpoch, environment] }
}

extension Database {
    fileprivate func removeRollouts(_ cut: HistoryCut, at: Timestamp) throws -> Int {
        let old = try rows(
            """
            SELECT id, environment FROM rollout AS r WHERE started_at < ?1 AND (?2 IS NULL OR environment = ?2)
              AND sequence NOT IN (SELECT MAX(sequence) FROM rollout GROUP BY application, environment)
              AND sequence NOT IN (
                SELECT MAX(h.sequence) FROM rollout AS h WHERE 'healthy' = (
                    SELECT outcome FROM verdict WHERE rollout = h.id ORDER BY sequence DESC LIMIT 1)
                GROUP BY h.application, h.environment)
              AND COALESCE((SELECT phase FROM phase WHERE rollout = r.id ORDER BY sequence DESC LIMIT 1), '')
                IN ('idle', 'succeeded', 'failed', 'rolledBack', 'superseded')
              AND id NOT IN (
                SELECT rollout FROM quarantine
                WHERE sequence NOT IN (SELECT quarantine FROM quarantine_release))
              AND id NOT IN (SELECT rollout FROM hold WHERE id NOT IN (SELECT hold FROM hold_end))
            """, cut.arguments)
        for row in old {
            let id = try row.text("id")
            for sql in [
                "DELETE FROM outcome WHERE intent IN (SELECT id FROM intent WHERE rollout = ?)",
                "DELETE FROM intent WHERE rollout = ?", "DELETE FROM phase WHERE rollout = ?",
                "DELETE FROM verdict WHERE rollout = ?", "DELETE FROM check_begin WHERE rollout = ?",
                "DELETE FROM earlier_state WHERE rollout = ?", "DELETE FROM hook_run WHERE rollout = ?",
                "DELETE FROM rollout WHERE id = ?",
            ] {
                try cachedStatement(sql: sql).execute(arguments: [id])
            }
        }
        let environments = Set(try old.map { try $0.text("environment") }).sorted()
        for environment in environments { try noteCut(cut.before, of: environment, at: at) }
        return old.count
    }

    /// For those who read what is left: it is not all there was. Only the furthest counts.
    private func noteCut(_ before: Timestamp, of environment: String, at: Timestamp) throws {
        let latest = try rows("SELECT MAX(before) AS before FROM history_cut WHERE environment = ?", environment).first
        guard (latest?.optionalInteger("before") ?? Int64.min) < before.millisecondsSinceEpoch else { return }
        try execute(sql: "DELETE FROM history_cut WHERE environment = ?", arguments: [environment])
        try add(
            "history_cut",
            [
                "environment": environment, "before": before.millisecondsSinceEpoch,
                "at": at.millisecondsSinceEpoch,
            ])
    }

    fileprivate func removeReleased(_ cut: HistoryCut) throws -> Int {
        let old = try rows(
            """
            SELECT quarantine FROM quarantine_release AS r WHERE at < ?1 AND (?2 IS NULL OR ?2 = (
                SELECT environment FROM quarantine WHERE sequence = r.quarantine))
            """, cut.arguments
        ).map { try $0.integer("quarantine") }
        for sequence in old {
            try execute(sql: "DELETE FROM quarantine_release WHERE quarantine = ?", arguments: [sequence])
            try execute(sql: "DELETE FROM quarantine WHERE sequence = ?", arguments: [sequence])
        }
        return old.count
    }

    /// What people said and took back, what they approved long ago, and policies that others replaced.
    fileprivate func removeWords(_ cut: HistoryCut) throws {
        let arguments = StatementArguments(cut.arguments)
        try execute(
            sql: "DELETE FROM approval WHERE at < ?1 AND (?2 IS NULL OR environment = ?2)", arguments: arguments)
        try execute(
            sql: """
                DELETE FROM removal_policy WHERE at < ?1 AND (?2 IS NULL OR environment = ?2) AND sequence NOT IN (
                    SELECT MAX(sequence) FROM removal_policy GROUP BY application, environment)
                """, arguments: arguments)
        for (word, end) in [("hold", "hold_end"), ("suspension", "resumption")] {
            let key = word == "hold" ? "id" : "sequence"
            let old = try rows(
                """
                SELECT \(word) AS ended FROM \(end) AS e WHERE at < ?1 AND (?2 IS NULL OR ?2 = (
                    SELECT environment FROM \(word) WHERE \(key) = e.\(word)))
                """, cut.arguments
            ).map { row -> DatabaseValue in row["ended"] }
            for ended in old {
                try execute(sql: "DELETE FROM \(end) WHERE \(word) = ?", arguments: [ended])
                try execute(sql: "DELETE FROM \(word) WHERE \(key) = ?", arguments: [ended])
            }
        }
    }

    /// What waited at gates long ago, freezes that are over, and all but the latest of what health was, and of where.
    fileprivate func removeGates(_ cut: HistoryCut, at: Timestamp) throws {
        let arguments = StatementArguments(cut.arguments)
        let old = try rows(
            """
            SELECT id FROM proposal WHERE at < ?1 AND (?2 IS NULL OR environment = ?2) AND sequence NOT IN (
                SELECT MAX(sequence) FROM proposal GROUP BY application, environment)
            """, cut.arguments
        ).map { try $0.text("id") }
        for id in old {
            try execute(sql: "DELETE FROM proposal_word WHERE proposal = ?", arguments: [id])
            try execute(sql: "DELETE FROM proposal WHERE id = ?", arguments: [id])
        }
        let thawed = try rows(
            """
            SELECT freeze FROM thaw AS t WHERE at < ?1 AND (?2 IS NULL OR ?2 = (
                SELECT environment FROM freeze WHERE sequence = t.freeze))
            """, cut.arguments
        ).map { try $0.integer("freeze") }
        for sequence in thawed { try execute(sql: "DELETE FROM thaw WHERE freeze = ?", arguments: [sequence]) }
        for sequence in thawed { try execute(sql: "DELETE FROM freeze WHERE sequence = ?", arguments: [sequence]) }
        try execute(
            sql: """
                DELETE FROM freeze WHERE until < ?1 AND (?2 IS NULL OR environment = ?2)
                  AND sequence NOT IN (SELECT freeze FROM thaw)
                """, arguments: arguments)
        // Where the clock was set back, what that took back is dated ahead, and must not outlive it.
        try execute(
            sql: """
                DELETE FROM clock_jump WHERE ?2 IS NULL AND (at < ?1 OR sequence IN (
                    SELECT j.sequence FROM clock_jump AS j JOIN clock_jump AS b
                    ON b.ahead < 0 AND b.at < ?1 AND b.sequence > j.sequence AND b.at < j.at))
                """, arguments: arguments)
        try execute(
            sql: """
                DELETE FROM placement WHERE at < ?1 AND (?2 IS NULL OR environment = ?2) AND sequence NOT IN (
                    SELECT MAX(sequence) FROM placement GROUP BY application, environment)
                """, arguments: arguments)
        try execute(
            sql: """
                DELETE FROM good_commit WHERE at < ?1 AND (?2 IS NULL OR environment = ?2) AND sequence NOT IN (
                    SELECT MAX(sequence) FROM good_commit GROUP BY application, environment)
                """, arguments: arguments)
        try execute(
            sql: """
                DELETE FROM succession WHERE ?2 IS NULL AND at < ?1 AND sequence NOT IN (
                    SELECT MAX(sequence) FROM succession GROUP BY cluster, namespace)
                """, arguments: arguments)
        let oldMarks = """
            FROM health_mark WHERE at < ?1 AND (?2 IS NULL OR environment = ?2) AND sequence NOT IN (
                SELECT MAX(sequence) FROM health_mark GROUP BY application, environment)
            """
        // Incidents at rest are made of them, though no rollout went.
        let environments = try rows("SELECT DISTINCT environment \(oldMarks) ORDER BY environment", cut.arguments)
        for row in environments { try noteCut(cut.before, of: row.text("environment"), at: at) }
        try execute(sql: "DELETE \(oldMarks)", arguments: arguments)
    }

    /// Entries that a later one has replaced, and removals.
    fileprivate func removeInventory(_ cut: HistoryCut) throws -> Int {
        try execute(
            sql: """
                DELETE FROM inventory WHERE at < ?1 AND (?2 IS NULL OR environment = ?2) AND (removed = 1 OR sequence NOT IN (
                    SELECT MAX(sequence) FROM inventory GROUP BY application, environment, object))
                """, arguments: StatementArguments(cut.arguments))
        return changesCount
    }

    /// Whatever their age: a baseline that a later one has replaced tells nothing, and neither does that of an object which
    /// is no longer there.
    fileprivate func removeBaselines() throws {
        try execute(
            sql: """
                DELETE FROM drift_baseline AS b WHERE sequence NOT IN (
                    SELECT MAX(sequence) FROM drift_baseline GROUP BY application, environment, object)
                  OR 0 IS NOT (
                    SELECT removed FROM inventory AS i
                    WHERE i.environment = b.environment AND i.object = b.object AND i.application = b.application
                    ORDER BY i.sequence DESC LIMIT 1)
                """)
    }

    /// Those that no rollout speaks of.
    fileprivate func removeRevisions(before cutoff: Timestamp) throws -> Int {
        try execute(
            sql: """
                DELETE FROM revision WHERE seen_at < ?
                  AND commit_id NOT IN (SELECT revision FROM rollout)
                  AND commit_id NOT IN (SELECT from_revision FROM rollout WHERE from_revision IS NOT NULL)
                """, arguments: [cutoff.millisecondsSinceEpoch])
        return changesCount
    }

    /// Those of rollouts that are gone, where no rollout that is there asked for them, and a later run has replaced them or
    /// the object is no longer ours.
    fileprivate func removeJobs(_ cut: HistoryCut) throws -> Int {
        try execute(sql: "DELETE FROM job_kept WHERE rollout NOT IN (SELECT id FROM rollout)")
        try execute(
            sql: """
                DELETE FROM job_done WHERE at < ?1 AND (?2 IS NULL OR environment = ?2)
                  AND rollout NOT IN (SELECT id FROM rollout) AND NOT EXISTS (
                    SELECT 1 FROM job_kept AS k WHERE k.application = job_done.application
                      AND k.environment = job_done.environment AND k.object = job_done.object
                      AND k.digest = job_done.digest) AND (
                    sequence NOT IN (SELECT MAX(sequence) FROM job_done GROUP BY application, environment, object)
                    OR NOT EXISTS (
                        SELECT 1 FROM inventory AS i WHERE removed = 0 AND i.application = job_done.application
                          AND i.environment = job_done.environment AND i.object = job_done.object
                          AND i.sequence = (
                            SELECT MAX(sequence) FROM inventory AS j WHERE j.application = i.application
                              AND j.environment = i.environment AND j.object = i.object)))
                """, arguments: StatementArguments(cut.arguments))
        return changesCount
    }

    /// From the oldest entry up to the first that is young enough; the last entry always stays.
    fileprivate func cutAudit(before cutoff: Timestamp, at: Timestamp, chain: AuditChain) throws -> Int {
        let last = try rows(
            """
            SELECT sequence, hash FROM audit
            WHERE sequence < COALESCE((SELECT MIN(sequence) FROM audit WHERE at >= ?),
                                      (SELECT MAX(sequence) FROM audit))
            ORDER BY sequence DESC LIMIT 1
            """, cutoff.millisecondsSinceEpoch
        ).first
        guard let last else { return 0 }
        let through = try last.integer("sequence")
        let hash = try last.text("hash")
        try add(
            "audit_cut",
            [
                "through": through, "hash": hash, "at": at.millisecondsSinceEpoch,
                "mark": chain.cutMark(through: through, hash: hash, at: at),
            ])
        try execute(sql: "DELETE FROM audit WHERE sequence <= ?", arguments: [through])
        return changesCount
    }
}
