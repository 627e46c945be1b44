// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Manifests
internal import Planning
internal import Reconciler

/// Explains commits of the daemon's mirror, with what keeps them from being rolled out now.
struct DaemonExplainer: Sendable {
    let source: GitSource
    /// The branch that holds the pipeline.
    let branch: String
    let held: @Sendable (Desired) async throws -> String?

    func explanation(_ query: ExplainQuery) async throws -> Value {
        let mirror = source.mirror
        let commit = try await resolve(query.revision)
        var base: CommitID?
        if let since = query.since {
            base = try await resolve(since)
        } else {
            base = try await CommitExplainer.firstParent(of: commit, in: mirror)
        }
        var explainer = CommitExplainer(rendering: source.rendering, commit: commit, base: base)
        explainer.application = query.application
        explainer.environment = query.environment
        explainer.held = held
        let heads = try await heads()
        var holders: Set<String> = []
        for (name, head) in heads where try await mirror.isAncestor(commit, of: head) { holders.insert(name) }
        if let main = heads.first(where: { $0.name == branch })?.head, !holders.isEmpty, !holders.contains(branch) {
            // Of another branch the daemon takes no pipeline.
            explainer.pipelineCommits = (main, main)
        }
        explainer.elsewhere = { [branch, holders] environment in
            let followed = environment.branch ?? branch
            guard !holders.isEmpty, !holders.contains(followed) else { return nil }
            return CommitExplainer.Elsewhere(
                branch: "the branch \(followed)", head: heads.first { $0.name == followed }?.head)
        }
        return try await explainer.explanation()
    }

    /// Of the branches that are followed.
    private func heads() async throws -> [(name: String, head: CommitID)] {
        var heads: [(name: String, head: CommitID)] = []
        guard let main = try await source.mirror.localHead(of: branch) else {
            throw SourceFailure(code: .missing, message: "the branch \(branch) was not read yet", isTransient: true)
        }
        heads.append((branch, main))
        // One that cannot be used follows nothing.
        let pipeline = try? await source.rendering.pipeline(at: main)
        for name in Set((pipeline?.environments ?? []).compactMap(\.branch)).sorted() where name != branch {
            if let head = try await source.mirror.localHead(of: name) { heads.append((name, head)) }
        }
        return heads
    }

    /// A commit by its id or the beginning of one, or a branch as it was fetched last.
    private func resolve(_ text: String) async throws -> CommitID {
        if let id = try await source.mirror.commit(beginningWith: text) { return id }
        if let head = try await source.mirror.localHead(of: text) { return head }
        throw SourceFailure(
            code: .missing,
            message:
                "there is no commit and no followed branch \"\(text)\" in the daemon's mirror; for a commit or branch "
                + "of a repository here, leave --socket and --config out", isTransient: false)
    }
}
