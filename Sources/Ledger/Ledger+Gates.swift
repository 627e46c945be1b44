// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

/// What waits at gates, and what people said of it.
extension Ledger {
    /// With the words that it has by then, which the daemon took over from an earlier one.
    package func recordProposal(_ proposal: Proposal) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            try db.add(
                "proposal",
                [
                    "id": proposal.id, "application": proposal.target.application,
                    "environment": proposal.target.environment, "digest": proposal.digest,
                    "revision": proposal.revision, "at": proposal.since.millisecondsSinceEpoch,
                ])
            try chain.append(
                "gate.waits", proposal.target, actor: "mainstay",
                "revision \(proposal.revision), digest \(proposal.digest)", at: proposal.since, to: db)
            for word in proposal.words { try db.add(word, on: proposal, actor: "mainstay", chain) }
        }
    }

    /// The target's latest, with what was said of it.
    package func proposal(of target: TargetID) async throws(LedgerError) -> Proposal? {
        try await read { db in
            let row = try db.rows(
                "SELECT * FROM proposal WHERE application = ? AND environment = ? ORDER BY sequence DESC LIMIT 1",
                target.application, target.environment
            ).first
            guard let row else { return nil }
            let id = try row.text("id")
            let words = try db.rows("SELECT * FROM proposal_word WHERE proposal = ? ORDER BY sequence", id)
            return Proposal(
                id: id, target: target, digest: try row.text("digest"), revision: try row.text("revision"),
                since: try row.timestamp("at"), words: try words.map(Proposal.Word.init(row:)))
        }
    }

    /// With the newest freeze by now, but for a word that says which it was.
    ///
    /// - Parameter actor: as the system vouches for them.
    package func recordWord(
        _ word: Proposal.Word, on proposal: Proposal, actor: String
    ) async throws(LedgerError) {
        let chain = chain
        try await write { db in try db.add(word, on: proposal, actor: actor, chain) }
    }

    // MARK: Freezes

    /// Takes the place of an earlier one of the same scope. `freeze.id` is not looked at.
    package func recordFreeze(_ freeze: Freeze) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            let earlier = try db.rows(
                """
                SELECT * FROM freeze WHERE application IS ? AND environment IS ?
                  AND sequence NOT IN (SELECT freeze FROM thaw) ORDER BY sequence
                """, freeze.scope.application, freeze.scope.environment
            ).map(Freeze.init(row:))
            for one in earlier {
                try db.add(
                    "thaw", ["freeze": one.id, "actor": freeze.actor, "at": freeze.since.millisecondsSinceEpoch])
            }
            try db.add(
                "freeze",
                [
                    "application": freeze.scope.application, "environment": freeze.scope.environment,
                    "reason": freeze.reason, "actor": freeze.actor, "until": freeze.until?.millisecondsSinceEpoch,
                    "at": freeze.since.millisecondsSinceEpoch,
                ])
            let end = freeze.until.map { " until \($0.secondsDescription)" } ?? ""
            let before = earlier.map { "; in the place of: \($0.text)" }.joined()
            try chain.append(
                "frozen", freeze.scope.target, actor: freeze.actor, "\(freeze.scope)\(end): \(freeze.reason)\(before)",
                at: freeze.since, to: db)
        }
    }

    /// Ending what has ended changes nothing.
    package func endFreeze(_ freeze: Freeze, actor: String, at: Timestamp) async throws(LedgerError) {
        let chain = chain
        try await write { db in
            guard try db.rows("SELECT 1 FROM thaw WHERE freeze = ?", freeze.id).isEmpty else { return }
            try db.add("thaw", ["freeze": freeze.id, "actor": actor, "at": at.millisecondsSinceEpoch])
            try chain.append("unfrozen", freeze.scope.target, actor: actor, "\(freeze.scope)", at: at, to: db)
        }
    }

    /// Those that nobody ended, oldest first; some may be over by their own time.
    package func freezes() async throws(LedgerError) -> [Freeze] {
        try await read { db in
            try db.rows(
                "SELECT * FROM freeze WHERE sequence NOT IN (SELECT freeze FROM thaw) ORDER BY sequence LIMIT 10000"
            ).map(Freeze.init(row:))
        }
    }

    // MARK: Health

    /// That an application at rest is no longer well, or is again. The same again changes nothing.
    package func recordHealth(_ mark: HealthMark, of target: TargetID) async throws(LedgerError) {
        try await write { db in
            guard try db.healthMark(of: target)?.isHealthy != mark.isHealthy else { return }
            try db.add(
                "health_mark",
                [
                    "application": target.application, "environment": target.environment, "healthy": mark.isHealthy,
                    "at": mark.at.millisecondsSinceEpoch,
                ])
        }
    }

    /// The latest.
    package func healthMark(of target: TargetID) async throws(LedgerError) -> HealthMark? {
        try await read { db in try db.healthMark(of: target) }
    }

    // MARK: The clock

    package func recordClockJump(_ jump: ClockJump) async throws(LedgerError) {
        let chain = chain
        let change =
            jump.by < .zero
            ? "back by \(DurationText.text(.zero - jump.by))" : "forward by \(DurationText.text(jump.by))"
        try await write { db in
            try db.add("clock_jump", ["ahead": jump.by.milliseconds, "at": jump.at.millisecondsSinceEpoch])
            try chain.append(
                "clock.set", nil, actor: "mainstay", change, at: jump.at, to: db)
        }
    }

    /// The latest hundred, oldest first.
    package func clockJumps() async throws(LedgerError) -> [ClockJump] {
        try await read { db in
            try db.rows("SELECT * FROM clock_jump ORDER BY sequence DESC LIMIT 100").reversed().map {
                ClockJump(at: try $0.timestamp("at"), by: .milliseconds(try $0.integer("ahead")))
            }
        }
    }
}

extension Database {
    fileprivate func add(
        _ word: Proposal.Word, on proposal: Proposal, actor: String, _ chain: AuditChain
    ) throws {
        let newest = try Int64.fetchOne(self, sql: "SELECT MAX(sequence) FROM freeze") ?? 0
        try add(
            "proposal_word",
            [
                "proposal": proposal.id, "word": word.kind.rawValue, "person": word.person, "actor": actor,
                "reason": word.reason, "past": word.past, "after_freeze": word.afterFreeze ?? newest,
                "at": word.at.millisecondsSinceEpoch,
            ])
        let why = (word.past.map { ", past \($0)" } ?? "") + (word.reason.map { ": \($0)" } ?? "")
        try chain.append(
            "gate.\(word.kind.rawValue)", proposal.target, actor: actor,
            "\(word.person) of revision \(proposal.revision), digest \(proposal.digest)\(why)", at: word.at, to: self)
    }

    fileprivate func healthMark(of target: TargetID) throws -> HealthMark? {
        try rows(
            "SELECT * FROM health_mark WHERE application = ? AND environment = ? ORDER BY sequence DESC LIMIT 1",
            target.application, target.environment
        ).first.map { HealthMark(isHealthy: try $0.integer("healthy") != 0, at: try $0.timestamp("at")) }
    }
}

extension Proposal.Word {
    fileprivate init(row: Row) throws {
        self.init(
            kind: try row.word("word"), person: try row.text("person"), reason: row.optionalText("reason"),
            past: row.optionalText("past"), afterFreeze: row.optionalInteger("after_freeze"),
            at: try row.timestamp("at"))
    }
}

extension Freeze {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row.integer("sequence"),
            scope: Suspension.Scope(
                application: row.optionalText("application"), environment: row.optionalText("environment")),
            reason: try row.text("reason"), actor: try row.text("actor"), since: try row.timestamp("at"),
            until: row.optionalInteger("until").map { Timestamp(millisecondsSinceEpoch: $0) })
    }
}
