// SPDX-License-Identifier: Apache-2.0

/// A read-only tree of files: a git tree by object id, or a directory read beneath its root.
///
/// Paths are relative to the root, parts joined by `/`, without `.` or `..` parts; the root is the empty string.
/// Calls are synchronous and may read a disk: the caller runs them where blocking is allowed.
package protocol FileTree {
    /// The entry at a path, or nil where there is none. Symbolic links are reported, never followed.
    func entry(at path: String) throws -> FileTreeEntry?
    /// The entries of a directory, sorted by name. Throws where the path is no directory.
    func children(of path: String) throws -> [FileTreeEntry]
    /// The bytes of a file, refused when larger than `limit`.
    func contents(of path: String, limit: Int) throws -> [UInt8]
}

package struct FileTreeEntry: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case file, directory, symbolicLink, submodule
    }

    package var name: String
    package var kind: Kind
    /// The content's identity (a git object id): equal ids mean equal contents.
    package var id: String

    package init(name: String, kind: Kind, id: String) {
        self.name = name
        self.kind = kind
        self.id = id
    }
}

/// Why a file or folder could not be read.
package struct FileTreeError: Error, Sendable, Equatable, CustomStringConvertible {
    package var path: String
    package var message: String
    /// True for a file that is larger than it may be: the next look will find the same.
    package private(set) var isTooLarge = false

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    package static func tooLarge(_ path: String, bytes: Int, limit: Int) -> FileTreeError {
        var error = FileTreeError(path: path, message: "is \(bytes) bytes, more than the limit of \(limit)")
        error.isTooLarge = true
        return error
    }

    package var description: String { "\(path.isEmpty ? "the repository's root" : path): \(message)" }
}
