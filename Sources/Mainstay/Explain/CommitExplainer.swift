// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Manifests
internal import Planning
internal import Reconciler

/// Says what a commit deploys, by rendering it and an earlier one.
struct CommitExplainer: Sendable {
    let rendering: GitRendering
    let commit: CommitID
    /// Nil: nothing was there before.
    let base: CommitID?
    /// The commits whose pipelines count, where they are others: environments may follow another branch than the
    /// pipeline's.
    var pipelineCommits: (new: CommitID, old: CommitID?)?
    /// Only these.
    var application: String?
    var environment: String?
    /// Of an environment whose branch the commit is not on, where that is; nil where it may be.
    var elsewhere: @Sendable (Environment) async throws -> Elsewhere? = { _ in nil }
    /// Why what the commit asks for would wait; nil where it would not.
    var held: @Sendable (Desired) async throws -> String? = { $0.environment.gateText }

    /// Where an environment takes its files from, which is not the commit.
    struct Elsewhere: Sendable {
        /// The branch, in words.
        var branch: String
        /// Nil where it is not known here.
        var head: CommitID?
    }

    /// The commit that is compared with where none is named.
    static func firstParent(of commit: CommitID, in repository: any CommitReader) async throws(GitError) -> CommitID? {
        try await repository.commit(commit).parents.first
    }

    /// - Throws: `SourceFailure` where the commit's pipeline cannot be used.
    func explanation() async throws -> Value {
        let info = try await rendering.repository.commit(commit)
        let new = try await rendering.pipeline(at: pipelineCommits?.new ?? commit)
        var notes: [String] = []
        let old = await earlierPipeline(new, &notes)
        if pipelineCommits != nil, let base, await isPipelineChanged(since: base) {
            notes.append(
                "\(GitSource.pipelineFile) changed, and is not read here: the one of the pipeline's branch counts everywhere"
            )
        }
        var found: [TargetExplanation] = []
        for (target, sides) in pairs(old: old, new: new) {
            if let explained = try await explain(target, old: sides.old, new: sides.new) { found.append(explained) }
        }
        return [
            "revision": .string(commit.hex), "subject": .string(info.message),
            "since": base.map { .string($0.hex) } ?? .null, "notes": .array(notes.map { .string($0) }),
            "targets": .array(found.map(\.value)),
        ]
    }

    /// What cannot be used was never in force: what was before it is not known here, so only the files are compared.
    private func earlierPipeline(_ new: Pipeline, _ notes: inout [String]) async -> Pipeline? {
        guard let base else { return nil }
        let place = pipelineCommits.map { $0.old ?? $0.new } ?? base
        do throws(SourceFailure) {
            guard try await rendering.hasPipeline(at: place) else {
                notes.append("\(place.hex.prefix(7)) has no \(GitSource.pipelineFile): nothing was deployed by it")
                return nil
            }
            return try await rendering.pipeline(at: place)
        } catch {
            notes.append("the pipeline of \(base.hex.prefix(7)) cannot be used, so that changes of it are not shown")
            return new
        }
    }

    private func isPipelineChanged(since base: CommitID) async -> Bool {
        @Sendable func file(_ tree: GitTree) throws -> String? { try tree.entry(at: GitSource.pipelineFile)?.id }
        // What cannot be read is told of by what needs it.
        guard let before = try? await rendering.repository.read(at: base, file),
            let after = try? await rendering.repository.read(at: commit, file)
        else { return false }
        return before != after
    }

    private typealias Entry = (application: Application, environment: Environment)

    /// In the order of the newer pipeline, and then those that left it.
    private func pairs(old: Pipeline?, new: Pipeline) -> [(TargetID, (old: Entry?, new: Entry?))] {
        let before = entries(old)
        let after = entries(new)
        let known = Set(after.map(\.0))
        return after.map { target, entry in
            (target, (before.first { $0.0 == target }?.1, entry))
        } + before.filter { !known.contains($0.0) }.map { ($0.0, ($0.1, nil)) }
    }

    private func entries(_ pipeline: Pipeline?) -> [(TargetID, Entry)] {
        guard let pipeline else { return [] }
        return pipeline.environments.filter { environment == nil || $0.name == environment }.flatMap { place in
            pipeline.applications.filter {
                $0.environments.contains(place.name) && (application == nil || $0.name == application)
            }.map { (TargetID(application: $0.name, environment: place.name), ($0, place)) }
        }
    }

    private func explain(_ target: TargetID, old: Entry?, new: Entry?) async throws -> TargetExplanation? {
        guard let new, let elsewhere = try await self.elsewhere(new.environment) else {
            return try await explain(target, old, at: base, new, at: commit)
        }
        let why = "the commit is not on \(elsewhere.branch), which \(new.environment.name) follows"
        // Of the commit, the pipeline alone may count there.
        guard let head = elsewhere.head, old.map({ !isSame($0, new) }) ?? true,
            var found = try await explain(target, old, at: head, new, at: head)
        else { return TargetExplanation(target, .unchanged, branch: new.environment.branch, message: why) }
        found.message = [
            "\(why); by its \(GitSource.pipelineFile), which counts there too, with the files of \(head.hex.prefix(7))",
            found.message,
        ].filter { !$0.isEmpty }.joined(separator: ": ")
        return found
    }

    private func isSame(_ old: Entry, _ new: Entry) -> Bool {
        old.environment == new.environment && old.application.entryDigestText == new.application.entryDigestText
    }

    private func explain(
        _ target: TargetID, _ old: Entry?, at before: CommitID?, _ new: Entry?, at after: CommitID
    ) async throws -> TargetExplanation? {
        var oldSide: TargetExplanation.Side?
        if let old, let before { oldSide = try await side(old, at: before) }
        var newSide: TargetExplanation.Side?
        if let new { newSide = try await side(new, at: after) }
        guard var found = TargetExplanation.of(target, old: oldSide, new: newSide) else { return nil }
        found.branch = (new ?? old)?.environment.branch
        if found.outcome == .deploys, case .success(let desired)? = newSide?.desired,
            let why = try await held(desired)
        {
            found.outcome = .held
            found.message = [found.message, why].filter { !$0.isEmpty }.joined(separator: "; ")
        }
        return found
    }

    private func side(_ entry: Entry, at commit: CommitID) async throws -> TargetExplanation.Side {
        let desired: Result<Desired, SourceFailure>
        do throws(SourceFailure) {
            let answer = try await rendering.desired(
                entry.application, in: entry.environment, at: commit, unlessInputsAre: nil)
            guard case .rendered(let rendered) = answer else {
                throw SourceFailure(code: .manifests, message: "was not rendered", isTransient: false)
            }
            desired = .success(rendered)
        } catch {
            guard !error.isTransient else { throw error }
            desired = .failure(error)
        }
        return TargetExplanation.Side(
            application: entry.application, environment: entry.environment, desired: desired)
    }
}

extension TargetExplanation {
    fileprivate var value: Value {
        [
            "application": .string(target.application), "environment": .string(target.environment),
            "branch": branch.map { .string($0) } ?? .null,
            "outcome": .string(outcome.rawValue), "message": .string(message),
            "changes": .array(
                changes.map { change in
                    [
                        "kind": .string(change.kind.rawValue), "name": .string(change.name),
                        "text": .string(change.text),
                    ]
                }),
        ]
    }
}
