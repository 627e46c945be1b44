// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Transport

@testable import Git

/// A repository and a mirror of it.
final class MirrorFixture {
    enum Kind: String, CaseIterable, Sendable {
        case file, http
    }

    let repository: TemporaryRepository
    let folder: TemporaryDirectory
    let transport: BackendTransport
    let mirror: GitMirror
    let url: String

    init(_ kind: Kind = .file, limits: GitLimits = GitLimits(), credentials: GitCredentials = GitCredentials()) throws {
        repository = try TemporaryRepository()
        folder = try TemporaryDirectory()
        transport = BackendTransport(root: repository.path)
        url =
            switch kind {
            case .file: repository.url
            case .http: "http://git.example.com/.git"
            }
        mirror = try GitMirror(
            directory: folder.path + "/mirror", url: url, credentials: credentials, transport: transport, limits: limits
        )
    }

    /// As after a restart of the daemon.
    func restarted(url: String? = nil) throws -> GitMirror {
        try GitMirror(
            directory: folder.path + "/mirror", url: url ?? self.url, credentials: GitCredentials(),
            transport: transport)
    }
}

func id(_ hex: String) throws -> CommitID { try #require(CommitID(hex)) }

/// The error that a call throws, which must be a `GitError` with this code.
@discardableResult
func expectError(
    _ code: GitError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async -> GitError? {
    do {
        try await body()
        Issue.record("nothing was thrown, expected \(code)", sourceLocation: sourceLocation)
        return nil
    } catch let error as GitError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        return error
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
        return nil
    }
}
