// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// The last commits that could be used: the latest row counts. Of the pipeline, `application` and `environment` are
    /// empty. `pipeline`: the commit whose pipeline it was read by.
    static let goodCommits = """
        CREATE TABLE good_commit (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, environment TEXT NOT NULL,
            branch TEXT NOT NULL, commit_id TEXT NOT NULL, pipeline TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX good_commit_by_target ON good_commit (application, environment, sequence);
        """
}
