// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Planning

@Suite struct RolloutLifecycleTests {
    private static let cause = Cause(reason: "X", message: "x")

    private func phases(_ events: [RolloutLifecycle.Event]) throws -> [RolloutPhase] {
        var lifecycle = RolloutLifecycle()
        return try events.map { try lifecycle.handle($0) }
    }

    @Test("A good rollout")
    func good() throws {
        #expect(
            try phases([
                .queued, .dependenciesMissing, .applyBegan, .applied, .judged(.waiting(nil)), .judged(.healthy),
                .verified(passed: true),
            ]) == [.queued, .blocked, .applying, .progressing, .progressing, .verifying, .succeeded])
    }

    @Test("A bad rollout is taken back")
    func bad() throws {
        #expect(
            try phases([
                .queued, .applyBegan, .applied, .judged(.blocked(Self.cause)), .judged(.waiting(nil)),
                .judged(.failed(Self.cause)), .rollbackBegan, .judged(.waiting(nil)), .rollbackDone, .queued,
            ]) == [
                .queued, .applying, .progressing, .blocked, .progressing, .failed, .rollingBack, .rollingBack,
                .rolledBack, .queued,
            ])
    }

    @Test("A relapse while verifying goes back, and a failed check fails")
    func verifying() throws {
        var lifecycle = RolloutLifecycle(phase: .verifying)
        #expect(try lifecycle.handle(.judged(.waiting(nil))) == .progressing)
        #expect(try lifecycle.handle(.judged(.healthy)) == .verifying)
        #expect(try lifecycle.handle(.verified(passed: false)) == .failed)
    }

    @Test("A rollback that fails is left for a person")
    func rollbackFails() throws {
        var lifecycle = RolloutLifecycle(phase: .rollingBack)
        #expect(try lifecycle.handle(.judged(.failed(Self.cause))) == .failed)
    }

    @Test("A newer revision ends every rollout that is not over", arguments: RolloutPhase.allCases)
    func superseded(phase: RolloutPhase) throws {
        var lifecycle = RolloutLifecycle(phase: phase)
        if phase.isFinal {
            #expect(throws: IllegalTransition.self) { try lifecycle.handle(.superseded) }
            #expect(lifecycle.phase == phase)
        } else {
            #expect(try lifecycle.handle(.superseded) == .superseded)
        }
    }

    @Test(
        "What cannot happen is refused, and the phase stays",
        arguments: [
            (RolloutPhase.idle, RolloutLifecycle.Event.applyBegan), (.queued, .applied),
            (.queued, .judged(.healthy)), (.queued, .judged(.failed(cause))), (.progressing, .queued),
            (.applying, .verified(passed: true)), (.succeeded, .judged(.failed(cause))), (.succeeded, .rollbackBegan),
            (.failed, .applyBegan), (.progressing, .rollbackDone), (.rolledBack, .rollbackBegan),
            (.progressing, .dependenciesMissing), (.superseded, .applied),
        ])
    func illegal(phase: RolloutPhase, event: RolloutLifecycle.Event) {
        var lifecycle = RolloutLifecycle(phase: phase)
        #expect(throws: IllegalTransition(phase: phase, event: event)) { try lifecycle.handle(event) }
        #expect(lifecycle.phase == phase)
    }

    @Test("Every rollout that is under way can still end")
    func noDeadEnds() throws {
        let events: [RolloutLifecycle.Event] = [
            .queued, .dependenciesMissing, .applyBegan, .applied, .judged(.waiting(nil)), .judged(.healthy),
            .judged(.failed(Self.cause)), .judged(.blocked(Self.cause)), .verified(passed: true),
            .verified(passed: false), .rollbackBegan, .rollbackDone, .superseded,
        ]
        var reached: Set<RolloutPhase> = [.idle]
        var queue: [RolloutPhase] = [.idle]
        while let phase = queue.popLast() {
            for event in events {
                var lifecycle = RolloutLifecycle(phase: phase)
                if let next = try? lifecycle.handle(event), reached.insert(next).inserted { queue.append(next) }
            }
        }
        #expect(reached == Set(RolloutPhase.allCases))
    }
}
