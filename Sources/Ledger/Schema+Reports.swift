// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// Up to when retention took an environment's history away.
    static let reports = """
        CREATE TABLE history_cut (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, environment TEXT NOT NULL, before INTEGER NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        """
}
