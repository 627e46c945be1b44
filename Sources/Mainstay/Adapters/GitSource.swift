// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// The reconciler's source, over the git mirror and the renderer.
struct GitSource: Source {
    static let pipelineFile = "mainstay.yaml"
    static let maximumPipelineBytes = 1 << 20

    let mirror: GitMirror
    let rendering: GitRendering
    private let authorCache = AuthorCache()

    init(mirror: GitMirror, limits: RenderLimits = RenderLimits(), mark: String = "") {
        self.mirror = mirror
        rendering = GitRendering(repository: mirror, limits: limits, mark: mark)
    }

    func poll(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try await asked { () async throws(GitError) in try await mirror.remoteHeads(of: branches).mapValues(\.hex) }
    }

    func fetch(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try await asked { () async throws(GitError) in try await mirror.fetch(branches: branches).mapValues(\.hex) }
    }

    func localHeads(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try await asked { () async throws(GitError) in
            var heads: [String: String] = [:]
            for branch in branches { heads[branch] = try await mirror.localHead(of: branch)?.hex }
            return heads
        }
    }

    func revision(_ commit: String, branch: String) async throws(SourceFailure) -> Revision {
        let id = try Self.id(commit)
        let info = try await asked { () async throws(GitError) in try await mirror.commit(id) }
        return Revision(
            commit: commit, branch: branch, author: info.authorName, subject: info.message,
            committedAt: info.committedAt)
    }

    /// The commit that an id, or the beginning of one, means in the mirror.
    func commit(beginningWith text: String) async throws(SourceFailure) -> String? {
        try await asked { () async throws(GitError) in try await mirror.commit(beginningWith: text)?.hex }
    }

    func pipeline(at commit: String) async throws(SourceFailure) -> Pipeline {
        try await rendering.pipeline(at: try Self.id(commit))
    }

    func desired(
        _ application: Application, in environment: Environment, at commit: String, unlessInputsAre known: Inputs?
    ) async throws(SourceFailure) -> DesiredAnswer {
        try await rendering.desired(application, in: environment, at: try Self.id(commit), unlessInputsAre: known)
    }

    func pin(_ commit: String, for target: TargetID) async throws(SourceFailure) {
        let id = try Self.id(commit)
        try await asked { () async throws(GitError) in
            try await mirror.pin(id, name: "\(target.environment)/\(target.application)")
        }
    }

    func commit(_ commit: String, contains earlier: String) async throws(SourceFailure) -> Bool {
        let (descendant, ancestor) = (try Self.id(commit), try Self.id(earlier))
        return try await asked { () async throws(GitError) in
            try await mirror.isAncestor(ancestor, of: descendant)
        }
    }

    func authors(
        of commit: String, since base: String?, touching paths: [String]
    ) async throws(SourceFailure) -> [CommitAuthor] {
        let question = AuthorCache.Question(commit: commit, base: base, paths: paths)
        if let known = authorCache[question] { return known }
        let id = try Self.id(commit)
        let base = try base.map { base throws(SourceFailure) in try Self.id(base) }
        let authors = try await asked { () async throws(GitError) in
            try await mirror.authors(of: id, notIn: base, touching: paths).map {
                CommitAuthor(name: $0.name, email: $0.email)
            }
        }
        authorCache[question] = authors
        return authors
    }

    // MARK: Failures

    private func asked<Answer>(
        _ question: () async throws(GitError) -> Answer
    ) async throws(SourceFailure) -> Answer {
        do throws(GitError) {
            return try await question()
        } catch {
            throw Self.failure(error, reading: .remote)
        }
    }

    private static func id(_ commit: String) throws(SourceFailure) -> CommitID {
        guard let id = CommitID(commit) else {
            throw SourceFailure(code: .missing, message: "\(commit) is no commit id", isTransient: false)
        }
        return id
    }

    static func failure(_ error: any Error, reading code: SourceFailure.Code) -> SourceFailure {
        switch error {
        case let failure as SourceFailure: failure
        case let error as GitError:
            SourceFailure(
                code: error.code == .branchMissing || error.code == .notFound ? .missing : code,
                message: error.description, isTransient: error.isTransient)
        default: SourceFailure(code: code, message: "\(error)", isTransient: false)
        }
    }
}
