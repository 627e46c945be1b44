// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// Since when a check of a rollout is asked: the latest row counts, since some time counts for nothing.
    static let checks = """
        CREATE TABLE check_begin (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, rollout TEXT NOT NULL REFERENCES rollout (id),
            name TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX check_begin_by_rollout ON check_begin (rollout, sequence);
        """
}
