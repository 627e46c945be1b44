// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

extension Ledger {
    /// From here on the digest is not to be applied in its target. `entry.release` is not looked at.
    package func quarantine(_ entry: QuarantineRecord) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            try chain.add(entry, to: db)
        }
    }

    /// Lifts every quarantine in force on a digest. False where there is none, and nothing is written.
    @discardableResult
    package func releaseQuarantine(
        _ target: TargetID, digest: String, actor: String, at: Timestamp
    ) async throws(LedgerError) -> Bool {
        let chain = chain
        return try await write { db in
            let held = try db.quarantines(active: true, target: target, digest: digest)
            guard !held.isEmpty else { return false }
            for (sequence, _) in held {
                try db.add(
                    "quarantine_release",
                    ["quarantine": sequence, "actor": actor, "at": at.millisecondsSinceEpoch])
            }
            try chain.append("quarantine.released", target, actor: actor, "digest \(digest)", at: at, to: db)
            return true
        }
    }

    /// Newest first: those in force, or with `active: false` all that ever were.
    package func quarantines(active: Bool) async throws(LedgerError) -> [QuarantineRecord] {
        try await read { db in try db.quarantines(active: active).map(\.record) }
    }

    package func isQuarantined(_ target: TargetID, digest: String) async throws(LedgerError) -> QuarantineRecord? {
        try await read { db in try db.quarantines(active: true, target: target, digest: digest).first?.record }
    }
}

extension Database {
    private static let shownQuarantines = 10_000

    fileprivate func quarantines(
        active: Bool, target: TargetID? = nil, digest: String? = nil
    ) throws -> [(sequence: Int64, record: QuarantineRecord)] {
        try rows(
            """
            SELECT quarantine.*, quarantine_release.actor AS release_actor, quarantine_release.at AS release_at
            FROM quarantine LEFT JOIN quarantine_release ON quarantine_release.quarantine = quarantine.sequence
            WHERE (?1 = 0 OR quarantine_release.sequence IS NULL)
              AND (?2 IS NULL OR (application = ?2 AND environment = ?3 AND digest = ?4))
            ORDER BY quarantine.sequence DESC LIMIT ?5
            """, active, target?.application, target?.environment, digest, Self.shownQuarantines
        ).map { row in (try row.integer("sequence"), try QuarantineRecord(row: row)) }
    }
}

extension QuarantineRecord {
    fileprivate init(row: Row) throws {
        var release: Release?
        if let actor = row.optionalText("release_actor") {
            release = Release(actor: actor, at: try row.timestamp("release_at"))
        }
        self.init(
            target: try row.target(), digest: try row.text("digest"), revision: try row.text("revision"),
            rollout: try row.text("rollout"), cause: try row.cause(), at: try row.timestamp("at"), release: release)
    }
}

extension AuditChain {
    func add(_ entry: QuarantineRecord, to db: Database) throws {
        try db.add(
            "quarantine",
            [
                "application": entry.target.application, "environment": entry.target.environment,
                "digest": entry.digest, "revision": entry.revision, "rollout": entry.rollout,
                "cause": entry.cause?.json, "at": entry.at.millisecondsSinceEpoch,
            ])
        let why = entry.cause.map { ": \($0)" } ?? ""
        try append(
            "quarantine.begun", entry.target,
            "digest \(entry.digest) of revision \(entry.revision), rollout \(entry.rollout)\(why)", at: entry.at, to: db
        )
    }
}
