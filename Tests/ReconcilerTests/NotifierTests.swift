// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@testable import Reconciler

/// The notifier between an outbox and receivers, in virtual time.
@Suite("What a notifier delivers")
struct NotifierTests {
    @Test("What happened is delivered in order, each thing once")
    func delivers() throws {
        try NotifierOffice.run(NotifierOffice()) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.outbox.happen(
                NotifierOffice.phase(.queued, "r1"), NotifierOffice.phase(.failed, "r1"),
                NotifierOffice.phase(.rolledBack, "r2", trigger: .rollback),
                NotifierOffice.phase(.succeeded, "r3", digest: "d3"))
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
        try NotifierOffice.run(NotifierOffice([("hook", .webhook), ("chat", .slack)])) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("hook", .failed("no connection", hasArrived: false, retryAfter: nil))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
            try await office.pass(.seconds(20))
            #expect(office.receivers.got("chat").map(\.kind) == [.failed], "one receiver's trouble delays no other")
            try await office.pass(.seconds(43_200))
            office.outbox.happen(NotifierOffice.phase(.succeeded, "r2", digest: "d2"))
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
        try NotifierOffice.run(NotifierOffice()) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("hook", .failed("down", hasArrived: false, retryAfter: nil))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
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
        try NotifierOffice.run(NotifierOffice([("hook", .webhook), ("chat", .slack)])) { office in
            office.outbox.happen(NotifierOffice.phase(.succeeded, "r0"))
            let setUp = office.daemon()
            try await office.pass(.seconds(30))
            setUp.task.cancel()
            await setUp.task.value

            office.outbox.cut(atWrite: write, happens: happens)
            let first = office.daemon()
            office.outbox.happen(NotifierOffice.phase(.failed, "r1", digest: "d2"))
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
        try NotifierOffice.run(NotifierOffice([("chat", .slack)])) { office in
            let first = office.daemon()
            try await office.pass(.seconds(1))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
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
        try NotifierOffice.run(NotifierOffice([("chat", .slack)])) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("chat", .failed("refused", hasArrived: false, retryAfter: nil))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
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

    @Test("What a receiver refuses is given up, said so, and holds up nothing")
    func refused() throws {
        try NotifierOffice.run(NotifierOffice()) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("hook", .refused("it answered 400"))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
            try await office.pass(.seconds(30))
            office.receivers.answer("hook", nil)
            office.outbox.happen(NotifierOffice.phase(.succeeded, "r2", digest: "d2"))
            try await office.pass(.seconds(30))
            #expect(office.receivers.got("hook").map(\.kind) == [.recovered])
            #expect(office.outbox.steps(of: "hook") == [[.abandoned], [.delivered]])
            #expect(daemon.board.daemon.notifications.receivers.map(\.abandoned) == [1])
            daemon.task.cancel()
        }
    }

    @Test("What waits is bounded: the oldest go, and that is counted")
    func bounded() throws {
        try NotifierOffice.run(NotifierOffice(mostOpen: 3)) { office in
            let daemon = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("hook", .failed("down", hasArrived: false, retryAfter: nil))
            for number in 1...6 {
                office.outbox.happen(NotifierOffice.phase(.failed, "r\(number)", digest: "d\(number)"))
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

    @Test("Since when a receiver fails is shown over restarts, until it works")
    func failsSince() throws {
        try NotifierOffice.run(NotifierOffice()) { office in
            var daemon = office.daemon()
            func shown() -> ReceiverStatus? { daemon.board.daemon.notifications.receivers.first }
            try await office.pass(.seconds(1))
            office.receivers.answer("hook", .failed("no connection", hasArrived: false, retryAfter: nil))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
            try await office.pass(.seconds(3600))
            let since = try #require(shown()?.failingSince)
            #expect(since < Timestamp(secondsSinceEpoch: 1_795_255_230))
            daemon.task.cancel()
            await daemon.task.value
            daemon = office.daemon()
            try await office.pass(.seconds(700))
            #expect(shown()?.failingSince == since)
            office.receivers.answer("hook", nil)
            try await office.pass(.seconds(700))
            #expect(shown()?.failingSince == nil)
            daemon.task.cancel()
            await daemon.task.value
            daemon = office.daemon()
            try await office.pass(.seconds(1))
            #expect(shown()?.failingSince == nil && shown()?.error == nil)
            daemon.task.cancel()
        }
    }

    @Test(
        "What a chat never answers is sent six times at most, however many daemons send it; so is what each is ended in"
    )
    func sixTries() throws {
        try NotifierOffice.run(NotifierOffice([("chat", .slack)])) { office in
            let setUp = office.daemon()
            try await office.pass(.seconds(1))
            office.receivers.answer("chat", .unanswered("slow"))
            office.outbox.happen(NotifierOffice.phase(.failed, "r1"))
            try await office.pass(.seconds(20))
            setUp.task.cancel()
            await setUp.task.value
            for _ in 0..<2 {
                let daemon = office.daemon()
                // Of tries after one and two minutes.
                try await office.pass(.seconds(70))
                daemon.task.cancel()
                await daemon.task.value
            }
            #expect(office.receivers.tries("chat") == 5)
            // The next one is killed while it sends.
            office.outbox.cut(atWrite: 3, happens: true)
            let killed = office.daemon()
            try await office.pass(.seconds(1))
            killed.task.cancel()
            await killed.task.value
            office.outbox.revive()
            let last = office.daemon()
            try await office.pass(.seconds(3600))
            #expect(office.receivers.tries("chat") == 5, "the last one was begun, at least")
            #expect(office.outbox.steps(of: "chat").first?.last == .abandoned)
            #expect(!office.receivers.got("chat").dropFirst().contains { !$0.mayBeRepeated })
            last.task.cancel()
        }
    }
}
