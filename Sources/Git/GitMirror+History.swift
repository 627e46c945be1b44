// SPDX-License-Identifier: Apache-2.0

import CGit2

extension GitMirror {
    /// See `CommitHistory.lastCommit`. Answers are remembered, so that the next commit costs one step.
    package func lastCommit(touching path: String, from commit: CommitID) async throws(GitError) -> CommitID? {
        try await prepare()
        let history = CommitHistory(limit: limits.historyCommits)
        let answer = try query("commit \(commit), \(path)") { repository throws(LibGit2Code) in
            try history.lastCommit(touching: path, from: commit, in: repository, known: &lastCommits)
        }
        return try history.found(answer, path: path, from: commit)
    }

    /// See `CommitHistory.lastCommit`. Nothing is remembered.
    package func lastCommit(touchingAny paths: [String], from commit: CommitID) async throws(GitError) -> CommitID? {
        try await prepare()
        let history = CommitHistory(limit: limits.historyCommits)
        let answer = try query("commit \(commit)") { repository throws(LibGit2Code) in
            try history.lastCommit(touchingAny: paths, from: commit, in: repository)
        }
        return try history.found(answer, path: "\(paths.count) paths", from: commit)
    }

    /// See `CommitHistory.isAncestor`.
    package func isAncestor(_ a: CommitID, of b: CommitID) async throws(GitError) -> Bool {
        try await prepare()
        return try query("commits \(a) and \(b)") { repository throws(LibGit2Code) in
            try CommitHistory.isAncestor(a, of: b, in: repository)
        }
    }

    /// See `CommitHistory.authors`.
    package func authors(
        of commit: CommitID, notIn base: CommitID?, touching paths: [String]
    ) async throws(GitError) -> [CommitAuthorInfo] {
        try await prepare()
        let history = CommitHistory(limit: limits.historyCommits)
        let authors = try query("commit \(commit)") { repository throws(LibGit2Code) in
            try history.authors(of: commit, notIn: base, touching: paths, in: repository)
        }
        if let authors { return authors }
        throw GitError(
            .tooLarge, "commit \(commit)", "too many commits since what runs",
            hint: "roll out something older first")
    }
}
