// SPDX-License-Identifier: Apache-2.0

extension GitMirror {
    /// Where the remote's branches are now. Fetches nothing; a branch that does not exist has no key.
    ///
    /// Over HTTP this is one small request (two the first time), elsewhere the list of all refs.
    package func remoteHeads(of branches: [String]) async throws(GitError) -> [String: CommitID] {
        try check(branches)
        let session = session(total: limits.heads)
        if let http = SmartHTTP(session) {
            try session.begin()
            do {
                let answer = try await LsRefs(http: http, branches: branches).heads(dialect: dialect)
                dialect = answer.dialect
                return answer.heads
            } catch {
                // The server may have been replaced by one that speaks otherwise: ask it again next time.
                dialect = nil
                throw error
            }
        }
        let worker = self.worker
        return try await cancellable(session) { () throws(GitError) in
            try await worker.heads(of: branches, session)
        }
    }

    /// Brings the branches' commits with their history and returns where the branches are; a branch that does not exist
    /// has no key, and its local head is forgotten. History may have been rewritten. Brings no tags.
    ///
    /// A mirror found broken is made anew first. Cancelling the task ends the transfer.
    package func fetch(branches: [String]) async throws(GitError) -> [String: CommitID] {
        try check(branches)
        let session = session(total: limits.fetch)
        try await prepare()
        if !isBroken {
            do throws(GitError) {
                return try await fetch(branches, isRebuilt: false, session)
            } catch {
                guard error.code == .corruptMirror else { throw error }
                isBroken = true
            }
        }
        let heads = try await fetch(branches, isRebuilt: true, session)
        isBroken = false
        return heads
    }

    private func fetch(
        _ branches: [String], isRebuilt: Bool, _ session: RemoteSession
    ) async throws(GitError) -> [String: CommitID] {
        let (worker, directory) = (self.worker, self.directory)
        if isRebuilt { beginRebuild() }
        defer { isRebuilt ? endRebuild() : reopen() }
        return try await cancellable(session) { () throws(GitError) in
            try await worker.fetch(branches: branches, into: directory, isRebuilt: isRebuilt, session)
        }
    }

    private func session(total: Duration) -> RemoteSession {
        RemoteSession(
            url: url, credentials: credentials, transport: transport, tls: tls, limits: limits, total: total)
    }

    /// Branch names go into refspecs and protocol lines.
    private func check(_ branches: [String]) throws(GitError) {
        guard branches.count <= 1000 else {
            throw GitError(.tooLarge, url.description, "more than 1000 branches are asked for at once")
        }
        for branch in branches where !BranchName.isValid(branch) {
            throw GitError(
                .other, LibGit2.oneLine(branch), "this is no usable branch name", hint: "see git-check-ref-format(1)")
        }
    }

    private func cancellable<T: Sendable>(
        _ session: RemoteSession, _ body: @Sendable () async throws(GitError) -> T
    ) async throws(GitError) -> T {
        let result: Result<T, GitError> = await withTaskCancellationHandler {
            do throws(GitError) { return .success(try await body()) } catch { return .failure(error) }
        } onCancel: {
            session.cancel()
        }
        return try result.get()
    }
}

enum BranchName {
    /// The rules of git-check-ref-format(1), which also keep refspec and protocol syntax out.
    static func isValid(_ name: String) -> Bool {
        let forbidden: Set<UInt8> = Set(" ~^:?*[\\".utf8)
        guard !name.isEmpty, name != "@", name.utf8.count <= 250,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && !forbidden.contains($0) }),
            !name.contains(".."), !name.contains("@{"), !name.hasSuffix("."), !name.hasPrefix("-")
        else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock")
        }
    }
}
