// SPDX-License-Identifier: Apache-2.0

import Reconciler
import TestSupport
import Testing

@Suite("A signal that loses nothing")
struct SignalTests {
    @Test("What happened between looking and waiting ends the wait at once")
    func levelTriggered() throws {
        let time = VirtualTime()
        try time.run {
            let signal = Signal()
            let seen = signal.version
            signal.notify()
            await signal.wait(after: seen)
            #expect(time.now == .zero)
        }
    }

    @Test("One notification wakes every waiter")
    func wakesAll() throws {
        let time = VirtualTime()
        try time.run {
            let signal = Signal()
            let seen = signal.version
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<10 { group.addTask { await signal.wait(after: seen) } }
                try? await time.clock.sleep(for: .seconds(1))
                signal.notify()
                await group.waitForAll()
            }
            #expect(time.now == .seconds(1))
        }
    }

    @Test("A wait ends at its limit, at a notification, or with its task, whichever is first")
    func limits() throws {
        let time = VirtualTime()
        try time.run {
            let signal = Signal()
            await signal.wait(after: signal.version, atMost: .seconds(5), on: time.clock)
            #expect(time.now == .seconds(5))
            let marks = [SignalMark(now: signal), SignalMark(now: Signal())]
            time.after(.seconds(2)) { signal.notify() }
            await Signal.wait(forAny: marks, atMost: .seconds(60), on: time.clock)
            #expect(time.now == .seconds(7))
            let other = Signal()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await other.wait(after: other.version) }
                try? await time.clock.sleep(for: .seconds(1))
                group.cancelAll()
            }
            #expect(time.now == .seconds(8))
        }
    }

    @Test("A task cancelled before it waits does not wait")
    func cancelledBefore() throws {
        let time = VirtualTime()
        try time.run {
            let signal = Signal()
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask { await signal.wait(after: signal.version) }
            }
            #expect(time.now == .zero)
        }
    }

    @Test("Under real threads too, no wake-up is lost", .timeLimit(.minutes(1)))
    func threads() async {
        let signal = Signal()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var seen = 0
                    while seen < 1000 {
                        await signal.wait(after: seen)
                        seen = signal.version
                    }
                }
            }
            group.addTask {
                for _ in 0..<1000 {
                    signal.notify()
                    await Task.yield()
                }
            }
            await group.waitForAll()
        }
        #expect(signal.version == 1000)
    }
}
