// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

/// One event for one receiver, that it does not have yet.
package struct DeliveryRecord: Sendable, Hashable {
    package var sequence: Int64
    package var receiver: String
    package var event: NotificationEvent
    /// In place of our own words.
    package var message: String?
    /// Nobody knows whether an earlier try arrived.
    package var mayHaveArrived: Bool
    /// Tries that were not answered, or of which nothing else was written down than that they began.
    package var unanswered: Int
}

/// What came of a try to deliver.
package enum DeliveryOutcome: String, Sendable {
    /// About to be sent; written before, where a repeat would show.
    case attempt
    /// Certainly did not arrive.
    case failure
    /// Failed, and nobody knows whether it arrived.
    case unsure
    /// Was sent, and nothing came back.
    case unanswered
    case delivered
    /// Never will be: refused for what it is, too many wait, or nobody knows the receiver any more.
    case abandoned

    package var ends: Bool { self == .delivered || self == .abandoned }
}

extension Ledger {
    // MARK: Writing

    /// Phases up to now are not told of: there is nobody to tell. Without an effect where that was said last.
    package func stopNotifying(at: Timestamp) async throws(LedgerError) {
        try await write { db in
            if let last = try db.lastCursor(), last["phase"] == nil { return }
            try db.addCursor(nil, at: at)
        }
    }

    /// Where nothing was told of so far, what is in the ledger by now is old news.
    package func beginNotifying(at: Timestamp) async throws(LedgerError) {
        try await write { db in
            if let last = try db.lastCursor(), last["phase"] != nil { return }
            try db.addCursor(try Int64.fetchOne(db, sql: "SELECT MAX(sequence) FROM phase") ?? 0, at: at)
        }
    }

    /// Events with their receivers, and how far the phases are told of: all or none. An event that is there already is
    /// left as it is.
    package func recordNotifications(
        _ planned: [PlannedNotification], throughPhase: Int64?, at: Timestamp
    ) async throws(LedgerError) {
        try await write { db in
            for (event, deliveries) in planned.map({ ($0.event, $0.deliveries) }) {
                guard try db.rows("SELECT 1 FROM notification WHERE id = ?", event.id).isEmpty else { continue }
                try db.add(
                    "notification",
                    [
                        "id": event.id, "family": event.kind.family.rawValue,
                        "application": event.target.application, "environment": event.target.environment,
                        "event": JSON.text(event.json), "at": event.at.millisecondsSinceEpoch,
                    ])
                let sequence = db.lastInsertedRowID
                for delivery in deliveries {
                    try db.add(
                        "notification_delivery",
                        ["notification": sequence, "receiver": delivery.receiver, "message": delivery.message])
                }
            }
            if let throughPhase { try db.addCursor(throughPhase, at: at) }
        }
    }

    /// Abandons the oldest open deliveries of a receiver beyond so many, but for the very first, which may be under way.
    package func trimDeliveries(
        to receiver: String, limit: Int, at: Timestamp
    ) async throws(LedgerError) -> Int {
        try await write { db in
            let open = try db.openDeliveries(of: receiver)
            let excess = open.dropFirst().prefix(max(open.count - limit, 0))
            for sequence in excess { try db.addOutcome(.abandoned, of: sequence, "more than \(limit) wait", at: at) }
            return excess.count
        }
    }

    package func recordDelivery(
        _ outcome: DeliveryOutcome, of delivery: Int64, detail: String?, at: Timestamp
    ) async throws(LedgerError) {
        try await write { db in try db.addOutcome(outcome, of: delivery, detail, at: at) }
    }

    /// What waits for receivers that nobody knows any more never will be delivered.
    package func abandonDeliveries(exceptTo receivers: [String], at: Timestamp) async throws(LedgerError) -> Int {
        try await write { db in
            var count = 0
            let names = try db.rows("SELECT DISTINCT receiver FROM notification_delivery").map {
                try $0.text("receiver")
            }
            for name in names where !receivers.contains(name) {
                for sequence in try db.openDeliveries(of: name) {
                    try db.addOutcome(.abandoned, of: sequence, "the configuration has no such receiver", at: at)
                    count += 1
                }
            }
            return count
        }
    }

    // MARK: Reading

    /// The commit that a notification is about: of a rollback, the one that is taken back.
    private static let toldCommit = """
        CASE WHEN r."trigger" = 'rollback' THEN COALESCE(r.from_revision, r.revision) ELSE r.revision END
        """

    /// Phases that were not told of yet, oldest first.
    package func phasesToTell(limit: Int) async throws(LedgerError) -> [RecordedPhase] {
        try await read { db in
            guard let cursor = try db.lastCursor()?.optionalInteger("phase") else { return [] }
            return try db.rows(
                """
                SELECT p.sequence AS phase_sequence, p.phase AS phase_word, p.cause AS cause, p.at AS phase_at, r.*,
                    (SELECT notes FROM verdict AS v WHERE v.rollout = r.id AND v.at <= p.at
                     ORDER BY v.sequence DESC LIMIT 1) AS verdict_notes,
                    (SELECT outcome FROM verdict AS v WHERE v.rollout = r.id AND v.at <= p.at
                     ORDER BY v.sequence DESC LIMIT 1) AS verdict_outcome,
                    (SELECT author FROM revision WHERE commit_id = \(Self.toldCommit) LIMIT 1) AS author,
                    (SELECT subject FROM revision WHERE commit_id = \(Self.toldCommit) LIMIT 1) AS subject,
                    h.actor AS hold_actor, h.reason AS hold_reason, d.actor AS destroy_actor, d.reason AS destroy_reason
                FROM phase AS p JOIN rollout AS r ON r.id = p.rollout
                LEFT JOIN hold AS h ON h.id = r.hold
                LEFT JOIN suspension AS d ON r."trigger" = 'removal' AND d.sequence = (
                    SELECT MAX(sequence) FROM suspension WHERE destroys AND object IS NULL
                      AND (application IS NULL OR application = r.application)
                      AND (environment IS NULL OR environment = r.environment)
                      AND sequence NOT IN (SELECT suspension FROM resumption))
                WHERE p.sequence > ? ORDER BY p.sequence LIMIT ?
                """, cursor, Page.bounded(limit)
            ).map(RecordedPhase.init(row:))
        }
    }

    /// Since when a target's latest rollout has been in the phase it is in, whatever the reasons. A daemon that starts
    /// queues it anew: that is no other phase.
    package func phaseSince(_ target: TargetID) async throws(LedgerError) -> Timestamp? {
        try await read { db in
            try db.rows(
                """
                WITH latest AS (SELECT phase FROM phase WHERE rollout = ?1 ORDER BY sequence DESC LIMIT 1)
                SELECT MIN(at) AS since FROM phase WHERE rollout = ?1 AND phase = (SELECT phase FROM latest)
                  AND sequence > COALESCE((
                    SELECT MAX(sequence) FROM phase
                    WHERE rollout = ?1 AND phase NOT IN ('queued', (SELECT phase FROM latest))), 0)
                """,
                try db.rows(
                    "SELECT id FROM rollout WHERE application = ? AND environment = ? ORDER BY sequence DESC LIMIT 1",
                    target.application, target.environment
                ).first?.text("id")
            ).first?.optionalInteger("since").map(Timestamp.init(millisecondsSinceEpoch:))
        }
    }

    /// The latest event of each family and target, oldest first.
    package func latestNotifications() async throws(LedgerError) -> [NotificationEvent] {
        try await read { db in
            try db.rows(
                """
                SELECT event FROM notification WHERE sequence IN (
                    SELECT MAX(sequence) FROM notification GROUP BY application, environment, family)
                ORDER BY sequence
                """
            ).map { try NotificationEvent(column: $0.text("event")) }
        }
    }

    /// What the receiver is to get next: it gets everything in the order in which it happened.
    ///
    /// - Parameter sequence: up to here, nothing is open.
    package func nextDelivery(
        to receiver: String, after sequence: Int64
    ) async throws(LedgerError) -> DeliveryRecord? {
        try await read { db in
            guard
                let row = try db.rows(
                    """
                    SELECT d.sequence AS delivery, d.message AS message, n.event AS event,
                        \(Database.tries("outcome = 'attempt'")) AS begun,
                        \(Database.tries("outcome IN ('failure', 'unsure', 'unanswered')")) AS ended,
                        \(Database.tries("outcome = 'unsure'")) AS unsure,
                        \(Database.tries("outcome = 'unanswered'")) AS unanswered
                    FROM notification_delivery AS d JOIN notification AS n ON n.sequence = d.notification
                    WHERE d.receiver = ? AND d.sequence > ? AND \(Database.isOpen) ORDER BY d.sequence LIMIT 1
                    """, receiver, sequence
                ).first
            else { return nil }
            let cutOff = max(try row.integer("begun") - row.integer("ended"), 0)
            let unanswered = try row.integer("unanswered") + cutOff
            return DeliveryRecord(
                sequence: try row.integer("delivery"), receiver: receiver,
                event: try NotificationEvent(column: row.text("event")), message: row.optionalText("message"),
                mayHaveArrived: try unanswered > 0 || row.integer("unsure") > 0, unanswered: Int(unanswered))
        }
    }

    /// How many deliveries are open, by receiver.
    package func openDeliveries() async throws(LedgerError) -> [String: Int] {
        try await read { db in
            var counts: [String: Int] = [:]
            for row in try db.rows(
                """
                SELECT d.receiver AS receiver, COUNT(*) AS number FROM notification_delivery AS d
                WHERE \(Database.isOpen) GROUP BY d.receiver
                """)
            { counts[try row.text("receiver")] = Int(try row.integer("number")) }
            return counts
        }
    }

    /// Newest first, each with its receivers and what came of it last.
    package func notifications(limit: Int) async throws(LedgerError) -> [NotificationHistory] {
        try await read { db in
            try db.rows("SELECT * FROM notification ORDER BY sequence DESC LIMIT ?", Page.bounded(limit)).map { row in
                let deliveries = try db.rows(
                    """
                    SELECT receiver, (SELECT outcome FROM notification_outcome WHERE delivery = d.sequence
                        ORDER BY sequence DESC LIMIT 1) AS outcome
                    FROM notification_delivery AS d WHERE notification = ? ORDER BY sequence
                    """, try row.integer("sequence"))
                return NotificationHistory(
                    event: try NotificationEvent(column: row.text("event")),
                    deliveries: try deliveries.map {
                        .init(receiver: try $0.text("receiver"), outcome: $0.optionalText("outcome") ?? "waiting")
                    })
            }
        }
    }
}

/// An event and what became of it.
package struct NotificationHistory: Sendable, Hashable {
    package struct Delivery: Sendable, Hashable {
        package var receiver: String
        /// `waiting`, or a `DeliveryOutcome`.
        package var outcome: String
    }

    package var event: NotificationEvent
    package var deliveries: [Delivery]
}

extension Database {
    /// Of the delivery `d`.
    fileprivate static let isOpen = """
        NOT EXISTS (SELECT 1 FROM notification_outcome AS o
            WHERE o.delivery = d.sequence AND o.outcome IN ('delivered', 'abandoned'))
        """

    /// How many there are of the delivery `d`.
    fileprivate static func tries(_ condition: String) -> String {
        "(SELECT COUNT(*) FROM notification_outcome WHERE delivery = d.sequence AND \(condition))"
    }

    fileprivate func lastCursor() throws -> Row? {
        try rows("SELECT phase FROM notification_cursor ORDER BY sequence DESC LIMIT 1").first
    }

    fileprivate func addCursor(_ phase: Int64?, at: Timestamp) throws {
        try add("notification_cursor", ["phase": phase, "at": at.millisecondsSinceEpoch])
    }

    fileprivate func openDeliveries(of receiver: String) throws -> [Int64] {
        try rows(
            "SELECT d.sequence AS delivery FROM notification_delivery AS d WHERE d.receiver = ? AND \(Self.isOpen)"
                + " ORDER BY d.sequence", receiver
        ).map { try $0.integer("delivery") }
    }

    fileprivate func addOutcome(_ outcome: DeliveryOutcome, of delivery: Int64, _ detail: String?, at: Timestamp) throws
    {
        try add(
            "notification_outcome",
            [
                "delivery": delivery, "outcome": outcome.rawValue, "detail": detail?.shortened(to: 500),
                "at": at.millisecondsSinceEpoch,
            ])
    }

    /// Whatever their age: cursors that a later one has replaced. Old events that everybody has, but for the latest of
    /// each family and target, from which follows what is told next.
    func removeNotifications(before cutoff: Timestamp) throws -> Int {
        try execute(
            sql: """
                DELETE FROM notification_cursor
                WHERE sequence NOT IN (SELECT MAX(sequence) FROM notification_cursor)
                """)
        try removeReceiverTroubles()
        let old = try rows(
            """
            SELECT sequence FROM notification AS n WHERE at < ?
              AND sequence NOT IN (SELECT MAX(sequence) FROM notification GROUP BY application, environment, family)
              AND NOT EXISTS (
                SELECT 1 FROM notification_delivery AS d WHERE d.notification = n.sequence AND \(Self.isOpen))
            """, cutoff.millisecondsSinceEpoch
        ).map { try $0.integer("sequence") }
        for sequence in old {
            for sql in [
                """
                DELETE FROM notification_outcome WHERE delivery IN (
                    SELECT sequence FROM notification_delivery WHERE notification = ?)
                """,
                "DELETE FROM notification_delivery WHERE notification = ?",
                "DELETE FROM notification WHERE sequence = ?",
            ] { try cachedStatement(sql: sql).execute(arguments: [sequence]) }
        }
        return old.count
    }
}

extension NotificationEvent {
    fileprivate init(column: String) throws {
        guard let value = try? JSON.parse(column), let event = NotificationEvent(json: value) else {
            throw RowError(message: "a column is no event")
        }
        self = event
    }
}

extension RecordedPhase {
    fileprivate init(row: Row) throws {
        self.init(
            sequence: try row.integer("phase_sequence"), rollout: try row.text("id"), target: try row.target(),
            trigger: try row.word("trigger"), digest: try row.text("digest"), revision: try row.text("revision"),
            fromRevision: row.optionalText("from_revision"), phase: try row.word("phase_word"),
            cause: try row.cause(), at: try row.timestamp("phase_at"), author: row.optionalText("author"),
            subject: row.optionalText("subject"),
            notes: try row.optionalText("verdict_notes").map { try TextList.parse($0) }
                ?? row.optionalText("note").map { [$0] } ?? [],
            outcome: row.optionalText("verdict_outcome") == nil ? nil : try row.word("verdict_outcome"),
            person: row.optionalText("hold_actor") ?? row.optionalText("destroy_actor"),
            reason: row.optionalText("hold_reason") ?? row.optionalText("destroy_reason"))
    }
}
