// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Glibc

extension Ledger {
    /// A complete copy of this moment as one file, on disk when this returns. Others wait meanwhile (the connection is
    /// one). A file that stands at `destination` is replaced only by the finished copy.
    package func backup(to destination: String) async throws(LedgerError) {
        let partial = destination + ".partial"
        try await withoutTransaction { db in
            unlink(partial)
            do {
                let descriptor = open(partial, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
                guard descriptor >= 0 else { throw Self.failure("cannot make", partial) }
                Glibc.close(descriptor)
                // Takes an empty file as its target (SQLite: "VACUUM INTO").
                try db.execute(sql: "VACUUM INTO ?", arguments: [partial])
                try Self.synchronise(partial)
                guard rename(partial, destination) == 0 else { throw Self.failure("cannot rename to", destination) }
                try Self.synchronise(Self.directory(of: destination))
            } catch {
                unlink(partial)
                throw error
            }
        }
    }

    private static func synchronise(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot write out", path) }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func failure(_ what: String, _ path: String) -> LedgerError {
        LedgerError(
            code: .storage, subject: path, message: "\(what) the file: \(String(cString: strerror(errno)))",
            hint: "choose a writable directory with enough space")
    }
}
