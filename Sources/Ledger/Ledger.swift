// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Glibc

/// The system's memory and the operators' evidence: one SQLite file, one connection, rows that are only added.
///
/// Every write is one transaction that is on disk (WAL, `synchronous=FULL`) when the call returns. A call that was made
/// is carried out to its end even if the caller's task is cancelled meanwhile, or was before: GRDB would roll back such a
/// write, and a final state would be lost. Calls queue up in order on the connection's own queue and block no other
/// thread. While it is open nobody else can open the file (`locking_mode=EXCLUSIVE`); do not copy it, use `backup`.
package final class Ledger: Sendable {
    let path: String
    let chain: AuditChain
    private let queue: DatabaseQueue
    /// Calls are carried out on the caller's thread: a simulation lets nothing happen behind its clock's back.
    private let isInline: Bool

    /// Opens or makes the file, brings its tables up to date, and makes sure of being its only user.
    ///
    /// - Parameters:
    ///   - chainKey: what audit entries are signed with; the same for the life of the file.
    ///   - isInline: calls block the thread that makes them, which must be one that may be blocked.
    package init(path: String, chainKey: [UInt8], isInline: Bool = false) throws(LedgerError) {
        self.path = path
        self.isInline = isInline
        chain = AuditChain(key: chainKey)
        Self.makePrivate(path)
        var configuration = Configuration()
        configuration.label = "ledger"
        configuration.prepareDatabase { db in
            // The lock first: a WAL that begins in exclusive mode needs no shared memory, and shuts others out.
            try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // In KiB: what is read is read once, and mostly from its end.
            try db.execute(sql: "PRAGMA cache_size = -512")
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try Self.checkSettings(of: queue, path: path)
            try Self.migrate(queue, path: path)
            try Self.checkKey(chain, in: queue, path: path)
        } catch {
            throw LedgerError(error, path: path)
        }
    }

    /// Nothing can be read or written afterwards. Waits for what was asked before.
    package func close() throws(LedgerError) {
        do { try queue.close() } catch { throw LedgerError(error, path: path) }
    }

    // MARK: Access

    func write<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(LedgerError) -> T {
        let path = path
        if isInline { return try atOnce { try $0.write(body) } }
        let result: Result<T, LedgerError> = await withCheckedContinuation { caller in
            queue.asyncWrite(body) { _, result in
                caller.resume(returning: result.mapError { LedgerError($0, path: path) })
            }
        }
        return try result.get()
    }

    /// All of `body` sees one moment: nobody else can write in between, on another connection or on this one.
    func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(LedgerError) -> T {
        try await withoutTransaction { db in try db.readOnly { try body(db) } }
    }

    func withoutTransaction<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(LedgerError) -> T {
        let path = path
        if isInline { return try atOnce { try $0.writeWithoutTransaction(body) } }
        let result: Result<T, LedgerError> = await withCheckedContinuation { caller in
            queue.asyncWriteWithoutTransaction { db in
                let result = Result { try body(db) }
                caller.resume(returning: result.mapError { LedgerError($0, path: path) })
            }
        }
        return try result.get()
    }

    private func atOnce<T>(_ body: (DatabaseQueue) throws -> T) throws(LedgerError) -> T {
        do { return try body(queue) } catch { throw LedgerError(error, path: path) }
    }

    // MARK: Opening

    /// A new file is its owner's alone; SQLite would leave that to the umask, and gives its WAL the same mode.
    private static func makePrivate(_ path: String) {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    private static func checkSettings(of queue: DatabaseQueue, path: String) throws {
        let mode = try queue.inDatabase { db in try String.fetchOne(db, sql: "PRAGMA journal_mode") }
        guard mode == "wal" else {
            throw LedgerError(
                code: .storage, subject: path, message: "the file system allows no write-ahead log",
                hint: "put the data directory on a local file system")
        }
    }

    private static func migrate(_ queue: DatabaseQueue, path: String) throws {
        let migrator = Schema.migrator
        guard try !queue.read(migrator.hasBeenSuperseded) else {
            throw LedgerError(
                code: .newerSchema, subject: path, message: "the file has tables that this version does not know",
                hint: "run the version that wrote it, or restore a backup made before the upgrade")
        }
        try migrator.migrate(queue)
    }

    private static func checkKey(_ chain: AuditChain, in queue: DatabaseQueue, path: String) throws {
        let isRight = try queue.write { db in
            if let check = try String.fetchOne(db, sql: "SELECT key_check FROM audit_key ORDER BY sequence LIMIT 1") {
                return check == chain.keyCheck
            }
            try db.add("audit_key", ["key_check": chain.keyCheck])
            return true
        }
        guard isRight else {
            throw LedgerError(
                code: .wrongKey, subject: path, message: "its audit chain was begun with another key",
                hint: "bring back the key file that belongs to this ledger")
        }
    }
}
