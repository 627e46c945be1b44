// SPDX-License-Identifier: Apache-2.0

import CGit2
import Glibc

/// A repository on this machine in which somebody works: read, never changed.
///
/// Reads run on a thread of its own. Neither hooks nor configured commands are ever run, whoever owns the files.
package actor LocalRepository {
    /// The folder that holds the checked-out files, absolute and without a slash at its end; nil for a bare repository.
    package nonisolated let workTree: String?
    private let limits: GitLimits
    private var handle: Owned
    private var lastCommits = LastCommitCache()
    private let executor: BlockingExecutor

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The repository that holds a file or folder; nil where none does. Blocks shortly.
    package static func enclosing(_ path: String, limits: GitLimits = GitLimits()) throws(GitError) -> LocalRepository?
    {
        LibGit2.start()
        let handle: Owned
        do {
            handle = try Owned.make(free: git_repository_free) { git_repository_open_ext(&$0, path, 0, nil) }
        } catch {
            guard !error.isNotFound else { return nil }
            throw GitError(.other, path, "its repository cannot be opened: \(error.message)")
        }
        return try LocalRepository(path, handle, limits)
    }

    private init(_ path: String, _ handle: consuming Owned, _ limits: GitLimits) throws(GitError) {
        var workTree = git_repository_workdir(handle.pointer).map { String(cString: $0) }
        while let folder = workTree, folder.count > 1, folder.hasSuffix("/") { workTree = String(folder.dropLast()) }
        self.workTree = workTree
        self.limits = limits
        executor = try BlockingExecutor(for: path)
        self.handle = handle
    }

    /// The commit that a revision means: a branch, a tag, an id or its beginning, `HEAD~2` (gitrevisions(7)).
    package func resolve(_ revision: String) throws(GitError) -> CommitID {
        var id: CommitID?
        do throws(LibGit2Code) {
            let object = try Owned.make(free: git_object_free) { git_revparse_single(&$0, handle.pointer, revision) }
            let commit = try Owned.make(free: git_object_free) {
                git_object_peel(&$0, object.pointer, GIT_OBJECT_COMMIT)
            }
            id = git_object_id(commit.pointer)?.pointee.commitID
        } catch {
            throw GitError(
                .notFound, revision, "is no commit of this repository: \(error.message)",
                hint: "name a branch, a tag or a commit; fetch first what only the remote has")
        }
        guard let id else { throw GitError(.notFound, revision, "is no commit of this repository") }
        return id
    }

    /// Runs `body` with the files of a commit, on this repository's thread: it must not keep the tree.
    package func read<T: Sendable>(
        at commit: CommitID, _ body: @Sendable (GitTree) throws -> T
    ) async throws -> T {
        let tree: GitTree
        do {
            tree = try GitTree(of: commit, in: handle.pointer)
        } catch {
            throw meaning(of: error, subject: "commit \(commit)")
        }
        return try body(tree)
    }

    /// See `CommitHistory.lastCommit`.
    package func lastCommit(touching path: String, from commit: CommitID) async throws(GitError) -> CommitID? {
        let history = CommitHistory(limit: limits.historyCommits)
        let answer: CommitID??
        do throws(LibGit2Code) {
            answer = try history.lastCommit(
                touching: path, from: commit, in: handle.pointer, known: &lastCommits)
        } catch {
            throw meaning(of: error, subject: "commit \(commit), \(path)")
        }
        return try history.found(answer, path: path, from: commit)
    }

    /// See `CommitHistory.lastCommit`.
    package func lastCommit(touchingAny paths: [String], from commit: CommitID) async throws(GitError) -> CommitID? {
        let history = CommitHistory(limit: limits.historyCommits)
        let answer: CommitID??
        do throws(LibGit2Code) {
            answer = try history.lastCommit(touchingAny: paths, from: commit, in: handle.pointer)
        } catch {
            throw meaning(of: error, subject: "commit \(commit)")
        }
        return try history.found(answer, path: "\(paths.count) paths", from: commit)
    }

    /// What a commit says of itself.
    package func commit(_ id: CommitID) throws(GitError) -> CommitInfo {
        do throws(LibGit2Code) {
            var oid = git_oid(id)
            let commit = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, handle.pointer, &oid) }
            return CommitInfo(id: id, commit: commit.pointer)
        } catch {
            throw meaning(of: error, subject: "commit \(id)")
        }
    }

    /// See `CommitHistory.isAncestor`.
    package func isAncestor(_ a: CommitID, of b: CommitID) async throws(GitError) -> Bool {
        do throws(LibGit2Code) {
            return try CommitHistory.isAncestor(a, of: b, in: handle.pointer)
        } catch {
            throw meaning(of: error, subject: "commits \(a) and \(b)")
        }
    }

    private func meaning(of failed: LibGit2Code, subject: String) -> GitError {
        if failed.isNotFound {
            return GitError(
                .notFound, subject, "this repository does not hold it",
                hint: "a shallow clone lacks history: `git fetch --unshallow` brings it")
        }
        return GitError(.other, subject, failed.message)
    }
}
