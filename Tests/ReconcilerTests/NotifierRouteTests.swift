// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning
import TestSupport
import Testing

@testable import Reconciler

@Suite("Whom a notifier tells")
struct NotifierRouteTests {
    @Test("Until a pipeline says who is to be told, everything waits")
    func waitsForPipeline() throws {
        try NotifierOffice.run(NotifierOffice()) { office in
            let daemon = office.daemon(isInForce: false)
            try await office.pass(.seconds(1))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
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
        let office = NotifierOffice()
        try NotifierOffice.run(office) { office in
            let daemon = office.daemon()
            daemon.board.updateDaemon {
                $0.pipeline.notifications = [
                    NotificationRoute(receivers: ["hoook"], message: try? NotificationTemplate("from the pipeline"))
                ]
            }
            try await office.pass(.seconds(1))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
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

    @Test("A receiver of several queues is one to routes and tests; what one of them waits for holds up no other")
    func queues() throws {
        try NotifierOffice.run(NotifierOffice([("mail", .email)], furtherQueues: ["mail#2"])) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("mail", .failed("450", hasArrived: false, retryAfter: nil))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
            try await office.pass(.seconds(30))
            office.outbox.happen(NotifierOffice.phase(.succeeded, "r2", digest: "d2"))
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
        try NotifierOffice.run(NotifierOffice([("alerts", .alertmanager), ("pages", .pagerduty)])) { office in
            var daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
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
            office.outbox.happen(NotifierOffice.phase(.succeeded, "r2", digest: "d2"))
            try await office.pass(.seconds(900))
            office.receivers.answer("alerts", nil)
            try await office.pass(.seconds(2000))
            #expect(office.receivers.got("alerts").filter { $0.kind == .recovered }.count == 1)
            #expect(office.receivers.got("alerts").last?.kind == .recovered)
            #expect(office.receivers.got("pages").map(\.kind) == [.failed, .recovered])
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
            outbox.happen(NotifierOffice.phase(.failed, "r1"))
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
        try NotifierOffice.run(NotifierOffice()) { office in
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
