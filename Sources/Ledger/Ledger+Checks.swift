// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests

extension Ledger {
    /// That a check of a rollout is asked since a moment. A later one takes its place, or an outage of hours would leave
    /// thousands of them.
    package func recordCheckBegin(
        _ check: String, of rollout: String, at: Timestamp
    ) async throws(LedgerError) {
        try await write { db in
            let isKnown = try !db.rows(
                "SELECT 1 FROM check_begin WHERE rollout = ? AND name = ? LIMIT 1", rollout, check
            ).isEmpty
            if isKnown {
                // In one transaction with the delete: nobody ever sees the table without its guard.
                try Schema.permitDelete(of: "check_begin", in: db)
                try db.execute(
                    sql: "DELETE FROM check_begin WHERE rollout = ? AND name = ?", arguments: [rollout, check])
                try Schema.forbidDelete(of: "check_begin", in: db)
            }
            try db.add("check_begin", ["rollout": rollout, "name": check, "at": at.millisecondsSinceEpoch])
        }
    }

    /// Nil where it was not asked yet.
    package func checkBegin(_ check: String, of rollout: String) async throws(LedgerError) -> Timestamp? {
        try await read { db in
            try db.rows(
                "SELECT at FROM check_begin WHERE rollout = ? AND name = ? ORDER BY sequence DESC LIMIT 1", rollout,
                check
            ).first.map { try $0.timestamp("at") }
        }
    }
}
