// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// Why the ledger could not be opened, read or written.
package struct LedgerError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Another process, or another `Ledger`, has the file.
        case inUse = "in use"
        /// Written by a newer version of the program.
        case newerSchema = "written by a newer version"
        /// The audit chain was begun with another key.
        case wrongKey = "wrong key"
        /// Not a database, or a broken one, or a row that nobody here wrote.
        case damaged
        /// No space, no permission, a failing disk.
        case storage = "storage failure"
        /// An id was used twice.
        case duplicate
        /// A record names a rollout or an intent that is not there.
        case unknownReference = "unknown reference"
        case closed
        case other = "database failure"
    }

    package var code: Code
    /// The file.
    package var subject: String
    package var message: String
    /// What to do next.
    package var hint: String

    package init(code: Code, subject: String, message: String, hint: String) {
        self.code = code
        self.subject = subject
        self.message = message
        self.hint = hint
    }

    /// True where the same call may succeed later without anybody changing the program or the file.
    package var isTransient: Bool {
        switch code {
        case .inUse, .storage: true
        case .newerSchema, .wrongKey, .damaged, .duplicate, .unknownReference, .closed, .other: false
        }
    }

    package var description: String {
        let advice = hint.isEmpty ? "" : " (\(hint))"
        return "ledger \(subject): \(code.rawValue): \(message)\(advice)"
    }
}

extension LedgerError {
    /// What a statement threw. SQLite's messages name tables and columns, never values; arguments are not taken over.
    init(_ error: any Error, path: String) {
        switch error {
        case let error as LedgerError:
            self = error
        case let error as RowError:
            self.init(
                code: .damaged, subject: path, message: error.message,
                hint: "check the file with `mainstay audit verify`, or restore a backup")
        case let error as DatabaseError:
            let code = Code(error)
            // For a connection that is gone SQLite has only "out of memory" to say.
            let message = code == .closed ? "it was used after it was closed" : error.message
            self.init(
                code: code, subject: path,
                message: message ?? "SQLite result \(error.extendedResultCode.rawValue)", hint: code.hint)
        default:
            self.init(code: .other, subject: path, message: "\(error)", hint: "")
        }
    }
}

extension LedgerError.Code {
    fileprivate init(_ error: DatabaseError) {
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY:
            self = .duplicate
            return
        case .SQLITE_CONSTRAINT_FOREIGNKEY:
            self = .unknownReference
            return
        default:
            break
        }
        self =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: .inUse
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged
            case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM: .storage
            case .SQLITE_MISUSE: .closed
            default: .other
            }
    }

    fileprivate var hint: String {
        switch self {
        case .inUse: "another mainstay daemon uses this file: stop it first, or give this one its own data directory"
        case .damaged: "restore a backup with `mainstay restore`"
        case .storage: "check free space, and that the file and its directory are writable"
        default: ""
        }
    }
}
