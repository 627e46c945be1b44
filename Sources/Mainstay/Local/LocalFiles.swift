// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Glibc
internal import Manifests

/// Files on this machine that a command looks at: as they are now, or as a commit of their repository has them.
///
/// The root is the repository's work tree. Outside of any repository it is the machine's root, so that overlays reach
/// their bases wherever these are.
struct LocalFiles: Sendable {
    /// Absolute; `/` outside of a repository.
    let root: String
    /// What was asked for, from the root.
    private(set) var path: String
    let repository: LocalRepository?
    /// Nil: the files as they are.
    let commit: CommitID?

    /// - Parameters:
    ///   - path: a file or folder, as the caller named it.
    ///   - revision: anything that git takes for one; nil for the files as they are.
    /// - Throws: `GitError` or `FileTreeError`.
    init(_ path: String, revision: String?) async throws {
        let absolute = try Self.resolved(path)
        let folder = Self.existing(absolute)
        repository = try LocalRepository.enclosing(folder)
        guard let root = repository?.workTree ?? (repository == nil ? "/" : nil) else {
            throw FileTreeError(path: path, message: "is in a bare repository; name a folder of a checked-out one")
        }
        self.root = root
        self.path = absolute == root ? "" : String(absolute.dropFirst(root == "/" ? 1 : root.utf8.count + 1))
        guard let revision else {
            commit = nil
            return
        }
        guard let repository else {
            throw FileTreeError(path: path, message: "is in no git repository, so that it has no revisions")
        }
        commit = try await repository.resolve(revision)
    }

    /// All of the root, of the same revision.
    var atRoot: LocalFiles {
        var files = self
        files.path = ""
        return files
    }

    /// Runs `body` with the files, which it must not keep.
    func read<T: Sendable>(_ body: @Sendable (any FileTree) throws -> T) async throws -> T {
        if let commit, let repository { return try await repository.read(at: commit, body) }
        return try body(DirectoryTree(root))
    }

    /// A path of the tree as the caller would write it: below the current folder where that is possible.
    func display(_ path: String) -> String {
        let absolute = root == "/" ? "/\(path)" : "\(root)/\(path)"
        guard commit == nil, let current = Self.currentFolder, current != "/" else {
            return commit == nil ? absolute : path
        }
        if absolute == current { return "." }
        return absolute.hasPrefix(current + "/") ? String(absolute.dropFirst(current.utf8.count + 1)) : absolute
    }

    /// A message about the tree, with the paths in it as the caller would write them.
    func display(message: String) -> String {
        guard commit == nil, let current = Self.currentFolder, current != root else { return message }
        return Self.shortened(message, below: String(current.dropFirst(root == "/" ? 1 : root.utf8.count + 1)))
    }

    /// A text whose words lose the folder that they begin with.
    static func shortened(_ text: String, below folder: String) -> String {
        guard !folder.isEmpty else { return text }
        return text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            word.hasPrefix(folder + "/") ? word.dropFirst(folder.count + 1) : word
        }.joined(separator: " ")
    }

    private static var currentFolder: String? {
        guard let folder = getcwd(nil, 0) else { return nil }
        defer { free(folder) }
        return String(cString: folder)
    }

    /// Absolute and free of links, as far as it exists: what follows may only be in another revision.
    private static func resolved(_ path: String) throws -> String {
        var missing: [Substring] = []
        var rest = path[...]
        while true {
            if let real = realpath(rest.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : String(rest), nil) {
                defer { free(real) }
                let base = String(cString: real)
                guard !missing.contains("..") else { break }
                return ([base == "/" ? "" : base] + missing.reversed().map(String.init)).joined(separator: "/")
            }
            guard errno == ENOENT || errno == ENOTDIR, !rest.isEmpty else { break }
            let slash = rest.lastIndex(of: "/")
            let part = slash.map { rest[rest.index(after: $0)...] } ?? rest
            if !part.isEmpty { missing.append(part) }
            rest = slash.map { rest[..<$0] } ?? ""
        }
        throw FileTreeError(path: path, message: String(cString: strerror(errno)))
    }

    /// The path, or the nearest folder above it that exists.
    private static func existing(_ absolute: String) -> String {
        var path = absolute
        while path != "/", !path.isEmpty, access(path, F_OK) != 0 {
            path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        }
        return path.isEmpty ? "/" : path
    }
}
