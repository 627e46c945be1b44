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
        let pipeline = try await explainer.rendering.pipeline(at: commit)
        let branches = Set(pipeline.environments.map { $0.branch ?? "" })
        let holders = await holders(of: commit, among: branches.sorted(), in: repository)
        explainer.isElsewhere = { environment in elsewhere(environment, holders) }
        return try await explainer.explanation()
    }

    /// Those of the branches that the commit is on; the empty name is the repository's own.
    private static func holders(
        of commit: CommitID, among branches: [String], in repository: LocalRepository
    ) async -> Set<String> {
        var holders: Set<String> = []
        for branch in branches {
            let names = branch.isEmpty ? ["origin/HEAD", "origin/main", "main"] : ["origin/\(branch)", branch]
            for name in names {
                // What is not here says nothing.
                guard let head = try? await repository.resolve(name) else { continue }
                if (try? await repository.isAncestor(commit, of: head)) == true { holders.insert(branch) }
            }
        }
        return holders
    }

    /// A commit on no branch that is followed may come to any of them.
    private static func elsewhere(_ environment: Environment, _ holders: Set<String>) -> String? {
        guard !holders.isEmpty, !holders.contains(environment.branch ?? "") else { return nil }
        return
            "the commit is not on \(environment.branch.map { "the branch \($0)" } ?? "the pipeline's branch"), which "
            + "\(environment.name) follows"
    }
}
