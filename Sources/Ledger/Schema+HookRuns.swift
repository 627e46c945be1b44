// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// What became of hooks' runs, each once; `lines` is JSON. They go with their rollout.
    static let hookRuns = """
        CREATE TABLE hook_run (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, rollout TEXT NOT NULL REFERENCES rollout (id),
            object TEXT NOT NULL, uid TEXT NOT NULL, outcome TEXT NOT NULL, lines TEXT NOT NULL, at INTEGER NOT NULL,
            UNIQUE (rollout, object, uid)
        ) STRICT;
        """
}
