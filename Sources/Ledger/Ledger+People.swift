// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

/// A rollback that a person asked for, and that holds an application where it brought it.
package struct HoldRecord: Sendable, Hashable {
    package var id: String
    package var target: TargetID
    /// The rollout whose state came back.
    package var rollout: String
    package var awayFromDigest: String
    package var awayFromRevision: String
    package var reason: String?
    package var actor: String
    package var at: Timestamp

    package init(
        id: String, target: TargetID, rollout: String, awayFromDigest: String, awayFromRevision: String,
        reason: String?, actor: String, at: Timestamp
    ) {
        self.id = id
        self.target = target
        self.rollout = rollout
        self.awayFromDigest = awayFromDigest
        self.awayFromRevision = awayFromRevision
        self.reason = reason
        self.actor = actor
        self.at = at
    }
}

extension Ledger {
    // MARK: Holds

    /// Ends an earlier one of the target.
    package func recordHold(_ hold: HoldRecord) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            if let earlier = try db.hold(of: hold.target) {
                try chain.end(earlier, actor: hold.actor, reason: "rolled back again", at: hold.at, in: db)
            }
            try db.add(
                "hold",
                [
                    "id": hold.id, "application": hold.target.application, "environment": hold.target.environment,
                    "rollout": hold.rollout, "away_from_digest": hold.awayFromDigest,
                    "away_from_revision": hold.awayFromRevision, "reason": hold.reason, "actor": hold.actor,
                    "at": hold.at.millisecondsSinceEpoch,
                ])
            let why = hold.reason.map { ": \($0)" } ?? ""
            try chain.append(
                "rollback.asked", hold.target, actor: hold.actor,
                "back to the state of rollout \(hold.rollout), away from revision \(hold.awayFromRevision)\(why)",
                at: hold.at, to: db)
        }
    }

    /// The one in force.
    package func hold(of target: TargetID) async throws(LedgerError) -> HoldRecord? {
        try await read { db in try db.hold(of: target) }
    }

    /// Ending what has ended changes nothing.
    package func endHold(
        _ id: String, of target: TargetID, actor: String, reason: String, at: Timestamp
    ) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            guard let hold = try db.hold(of: target), hold.id == id else { return }
            try chain.end(hold, actor: actor, reason: reason, at: at, in: db)
        }
    }

    // MARK: Suspensions

    /// `suspension.id` is not looked at.
    package func recordSuspension(_ suspension: Suspension) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            try db.add(
                "suspension",
                [
                    "application": suspension.scope.application, "environment": suspension.scope.environment,
                    "object": suspension.scope.object?.description, "reason": suspension.reason,
                    "actor": suspension.actor, "at": suspension.since.millisecondsSinceEpoch,
                    "destroys": suspension.destroys,
                ])
            try chain.append(
                suspension.destroys ? "destroyed" : "suspended", suspension.scope.target, actor: suspension.actor,
                "\(suspension.scope): \(suspension.reason)", at: suspension.since, to: db)
        }
    }

    /// Ending what has ended changes nothing.
    package func endSuspension(_ id: Int64, actor: String, at: Timestamp) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            guard let suspension = try db.suspensions().first(where: { $0.id == id }) else { return }
            let latest = try Int64.fetchOne(db, sql: "SELECT MAX(sequence) FROM rollout") ?? 0
            try db.add(
                "resumption",
                [
                    "suspension": id, "actor": actor, "after_rollout": latest, "at": at.millisecondsSinceEpoch,
                ])
            try chain.append(
                "resumed", suspension.scope.target, actor: actor, "\(suspension.scope)", at: at, to: db)
        }
    }

    /// Those in force, oldest first.
    package func suspensions() async throws(LedgerError) -> [Suspension] {
        try await read { db in try db.suspensions() }
    }

    /// Whether an object of the target was taken up again after its latest rollout had begun. Told by the order of the
    /// rows, not by times: a clock may go back.
    package func hasResumedObject(of target: TargetID) async throws(LedgerError) -> Bool {
        try await read { db in
            try !db.rows(
                """
                SELECT 1 FROM resumption JOIN suspension ON suspension.sequence = resumption.suspension
                WHERE suspension.object IS NOT NULL
                  AND (suspension.application IS NULL OR suspension.application = ?1)
                  AND (suspension.environment IS NULL OR suspension.environment = ?2)
                  AND resumption.after_rollout >= COALESCE(
                    (SELECT MAX(sequence) FROM rollout WHERE application = ?1 AND environment = ?2), 0)
                LIMIT 1
                """, target.application, target.environment
            ).isEmpty
        }
    }
}

extension Database {
    private static let shownSuspensions = 10_000

    fileprivate func hold(of target: TargetID) throws -> HoldRecord? {
        try rows(
            """
            SELECT * FROM hold WHERE application = ? AND environment = ? AND id NOT IN (SELECT hold FROM hold_end)
            ORDER BY sequence DESC LIMIT 1
            """, target.application, target.environment
        ).first.map(HoldRecord.init(row:))
    }

    fileprivate func suspensions() throws -> [Suspension] {
        try rows(
            """
            SELECT * FROM suspension WHERE sequence NOT IN (SELECT suspension FROM resumption)
            ORDER BY sequence LIMIT ?
            """, Self.shownSuspensions
        ).map(Suspension.init(row:))
    }
}

extension AuditChain {
    fileprivate func end(
        _ hold: HoldRecord, actor: String, reason: String, at: Timestamp, in db: Database
    ) throws {
        try db.add("hold_end", ["hold": hold.id, "actor": actor, "reason": reason, "at": at.millisecondsSinceEpoch])
        try append(
            "rollback.ended", hold.target, actor: actor, "no longer held at rollout \(hold.rollout): \(reason)", at: at,
            to: db)
    }
}

extension HoldRecord {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row.text("id"), target: try row.target(), rollout: try row.text("rollout"),
            awayFromDigest: try row.text("away_from_digest"), awayFromRevision: try row.text("away_from_revision"),
            reason: row.optionalText("reason"), actor: try row.text("actor"), at: try row.timestamp("at"))
    }
}

extension Suspension {
    fileprivate init(row: Row) throws {
        let object = row.optionalText("object")
        let name = object.flatMap { ObjectName($0) }
        guard (object == nil) == (name == nil) else { throw RowError(message: "object is no name of an object") }
        self.init(
            id: try row.integer("sequence"),
            scope: Scope(
                application: row.optionalText("application"), environment: row.optionalText("environment"),
                object: name),
            reason: try row.text("reason"), actor: try row.text("actor"), since: try row.timestamp("at"),
            destroys: try row.integer("destroys") != 0)
    }
}

extension Suspension.Scope {
    var target: TargetID? {
        guard let application, let environment else { return nil }
        return TargetID(application: application, environment: environment)
    }
}
