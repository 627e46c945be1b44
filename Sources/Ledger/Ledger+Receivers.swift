// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
internal import Planning

extension Ledger {
    /// That a receiver of notifications takes nothing since a moment, and why; nil: that it works again.
    package func recordReceiverTrouble(
        _ problem: String?, of receiver: String, at: Timestamp
    ) async throws(LedgerError) {
        try await write { db in
            try db.add(
                "receiver_trouble",
                [
                    "receiver": receiver, "problem": problem?.shortened(to: 500),
                    "at": at.millisecondsSinceEpoch,
                ])
        }
    }

    /// Nil where it works, or nothing is known.
    package func receiverTrouble(of receiver: String) async throws(LedgerError) -> (problem: String, since: Timestamp)?
    {
        try await read { db in
            guard
                let row = try db.rows(
                    "SELECT problem, at FROM receiver_trouble WHERE receiver = ? ORDER BY sequence DESC LIMIT 1",
                    receiver
                ).first, let problem = row.optionalText("problem")
            else { return nil }
            return (problem, try row.timestamp("at"))
        }
    }
}

extension Database {
    /// Whatever their age: those that a later one has replaced, and that a receiver works.
    func removeReceiverTroubles() throws {
        try execute(
            sql: """
                DELETE FROM receiver_trouble WHERE problem IS NULL
                  OR sequence NOT IN (SELECT MAX(sequence) FROM receiver_trouble GROUP BY receiver)
                """)
    }
}
