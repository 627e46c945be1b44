// SPDX-License-Identifier: Apache-2.0

import CGit2
import Manifests
package import Transport

/// A bare copy of a remote repository: what is read of it, and (in `GitMirror+Remote.swift`) how it is brought up to
/// date.
///
/// Reads run on a thread of the mirror's own; fetches on another, so that a slow remote delays no reading. The folder
/// is made on first use; a half-made or broken one is made anew by the next fetch. No other process may use it.
package actor GitMirror {
    /// The remote, for messages: without user info.
    package nonisolated let url: GitURL
    let credentials: GitCredentials
    let transport: any HTTPTransport
    let tls: TLSOptions
    let limits: GitLimits
    let directory: MirrorDirectory
    let worker: RemoteWorker
    var dialect: LsRefs.Dialect?
    /// Set when a read finds the mirror broken, so that the next fetch starts from nothing.
    var isBroken = false
    private var isPrepared = false
    private var rebuilds = 0
    private var handle: Owned?
    var lastCommits = LastCommitCache()
    private let executor: BlockingExecutor

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - directory: an absolute path; made when absent, refused when it holds something else.
    ///   - url: see `GitURL`; a change of URL for the same folder forgets the old one's branches.
    ///   - transport: carries `https://` and `http://`; the other kinds do not use it.
    package init(
        directory: String, url: String, credentials: GitCredentials, transport: any HTTPTransport,
        tls: TLSOptions = TLSOptions(), limits: GitLimits = GitLimits()
    ) throws(GitError) {
        guard directory.hasPrefix("/"), directory != "/" else {
            throw GitError(.other, directory, "the mirror's folder must be an absolute path")
        }
        self.url = try GitURL(url)
        self.credentials = credentials
        self.transport = transport
        self.tls = tls
        self.limits = limits
        self.directory = MirrorDirectory(path: directory, url: self.url)
        worker = try RemoteWorker(for: self.url)
        executor = try BlockingExecutor(for: self.url.description)
    }

    /// The commit that the last fetch found at a branch; nil where it found none, and for a broken mirror, so that
    /// nobody takes it for up to date.
    package func localHead(of branch: String) async throws(GitError) -> CommitID? {
        try await prepare()
        guard !isBroken else { return nil }
        return try query(branch) { repository throws(LibGit2Code) in
            var id = git_oid()
            let code = git_reference_name_to_id(&id, repository, MirrorDirectory.remoteRefs + branch)
            if code == GIT_ENOTFOUND.rawValue || code == GIT_EINVALIDSPEC.rawValue { return nil }
            try LibGit2Code.check(code)
            return id.commitID
        }
    }

    /// The commit that an id, or the beginning of one, means; nil where it is none, or the mirror does not hold it.
    package func commit(beginningWith text: String) async throws(GitError) -> CommitID? {
        guard (4...40).contains(text.utf8.count),
            text.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) })
        else { return nil }
        try await prepare()
        return try query("commit \(text)") { repository throws(LibGit2Code) in
            var id = git_oid()
            try LibGit2Code.check(git_oid_fromstrn(&id, text, text.utf8.count))
            do throws(LibGit2Code) {
                let commit = try Owned.make(free: git_commit_free) {
                    git_commit_lookup_prefix(&$0, repository, &id, text.utf8.count)
                }
                return git_commit_id(commit.pointer)?.pointee.commitID
            } catch {
                guard error.isNotFound || error.code == GIT_EAMBIGUOUS.rawValue else { throw error }
                return nil
            }
        }
    }

    package func commit(_ id: CommitID) async throws(GitError) -> CommitInfo {
        try await prepare()
        return try query("commit \(id)") { repository throws(LibGit2Code) in
            var oid = git_oid(id)
            let commit = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &oid) }
            return CommitInfo(id: id, commit: commit.pointer)
        }
    }

    /// Runs `body` with the files of a commit, on the mirror's thread: it must not keep the tree. Rethrows what it
    /// throws; where the mirror itself turned out to be broken, that is thrown instead.
    package func read<T: Sendable>(
        at commit: CommitID, _ body: @Sendable (GitTree) throws -> T
    ) async throws -> T {
        try await prepare()
        let repository = try repository()
        let tree: GitTree
        do {
            tree = try GitTree(of: commit, in: repository)
        } catch {
            throw meaning(of: error, subject: "commit \(commit)")
        }
        let result = Result { try body(tree) }
        if let corruption = tree.corruption {
            isBroken = true
            throw corruption
        }
        return try result.get()
    }

    /// Keeps a commit from being forgotten when the remote's history is rewritten. The same name again moves the pin.
    package func pin(_ commit: CommitID, name: String) async throws(GitError) {
        try await prepare()
        try query("pin \(name)") { repository throws(LibGit2Code) in
            var id = git_oid(commit)
            _ = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &id) }
            _ = try Owned.make(free: git_reference_free) {
                git_reference_create(&$0, repository, MirrorDirectory.pins + name, &id, 1, nil)
            }
        }
    }

    /// Lets a pinned commit go; no such pin is no error.
    package func unpin(name: String) async throws(GitError) {
        try await prepare()
        try query("pin \(name)") { repository throws(LibGit2Code) in
            let code = git_reference_remove(repository, MirrorDirectory.pins + name)
            if code != GIT_ENOTFOUND.rawValue { try LibGit2Code.check(code) }
        }
    }

    // MARK: The handle

    /// To be awaited before each query: the folder is made and mended by the worker alone.
    func prepare() async throws(GitError) {
        guard !isPrepared else { return }
        do {
            try await worker.prepare(directory)
        } catch {
            guard error.code == .corruptMirror else { throw error }
            isBroken = true
        }
        isPrepared = true
    }

    /// Packs and refs may have changed under the handle.
    func reopen() {
        handle = nil
        isPrepared = true
    }

    /// Until `endRebuild`, nothing may be open (see `MirrorDirectory.open`).
    func beginRebuild() {
        handle = nil
        rebuilds += 1
    }

    func endRebuild() {
        rebuilds -= 1
        reopen()
    }

    func repository() throws(GitError) -> OpaquePointer {
        guard rebuilds == 0 else {
            throw GitError(.corruptMirror, directory.path, "it is being made anew", hint: "try again shortly")
        }
        if let pointer = handle?.pointer { return pointer }
        do {
            let opened = try directory.openExisting()
            let pointer = opened.pointer
            handle = consume opened
            return pointer
        } catch {
            throw meaning(of: error.asMissingObject, subject: directory.path)
        }
    }

    func query<T>(
        _ subject: @autoclosure () -> String, _ body: (OpaquePointer) throws(LibGit2Code) -> T
    ) throws(GitError) -> T {
        let repository = try repository()
        do {
            return try body(repository)
        } catch {
            throw meaning(of: error, subject: subject())
        }
    }

    func meaning(of failed: LibGit2Code, subject: String) -> GitError {
        switch failed.code {
        case GIT_ENOTFOUND.rawValue:
            return GitError(.notFound, subject, "the mirror does not hold it", hint: "fetch, or choose another commit")
        case GIT_EINVALIDSPEC.rawValue:
            return GitError(.other, subject, "the name is not usable as a git ref")
        case GIT_EUSER.rawValue:
            return GitError(.cancelled, subject, "the caller no longer waits for it")
        default:
            guard failed.isCorruption else { return GitError(.other, subject, failed.message) }
            isBroken = true
            return GitError(.corruptMirror, subject, failed.message, hint: "the next fetch makes the mirror anew")
        }
    }
}

extension CommitInfo {
    init(id: CommitID, commit: OpaquePointer) {
        let author = git_commit_author(commit)?.pointee
        self.init(
            id: id,
            parents: (0..<git_commit_parentcount(commit)).compactMap {
                git_commit_parent_id(commit, $0)?.pointee.commitID
            },
            authorName: author.map { LibGit2.oneLine(String(cString: $0.name)) } ?? "",
            authorEmail: author.map { LibGit2.oneLine(String(cString: $0.email)) } ?? "",
            committedAt: Timestamp(millisecondsSinceEpoch: git_commit_time(commit) * 1000),
            message: git_commit_summary(commit).map { LibGit2.oneLine(String(cString: $0)) } ?? "")
    }
}
