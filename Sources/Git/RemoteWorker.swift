// SPDX-License-Identifier: Apache-2.0

import CGit2

/// Talks to remotes through libgit2, on a thread of its own: while a remote is slow, the mirror can still be read.
///
/// Holds no handle between calls. The only writer of the mirror's objects and of the remote's refs.
actor RemoteWorker {
    private let executor: BlockingExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(for url: GitURL) throws(GitError) { executor = try BlockingExecutor(for: url.description) }

    /// Makes the mirror, or makes it whole.
    func prepare(_ directory: MirrorDirectory) throws(GitError) {
        directory.removeLeftovers()
        _ = try directory.open(isRebuilt: false)
    }

    func heads(of branches: [String], _ session: RemoteSession) throws(GitError) -> [String: CommitID] {
        LibGit2.start()
        try session.begin()
        return try connected(in: nil, session) { remote throws(LibGit2Code) in
            try advertised(by: remote, branches: branches)
        }
    }

    /// Brings the branches' commits and moves their refs; a branch that the remote does not have loses its ref.
    func fetch(
        branches: [String], into directory: MirrorDirectory, isRebuilt: Bool, _ session: RemoteSession
    ) throws(GitError) -> [String: CommitID] {
        // A broken mirror may still hold what a rollback needs: it goes only once the remote answers.
        if isRebuilt { _ = try heads(of: [], session) }
        try session.begin()
        let pins = isRebuilt ? directory.pins() : []
        let repository = try directory.open(isRebuilt: isRebuilt)
        let heads: [String: CommitID]
        do throws(GitError) {
            heads = try connected(in: repository.pointer, session) { remote throws(LibGit2Code) in
                let heads = try advertised(by: remote, branches: branches)
                if !heads.isEmpty { try download(heads.keys.sorted(), from: remote, session) }
                return heads
            }
        } catch {
            // A pack is stored by completing it from what we have: either side may be at fault.
            guard error.code == .corruptMirror, directory.isWhole(repository.pointer) else { throw error }
            throw GitError(.other, session.url.description, error.message, hint: "check the remote with `git fsck`")
        }
        directory.restore(pins, in: repository.pointer)
        for branch in branches {
            do {
                try move(MirrorDirectory.remoteRefs + branch, to: heads[branch], in: repository.pointer)
            } catch {
                guard error.isCorruption || error.isNotFound else {
                    throw GitError(.other, directory.path, "the branch \(branch) cannot be stored: \(error.message)")
                }
                throw GitError(
                    .corruptMirror, directory.path, "the branch \(branch) cannot be stored: \(error.message)")
            }
        }
        return heads
    }

    private func connected<T>(
        in repository: OpaquePointer?, _ session: RemoteSession, _ body: (OpaquePointer) throws(LibGit2Code) -> T
    ) throws(GitError) -> T {
        guard case .ssh(let address) = session.url.location else {
            return try connected(to: session.url.forLibGit2, in: repository, session, body)
        }
        let relay = try SSHRelay(to: address, for: session)
        defer { relay.stop() }
        return try session.interruptible(by: { relay.interrupt() }) { () throws(GitError) in
            try connected(to: address.relayed(user: session.sshUser, port: relay.port), in: repository, session, body)
        }
    }

    private func connected<T>(
        to url: String, in repository: OpaquePointer?, _ session: RemoteSession,
        _ body: (OpaquePointer) throws(LibGit2Code) -> T
    ) throws(GitError) -> T {
        do throws(LibGit2Code) {
            let remote = try Owned.make(free: git_remote_free) { remote in
                if let repository { return git_remote_create_anonymous(&remote, repository, url) }
                return git_remote_create_detached(&remote, url)
            }
            var options = git_remote_connect_options()
            try LibGit2Code.check(git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION)))
            session.install(in: &options.callbacks)
            try LibGit2Code.check(git_remote_connect_ext(remote.pointer, GIT_DIRECTION_FETCH, &options))
            defer { git_remote_disconnect(remote.pointer) }
            return try body(remote.pointer)
        } catch {
            throw session.error(for: error)
        }
    }

    private func advertised(
        by remote: OpaquePointer, branches: [String]
    ) throws(LibGit2Code) -> [String: CommitID] {
        var list: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        try LibGit2Code.check(git_remote_ls(&list, &count, remote))
        guard let list else { return [:] }
        let wanted = Set(branches)
        var heads: [String: CommitID] = [:]
        for index in 0..<count {
            guard let head = list[index]?.pointee, let name = head.name.map({ String(cString: $0) }),
                name.hasPrefix("refs/heads/")
            else { continue }
            let branch = String(name.dropFirst("refs/heads/".count))
            if wanted.contains(branch) { heads[branch] = head.oid.commitID }
        }
        return heads
    }

    private func download(
        _ branches: [String], from remote: OpaquePointer, _ session: RemoteSession
    ) throws(LibGit2Code) {
        var options = git_fetch_options()
        try LibGit2Code.check(git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION)))
        session.install(in: &options.callbacks)
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.update_fetchhead = 0
        // The plus sign: history may have been rewritten.
        let refspecs = branches.map { "+refs/heads/\($0):\(MirrorDirectory.remoteRefs)\($0)" }
        let code = withStringArray(refspecs) { array in git_remote_download(remote, &array, &options) }
        try LibGit2Code.check(code)
    }

    private func move(_ name: String, to id: CommitID?, in repository: OpaquePointer) throws(LibGit2Code) {
        guard let id else {
            try LibGit2Code.check(git_reference_remove(repository, name))
            return
        }
        var oid = git_oid(id)
        // Looked up first: a ref must not name what the pack did not bring.
        _ = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &oid) }
        _ = try Owned.make(free: git_reference_free) { git_reference_create(&$0, repository, name, &oid, 1, nil) }
    }
}

extension GitURL {
    /// What libgit2 opens; SSH goes through a relay instead.
    var forLibGit2: String {
        switch location {
        case .directory(let path): path
        case .http(let url): url
        case .ssh: description
        }
    }
}

private func withStringArray<T>(_ strings: [String], _ body: (inout git_strarray) -> T) -> T {
    var bytes: [[CChar]] = strings.map { $0.utf8CString.map { $0 } }
    let pointers = UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: bytes.count)
    defer {
        for pointer in pointers { pointer?.deallocate() }
        pointers.deallocate()
    }
    for index in bytes.indices {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes[index].count)
        copy.initialize(from: &bytes[index], count: bytes[index].count)
        pointers.initializeElement(at: index, to: copy)
    }
    var array = git_strarray(strings: pointers.baseAddress, count: strings.count)
    return body(&array)
}
