// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// How things were before a rollout did anything, as JSON: the latest row counts. `unchanged`: the server found
    /// nothing to change.
    static let earlier = """
        CREATE TABLE earlier_state (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, rollout TEXT NOT NULL REFERENCES rollout (id),
            states TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX earlier_state_by_rollout ON earlier_state (rollout, sequence);
        ALTER TABLE outcome ADD COLUMN unchanged INTEGER NOT NULL DEFAULT 0;
        """
}
