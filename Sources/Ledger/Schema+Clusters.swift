// SPDX-License-Identifier: Apache-2.0

extension Schema {
    static let clusterTables = ["placement"]

    /// Which cluster an application's objects are in: the latest row counts, and without one it is the default cluster,
    /// whose name is empty. `job`: the last Job that was done before, in another cluster.
    static let clusters = """
        CREATE TABLE placement (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, environment TEXT NOT NULL,
            cluster TEXT NOT NULL, job INTEGER NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX placement_by_target ON placement (application, environment, sequence);
        ALTER TABLE cluster_search ADD COLUMN cluster TEXT NOT NULL DEFAULT '';
        """
}
