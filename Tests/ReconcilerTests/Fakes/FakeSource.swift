// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport

/// A monorepo by script: commits, each with a pipeline and files of objects, on branches of a remote and a mirror.
final class FakeSource: Source, Sendable {
    struct Commit: Sendable {
        var pipeline: Result<Pipeline, SourceFailure>
        /// What each path renders to.
        var files: [String: Result<[Object], SourceFailure>]

        /// Somebody left a mistake in an application's manifests.
        mutating func breakFiles(of application: String) {
            files["apps/\(application)"] = .failure(
                SourceFailure(code: .manifests, message: "line 3: not YAML", isTransient: false))
        }

        mutating func changePipeline(_ change: (inout Pipeline) -> Void) {
            pipeline = pipeline.map { pipeline in
                var pipeline = pipeline
                change(&pipeline)
                return pipeline
            }
        }
    }

    private struct State {
        var commits: [String: Commit] = [:]
        var order: [String] = []
        var remote: [String: String] = [:]
        var mirror: [String: String] = [:]
        var isRemoteDown = false
        /// Renderings that fail once more, by path.
        var transientFailures: [String: Int] = [:]
        var polls = 0
        var renders: [String] = []
        var pins: [TargetID: String] = [:]
        /// Who wrote a commit, where it was not Ada.
        var authors: [String: CommitAuthor] = [:]
    }

    private let state = Mutex(State())
    private let time: VirtualTime

    /// What objects say of whose they are.
    private let mark: String

    init(time: VirtualTime, mark: String) {
        self.time = time
        self.mark = mark
    }

    // MARK: What tests do and ask

    /// Pushes a commit to the remote's branch.
    func push(_ commit: String, _ contents: Commit, to branch: String = "main", by author: CommitAuthor? = nil) {
        state.withLock { state in
            state.authors[commit] = author
            state.commits[commit] = contents
            state.order.append(commit)
            state.remote[branch] = commit
        }
    }

    /// Somebody pushes another branch's commit.
    func move(_ branch: String, to commit: String) { state.withLock { $0.remote[branch] = commit } }

    /// A head that was pushed over is part of no other commit.
    func disown(_ commit: String) { state.withLock { state in state.order.removeAll { $0 == commit } } }

    /// As where the data directory is lost.
    func loseMirror() { state.withLock { $0.mirror = [:] } }

    func setRemoteDown(_ isDown: Bool) { state.withLock { $0.isRemoteDown = isDown } }

    func failRendering(_ path: String, times: Int) { state.withLock { $0.transientFailures[path] = times } }

    var polls: Int { state.withLock(\.polls) }
    /// Paths and commits rendered, in order.
    var renders: [String] { state.withLock(\.renders) }
    var pins: [TargetID: String] { state.withLock(\.pins) }

    // MARK: Source

    func poll(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try await moment()
        return try state.withLock { state throws(SourceFailure) in
            state.polls += 1
            guard !state.isRemoteDown else { throw Self.remoteDown }
            return state.remote.filter { branches.contains($0.key) }
        }
    }

    func fetch(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try await moment()
        return try state.withLock { state throws(SourceFailure) in
            guard !state.isRemoteDown else { throw Self.remoteDown }
            for branch in branches { state.mirror[branch] = state.remote[branch] }
            return state.mirror.filter { branches.contains($0.key) }
        }
    }

    func localHeads(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        state.withLock { $0.mirror.filter { branches.contains($0.key) } }
    }

    func revision(_ commit: String, branch: String) async throws(SourceFailure) -> Revision {
        _ = try self.commit(commit)
        return Revision(
            commit: commit, branch: branch, author: "Ada", subject: "Commit \(commit)",
            committedAt: Timestamp(secondsSinceEpoch: 1_800_000_000))
    }

    func pipeline(at commit: String) async throws(SourceFailure) -> Pipeline {
        try await moment()
        return try self.commit(commit).pipeline.get()
    }

    func desired(
        _ application: Application, in environment: Environment, at commit: String, unlessInputsAre known: Inputs?
    ) async throws(SourceFailure) -> DesiredAnswer {
        try await moment()
        let contents = try self.commit(commit)
        let path = application.path(for: environment.name)
        try failTransiently(path)
        guard let file = contents.files[path] else {
            throw SourceFailure(code: .manifests, message: "\(path): not found", isTransient: false)
        }
        let objects = try file.get()
        let id = ShortHash.of(objects.map { JSON.text(.object($0)) }.joined())
        let inputs = Inputs(
            reads: [Inputs.Read(path: path, id: id)],
            digest: ShortHash.of("\(application) \(environment.name) \(environment.namespace) \(id)"))
        if inputs == known { return .unchanged }
        state.withLock { $0.renders.append("\(path)@\(commit)") }
        var manifests = objects.enumerated().map { Manifest(object: $1, origin: Origin(file: path), place: $0) }
        for place in manifests.indices where !Self.isClusterScoped(manifests[place].object.kind) {
            if manifests[place].object.namespace.isEmpty {
                manifests[place].object.set(.string(environment.namespace), at: "metadata", "namespace")
            }
        }
        if let missing = application.missingHooks(in: manifests).first {
            throw SourceFailure(code: .manifests, message: missing.message, isTransient: false)
        }
        manifests = application.withStatedHooks(manifests)
        let digest = ShortHash.of(
            manifests.map { JSON.text(.object($0.object.sortedByKey)) }.sorted().joined(separator: "\n"))
        let target = TargetID(application: application.name, environment: environment.name)
        var desired = Desired(
            commit: commit, inputs: inputs, digest: digest,
            manifests: SentForm.manifests(manifests, of: target, source: mark, digest: digest),
            application: application,
            environment: environment, warnings: SentForm.notes(manifests))
        desired.removalHooks = SentForm.removalHooks(manifests, of: target, source: mark, digest: digest)
        return .rendered(desired)
    }

    /// Commits follow each other in the order they were pushed, on whatever branch.
    func commit(_ commit: String, contains earlier: String) async throws(SourceFailure) -> Bool {
        try await moment()
        return state.withLock { state in
            guard let place = state.order.firstIndex(of: commit) else { return false }
            return state.order[...place].contains(earlier)
        }
    }

    func authors(
        of commit: String, since base: String?, touching paths: [String]
    ) async throws(SourceFailure) -> [CommitAuthor] {
        try await moment()
        return state.withLock { state in
            let end = state.order.firstIndex(of: commit) ?? -1
            let begin = base.flatMap { state.order.firstIndex(of: $0) } ?? -1
            let ada = CommitAuthor(name: "Ada", email: "ada@example.com")
            return state.order.indices.filter { $0 > begin && $0 <= end }.map { state.authors[state.order[$0]] ?? ada }
        }
    }

    func pin(_ commit: String, for target: TargetID) async throws(SourceFailure) {
        try await moment()
        state.withLock { $0.pins[target] = commit }
    }

    // MARK: Pieces

    private static let remoteDown = SourceFailure(code: .remote, message: "no route to host", isTransient: true)

    private static func isClusterScoped(_ kind: String) -> Bool {
        ["Namespace", "ClusterRole", "PersistentVolume", "CustomResourceDefinition"].contains(kind)
    }

    private func commit(_ id: String) throws(SourceFailure) -> Commit {
        guard let commit = state.withLock({ $0.commits[id] }) else {
            throw SourceFailure(code: .missing, message: "no commit \(id)", isTransient: false)
        }
        return commit
    }

    private func failTransiently(_ path: String) throws(SourceFailure) {
        let fails = state.withLock { state in
            guard let left = state.transientFailures[path], left > 0 else { return false }
            state.transientFailures[path] = left - 1
            return true
        }
        if fails { throw SourceFailure(code: .manifests, message: "\(path): cannot be read", isTransient: true) }
    }

    private func moment() async throws(SourceFailure) {
        do {
            try await time.clock.sleep(for: .milliseconds(5))
        } catch {
            throw SourceFailure(code: .remote, message: "cancelled", isTransient: true)
        }
    }
}
