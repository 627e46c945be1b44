// SPDX-License-Identifier: Apache-2.0

internal import Git

/// What rendering a commit, and finding the tags of its images, asks of a repository.
protocol CommitReader: Sendable {
    func commit(_ id: CommitID) async throws(GitError) -> CommitInfo
    /// The commit that last changed a path; nil where no commit has it.
    func lastCommit(touching path: String, from commit: CommitID) async throws(GitError) -> CommitID?
    /// The commit that last changed any of the paths.
    func lastCommit(touchingAny paths: [String], from commit: CommitID) async throws(GitError) -> CommitID?
    func isAncestor(_ a: CommitID, of b: CommitID) async throws(GitError) -> Bool
    /// Whether there is anything at a path.
    func has(_ path: String, at commit: CommitID) async throws -> Bool
    func read<T: Sendable>(at commit: CommitID, _ body: @Sendable (GitTree) throws -> T) async throws -> T
}

extension CommitReader {
    func has(_ path: String, at commit: CommitID) async throws -> Bool {
        try await read(at: commit) { tree in try tree.entry(at: path) != nil }
    }
}

extension GitMirror: CommitReader {}

extension LocalRepository: CommitReader {}
