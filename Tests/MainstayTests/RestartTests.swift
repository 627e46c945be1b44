// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("A daemon that is killed and started again")
struct RestartTests {
    @Test("At rest it writes nothing to the cluster and begins no rollout")
    func atRest() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let commit = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])
            let before = try await harness.versions()
            let writes = harness.transport.writes.count

            try await harness.restart()
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])
            // What the restart had set going would show by the time another merge is through.
            monorepo.setImage(of: "worker", tag: "1.1.0")
            let next = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "runs the new image") {
                $0.revision == next && $0.phase == .succeeded
            }

            #expect(harness.transport.writes.dropFirst(writes).map(\.shortPath) == ["deployments/worker"])
            #expect(try await harness.rollouts().count == 4)
            let touched = try await harness.versions().filter { before[$0.key] != $0.value }.keys.sorted()
            #expect(touched == ["/apis/apps/v1/deployments staging/worker"])
        }
    }

    @Test("A merge that came while it was down is rolled out once it is up")
    func missedMerge() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            await harness.kill()
            monorepo.setImage(of: "worker", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try harness.start()
            try await harness.wait(for: "worker", "runs the new image") {
                $0.revision == commit && $0.phase == .succeeded
            }
        }
    }

    /// Every write, to the ledger or to the cluster, of a first merge: the daemon ends right before or right after.
    @Test("Killed at any write of a first merge, everything is up in the end", arguments: firstMergePoints)
    func firstMerge(point: Point) async throws {
        try await DaemonHarness.run { harness in
            harness.life.lifeline.cut(atWrite: point.write, point.side)
            let commit = try harness.merge(Monorepo())
            try await harness.waitUntilHealthyOrCut(at: commit)
            #expect(harness.life.lifeline.isCut)
            try await harness.restart()
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])

            for name in ["nats", "api", "worker"] {
                let rollouts = try await harness.rollouts(name)
                #expect(rollouts.map(\.phase) == [.succeeded], "\(name): the rollout that was cut off is gone on with")
            }
            #expect(try await harness.quarantines().isEmpty)
        }
    }

    /// The same for a merge whose image is missing: failing, quarantining and taking back are cut off anywhere.
    @Test(
        "Killed at any write of a rollback, the bad digest ends up taken back exactly once", arguments: rollbackPoints)
    func rollback(point: Point) async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let good = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: good, ["nats", "api", "worker"])
            let others = try await harness.versions().filter { !$0.key.hasSuffix("worker") }

            harness.life.lifeline.cut(atWrite: point.write, point.side)
            monorepo.setImage(of: "worker", tag: "1.1.0-missing")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "the kill, or the end") {
                harness.life.lifeline.isCut || harness.isHolding("worker", at: good, insteadOf: bad)
            }
            // The very last writes may come or not: a cause that changes once more is recorded once more.
            #expect(harness.life.lifeline.isCut || point.write > 16)
            try await harness.restart()
            try await harness.wait(for: "worker holds") { harness.isHolding("worker", at: good, insteadOf: bad) }

            #expect(try await harness.image(of: "worker") == "example.com/worker:1.0.0")
            let rollouts = try await harness.rollouts("worker")
            #expect(rollouts.map(\.rollout.trigger) == [.revision, .revision, .rollback])
            #expect(rollouts.map(\.phase) == [.succeeded, .failed, .rolledBack])
            #expect(try await harness.quarantines().map(\.revision) == [bad])
            #expect(try await harness.versions().filter { !$0.key.hasSuffix("worker") } == others)
        }
    }

    struct Point: Sendable, CustomTestStringConvertible {
        var write: Int
        var side: Lifeline.Side

        var testDescription: String { "\(side) write \(write)" }
    }

    /// A first merge of three applications has some forty-five writes, a failure and its rollback some twenty-two: each
    /// rollback's is met, and of a first merge's enough to meet each kind.
    private static let firstMergePoints = stride(from: 1, through: 40, by: 3).map { number in
        Point(write: number, side: number.isMultiple(of: 2) ? .before : .after)
    }
    private static let rollbackPoints = (1...22).flatMap { number in
        let after = Point(write: number, side: .after)
        return number.isMultiple(of: 2) ? [after] : [Point(write: number, side: .before), after]
    }
}

extension DaemonHarness {
    func waitUntilHealthyOrCut(at commit: String) async throws {
        try await wait(for: "the kill, or the end") {
            life.lifeline.isCut
                || (life.board.applications.count == 3
                    && life.board.applications.allSatisfy { $0.phase == .succeeded && $0.revision == commit })
        }
    }

    func isHolding(_ application: String, at good: String, insteadOf bad: String) -> Bool {
        guard let status = status(application) else { return false }
        return status.phase == .rolledBack && status.revision == good && status.quarantine?.revision == bad
            && status.message.hasPrefix("holding at") && status.health == .healthy
    }
}
