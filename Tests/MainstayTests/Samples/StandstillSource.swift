// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Planning
internal import Synchronization

@testable internal import Mainstay
@testable internal import Reconciler

/// A real repository in simulated time: a mirror has threads of its own, of which a virtual clock knows nothing, so time
/// stands still while it is asked.
struct StandstillSource: Source {
    let base: GitSource
    private let side = SideQueue()

    init(base: GitSource) { self.base = base }

    func poll(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try ask { [base] () async throws(SourceFailure) in try await base.poll(branches) }
    }

    func fetch(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try ask { [base] () async throws(SourceFailure) in try await base.fetch(branches) }
    }

    func localHeads(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try ask { [base] () async throws(SourceFailure) in try await base.localHeads(branches) }
    }

    func revision(_ commit: String, branch: String) async throws(SourceFailure) -> Revision {
        try ask { [base] () async throws(SourceFailure) in try await base.revision(commit, branch: branch) }
    }

    func pipeline(at commit: String) async throws(SourceFailure) -> Pipeline {
        try ask { [base] () async throws(SourceFailure) in try await base.pipeline(at: commit) }
    }

    func desired(
        _ application: Application, in environment: Environment, at commit: String, unlessInputsAre known: Inputs?
    ) async throws(SourceFailure) -> DesiredAnswer {
        try ask { [base] () async throws(SourceFailure) in
            try await base.desired(application, in: environment, at: commit, unlessInputsAre: known)
        }
    }

    func commit(_ commit: String, contains earlier: String) async throws(SourceFailure) -> Bool {
        try ask { [base] () async throws(SourceFailure) in try await base.commit(commit, contains: earlier) }
    }

    func authors(
        of commit: String, since old: String?, touching paths: [String]
    ) async throws(SourceFailure) -> [CommitAuthor] {
        try ask { [base] () async throws(SourceFailure) in
            try await base.authors(of: commit, since: old, touching: paths)
        }
    }

    func pin(_ commit: String, for target: TargetID) async throws(SourceFailure) {
        try ask { [base] () async throws(SourceFailure) in try await base.pin(commit, for: target) }
    }

    private func ask<Answer: Sendable>(
        _ question: @escaping @Sendable () async throws(SourceFailure) -> Answer
    ) throws(SourceFailure) -> Answer {
        let answer = Mutex<Result<Answer, SourceFailure>?>(nil)
        let isThere = DispatchSemaphore(value: 0)
        Task.detached(executorPreference: side) {
            let result: Result<Answer, SourceFailure>
            do throws(SourceFailure) { result = .success(try await question()) } catch { result = .failure(error) }
            answer.withLock { $0 = result }
            isThere.signal()
        }
        isThere.wait()
        guard let result = answer.withLock({ $0 }) else {
            throw SourceFailure(code: .remote, message: "no answer", isTransient: false)
        }
        return try result.get()
    }
}

/// Beside the pool that tests run on, whose threads may all be waiting.
private final class SideQueue: TaskExecutor {
    private let queue = DispatchQueue(label: "standstill")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
