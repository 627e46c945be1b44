// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Manifests
internal import Planning
internal import Reconciler

/// Explains commits of a repository on this machine.
enum LocalExplainer {
    /// - Parameters:
    ///   - path: within the repository.
    ///   - since: what to compare with; nil: the first parent.
    static func explanation(
        _ path: String, revision: String, since: String?, application: String?, environment: String?
    ) async throws -> Value {
        let files = try await LocalFiles(path, revision: revision)
        guard let repository = files.repository, let commit = files.commit else {
            throw LocalProblem(
                "\(path) is in no git repository, so that it has no commits; --socket asks a daemon for its own")
        }
        let base: CommitID?
        if let since {
            base = try await repository.resolve(since)
        } else {
            base = try await CommitExplainer.firstParent(of: commit, in: repository)
        }
        var explainer = CommitExplainer(
            rendering: GitRendering(repository: repository), commit: commit, base: base)
        explainer.application = application
        explainer.environment = environment
        let branches = try await Branches(of: commit, in: repository, explainer.rendering)
        explainer.pipelineCommits = branches.pipeline.map { ($0, $0) }
        explainer.elsewhere = { branches.elsewhere($0) }
        return try await explainer.explanation()
    }

    /// The commit whose pipeline counts in the place of the one that is checked out; nil where that one may.
    static func countingPipeline(in repository: LocalRepository) async throws -> CommitID? {
        let commit = try await repository.resolve("HEAD")
        return try await Branches(of: commit, in: repository, GitRendering(repository: repository)).pipeline
    }
}

/// The branches that environments follow, as this repository has them, and whether a commit is on them.
private struct Branches: Sendable {
    /// By name; the empty one is the pipeline's.
    private var heads: [String: CommitID] = [:]
    /// Those that the commit is on.
    private var holders: Set<String> = []
    /// The commit whose pipeline counts, where it is another: the commit is on a branch that only environments follow.
    private(set) var pipeline: CommitID?

    init(of commit: CommitID, in repository: LocalRepository, _ rendering: GitRendering) async throws {
        await look("", commit, repository)
        if !holders.contains(""), let main = heads[""], let read = try? await rendering.pipeline(at: main) {
            for name in Set(read.environments.compactMap(\.branch)).sorted() { await look(name, commit, repository) }
            if !holders.isEmpty { pipeline = main }
        }
        guard pipeline == nil else { return }
        for name in Set(try await rendering.pipeline(at: commit).environments.compactMap(\.branch)).sorted() {
            await look(name, commit, repository)
        }
    }

    /// What is not here says nothing.
    private mutating func look(_ branch: String, _ commit: CommitID, _ repository: LocalRepository) async {
        let names = branch.isEmpty ? ["origin/HEAD", "origin/main", "main"] : ["origin/\(branch)", branch]
        for name in names {
            guard let head = try? await repository.resolve(name) else { continue }
            heads[branch] = heads[branch] ?? head
            if (try? await repository.isAncestor(commit, of: head)) == true { holders.insert(branch) }
        }
    }

    /// A commit on no branch that is followed may come to any of them.
    func elsewhere(_ environment: Environment) -> CommitExplainer.Elsewhere? {
        let name = environment.branch ?? ""
        guard !holders.isEmpty, !holders.contains(name) else { return nil }
        return CommitExplainer.Elsewhere(
            branch: environment.branch.map { "the branch \($0)" } ?? "the pipeline's branch", head: heads[name])
    }
}
