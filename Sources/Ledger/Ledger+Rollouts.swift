// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

extension Ledger {
    // MARK: Writing

    package func beginRollout(_ rollout: RolloutRecord) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            try db.add(
                "rollout",
                [
                    "id": rollout.id, "application": rollout.target.application,
                    "environment": rollout.target.environment, "revision": rollout.revision,
                    "from_revision": rollout.fromRevision, "digest": rollout.digest,
                    "inputs_digest": rollout.inputsDigest, "trigger": rollout.trigger.rawValue,
                    "started_at": rollout.startedAt.millisecondsSinceEpoch, "hold": rollout.hold,
                    "note": rollout.note,
                ])
            let text =
                "rollout \(rollout.id) by \(rollout.trigger.rawValue) to \(rollout.revision), digest \(rollout.digest)"
                + (rollout.note.map { ", \($0)" } ?? "")
            try chain.append("rollout.begun", rollout.target, text, at: rollout.startedAt, to: db)
        }
    }

    package func recordPhase(
        _ rollout: String, _ phase: RolloutPhase, reason: String? = nil, cause: Cause? = nil, at: Timestamp
    ) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            try chain.add(PhaseRecord(phase: phase, reason: reason, cause: cause, at: at), of: rollout, to: db)
        }
    }

    /// The verdict, the phase that follows from it and, where the digest is not to be applied again, its quarantine:
    /// all or none, so that a crash leaves no verdict without its consequence.
    package func conclude(
        _ rollout: String, _ verdict: Verdict, phase: RolloutPhase, quarantine: QuarantineRecord?, at: Timestamp
    ) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            if let quarantine { try chain.add(quarantine, to: db) }
            try chain.add(verdict, of: rollout, at: at, to: db)
            try chain.add(
                PhaseRecord(phase: phase, reason: verdict.cause?.message, cause: verdict.cause, at: at), of: rollout,
                to: db)
        }
    }

    // MARK: Reading

    /// Newest first; `before` is the last id of the page before (an id that retention removed gives an empty page).
    package func rollouts(
        application: String? = nil, environment: String? = nil, before: String? = nil, limit: Int
    ) async throws(LedgerError) -> [RolloutSummary] {
        try await read { db in
            // An unknown id makes the comparison NULL, which no row passes.
            let end = before == nil ? "?1 IS NULL" : "sequence < (SELECT sequence FROM rollout WHERE id = ?1)"
            let scope = "(?3 IS NULL OR application = ?3) AND (?4 IS NULL OR environment = ?4)"
            return try db.rows(
                "SELECT * FROM rollout WHERE \(end) AND \(scope) ORDER BY sequence DESC LIMIT ?2", before,
                Page.bounded(limit), application, environment
            ).map(db.summary(of:))
        }
    }

    package func rollout(_ id: String) async throws(LedgerError) -> RolloutDetail? {
        try await read { db in
            guard let row = try db.rows("SELECT * FROM rollout WHERE id = ?", id).first else { return nil }
            return RolloutDetail(summary: try db.summary(of: row), actions: try db.actions(ofRollout: id))
        }
    }

    /// The latest of each target, sorted by target: where a daemon that starts takes up.
    package func latestRollouts() async throws(LedgerError) -> [RolloutSummary] {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM rollout
                WHERE sequence IN (SELECT MAX(sequence) FROM rollout GROUP BY application, environment)
                ORDER BY environment, application
                """
            ).map(db.summary(of:))
        }
    }

    /// The targets whose latest rollout is a removal that is not over, sorted.
    package func targetsBeingRemoved() async throws(LedgerError) -> [TargetID] {
        try await read { db in
            try db.rows(
                """
                SELECT application, environment FROM rollout AS r WHERE "trigger" = 'removal'
                  AND sequence IN (SELECT MAX(sequence) FROM rollout GROUP BY application, environment)
                  AND COALESCE((SELECT phase FROM phase WHERE rollout = r.id ORDER BY sequence DESC LIMIT 1), '')
                    NOT IN ('idle', 'succeeded', 'failed', 'rolledBack', 'superseded')
                ORDER BY environment, application
                """
            ).map { try $0.target() }
        }
    }

    /// The newest whose latest verdict is healthy. A removal too: what was healthy before it is nothing to go back to.
    package func lastHealthyRollout(_ target: TargetID) async throws(LedgerError) -> RolloutSummary? {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM rollout AS r
                WHERE application = ? AND environment = ? AND 'healthy' = (
                    SELECT outcome FROM verdict WHERE rollout = r.id ORDER BY sequence DESC LIMIT 1)
                ORDER BY sequence DESC LIMIT 1
                """, target.application, target.environment
            ).first.map(db.summary(of:))
        }
    }
}

extension Database {
    private static let shownPhases = 200

    func target(ofRollout id: String) throws -> TargetID? {
        try rows("SELECT application, environment FROM rollout WHERE id = ?", id).first?.target()
    }

    func summary(of row: Row) throws -> RolloutSummary {
        let record = try RolloutRecord(row: row)
        let phases = try rows(
            "SELECT * FROM phase WHERE rollout = ? ORDER BY sequence DESC LIMIT ?", record.id, Self.shownPhases
        ).reversed().map(PhaseRecord.init(row:))
        let verdict = try rows("SELECT * FROM verdict WHERE rollout = ? ORDER BY sequence DESC LIMIT 1", record.id)
            .first.map(VerdictRecord.init(row:))
        return RolloutSummary(rollout: record, phases: phases, verdict: verdict)
    }
}

extension RolloutRecord {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row.text("id"), target: try row.target(), revision: try row.text("revision"),
            fromRevision: row.optionalText("from_revision"), digest: try row.text("digest"),
            inputsDigest: try row.text("inputs_digest"), trigger: try row.word("trigger"),
            startedAt: try row.timestamp("started_at"), hold: row.optionalText("hold"),
            note: row.optionalText("note"))
    }
}

extension PhaseRecord {
    fileprivate init(row: Row) throws {
        self.init(
            phase: try row.word("phase"), reason: row.optionalText("reason"), cause: try row.cause(),
            at: try row.timestamp("at"))
    }
}

extension VerdictRecord {
    fileprivate init(row: Row) throws {
        self.init(
            verdict: Verdict(
                outcome: try row.word("outcome"), cause: try row.cause(), notes: try TextList.parse(row.text("notes"))),
            at: try row.timestamp("at"))
    }
}

extension AuditChain {
    fileprivate func add(_ phase: PhaseRecord, of rollout: String, to db: Database) throws {
        try db.add(
            "phase",
            [
                "rollout": rollout, "phase": phase.phase.rawValue, "reason": phase.reason, "cause": phase.cause?.json,
                "at": phase.at.millisecondsSinceEpoch,
            ])
        let why = [phase.reason, phase.cause?.description].compactMap { $0 }.joined(separator: ": ")
        let text = "rollout \(rollout) is \(phase.phase.rawValue)" + (why.isEmpty ? "" : ": \(why)")
        try append("rollout.phase", try db.target(ofRollout: rollout), text, at: phase.at, to: db)
    }

    fileprivate func add(_ verdict: Verdict, of rollout: String, at: Timestamp, to db: Database) throws {
        try db.add(
            "verdict",
            [
                "rollout": rollout, "outcome": verdict.outcome.rawValue, "cause": verdict.cause?.json,
                "notes": TextList.json(verdict.notes), "at": at.millisecondsSinceEpoch,
            ])
        let why = verdict.cause.map { ": \($0)" } ?? ""
        try append(
            "rollout.verdict", try db.target(ofRollout: rollout),
            "rollout \(rollout) is judged \(verdict.outcome.rawValue)\(why)", at: at, to: db)
    }
}
