// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler
internal import Synchronization

/// A repository whose every branch is at the one revision that was merged last.
final class SimulatedSource: Source {
    private struct State {
        var revisions: [String: SimulatedRevision] = [:]
        var head: String?
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Timestamp

    init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    func merge(_ revision: SimulatedRevision) {
        state.withLock {
            $0.revisions[revision.commit] = revision
            $0.head = revision.commit
        }
    }

    func poll(_ branches: [String]) async throws(SourceFailure) -> [String: String] { heads(branches) }
    func fetch(_ branches: [String]) async throws(SourceFailure) -> [String: String] { heads(branches) }
    func localHeads(_ branches: [String]) async throws(SourceFailure) -> [String: String] { heads(branches) }

    private func heads(_ branches: [String]) -> [String: String] {
        guard let head = state.withLock(\.head) else { return [:] }
        return Dictionary(branches.map { ($0, head) }) { first, _ in first }
    }

    func revision(_ commit: String, branch: String) async throws(SourceFailure) -> Revision {
        Revision(commit: commit, branch: branch, author: "", subject: try known(commit).title, committedAt: now())
    }

    func pipeline(at commit: String) async throws(SourceFailure) -> Pipeline { try known(commit).pipeline }

    func desired(
        _ application: Application, in environment: Environment, at commit: String, unlessInputsAre inputs: Inputs?
    ) async throws(SourceFailure) -> DesiredAnswer {
        let target = TargetID(application: application.name, environment: environment.name)
        guard let answer = try known(commit).desired[target] else {
            throw SourceFailure(
                code: .missing, message: "\(target) is not in \(commit.prefix(7))", isTransient: false)
        }
        var desired = try answer.get()
        if desired.inputs == inputs { return .unchanged }
        desired.application = application
        desired.environment = environment
        return .rendered(desired)
    }

    /// What was merged last holds everything before it.
    func commit(_ commit: String, contains earlier: String) async throws(SourceFailure) -> Bool {
        commit == earlier || commit == state.withLock(\.head)
    }

    /// Nobody is known: no approval is one's own.
    func authors(
        of commit: String, since base: String?, touching paths: [String]
    ) async throws(SourceFailure) -> [CommitAuthor] { [] }

    func pin(_ commit: String, for target: TargetID) async throws(SourceFailure) {}

    private func known(_ commit: String) throws(SourceFailure) -> SimulatedRevision {
        if let revision = state.withLock({ $0.revisions[commit] }) { return revision }
        throw SourceFailure(code: .missing, message: "\(commit) is not simulated", isTransient: false)
    }
}
