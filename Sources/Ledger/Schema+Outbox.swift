// SPDX-License-Identifier: Apache-2.0

extension Schema {
    static let outboxTables = [
        "notification_cursor", "notification", "notification_delivery", "notification_outcome",
    ]

    /// Notifications are made from the phases that rollouts came to: what was told of reaches up to the cursor's `phase`,
    /// and a null says that nobody was to be told. `outcome` is a `DeliveryOutcome`; `delivered` and `abandoned` end a
    /// delivery.
    static let outbox = """
        CREATE TABLE notification_cursor (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, phase INTEGER, at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE notification (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, family TEXT NOT NULL,
            application TEXT NOT NULL, environment TEXT NOT NULL, event TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX notification_by_target ON notification (application, environment, family, sequence);
        CREATE TABLE notification_delivery (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            notification INTEGER NOT NULL REFERENCES notification (sequence), receiver TEXT NOT NULL, message TEXT,
            UNIQUE (notification, receiver)
        ) STRICT;
        CREATE INDEX notification_delivery_by_receiver ON notification_delivery (receiver, sequence);
        CREATE TABLE notification_outcome (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            delivery INTEGER NOT NULL REFERENCES notification_delivery (sequence), outcome TEXT NOT NULL, detail TEXT,
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX notification_outcome_by_delivery ON notification_outcome (delivery, sequence);
        """

    /// Since when a receiver takes nothing, and why; a null says that it works.
    static let receivers = """
        CREATE TABLE receiver_trouble (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, receiver TEXT NOT NULL, problem TEXT, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX receiver_trouble_by_receiver ON receiver_trouble (receiver, sequence);
        """
}
