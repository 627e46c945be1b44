// SPDX-License-Identifier: Apache-2.0

extension Schema {
    static let claimTables = ["source_mark", "cluster_search", "job_kept"]

    /// Whose objects are whose. `job_kept`: a rollout asked for a Job that was done, by the hash of its manifest.
    static let claims = """
        CREATE TABLE source_mark (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, mark TEXT NOT NULL UNIQUE, at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE cluster_search (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL) STRICT;
        CREATE TABLE job_kept (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, environment TEXT NOT NULL,
            object TEXT NOT NULL, digest TEXT NOT NULL, rollout TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX job_kept_by_object ON job_kept (application, environment, object);
        """

    /// What daemons of one source are told apart by.
    static let installation = """
        CREATE TABLE installation (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        """

    /// When this daemon took over from another: what was recorded up to `after_phase` and `after_search` knows nothing of
    /// what that one did.
    static let successions = """
        CREATE TABLE succession (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, cluster TEXT NOT NULL, namespace TEXT NOT NULL,
            installation TEXT, process TEXT, daemon TEXT, after_phase INTEGER NOT NULL, after_search INTEGER NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX succession_by_namespace ON succession (cluster, namespace, sequence);
        """
}
