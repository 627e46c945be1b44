// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// The tables. Rows are added, never changed: what is so now is the latest row.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (name, sql, tables) in versions {
            migrator.registerMigration(name) { db in
                try db.execute(sql: sql)
                for table in tables { try guardRows(of: table, in: db) }
            }
        }
        return migrator
    }

    static var tables: [String] { versions.flatMap(\.tables) }

    /// In the order they are run; a name stays what it is once it was released.
    private static let versions: [(name: String, sql: String, tables: [String])] = [
        ("1", version1, firstTables), ("2-control", people, peopleTables), ("2-apply", jobs, ["job_done"]),
        ("2-drift", driftBaselines, ["drift_baseline"]), ("3-gates", gates, gateTables),
        ("3-claims", claims, claimTables), ("3-outbox", outbox, outboxTables),
        ("3-reports", reports, ["history_cut"]), ("4-installation", installation, ["installation"]),
        ("4-clusters", clusters, clusterTables), ("4-clock", clock, ["clock_jump"]),
        ("5-successions", successions, ["succession"]),
        ("5-force", force, []),
        ("5-checks", checks, ["check_begin"]),
        ("5-good-commits", goodCommits, ["good_commit"]),
        ("5-earlier", earlier, ["earlier_state"]),
        ("5-words", wordOrder, []),
        ("6-hook-runs", hookRuns, ["hook_run"]),
        ("6-receivers", receivers, ["receiver_trouble"]),
    ]

    /// Those of the first version.
    private static let firstTables = [
        "revision", "rollout", "phase", "intent", "outcome", "verdict", "quarantine", "quarantine_release", "inventory",
        "audit", "audit_cut", "audit_key",
    ]

    /// `digest` is a keyed hash over the Job's manifest.
    private static let jobs = """
        CREATE TABLE job_done (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, environment TEXT NOT NULL,
            object TEXT NOT NULL, digest TEXT NOT NULL, rollout TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX job_done_by_object ON job_done (application, environment, object);
        """

    private static func guardRows(of table: String, in db: Database) throws {
        try forbidUpdate(of: table, in: db)
        try forbidDelete(of: table, in: db)
    }

    private static func forbidUpdate(of table: String, in db: Database) throws {
        try db.execute(
            sql: """
                CREATE TRIGGER \(table)_no_update BEFORE UPDATE ON \(table)
                BEGIN SELECT RAISE(ABORT, 'rows of the ledger are never updated'); END
                """)
    }

    static func forbidDelete(of table: String, in db: Database) throws {
        try db.execute(
            sql: """
                CREATE TRIGGER \(table)_no_delete BEFORE DELETE ON \(table)
                BEGIN SELECT RAISE(ABORT, 'rows of the ledger are deleted by retention only'); END
                """)
    }

    static func permitDelete(of table: String, in db: Database) throws {
        try db.execute(sql: "DROP TRIGGER \(table)_no_delete")
    }

    /// Times are milliseconds since 1970 in UTC; objects are `group/kind/namespace/name`; causes and notes are JSON.
    private static let version1 = """
        CREATE TABLE revision (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, commit_id TEXT NOT NULL, branch TEXT NOT NULL,
            author TEXT NOT NULL, subject TEXT NOT NULL, committed_at INTEGER NOT NULL, seen_at INTEGER NOT NULL,
            UNIQUE (commit_id, branch)
        ) STRICT;
        CREATE TABLE rollout (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, application TEXT NOT NULL,
            environment TEXT NOT NULL, revision TEXT NOT NULL, from_revision TEXT, digest TEXT NOT NULL,
            inputs_digest TEXT NOT NULL, "trigger" TEXT NOT NULL, started_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX rollout_by_target ON rollout (application, environment, sequence);
        CREATE TABLE phase (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, rollout TEXT NOT NULL REFERENCES rollout (id),
            phase TEXT NOT NULL, reason TEXT, cause TEXT, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX phase_by_rollout ON phase (rollout, sequence);
        CREATE TABLE intent (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
            rollout TEXT NOT NULL REFERENCES rollout (id), object TEXT NOT NULL, action TEXT NOT NULL,
            announced_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX intent_by_rollout ON intent (rollout, sequence);
        CREATE TABLE outcome (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, intent TEXT NOT NULL UNIQUE REFERENCES intent (id),
            succeeded INTEGER NOT NULL, uid TEXT, generation INTEGER, resource_version TEXT, error TEXT,
            at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE verdict (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, rollout TEXT NOT NULL REFERENCES rollout (id),
            outcome TEXT NOT NULL, cause TEXT, notes TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX verdict_by_rollout ON verdict (rollout, sequence);
        CREATE TABLE quarantine (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, environment TEXT NOT NULL,
            digest TEXT NOT NULL, revision TEXT NOT NULL, rollout TEXT NOT NULL, cause TEXT, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX quarantine_by_digest ON quarantine (application, environment, digest, sequence);
        CREATE TABLE quarantine_release (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            quarantine INTEGER NOT NULL UNIQUE REFERENCES quarantine (sequence),
            actor TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE inventory (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, environment TEXT NOT NULL,
            object TEXT NOT NULL, uid TEXT NOT NULL, api_version TEXT NOT NULL, rollout TEXT NOT NULL,
            at INTEGER NOT NULL, removed INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX inventory_by_object ON inventory (environment, object, sequence);
        CREATE TABLE audit (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, application TEXT, environment TEXT,
            actor TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL, hash TEXT NOT NULL
        ) STRICT;
        CREATE TABLE audit_cut (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, through INTEGER NOT NULL, hash TEXT NOT NULL,
            at INTEGER NOT NULL, mark TEXT NOT NULL
        ) STRICT;
        CREATE TABLE audit_key (sequence INTEGER PRIMARY KEY AUTOINCREMENT, key_check TEXT NOT NULL) STRICT;
        """

    /// What the last apply left of an object: names of fields, and keyed hashes of their values.
    private static let driftBaselines = """
        CREATE TABLE drift_baseline (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, environment TEXT NOT NULL,
            object TEXT NOT NULL, baseline TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX drift_baseline_by_object ON drift_baseline (environment, object, application, sequence);
        """
}
