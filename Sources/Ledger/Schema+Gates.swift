// SPDX-License-Identifier: Apache-2.0

extension Schema {
    static let gateTables = ["proposal", "proposal_word", "freeze", "thaw", "health_mark"]

    /// What waits at gates, and what people said of it; freezes; and when applications at rest became unwell, and well.
    static let gates = """
        CREATE TABLE proposal (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, application TEXT NOT NULL,
            environment TEXT NOT NULL, digest TEXT NOT NULL, revision TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX proposal_by_target ON proposal (application, environment, sequence);
        CREATE TABLE proposal_word (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, proposal TEXT NOT NULL REFERENCES proposal (id),
            word TEXT NOT NULL, person TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX proposal_word_by_proposal ON proposal_word (proposal, sequence);
        CREATE TABLE freeze (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT, environment TEXT, reason TEXT NOT NULL,
            actor TEXT NOT NULL, until INTEGER, at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE thaw (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            freeze INTEGER NOT NULL UNIQUE REFERENCES freeze (sequence), actor TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE health_mark (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, environment TEXT NOT NULL,
            healthy INTEGER NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX health_mark_by_target ON health_mark (application, environment, sequence);
        ALTER TABLE suspension ADD COLUMN destroys INTEGER NOT NULL DEFAULT 0;
        """

    /// What a person who forced a rollout got past; what is said of a rollout from its beginning; and why a person wanted
    /// what they agreed to.
    static let force = """
        ALTER TABLE proposal_word ADD COLUMN past TEXT;
        ALTER TABLE rollout ADD COLUMN note TEXT;
        ALTER TABLE approval ADD COLUMN reason TEXT;
        """

    /// The newest freeze when the word was said: what comes first is told by that, and by no clock.
    static let wordOrder = "ALTER TABLE proposal_word ADD COLUMN after_freeze INTEGER;"

    /// By how much the clock was set forward (less than zero: back), and when that was noticed.
    static let clock = """
        CREATE TABLE clock_jump (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, ahead INTEGER NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        """
}
