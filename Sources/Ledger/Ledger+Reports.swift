// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

extension Ledger {
    /// What a report of this time is made of.
    ///
    /// - Parameters:
    ///   - since: rollouts that began then or later. Verdicts and marks are read from the beginning on, since what was
    ///     before says how the time began.
    ///   - limit: how many rows of a kind are read at most; nil where there are more.
    package func deliveryRecords(
        application: String?, environment: String?, since: Timestamp, limit: Int = 100_000
    ) async throws(LedgerError) -> DeliveryRecords? {
        try await read { db in
            let scope = DeliveryScope(
                application: application, environment: environment, since: since.millisecondsSinceEpoch,
                limit: limit + 1)
            let records = DeliveryRecords(
                rollouts: try db.deliveredRollouts(scope), verdicts: try db.verdictSigns(scope),
                healthMarks: try db.healthSigns(scope), historyBegins: try db.historyBegins())
            let most = max(records.rollouts.count, records.verdicts.count, records.healthMarks.count)
            return most > limit ? nil : records
        }
    }
}

private struct DeliveryScope: Sendable {
    var application: String?
    var environment: String?
    var since: Int64
    var limit: Int

    /// `?1` and `?2` of what is asked.
    static let condition = "(?1 IS NULL OR application = ?1) AND (?2 IS NULL OR environment = ?2)"
}

extension Database {
    fileprivate func deliveredRollouts(_ scope: DeliveryScope) throws -> [DeliveredRollout] {
        try rows(
            """
            SELECT application, environment, "trigger", digest, started_at,
              (SELECT committed_at FROM revision WHERE commit_id = r.revision ORDER BY sequence LIMIT 1) AS committed_at,
              (SELECT at FROM phase WHERE rollout = r.id AND phase = 'applying' ORDER BY sequence LIMIT 1) AS applied_at,
              (SELECT at FROM verdict WHERE rollout = r.id AND outcome = 'healthy' ORDER BY sequence LIMIT 1) AS healthy_at,
              (SELECT outcome FROM verdict WHERE rollout = r.id ORDER BY sequence DESC LIMIT 1) AS outcome,
              (SELECT away_from_digest FROM hold WHERE id = r.hold) AS takes_back
            FROM rollout AS r WHERE \(DeliveryScope.condition) AND started_at >= ?3 ORDER BY sequence LIMIT ?4
            """, scope.application, scope.environment, scope.since, scope.limit
        ).map { row in
            DeliveredRollout(
                target: try row.target(), trigger: try row.word("trigger"), digest: try row.text("digest"),
                startedAt: try row.timestamp("started_at"),
                committedAt: row.optionalInteger("committed_at").map(Timestamp.init(millisecondsSinceEpoch:)),
                appliedAt: row.optionalInteger("applied_at").map(Timestamp.init(millisecondsSinceEpoch:)),
                firstHealthyAt: row.optionalInteger("healthy_at").map(Timestamp.init(millisecondsSinceEpoch:)),
                outcome: row.optionalText("outcome") == nil ? nil : try row.word("outcome"),
                takesBack: row.optionalText("takes_back"))
        }
    }

    fileprivate func verdictSigns(_ scope: DeliveryScope) throws -> [DeliverySign] {
        try rows(
            """
            SELECT application, environment, "trigger", outcome, at FROM verdict AS v JOIN rollout AS r ON r.id = v.rollout
            WHERE \(DeliveryScope.condition) ORDER BY v.sequence LIMIT ?3
            """, scope.application, scope.environment, scope.limit
        ).compactMap { row in
            DeliverySign(
                try row.word("outcome"), of: try row.word("trigger"), target: try row.target(),
                at: try row.timestamp("at"))
        }
    }

    fileprivate func healthSigns(_ scope: DeliveryScope) throws -> [DeliverySign] {
        try rows(
            """
            SELECT application, environment, healthy, at FROM health_mark
            WHERE \(DeliveryScope.condition) ORDER BY sequence LIMIT ?3
            """, scope.application, scope.environment, scope.limit
        ).map { row in
            DeliverySign(
                target: try row.target(), kind: try row.integer("healthy") != 0 ? .well : .unwell,
                at: try row.timestamp("at"))
        }
    }

    fileprivate func historyBegins() throws -> [String: Timestamp] {
        var begins: [String: Timestamp] = [:]
        for row in try rows("SELECT environment, MAX(before) AS before FROM history_cut GROUP BY environment") {
            begins[try row.text("environment")] = try row.timestamp("before")
        }
        return begins
    }
}
