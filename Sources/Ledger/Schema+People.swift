// SPDX-License-Identifier: Apache-2.0

extension Schema {
    static let peopleTables = ["hold", "hold_end", "suspension", "resumption", "approval", "removal_policy"]

    /// What people said. `after_rollout` is the newest rollout of all when something was taken up again: what began
    /// before knows nothing of it.
    static let people = """
        CREATE TABLE hold (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, application TEXT NOT NULL,
            environment TEXT NOT NULL, rollout TEXT NOT NULL, away_from_digest TEXT NOT NULL,
            away_from_revision TEXT NOT NULL, reason TEXT, actor TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX hold_by_target ON hold (application, environment, sequence);
        CREATE TABLE hold_end (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, hold TEXT NOT NULL UNIQUE REFERENCES hold (id),
            actor TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE suspension (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT, environment TEXT, object TEXT,
            reason TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE resumption (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            suspension INTEGER NOT NULL UNIQUE REFERENCES suspension (sequence), actor TEXT NOT NULL,
            after_rollout INTEGER NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE approval (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, application TEXT NOT NULL,
            environment TEXT NOT NULL, subject TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE removal_policy (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, environment TEXT NOT NULL,
            policy TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        ALTER TABLE rollout ADD COLUMN hold TEXT;
        """
}
