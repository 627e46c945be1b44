// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

extension Ledger {
    /// Announces a wave; once this returns it is on disk and the API may be called. All or none.
    ///
    package func recordIntent(_ intents: [ActionIntent], at: Timestamp) async throws(LedgerError) {
        guard !intents.isEmpty else { return }
        let chain = chain
        try await write { db in
            for intent in intents {
                try db.add(
                    "intent",
                    [
                        "id": intent.id, "rollout": intent.rollout, "object": intent.object.key,
                        "action": intent.action.rawValue, "announced_at": at.millisecondsSinceEpoch,
                    ])
            }
            for (rollout, wave) in Self.grouped(intents, by: \.rollout) {
                let text = Self.listing(wave.map { "\($0.action.rawValue) \($0.object)" })
                try chain.append(
                    "rollout.announced", try db.target(ofRollout: rollout), "rollout \(rollout) will \(text)",
                    at: at, to: db)
            }
        }
    }

    package func recordOutcome(_ outcomes: [ActionOutcome]) async throws(LedgerError) {
        guard !outcomes.isEmpty else { return }
        let chain = chain
        try await write { db in
            var told: [(rollout: String, text: String, at: Timestamp)] = []
            for outcome in outcomes {
                try db.add(
                    "outcome",
                    [
                        "intent": outcome.intent, "succeeded": outcome.succeeded, "uid": outcome.uid,
                        "generation": outcome.generation, "resource_version": outcome.resourceVersion,
                        "error": outcome.error, "unchanged": outcome.unchanged, "at": outcome.at.millisecondsSinceEpoch,
                    ])
                let intent = try db.rows("SELECT * FROM intent WHERE id = ?", outcome.intent).first
                guard let row = intent else { throw RowError(message: "no intent \(outcome.intent)") }
                let word = outcome.succeeded ? "done" : "refused"
                let why = outcome.error.map { " (\($0))" } ?? ""
                let text = "\(word): \(try row.text("action")) \(try row.object("object"))\(why)"
                told.append((rollout: try row.text("rollout"), text: text, at: outcome.at))
            }
            for (rollout, wave) in Self.grouped(told, by: \.rollout) {
                try chain.append(
                    "rollout.carriedOut", try db.target(ofRollout: rollout),
                    "rollout \(rollout) has \(Self.listing(wave.map(\.text)))",
                    at: wave.map(\.at).max() ?? told[0].at, to: db)
            }
        }
    }

    /// Whether a rollout has come as far as applying. Drift that was undone while it waited is announced under it too.
    package func hasApplied(_ rollout: String) async throws(LedgerError) -> Bool {
        try await read { db in
            try !db.rows(
                """
                SELECT 1 FROM phase WHERE rollout = ?
                  AND phase IN ('applying', 'progressing', 'verifying', 'rollingBack') LIMIT 1
                """, rollout
            ).isEmpty
        }
    }

    /// Each action on an object that a rollout announced, once, however often that was.
    package func announced(
        _ rollout: String
    ) async throws(LedgerError) -> [(object: ObjectID, action: ObjectAction)] {
        try await read { db in
            try db.rows("SELECT DISTINCT object, action FROM intent WHERE rollout = ?", rollout).map { row in
                (object: try row.object("object"), action: try row.word("action"))
            }
        }
    }

    /// Intents without an outcome: what a crash left open.
    package func openIntents(_ rollout: String) async throws(LedgerError) -> [ActionIntent] {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM intent WHERE rollout = ? AND id NOT IN (SELECT intent FROM outcome) ORDER BY sequence
                """, rollout
            ).map(ActionIntent.init(row:))
        }
    }

    /// In order of first appearance.
    private static func grouped<Element>(
        _ elements: [Element], by key: KeyPath<Element, String>
    ) -> [(key: String, elements: [Element])] {
        var groups: [(key: String, elements: [Element])] = []
        for element in elements {
            let name = element[keyPath: key]
            if let index = groups.firstIndex(where: { $0.key == name }) {
                groups[index].elements.append(element)
            } else {
                groups.append((name, [element]))
            }
        }
        return groups
    }

    /// The first few by name and the number of all: an entry stays readable, the rows have the rest.
    private static func listing(_ texts: [String]) -> String {
        let shown = texts.prefix(20).joined(separator: ", ")
        return texts.count > 20 ? "\(shown) and \(texts.count - 20) more" : shown
    }
}

extension Database {
    func actions(ofRollout id: String) throws -> [ActionRecord] {
        try rows(
            """
            SELECT intent.*, outcome.intent AS answered, succeeded, uid, generation, resource_version, error, unchanged, at
            FROM intent LEFT JOIN outcome ON outcome.intent = intent.id
            WHERE intent.rollout = ? ORDER BY intent.sequence
            """, id
        ).map { row in
            var outcome: ActionOutcome?
            if row.optionalText("answered") != nil { outcome = try ActionOutcome(row: row) }
            return ActionRecord(
                intent: try ActionIntent(row: row), announcedAt: try row.timestamp("announced_at"), outcome: outcome)
        }
    }
}

extension ActionIntent {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row.text("id"), rollout: try row.text("rollout"), object: try row.object("object"),
            action: try row.word("action"))
    }
}

extension ActionOutcome {
    fileprivate init(row: Row) throws {
        self.init(
            intent: try row.text("id"), succeeded: try row.integer("succeeded") != 0, uid: row.optionalText("uid"),
            generation: row.optionalInteger("generation"), resourceVersion: row.optionalText("resource_version"),
            error: row.optionalText("error"), unchanged: try row.integer("unchanged") != 0,
            at: try row.timestamp("at"))
    }
}
