// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Manifests
internal import Planning
internal import Reconciler

/// The four merges, each waited for until what it should cause was seen.
struct DemoStory: Sendable {
    static let worker = TargetID(application: "worker", environment: "staging")

    let workspace: DemoWorkspace
    let daemon: Daemon
    let screen: DemoScreen
    /// When it ends, told or not.
    let deadline: Timestamp

    func run() async throws -> DemoSummary {
        var sample = PlanetSample()
        var commits: [String] = []
        var isComplete = true

        /// Once a step did not come true, the later ones would tell nothing.
        func merge(_ message: String, expecting isThere: @escaping @Sendable (String) -> Bool) async throws {
            guard isComplete else { return }
            let commit = try workspace.repository.commit(sample.files, message: message, at: SystemTime.now()).hex
            commits.append(commit)
            await screen.tell("merge \(commit.prefix(7)): \(message)")
            daemon.reconciler.poll()
            isComplete = await wait { isThere(commit) }
        }

        let board = daemon.status
        try await merge("bring up planet") { commit in
            let applications = board.applications
            return applications.count == 4
                && applications.allSatisfy { $0.phase == .succeeded && $0.health == .healthy && $0.revision == commit }
        }
        sample.setWorkerTag("1.1.0")
        try await merge("worker 1.1.0") { Self.isRunning($0, on: board) }
        sample.setWorkerTag("1.2.0-missing")
        try await merge("worker 1.2.0, whose image was never pushed") { commit in
            let status = board.application(Self.worker)
            return status?.phase == .rolledBack && status?.quarantine?.revision == commit && status?.health == .healthy
        }
        sample.setWorkerTag("1.2.1")
        try await merge("worker 1.2.1, with its image") { Self.isRunning($0, on: board) }
        return try await DemoSummary(commits: commits, ledger: daemon.ledger, storyIsComplete: isComplete)
    }

    private static func isRunning(_ commit: String, on board: StatusBoard) -> Bool {
        let status = board.application(worker)
        return status?.phase == .succeeded && status?.revision == commit && status?.quarantine == nil
    }

    /// False where it did not come true in time.
    private func wait(until isTrue: @escaping @Sendable () -> Bool) async -> Bool {
        let board = daemon.status
        while !Task.isCancelled {
            let seen = board.changes.version
            if isTrue() { return true }
            let left = deadline - SystemTime.now()
            guard left > .zero else { break }
            await board.changes.wait(after: seen, atMost: left, on: ContinuousClock())
        }
        return false
    }
}
