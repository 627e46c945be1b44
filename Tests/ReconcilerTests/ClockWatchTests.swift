// SPDX-License-Identifier: Apache-2.0

import Manifests
import Reconciler
import Synchronization
import Testing

@Suite("A clock that somebody sets")
struct ClockWatchTests {
    /// A clock on the wall, and one that nobody sets, in seconds.
    private final class Clocks: Sendable {
        let times = Mutex((wall: Int64(1_800_000_000), elapsed: Int64(0)))

        func pass(_ seconds: Int64, setForwardBy jump: Int64 = 0) {
            times.withLock { times in
                times.wall += seconds + jump
                times.elapsed += seconds
            }
        }

        var wall: Timestamp { Timestamp(secondsSinceEpoch: times.withLock(\.wall)) }
        var watch: ClockWatch {
            ClockWatch(now: { self.wall }, elapsed: { .seconds(self.times.withLock(\.elapsed)) })
        }
    }

    @Test("What was skipped since a moment is told, and what was skipped before it is not")
    func jumps() {
        let clocks = Clocks()
        let watch = clocks.watch
        let first = clocks.wall
        clocks.pass(3600)
        #expect(watch.jumped(since: first) == .zero)
        clocks.pass(10, setForwardBy: 86_400)
        #expect(watch.jumped(since: first) == .seconds(86_400))
        let second = clocks.wall
        clocks.pass(10, setForwardBy: 7200)
        #expect(watch.jumped(since: second) == .seconds(7200))
        #expect(watch.jumped(since: first) == .seconds(93_600))
    }

    @Test("A clock that is slewed, or set back, skips nothing")
    func noJumps() {
        let clocks = Clocks()
        let watch = clocks.watch
        let first = clocks.wall
        for _ in 0..<100 {
            clocks.pass(60, setForwardBy: 1)
            #expect(watch.jumped(since: first) == .zero)
        }
        clocks.pass(60, setForwardBy: -7200)
        #expect(watch.jumped(since: first) == .zero)
    }
}
