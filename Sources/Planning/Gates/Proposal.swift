// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// A digest that waits at an environment's gate, and what people said of it. It is for this digest alone, and for as long
/// as git goes on to ask for it: what people said of one counts for no other, and not once more.
package struct Proposal: Sendable, Hashable {
    package struct Word: Sendable, Hashable {
        package enum Kind: String, Sendable, CaseIterable {
            /// One of the approvals that the environment asks for.
            case approval
            /// The go of a person, with the phrase where the environment has one.
            case promotion
            /// The same, past what only time opens: freezes, windows and other environments.
            case force
            /// It must not be rolled out.
            case rejection
            /// An earlier rejection is taken back.
            case release
            /// It is no longer asked for: what was said is over, and it waits anew where it is asked for again. The
            /// daemon's own word.
            case lapse
        }

        package var kind: Kind
        /// As the environment's groups know them.
        package var person: String
        package var reason: String?
        /// What it was forced past (`GateWait.past`), where anything but a person's go was waited for.
        package var past: String?
        /// The ledger's number of the newest freeze by then, which the store adds: a clock may be set back between the
        /// two. Nil of a word that was recorded before there were such numbers.
        package var afterFreeze: Int64?
        package var at: Timestamp

        package init(
            kind: Kind, person: String, reason: String? = nil, past: String? = nil, afterFreeze: Int64? = nil,
            at: Timestamp
        ) {
            self.kind = kind
            self.person = person
            self.reason = reason
            self.past = past
            self.afterFreeze = afterFreeze
            self.at = at
        }

        /// Whether a freeze was there when it was said.
        func knew(_ freeze: Freeze) -> Bool {
            afterFreeze.map { freeze.id <= $0 } ?? (freeze.since <= at)
        }

        /// `forced past the freeze of everything in production by ada: checkout is down`.
        package var forceText: String {
            "forced " + (past.map { "past \($0) " } ?? "") + "by \(person)" + (reason.map { ": \($0)" } ?? "")
        }
    }

    package var id: String
    package var target: TargetID
    package var digest: String
    /// The commit that the digest was first seen at.
    package var revision: String
    /// Since when it waits.
    package var since: Timestamp
    /// In the order they were said.
    package var words: [Word]

    package init(
        id: String, target: TargetID, digest: String, revision: String, since: Timestamp, words: [Word] = []
    ) {
        self.id = id
        self.target = target
        self.digest = digest
        self.revision = revision
        self.since = since
        self.words = words
    }

    package var hasLapsed: Bool { words.contains { $0.kind == .lapse } }

    /// The rejection in force.
    package var rejection: Word? {
        let last = words.last { $0.kind == .rejection || $0.kind == .release }
        return last?.kind == .rejection ? last : nil
    }

    /// The go of a person; a rejection since takes it back.
    package var promotion: Word? { latest(.promotion) }

    /// That of a person who forced it; a rejection since takes it back.
    package var force: Word? { latest(.force) }

    private func latest(_ kind: Word.Kind) -> Word? {
        let last = words.last { $0.kind == .rejection || $0.kind == kind }
        return last?.kind == kind ? last : nil
    }

    /// Those given, the latest of each person; a rejection since takes them back.
    package var approvals: [Word] {
        let start = words.lastIndex { $0.kind == .rejection }.map { $0 + 1 } ?? 0
        var latest: [Word] = []
        for word in words[start...] where word.kind == .approval {
            latest.removeAll { $0.person == word.person }
            latest.append(word)
        }
        return latest
    }
}

/// Rollouts do not begin where one is in force, for the reason it gives.
package struct Freeze: Sendable, Hashable {
    /// The ledger's number for it.
    package var id: Int64
    package var scope: Suspension.Scope
    package var reason: String
    package var actor: String
    package var since: Timestamp
    /// When it ends by itself; nil: when a person ends it.
    package var until: Timestamp?

    package init(
        id: Int64 = 0, scope: Suspension.Scope, reason: String, actor: String, since: Timestamp, until: Timestamp? = nil
    ) {
        self.id = id
        self.scope = scope
        self.reason = reason
        self.actor = actor
        self.since = since
        self.until = until
    }

    package func isInForce(at moment: Timestamp) -> Bool { until.map { moment < $0 } ?? true }

    /// `frozen by ada since 2026-12-20T16:00:00Z until 2027-01-02T08:00:00Z: holidays`.
    package var text: String {
        let end = until.map { " until \($0.secondsDescription)" } ?? ""
        return "frozen by \(actor) since \(since.secondsDescription)\(end): \(reason)"
    }
}
