// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Glibc
internal import Manifests

/// The folder whose pipeline an author works on: a repository's root, or any folder as if it were one.
struct PipelineFolder: Sendable {
    /// Absolute and free of links.
    let path: String
    /// The repository that it is in, if any.
    let repository: LocalRepository?
    /// Where it is in the repository; empty at its root.
    let prefix: String

    /// - Parameter path: as the caller named it; nil for the root of the repository around the current folder, or the
    ///   current folder where there is none.
    /// - Throws: `GitError` or `FileTreeError`.
    init(_ path: String?) throws {
        guard let resolved = realpath(path ?? ".", nil) else {
            throw FileTreeError(path: path ?? ".", message: String(cString: strerror(errno)))
        }
        defer { free(resolved) }
        let folder = String(cString: resolved)
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw FileTreeError(path: path ?? ".", message: "is not a folder; name the one that holds mainstay.yaml")
        }
        let found = try LocalRepository.enclosing(folder)
        repository = found?.workTree == nil ? nil : found
        let root = repository?.workTree
        let chosen = path == nil ? root ?? folder : folder
        self.path = chosen
        prefix = root.map { chosen == $0 ? "" : String(chosen.dropFirst($0.utf8.count + 1)) } ?? ""
    }

    /// The folder's own.
    var name: String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// Runs `body` with the files as they are, or as a commit has them. It must not keep them.
    func read<T: Sendable>(at commit: CommitID? = nil, _ body: @Sendable (any FileTree) throws -> T) async throws -> T {
        guard let commit, let repository else { return try body(DirectoryTree(path)) }
        return try await repository.read(at: commit) { [prefix] tree in
            try body(prefix.isEmpty ? tree : Subtree(base: tree, prefix: prefix))
        }
    }

    /// A path of the tree as the caller would write it: below the current folder where that is possible.
    func display(_ file: String) -> String {
        let absolute = path == "/" ? "/\(file)" : "\(path)/\(file)"
        guard let current = getcwd(nil, 0) else { return absolute }
        defer { free(current) }
        let folder = String(cString: current)
        return absolute.hasPrefix(folder + "/") ? String(absolute.dropFirst(folder.utf8.count + 1)) : absolute
    }
}

/// A folder of a tree as a tree of its own.
struct Subtree: FileTree {
    let base: any FileTree
    let prefix: String

    func entry(at path: String) throws -> FileTreeEntry? { try base.entry(at: whole(path)) }
    func children(of path: String) throws -> [FileTreeEntry] { try base.children(of: whole(path)) }
    func contents(of path: String, limit: Int) throws -> [UInt8] { try base.contents(of: whole(path), limit: limit) }

    private func whole(_ path: String) -> String { path.isEmpty ? prefix : "\(prefix)/\(path)" }
}
