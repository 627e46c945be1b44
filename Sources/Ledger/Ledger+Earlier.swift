// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests

extension Ledger {
    /// How things were before a rollout did anything, as JSON. A later word takes its place.
    package func recordEarlierStates(
        _ states: String, of rollout: String, at: Timestamp
    ) async throws(LedgerError) {
        try await write { db in
            try db.add(
                "earlier_state", ["rollout": rollout, "states": states, "at": at.millisecondsSinceEpoch])
        }
    }

    /// Nil where nothing was recorded.
    package func earlierStates(
        of rollout: String
    ) async throws(LedgerError) -> (states: String, at: Timestamp)? {
        try await read { db in
            try db.rows(
                "SELECT states, at FROM earlier_state WHERE rollout = ? ORDER BY sequence DESC LIMIT 1", rollout
            ).first.map { (states: try $0.text("states"), at: try $0.timestamp("at")) }
        }
    }

    /// The objects that a rollout changed, or may have: all that it announced to apply, but for what was found to be so
    /// already. Of what was announced and never answered nobody knows.
    package func touched(_ rollout: String) async throws(LedgerError) -> Set<ObjectID> {
        try await read { db in
            Set(
                try db.rows(
                    """
                    SELECT DISTINCT object FROM intent LEFT JOIN outcome ON outcome.intent = intent.id
                    WHERE rollout = ? AND action IN ('create', 'configure', 'replace') AND COALESCE(unchanged, 0) = 0
                    """, rollout
                ).map { try $0.object("object") })
        }
    }
}
