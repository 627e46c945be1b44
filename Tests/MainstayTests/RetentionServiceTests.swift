// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import Mainstay

@Suite struct RetentionServiceTests {
    @Test("History older than 90 days goes an hour after the start, then once a day, and is logged")
    func removes() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try Ledger(path: "\(directory.path)/ledger.db", chainKey: Array(repeating: 7, count: 32))
        let now = Timestamp(secondsSinceEpoch: 1_795_255_200)
        for (commit, days) in [("old", Int64(91)), ("young", 89)] {
            try await ledger.recordRevision(
                Revision(commit: commit, branch: "main", author: "a", subject: "s", committedAt: now),
                seenAt: now + .seconds(-days * 86_400))
        }
        let log = LogCapture()
        #expect(await pauses(2, ledger, now, log) == [.seconds(3600), .seconds(86_400)])
        #expect(try await ledger.revisions(limit: 10).map(\.revision.commit) == ["young"])
        #expect(log.lines.count { $0.contains("removed old history") && $0.contains("revisions=1") } == 1)
        try ledger.close()
    }

    @Test("What fails is logged, and tried again the next day")
    func failure() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try Ledger(path: "\(directory.path)/ledger.db", chainKey: Array(repeating: 7, count: 32))
        try ledger.close()
        let log = LogCapture()
        #expect(await pauses(3, ledger, Timestamp(secondsSinceEpoch: 1_795_255_200), log).count == 3)
        #expect(log.lines.count { $0.contains("cannot remove old history") } >= 2)
    }

    @Test("An environment that keeps less loses it sooner, and no environment keeps more than the operator")
    func environments() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try Ledger(path: "\(directory.path)/ledger.db", chainKey: Array(repeating: 7, count: 32))
        let now = Timestamp(secondsSinceEpoch: 1_795_255_200)
        for environment in ["development", "production", "archive"] {
            for days in [Int64(100), 60, 20] {
                let id = "\(environment)-\(days)"
                let at = now + .seconds(-days * 86_400)
                try await ledger.beginRollout(
                    RolloutRecord(
                        id: id, target: TargetID(application: "api", environment: environment), revision: "c",
                        digest: id, inputsDigest: "i", trigger: .revision, startedAt: at))
                try await ledger.conclude(
                    id, Verdict(outcome: .healthy), phase: .succeeded, quarantine: nil, at: at)
            }
        }
        _ = await pauses(
            2, ledger, now, LogCapture(),
            environments: ["development": .seconds(30 * 86_400), "archive": .seconds(365 * 86_400)])
        #expect(
            try await ledger.rollouts(limit: 100).map(\.rollout.id) == [
                "archive-20", "archive-60", "production-20", "production-60", "development-20",
            ])
        try ledger.close()
    }

    @Test("What a clock that is set years ahead makes old stays: after the start, and where it was so at the start")
    func clock() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try Ledger(path: "\(directory.path)/ledger.db", chainKey: Array(repeating: 7, count: 32))
        let now = Timestamp(secondsSinceEpoch: 1_795_255_200)
        for (commit, days) in [("old", Int64(91)), ("young", 3)] {
            try await ledger.recordRevision(
                Revision(commit: commit, branch: "main", author: "a", subject: "s", committedAt: now),
                seenAt: now + .seconds(-days * 86_400))
        }
        let years = Duration.seconds(3 * 365 * 86_400)
        let log = LogCapture()
        _ = await pauses(3, ledger, now + years, log)
        #expect(try await ledger.revisions(limit: 10).count == 2)
        #expect(log.lines.count { $0.contains("nothing is removed for its age until the next start") } == 1)
        let asked = Mutex(0)
        _ = await pauses(3, ledger, now, log) {
            // Right at the start, and years ahead from then on.
            let count = asked.withLock { count in
                count += 1
                return count
            }
            return count == 1 ? now : now + years
        }
        #expect(try await ledger.revisions(limit: 10).map(\.revision.commit) == ["young"])
        try ledger.close()
    }

    /// Runs the service until it has waited so many times; answers for how long each time.
    private func pauses(
        _ count: Int, _ ledger: Ledger, _ time: Timestamp, _ log: LogCapture, environments: [String: Duration] = [:],
        clock now: (@Sendable () -> Timestamp)? = nil
    ) async -> [Duration] {
        let (stream, continuation) = AsyncStream.makeStream(of: Duration.self)
        let clock = ImpatientClock { continuation.yield($0) }
        let task = Task {
            try await RetentionService(
                ledger: ledger, age: .seconds(90 * 86_400), environments: { environments }, clock: clock,
                now: now ?? { time },
                logger: log.logger
            ).run()
        }
        var pauses: [Duration] = []
        for await pause in stream {
            pauses.append(pause)
            if pauses.count == count { break }
        }
        task.cancel()
        _ = await task.result
        return pauses
    }
}

/// Waits for nothing, and says for how long it was asked to.
private struct ImpatientClock: Clock {
    let asked: @Sendable (Duration) -> Void
    private let base = ContinuousClock()

    init(asked: @escaping @Sendable (Duration) -> Void) { self.asked = asked }

    var now: ContinuousClock.Instant { base.now }
    var minimumResolution: Duration { base.minimumResolution }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        // Rounded: time goes on between asking and being asked.
        asked(.seconds((base.now.duration(to: deadline) + .milliseconds(500)).components.seconds))
        await Task.yield()
    }
}
