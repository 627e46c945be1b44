// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// Since when a check of a rollout is asked: some time counts for nothing, and a later row then takes its place.
    static let checks = """
        CREATE TABLE check_begin (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, rollout TEXT NOT NULL REFERENCES rollout (id),
            name TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX check_begin_by_rollout ON check_begin (rollout, sequence);
        """
}
