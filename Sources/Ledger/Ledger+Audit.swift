// SPDX-License-Identifier: Apache-2.0

internal import GRDB
package import Manifests
package import Planning

extension Ledger {
    /// The actor of what the daemon does by itself.
    package static let daemon = "mainstay"

    /// For decisions that no other call records: an approval, a suspension, a changed pipeline.
    package func recordAudit(
        kind: String, target: TargetID?, actor: String, text: String, at: Timestamp
    ) async throws(LedgerError) {
        let chain = chain
        try await write { db in try chain.append(kind, target, actor: actor, text, at: at, to: db) }
    }

    /// In order, those after a sequence (0: from the first that is there).
    package func auditEntries(after sequence: Int64, limit: Int) async throws(LedgerError) -> [AuditEntry] {
        try await read { db in
            try db.rows(
                "SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?", sequence, Page.bounded(limit)
            ).map(AuditEntry.init(row:))
        }
    }

    package func auditHead() async throws(LedgerError) -> AuditHead {
        try await read { db in try AuditChain.head(in: db) }
    }

    /// Computes the whole chain again, in pages, so that others can write meanwhile.
    ///
    /// - Parameter published: a head that was published outside this file. Without it an end that was cut off with skill
    ///   cannot be told from one that never was.
    package func verifyAuditChain(published: AuditHead? = nil) async throws(LedgerError) -> AuditVerification {
        var walk = AuditWalk(chain: chain, published: published)
        while true {
            let before = walk
            let after = try await read { db in
                var walk = before
                try walk.readPage(of: db)
                return walk
            }
            walk = after
            if let result = walk.result { return result }
        }
    }
}

extension AuditChain {
    /// In characters; the records themselves hold the rest.
    private static let longestText = 4096

    /// In the transaction of what it tells.
    func append(
        _ kind: String, _ target: TargetID?, actor: String = Ledger.daemon, _ text: String, at: Timestamp,
        to db: Database
    ) throws {
        let text = text.count > Self.longestText ? text.prefix(Self.longestText) + "…" : text
        let head = try Self.head(in: db)
        let entry = AuditEntry(
            sequence: head.sequence + 1, kind: kind, target: target, actor: actor, text: text, at: at, hash: "")
        try db.add(
            "audit",
            [
                "sequence": entry.sequence, "kind": kind, "application": target?.application,
                "environment": target?.environment, "actor": actor, "text": text,
                "at": at.millisecondsSinceEpoch, "hash": hash(of: entry, after: head.hash),
            ])
    }

    static func head(in db: Database) throws -> AuditHead {
        guard let row = try db.rows("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1").first else {
            return AuditHead(sequence: 0, hash: origin)
        }
        return AuditHead(sequence: try row.integer("sequence"), hash: try row.text("hash"))
    }
}

/// How far a check of the chain has come.
private struct AuditWalk {
    let chain: AuditChain
    let published: AuditHead?
    private var head = AuditHead(sequence: 0, hash: AuditChain.origin)
    private var count = 0
    private var publishedMatches = false
    private(set) var result: AuditVerification?

    private static let pageSize = 1000

    init(chain: AuditChain, published: AuditHead?) {
        self.chain = chain
        self.published = published
        publishedMatches = published == nil || published == head
    }

    mutating func readPage(of db: Database) throws {
        try skipCut(in: db)
        guard result == nil else { return }
        let rows = try db.rows(
            "SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?", head.sequence, Self.pageSize)
        for row in rows {
            let entry = try AuditEntry(row: row)
            guard entry.sequence == head.sequence + 1, entry.hash == chain.hash(of: entry, after: head.hash) else {
                result = .altered(at: head.sequence + 1)
                return
            }
            head = AuditHead(sequence: entry.sequence, hash: entry.hash)
            count += 1
            if head == published { publishedMatches = true }
        }
        if rows.count < Self.pageSize { try finish(db) }
    }

    /// What retention removed is vouched for by its mark.
    private mutating func skipCut(in db: Database) throws {
        guard let row = try db.rows("SELECT * FROM audit_cut ORDER BY through DESC LIMIT 1").first else { return }
        let through = try row.integer("through")
        guard through > head.sequence else { return }
        let hash = try row.text("hash")
        guard try row.text("mark") == chain.cutMark(through: through, hash: hash, at: try row.timestamp("at")) else {
            result = .altered(at: through)
            return
        }
        head = AuditHead(sequence: through, hash: hash)
        if let published, published.sequence <= through { publishedMatches = true }
    }

    /// SQLite remembers the highest sequence it gave out, even when its row is gone.
    private mutating func finish(_ db: Database) throws {
        let given = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit'") ?? 0
        let expected = max(given, published?.sequence ?? 0)
        if head.sequence < expected {
            result = .truncated(last: head.sequence, expected: expected)
        } else if let published, !publishedMatches {
            result = .altered(at: published.sequence)
        } else if let published, published.sequence < head.sequence {
            result = .unfinished(head: head, published: published)
        } else {
            result = .intact(head: head, count: count)
        }
    }
}

extension AuditEntry {
    init(row: Row) throws {
        let application = row.optionalText("application")
        let environment = row.optionalText("environment")
        var target: TargetID?
        if let application, let environment {
            target = TargetID(application: application, environment: environment)
        }
        self.init(
            sequence: try row.integer("sequence"), kind: try row.text("kind"), target: target,
            actor: try row.text("actor"), text: try row.text("text"), at: try row.timestamp("at"),
            hash: try row.text("hash"))
    }
}

/// No read gives more than this, whatever was asked.
enum Page {
    static let largest = 1000

    static func bounded(_ limit: Int) -> Int { min(max(limit, 1), largest) }
}
