// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning
import Synchronization
import TestSupport
import Testing

@testable import Reconciler

/// The notifier between an outbox and receivers, in virtual time.
@Suite("The notifier")
struct NotifierTests {
    private static let api = TargetID(application: "api", environment: "production")

    private static func phase(
        _ phase: RolloutPhase, _ rollout: String, digest: String = "d", trigger: RolloutTrigger = .revision,
        after delay: Duration = .zero
    ) -> RecordedPhase {
        RecordedPhase(
            sequence: 0, rollout: rollout, target: api, trigger: trigger, digest: digest, revision: "c-\(rollout)",
            fromRevision: "c-before", phase: phase, at: Timestamp(secondsSinceEpoch: 1_795_255_200) + delay)
    }

    /// What the daemons of a test have in common.
    private final class Office: Sendable {
        let time = VirtualTime()
        let outbox = MemoryOutbox()
        let receivers = FakeReceivers()
        private let wall = Mutex(Duration.zero)
        let settings: NotificationSettings
        private let ids = Mutex(0)

        /// - Parameter furtherQueues: of the first receiver.
        init(
            _ receivers: [(String, NotificationService)] = [("hook", .webhook)], furtherQueues: [String] = [],
            mostOpen: Int = 1000
        ) {
            settings = NotificationSettings(
                receivers: receivers.map { .init(name: $0.0, service: $0.1) }
                    + furtherQueues.map { .init(name: $0, service: receivers[0].1, of: receivers[0].0) },
                routes: [NotificationRoute(receivers: receivers.map(\.0))], stuckAfter: .seconds(600),
                mostOpen: mostOpen)
        }

        /// The wall clock is put forward or back.
        func jump(_ offset: Duration) { wall.withLock { $0 += offset } }

        func daemon(isInForce: Bool = true) -> (board: StatusBoard, notifier: Notifier, task: Task<Void, Never>) {
            var status = DaemonStatus(startedAt: Timestamp(secondsSinceEpoch: 0), sourceURL: "", branch: "main")
            if isInForce { status.pipeline.revision = "c" }
            let board = StatusBoard(daemon: status)
            let notifier = Notifier(
                settings: settings, store: outbox, sender: receivers, board: board,
                surroundings: Surroundings(
                    clock: time.clock,
                    now: { [self] in
                        Timestamp(secondsSinceEpoch: 1_795_255_200) + time.now + wall.withLock(\.self)
                    },
                    makeID: { [self] in
                        ids.withLock {
                            $0 += 1
                            return "id-\($0)"
                        }
                    },
                    random: { 0.5 }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
            return (board, notifier, Task(executorPreference: time) { await notifier.run() })
        }

        func pass(_ length: Duration) async throws { try await time.clock.sleep(for: length) }
    }

    private static func run(
        _ office: Office, _ body: @escaping @Sendable (Office) async throws -> Void
    ) throws {
        try office.time.run { try await body(office) }
    }

    @Test("What happened is delivered in order, each thing once")
    func delivers() throws {
        try Self.run(Office()) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.outbox.happen(
                Self.phase(.queued, "r1"), Self.phase(.failed, "r1"),
                Self.phase(.rolledBack, "r2", trigger: .rollback), Self.phase(.succeeded, "r3", digest: "d3"))
            try await office.pass(.seconds(60))
            #expect(office.receivers.got("hook").map(\.kind) == [.failed, .rolledBack, .recovered])
            #expect(office.outbox.steps(of: "hook") == [[.delivered], [.delivered], [.delivered]])
            let status = daemon.board.daemon.notifications.receivers
            #expect(status.map(\.delivered) == [3])
            #expect(status.map(\.pending) == [0])
            daemon.task.cancel()
        }
    }

    @Test("A receiver that is down for a day gets everything when it is back, and its trouble is shown")
    func down() throws {
        try Self.run(Office([("hook", .webhook), ("chat", .slack)])) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("hook", .failed("no connection", hasArrived: false, retryAfter: nil))
            office.outbox.happen(Self.phase(.failed, "r1"))
            try await office.pass(.seconds(20))
            #expect(office.receivers.got("chat").map(\.kind) == [.failed], "one receiver's trouble delays no other")
            try await office.pass(.seconds(43_200))
            office.outbox.happen(Self.phase(.succeeded, "r2", digest: "d2"))
            try await office.pass(.seconds(43_200))
            let shown = daemon.board.daemon.notifications.receivers.first
            #expect(shown?.pending == 2)
            #expect(shown?.error == "no connection")
            #expect(shown?.failingSince.map { $0 < Timestamp(secondsSinceEpoch: 1_795_255_230) } == true)
            #expect((100...250).contains(office.receivers.tries("hook")))

            office.receivers.answer("hook", nil)
            try await office.pass(.seconds(700))
            #expect(office.receivers.got("hook").map(\.kind) == [.failed, .recovered])
            #expect(office.receivers.got("chat").map(\.kind) == [.failed, .recovered])
            #expect(daemon.board.daemon.notifications.receivers.first?.error == nil)
            daemon.task.cancel()
        }
    }

    @Test(
        "A wall clock that jumps loses nothing and repeats nothing",
        arguments: [Duration.seconds(900_000), .seconds(-900_000)])
    func jump(offset: Duration) throws {
        try Self.run(Office()) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("hook", .failed("down", hasArrived: false, retryAfter: nil))
            office.outbox.happen(Self.phase(.failed, "r1"))
            try await office.pass(.seconds(60))
            office.jump(offset)
            try await office.pass(.seconds(60))
            office.receivers.answer("hook", nil)
            try await office.pass(.seconds(700))
            office.jump(.zero - offset)
            try await office.pass(.seconds(700))
            #expect(office.receivers.got("hook").map(\.kind) == [.failed])
            daemon.task.cancel()
        }
    }

    /// Between any two writes, and with or without the last one.
    @Test("Killed at any write, everything is told once by the end", arguments: 1...8, [true, false])
    func killed(write: Int, happens: Bool) throws {
        try Self.run(Office([("hook", .webhook), ("chat", .slack)])) { office in
            office.outbox.happen(Self.phase(.succeeded, "r0"))
            let setUp = office.daemon()
            try await office.pass(.seconds(30))
            setUp.task.cancel()
            await setUp.task.value

            office.outbox.cut(atWrite: write, happens: happens)
            let first = office.daemon()
            office.outbox.happen(Self.phase(.failed, "r1", digest: "d2"))
            try await office.pass(.seconds(30))
            first.task.cancel()
            await first.task.value
            office.outbox.revive()
            let second = office.daemon()
            try await office.pass(.seconds(30))
            second.task.cancel()

            #expect(office.outbox.events == [.failed])
            // The same id: whoever gets it twice can tell.
            #expect(Set(office.receivers.got("hook").map(\.id)) == ["r1-failed"])
            #expect(office.receivers.got("hook").count <= 2)
            let chat = office.receivers.got("chat")
            #expect((1...2).contains(chat.count))
            #expect(!chat.dropFirst().contains { !$0.mayBeRepeated }, "a message that may be the second says so")
        }
    }

    @Test("A daemon that is told to stop ends what it began, and the next one repeats nothing")
    func stopped() throws {
        try Self.run(Office([("chat", .slack)])) { office in
            let first = office.daemon()
            try await office.pass(.seconds(1))
            office.outbox.happen(Self.phase(.failed, "r1"))
            try await office.pass(.seconds(16))
            first.notifier.stop()
            await first.task.value
            let second = office.daemon()
            try await office.pass(.seconds(60))
            #expect(office.receivers.got("chat").map(\.mayBeRepeated) == [false])
            second.task.cancel()
        }
    }

    @Test("Where a repeat would show, a try is written down first; one whose fate is unknown is repeated with a mark")
    func unknownFate() throws {
        try Self.run(Office([("chat", .slack)])) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("chat", .failed("refused", hasArrived: false, retryAfter: nil))
            office.outbox.happen(Self.phase(.failed, "r1"))
            try await office.pass(.seconds(17))
            office.receivers.answer("chat", .failed("timed out", hasArrived: nil, retryAfter: nil))
            try await office.pass(.seconds(60))
            office.receivers.answer("chat", nil)
            try await office.pass(.seconds(700))
            let got = office.receivers.got("chat")
            #expect(got.first?.mayBeRepeated == false, "the tries before certainly did not arrive")
            #expect(!got.dropFirst().contains { !$0.mayBeRepeated })
            let steps = try #require(office.outbox.steps(of: "chat").first)
            #expect(Array(steps.prefix(2)) == [.attempt, .failure])
            #expect(Array(steps.suffix(2)) == [.attempt, .delivered])
            daemon.task.cancel()
        }
    }

    @Test("A receiver of several queues is one to routes and tests; what one of them waits for holds up no other")
    func queues() throws {
        try Self.run(Office([("mail", .email)], furtherQueues: ["mail#2"])) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("mail", .failed("450", hasArrived: false, retryAfter: nil))
            office.outbox.happen(Self.phase(.failed, "r1"))
            try await office.pass(.seconds(30))
            office.outbox.happen(Self.phase(.succeeded, "r2", digest: "d2"))
            try await office.pass(.seconds(30))
            #expect(office.receivers.got("mail").count == 0)
            #expect(office.receivers.got("mail#2").map(\.kind) == [.failed, .recovered])
            let refusal = await #expect(throws: ActionRefusal.self) {
                try await daemon.notifier.test("mail", by: "ada")
            }
            #expect(refusal?.message == "mail did not take it: 450; ok")
            office.receivers.answer("mail", nil)
            try await office.pass(.seconds(700))
            #expect(office.receivers.got("mail").map(\.kind) == [.failed, .recovered])
            #expect(office.receivers.got("mail#2").map(\.kind) == [.failed, .recovered, .test])
            #expect(daemon.board.daemon.notifications.problems == [])
            daemon.task.cancel()
        }
    }

    @Test("A receiver that forgets is told again of what goes on, until it is over, in order; nobody else is")
    func renewed() throws {
        try Self.run(Office([("alerts", .alertmanager), ("pages", .pagerduty)])) { office in
            var daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.outbox.happen(Self.phase(.failed, "r1"))
            try await office.pass(.seconds(920))
            #expect((3...4).contains(office.receivers.got("alerts").count))
            daemon.task.cancel()
            await daemon.task.value
            daemon = office.daemon()
            let before = office.receivers.got("alerts").count
            try await office.pass(.seconds(310))
            #expect(office.receivers.got("alerts").count == before + 1, "a daemon that is started again goes on")
            #expect(Set(office.receivers.got("alerts").map(\.kind)) == [.failed])
            let latest = office.receivers.events("alerts").last
            #expect(latest?.since == Timestamp(secondsSinceEpoch: 1_795_255_200))
            #expect(
                latest.map { $0.at > Timestamp(secondsSinceEpoch: 1_795_256_000) } == true, "so that its end moves on")
            office.receivers.answer("alerts", .failed("down", hasArrived: false, retryAfter: nil))
            office.outbox.happen(Self.phase(.succeeded, "r2", digest: "d2"))
            try await office.pass(.seconds(900))
            office.receivers.answer("alerts", nil)
            try await office.pass(.seconds(2000))
            #expect(office.receivers.got("alerts").filter { $0.kind == .recovered }.count == 1)
            #expect(office.receivers.got("alerts").last?.kind == .recovered)
            #expect(office.receivers.got("pages").map(\.kind) == [.failed, .recovered])
            daemon.task.cancel()
        }
    }

    @Test("What a receiver refuses is given up, said so, and holds up nothing")
    func refused() throws {
        try Self.run(Office()) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("hook", .refused("it answered 400"))
            office.outbox.happen(Self.phase(.failed, "r1"))
            try await office.pass(.seconds(30))
            office.receivers.answer("hook", nil)
            office.outbox.happen(Self.phase(.succeeded, "r2", digest: "d2"))
            try await office.pass(.seconds(30))
            #expect(office.receivers.got("hook").map(\.kind) == [.recovered])
            #expect(office.outbox.steps(of: "hook") == [[.abandoned], [.delivered]])
            #expect(daemon.board.daemon.notifications.receivers.map(\.abandoned) == [1])
            daemon.task.cancel()
        }
    }

    @Test("What waits is bounded: the oldest go, and that is counted")
    func bounded() throws {
        try Self.run(Office(mostOpen: 3)) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("hook", .failed("down", hasArrived: false, retryAfter: nil))
            for number in 1...6 {
                office.outbox.happen(Self.phase(.failed, "r\(number)", digest: "d\(number)"))
                try await office.pass(.seconds(20))
            }
            let shown = daemon.board.daemon.notifications.receivers.first
            #expect(shown?.pending == 3)
            #expect(shown?.abandoned == 3)
            office.receivers.answer("hook", nil)
            try await office.pass(.seconds(700))
            #expect(office.receivers.got("hook").map(\.id) == ["r1-failed", "r5-failed", "r6-failed"])
            daemon.task.cancel()
        }
    }

    @Test("Until a pipeline says who is to be told, everything waits")
    func waitsForPipeline() throws {
        try Self.run(Office()) { office in
            let daemon = office.daemon(isInForce: false)
            try await office.pass(.seconds(1))
            office.outbox.happen(Self.phase(.failed, "r1"))
            try await office.pass(.seconds(60))
            #expect(office.outbox.events == [])
            daemon.board.updateDaemon { $0.pipeline.revision = "c" }
            try await office.pass(.seconds(60))
            #expect(office.receivers.got("hook").map(\.kind) == [.failed])
            daemon.task.cancel()
        }
    }

    @Test("A pipeline's routes count; a receiver that the configuration does not have is a problem that is shown")
    func pipelineRoutes() throws {
        let office = Office()
        try Self.run(office) { office in
            let daemon = office.daemon()
            daemon.board.updateDaemon {
                $0.pipeline.notifications = [
                    NotificationRoute(receivers: ["hoook"], message: try? NotificationTemplate("from the pipeline"))
                ]
            }
            try await office.pass(.seconds(1))
            office.outbox.happen(Self.phase(.failed, "r1"))
            try await office.pass(.seconds(60))
            #expect(office.receivers.got("hook").map(\.message) == [nil])
            let problems = daemon.board.daemon.notifications.problems
            #expect(problems.count == 1)
            #expect(problems.first?.contains("\"hoook\"") == true)
            #expect(problems.first?.contains("did you mean \"hook\"") == true)
            daemon.board.updateDaemon { $0.pipeline.notifications = [] }
            try await office.pass(.seconds(60))
            #expect(daemon.board.daemon.notifications.problems == [])
            daemon.task.cancel()
        }
    }

    @Test("What is stuck, and health that is lost, come from the status; a restart does not repeat them")
    func levels() throws {
        try Self.run(Office()) { office in
            let daemon = office.daemon()
            var status = ApplicationStatus(target: Self.api, phase: .blocked, health: .progressing)
            status.cause = Cause(reason: "SecretMissing", message: "Secret db is not there")
            daemon.board.set(status)
            try await office.pass(.seconds(500))
            #expect(office.receivers.got("hook").count == 0)
            try await office.pass(.seconds(200))
            #expect(office.receivers.got("hook").map(\.kind) == [.stuck])
            daemon.task.cancel()
            await daemon.task.value

            let second = office.daemon()
            second.board.set(status)
            try await office.pass(.seconds(2000))
            #expect(office.receivers.got("hook").map(\.kind) == [.stuck])
            status.phase = .succeeded
            status.health = .degraded
            second.board.set(status)
            try await office.pass(.seconds(120))
            #expect(office.receivers.got("hook").map(\.kind) == [.stuck, .unblocked, .degraded])
            second.task.cancel()
        }
    }

    @Test(
        "What went on and ended is told of in this order, each once, though the status shows it later",
        arguments: [true, false])
    func goesOn(isKilled: Bool) throws {
        try Self.run(Office([("hook", .webhook), ("pages", .pagerduty)])) { office in
            var daemon = office.daemon()
            var status = ApplicationStatus(target: Self.api, phase: .blocked, health: .progressing)
            status.cause = Cause(reason: "SecretMissing", message: "Secret db is not there")
            daemon.board.set(status)
            try await office.pass(.seconds(700))
            office.outbox.setPhaseSince(Timestamp(secondsSinceEpoch: 1_795_255_200) + office.time.now)
            office.outbox.happen(Self.phase(.succeeded, "r1", after: office.time.now))
            if isKilled {
                daemon.task.cancel()
                await daemon.task.value
                daemon = office.daemon()
                daemon.board.set(status)
            }
            try await office.pass(.seconds(20))
            status.phase = .succeeded
            status.health = .healthy
            status.cause = nil
            daemon.board.set(status)
            try await office.pass(.seconds(600))
            #expect(office.receivers.got("hook").map(\.kind) == [.stuck, .unblocked, .succeeded])
            #expect(office.receivers.got("pages").map(\.kind) == [.stuck, .unblocked])
            daemon.task.cancel()
        }
    }

    @Test("A rollback that waits has not waited since the rollout that failed began to")
    func rollbackWaits() throws {
        try Self.run(Office()) { office in
            let start = Timestamp(secondsSinceEpoch: 1_795_255_200)
            let daemon = office.daemon()
            var status = ApplicationStatus(target: Self.api, phase: .verifying, health: .progressing)
            status.cause = Cause(reason: CheckProgress.inconclusive, message: "it tells nothing")
            office.outbox.setPhaseSince(start)
            daemon.board.set(status)
            try await office.pass(.seconds(590))
            office.outbox.happen(Self.phase(.failed, "r1", after: office.time.now))
            office.outbox.setPhaseSince(start + office.time.now)
            status.phase = .rollingBack
            status.cause = Cause(reason: "QuotaExceeded", message: "the quota is used up")
            daemon.board.set(status)
            try await office.pass(.seconds(500))
            #expect(office.receivers.got("hook").map(\.kind) == [.failed])
            try await office.pass(.seconds(200))
            #expect(office.receivers.got("hook").map(\.kind) == [.failed, .stuck])
            daemon.task.cancel()
        }
    }

    @Test("What waits at a gate waits since then, and not since the rollout before; people's time is theirs")
    func gates() throws {
        try Self.run(Office()) { office in
            let start = Timestamp(secondsSinceEpoch: 1_795_255_200)
            office.outbox.setPhaseSince(start + .seconds(-86_400))
            let daemon = office.daemon()
            var status = ApplicationStatus(target: Self.api, phase: .blocked, health: .healthy)
            status.cause = Cause(reason: "RequirementNotMet", message: "it soaks")
            status.waits = [GateWait(.requirement, "it soaks")]
            status.waitsSince = start
            daemon.board.set(status)
            try await office.pass(.seconds(500))
            #expect(office.receivers.got("hook").count == 0)
            try await office.pass(.seconds(120))
            #expect(office.receivers.got("hook").map(\.kind) == [.stuck])
            status.waits.insert(GateWait(.approval, "1 approval"), at: 0)
            daemon.board.set(status)
            try await office.pass(.seconds(86_400))
            status.waits.removeFirst()
            daemon.board.set(status)
            try await office.pass(.seconds(500))
            #expect(office.receivers.got("hook").map(\.kind) == [.stuck, .awaitingApproval])
            try await office.pass(.seconds(120))
            #expect(office.receivers.got("hook").map(\.kind) == [.stuck, .awaitingApproval, .stuck])
            daemon.task.cancel()
        }
    }

    @Test(
        "What waits at a gate is stuck after its time there, restarts included, however long ago the last rollout was")
    func atGate() throws {
        try Self.run(Office()) { office in
            // The fixture's phases are as old as the clock.
            office.outbox.happen(Self.phase(.succeeded, "r0"))
            var daemon = office.daemon()
            try await office.pass(.seconds(7200))
            var status = ApplicationStatus(target: Self.api, phase: .blocked, health: .healthy)
            let message = "staging healthy for 1h"
            status.cause = Cause(reason: GateWait.Reason.requirement.rawValue, message: message)
            status.waits = [GateWait(.requirement, message)]
            status.waitsSince = Timestamp(secondsSinceEpoch: 1_795_255_200) + office.time.now
            daemon.board.set(status)
            try await office.pass(.seconds(400))
            #expect(office.receivers.got("hook").map(\.kind) == [])
            daemon.task.cancel()
            await daemon.task.value

            daemon = office.daemon()
            daemon.board.set(status)
            try await office.pass(.seconds(150))
            #expect(office.receivers.got("hook").map(\.kind) == [])
            try await office.pass(.seconds(80))
            #expect(office.receivers.got("hook").map(\.kind) == [.stuck])
            daemon.task.cancel()
        }
    }

    @Test("Without receivers nothing is kept, and later ones are not told of what was")
    func nobody() throws {
        let outbox = MemoryOutbox()
        let time = VirtualTime()
        try time.run {
            let board = StatusBoard(
                daemon: DaemonStatus(startedAt: Timestamp(secondsSinceEpoch: 0), sourceURL: "", branch: "main"))
            board.updateDaemon { $0.pipeline.revision = "c" }
            let notifier = Notifier(
                settings: NotificationSettings(), store: outbox, sender: FakeReceivers(), board: board,
                surroundings: Surroundings(
                    clock: time.clock, now: { Timestamp(secondsSinceEpoch: 0) }, makeID: { "id" }, random: { 0.5 },
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
            let task = Task(executorPreference: time) { await notifier.run() }
            try await time.clock.sleep(for: .seconds(1))
            outbox.happen(Self.phase(.failed, "r1"))
            try await time.clock.sleep(for: .seconds(60))
            notifier.stop()
            await task.value
            #expect(outbox.events == [])
            try await outbox.beginNotifying(at: Timestamp(secondsSinceEpoch: 0))
            #expect(try await outbox.phasesToTell(limit: 9) == [])
        }
    }

    @Test("A test goes past what waits, and tells what the receiver answers")
    func test() throws {
        try Self.run(Office()) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            let answer = try await daemon.notifier.test("hook", by: "ada")
            #expect(answer.message == "hook took it: ok")
            #expect(office.receivers.got("hook").map(\.kind) == [.test])
            office.receivers.answer("hook", .failed("it answered 404", hasArrived: false, retryAfter: nil))
            let refusal = await #expect(throws: ActionRefusal.self) {
                try await daemon.notifier.test("hook", by: "ada")
            }
            #expect(refusal?.message == "hook did not take it: it answered 404")
            let unknown = await #expect(throws: ActionRefusal.self) {
                try await daemon.notifier.test("hok", by: "ada")
            }
            #expect(unknown?.message.contains("did you mean \"hook\"") == true)
            daemon.task.cancel()
        }
    }
}
