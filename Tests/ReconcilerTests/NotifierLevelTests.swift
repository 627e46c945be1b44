// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import TestSupport
import Testing

@testable import Reconciler

@Suite("What a notifier tells of what lasts")
struct NotifierLevelTests {
    @Test("What is stuck, and health that is lost, come from the status; a restart does not repeat them")
    func levels() throws {
        try NotifierOffice.run(NotifierOffice()) { office in
            let daemon = office.daemon()
            var status = ApplicationStatus(target: NotifierOffice.api, phase: .blocked, health: .progressing)
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
        try NotifierOffice.run(NotifierOffice([("hook", .webhook), ("pages", .pagerduty)])) { office in
            var daemon = office.daemon()
            var status = ApplicationStatus(target: NotifierOffice.api, phase: .blocked, health: .progressing)
            status.cause = Cause(reason: "SecretMissing", message: "Secret db is not there")
            daemon.board.set(status)
            try await office.pass(.seconds(700))
            office.outbox.setPhaseSince(Timestamp(secondsSinceEpoch: 1_795_255_200) + office.time.now)
            office.outbox.happen(NotifierOffice.phase(.succeeded, "r1", after: office.time.now))
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
        try NotifierOffice.run(NotifierOffice()) { office in
            let start = Timestamp(secondsSinceEpoch: 1_795_255_200)
            let daemon = office.daemon()
            var status = ApplicationStatus(target: NotifierOffice.api, phase: .verifying, health: .progressing)
            status.cause = Cause(reason: CheckProgress.inconclusive, message: "it tells nothing")
            office.outbox.setPhaseSince(start)
            daemon.board.set(status)
            try await office.pass(.seconds(590))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1", after: office.time.now))
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
        try NotifierOffice.run(NotifierOffice()) { office in
            let start = Timestamp(secondsSinceEpoch: 1_795_255_200)
            office.outbox.setPhaseSince(start + .seconds(-86_400))
            let daemon = office.daemon()
            var status = ApplicationStatus(target: NotifierOffice.api, phase: .blocked, health: .healthy)
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
        try NotifierOffice.run(NotifierOffice()) { office in
            // The fixture's phases are as old as the clock.
            office.outbox.happen(NotifierOffice.phase(.succeeded, "r0"))
            var daemon = office.daemon()
            try await office.pass(.seconds(7200))
            var status = ApplicationStatus(target: NotifierOffice.api, phase: .blocked, health: .healthy)
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

    @Test("What was broken is mended only once a daemon that was started again has looked at it")
    func mended() throws {
        try NotifierOffice.run(NotifierOffice()) { office in
            var daemon = office.daemon()
            var status = ApplicationStatus(target: NotifierOffice.api, phase: .failed, health: .healthy)
            status.problem = Cause(reason: "ManifestsInvalid", message: "line 3: not YAML")
            daemon.board.set(status)
            try await office.pass(.seconds(30))
            #expect(office.receivers.got("hook").map(\.kind) == [.broken])
            daemon.task.cancel()
            await daemon.task.value

            // Its first adoption takes long, or cannot end; then the worker shows itself before it is told.
            daemon = office.daemon(isHandedOut: false)
            try await office.pass(.seconds(300))
            daemon.board.set(ApplicationStatus(target: NotifierOffice.api))
            try await office.pass(.seconds(300))
            #expect(office.receivers.got("hook").map(\.kind) == [.broken])
            daemon.board.set(status)
            daemon.board.updateDaemon { $0.pipeline.isHandedOut = true }
            try await office.pass(.seconds(300))
            #expect(office.receivers.got("hook").map(\.kind) == [.broken])
            status.problem = nil
            daemon.board.set(status)
            try await office.pass(.seconds(120))
            #expect(office.receivers.got("hook").map(\.kind) == [.broken, .mended])
            daemon.task.cancel()
        }
    }
}
