// SPDX-License-Identifier: Apache-2.0

import CGit2
package import Manifests

/// The files of one commit, read from the mirror's objects. Valid inside `GitMirror.read` only, on its thread.
package final class GitTree: FileTree {
    /// The root tree's object id: equal ids mean equal contents of everything.
    package let rootID: String
    private let repository: OpaquePointer
    private let root: Owned
    private let subject: String
    /// The folder that was looked into last: the next look is mostly into the same.
    private var last: Folder?
    /// The first sign that the mirror itself is broken, whatever the reader made of it.
    private(set) var corruption: GitError?

    init(of commit: CommitID, in repository: OpaquePointer) throws(LibGit2Code) {
        var id = git_oid(commit)
        let commit = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &id) }
        root = try Owned.make(free: git_tree_free) { git_commit_tree(&$0, commit.pointer) }
        rootID = git_tree_id(root.pointer).pointee.hex
        subject = "commit \(id.hex)"
        self.repository = repository
    }

    package func entry(at path: String) throws -> FileTreeEntry? {
        if path.isEmpty { return FileTreeEntry(name: "", kind: .directory, id: rootID) }
        return try find(path)?.entry
    }

    package func children(of path: String) throws -> [FileTreeEntry] {
        if path.isEmpty { return entries(of: root) }
        guard let found = try find(path) else { throw FileTreeError(path: path, message: "not found") }
        guard found.entry.kind == .directory else { throw FileTreeError(path: path, message: "is not a folder") }
        return entries(of: try tree(found.id, path))
    }

    package func contents(of path: String, limit: Int) throws -> [UInt8] {
        guard !path.isEmpty, let found = try find(path) else {
            throw FileTreeError(path: path, message: path.isEmpty ? "is a folder, not a file" : "not found")
        }
        switch found.entry.kind {
        case .file: break
        case .directory: throw FileTreeError(path: path, message: "is a folder, not a file")
        case .symbolicLink: throw FileTreeError(path: path, message: "is a symbolic link, which is not followed")
        case .submodule: throw FileTreeError(path: path, message: "is a submodule, which is not read")
        }
        return try blob(found.id, path: path, limit: limit)
    }

    /// The size comes from the object's header, before anything is unpacked.
    private func blob(_ id: git_oid, path: String, limit: Int) throws -> [UInt8] {
        var id = id
        let size = try intact(path) { () throws(LibGit2Code) in
            let database = try Owned.make(free: git_odb_free) { git_repository_odb(&$0, repository) }
            var size = 0
            var kind = GIT_OBJECT_INVALID
            try LibGit2Code.check(git_odb_read_header(&size, &kind, database.pointer, &id))
            return size
        }
        guard size <= limit else {
            throw FileTreeError.tooLarge(path, bytes: size, limit: limit)
        }
        let blob = try intact(path) { () throws(LibGit2Code) in
            try Owned.make(free: git_blob_free) { git_blob_lookup(&$0, repository, &id) }
        }
        return Array(
            UnsafeRawBufferPointer(
                start: git_blob_rawcontent(blob.pointer), count: Int(git_blob_rawsize(blob.pointer))))
    }

    /// Whether every folder and file below can be read.
    func isWhole(at path: String) -> Bool {
        guard let entries = try? children(of: path) else { return false }
        return entries.allSatisfy { entry in
            let below = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
            switch entry.kind {
            case .directory: return isWhole(at: below)
            case .file: return (try? contents(of: below, limit: 64 << 20)) != nil || corruption == nil
            case .symbolicLink, .submodule: return true
            }
        }
    }

    /// Nil where there is nothing, or something of a kind that git's modes do not know.
    private func find(_ path: String) throws(GitError) -> (entry: FileTreeEntry, id: git_oid)? {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return Self.find(path, in: root) }
        guard let folder = try folder(String(path[..<slash])) else { return nil }
        return Self.find(String(path[path.utf8.index(after: slash)...]), in: folder.tree)
    }

    private static func find(_ name: String, in tree: borrowing Owned) -> (entry: FileTreeEntry, id: git_oid)? {
        guard let found = git_tree_entry_byname(tree.pointer, name), let entry = FileTreeEntry(found) else {
            return nil
        }
        return (entry, git_tree_entry_id(found).pointee)
    }

    /// Nil where no folder is at the path.
    private func folder(_ path: String) throws(GitError) -> Folder? {
        if let last, last.path == path { return last }
        guard !path.hasSuffix("/") else { return nil }
        let found: Owned
        do throws(LibGit2Code) {
            found = try Owned.make(free: git_tree_entry_free) { git_tree_entry_bypath(&$0, root.pointer, path) }
        } catch {
            // A missing object answers as a missing path does; only the class tells them apart.
            if error.isNotFound, error.klass == Int32(bitPattern: GIT_ERROR_TREE.rawValue) { return nil }
            if error.code == GIT_EINVALID.rawValue || path.isEmpty || path.hasPrefix("/") { return nil }
            throw broken(path, error)
        }
        guard git_tree_entry_filemode(found.pointer) == GIT_FILEMODE_TREE else { return nil }
        let folder = Folder(path: path, tree: try tree(git_tree_entry_id(found.pointer).pointee, path))
        last = folder
        return folder
    }

    private func tree(_ id: git_oid, _ path: String) throws(GitError) -> Owned {
        var id = id
        return try intact(path) { () throws(LibGit2Code) in
            try Owned.make(free: git_tree_free) { git_tree_lookup(&$0, repository, &id) }
        }
    }

    private func entries(of tree: borrowing Owned) -> [FileTreeEntry] {
        (0..<git_tree_entrycount(tree.pointer))
            .compactMap { git_tree_entry_byindex(tree.pointer, $0).flatMap(FileTreeEntry.init) }
            .sorted { $0.name < $1.name }
    }

    private func intact<T: ~Copyable>(_ path: String, _ body: () throws(LibGit2Code) -> T) throws(GitError) -> T {
        do { return try body() } catch { throw broken(path, error) }
    }

    private func broken(_ path: String, _ failed: LibGit2Code) -> GitError {
        guard failed.isNotFound || failed.isCorruption else {
            return GitError(.other, "\(subject), \(path)", failed.message)
        }
        let error = GitError(
            .corruptMirror, "\(subject), \(path)", failed.message, hint: "the next fetch makes the mirror anew")
        if corruption == nil { corruption = error }
        return error
    }
}

private final class Folder {
    let path: String
    let tree: Owned

    init(path: String, tree: consuming Owned) {
        self.path = path
        self.tree = tree
    }
}

extension FileTreeEntry {
    /// Nil where git's modes know no such kind.
    fileprivate init?(_ entry: OpaquePointer) {
        let kind: Kind
        switch git_tree_entry_filemode(entry) {
        case GIT_FILEMODE_BLOB, GIT_FILEMODE_BLOB_EXECUTABLE: kind = .file
        case GIT_FILEMODE_TREE: kind = .directory
        case GIT_FILEMODE_LINK: kind = .symbolicLink
        case GIT_FILEMODE_COMMIT: kind = .submodule
        default: return nil
        }
        self.init(
            name: String(cString: git_tree_entry_name(entry)), kind: kind, id: git_tree_entry_id(entry).pointee.hex)
    }
}
