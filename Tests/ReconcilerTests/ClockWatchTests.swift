// SPDX-License-Identifier: Apache-2.0

import Manifests
import Synchronization
import Testing

@testable import Reconciler

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

    @Test("A clock that was behind and is set right skips no more than the time since what was written before")
    func setRight() {
        let clocks = Clocks()
        let watch = clocks.watch
        let first = clocks.wall
        clocks.pass(600)
        #expect(watch.jumped(since: first) == .zero)
        clocks.pass(60, setForwardBy: -86_400 * 365)
        #expect(watch.jumped(since: first) == .zero)
        clocks.pass(60, setForwardBy: 86_400 * 365)
        // Ten minutes and two were right, of which nobody knows any more.
        #expect(watch.jumped(since: first) == .seconds(720))
        let second = clocks.wall
        clocks.pass(3600)
        #expect(watch.jumped(since: first) == .seconds(720))
        #expect(watch.jumped(since: second) == .zero)
    }

    @Test("Several jumps skip no more than what lies between either")
    func severalJumps() {
        let clocks = Clocks()
        let first = clocks.wall
        clocks.pass(60, setForwardBy: -7200)
        let watch = clocks.watch
        for _ in 1...3 {
            clocks.pass(60, setForwardBy: 3600)
            #expect(watch.jumped(since: first) <= max(clocks.wall - first, .zero))
        }
        #expect(watch.jumped(since: first) == .seconds(3780))
    }

    @Test(
        "What is dated ahead was written when the clock was set back, or when the daemon began, and what is not when it says"
    )
    func ahead() {
        let clocks = Clocks()
        let watch = clocks.watch
        let began = clocks.wall
        clocks.pass(60)
        #expect(watch.moment(clocks.wall) == clocks.wall)
        #expect(watch.moment(clocks.wall + .seconds(30)) == clocks.wall + .seconds(30), "clocks are slewed")
        #expect(watch.moment(clocks.wall + .seconds(3600)) == began)
        clocks.pass(60, setForwardBy: Self.tenYears)
        let written = clocks.wall
        #expect(watch.moment(written) == written)
        clocks.pass(60, setForwardBy: -Self.tenYears)
        let back = clocks.wall
        #expect(watch.moment(written) == back)
        clocks.pass(3600)
        #expect(watch.moment(written) == back)
        #expect(watch.moment(began) == began)
    }

    private static let tenYears: Int64 = 3650 * 86_400

    @Test("What was set forward and back again was never skipped, whether all of it was or a part")
    func corrected() {
        let clocks = Clocks()
        let watch = clocks.watch
        let first = clocks.wall
        clocks.pass(10, setForwardBy: Self.tenYears)
        #expect(watch.jumped(since: first) == .seconds(Self.tenYears))
        clocks.pass(60, setForwardBy: -Self.tenYears)
        #expect(watch.jumped(since: first) == .zero)
        clocks.pass(3600)
        #expect(watch.jumped(since: first) == .zero)
        clocks.pass(10, setForwardBy: 7200)
        #expect(watch.jumped(since: first) == .seconds(7200))
        clocks.pass(60, setForwardBy: -3600)
        #expect(watch.jumped(since: first) == .seconds(3600))
        #expect(watch.jumped(since: clocks.wall) == .zero)
    }

    @Test("A clock that is slewed back right after it was set forward has skipped what it has")
    func slewed() {
        let clocks = Clocks()
        let watch = clocks.watch
        let first = clocks.wall
        clocks.pass(10, setForwardBy: 7200)
        #expect(watch.jumped(since: first) == .seconds(7200))
        clocks.pass(1, setForwardBy: -30)
        #expect(watch.jumped(since: first) == .seconds(7200))
    }

    @Test("Daemons that are started anew know that a jump was corrected, by them or while none of them ran")
    func overRestarts() throws {
        try World.run { world in
            let store = StorePort(store: world.store, life: Life())
            let clocks = Clocks()
            let first = clocks.wall
            let watch = clocks.watch
            try await watch.remember(in: store)
            clocks.pass(10, setForwardBy: Self.tenYears)
            try await watch.remember(in: store)
            clocks.pass(60, setForwardBy: -Self.tenYears)
            try await watch.remember(in: store)
            let second = clocks.watch
            try await second.remember(in: store)
            #expect(second.jumped(since: first) == .zero)
            clocks.pass(10, setForwardBy: Self.tenYears)
            try await second.remember(in: store)
            // Set back while no daemon runs: at most what passed meanwhile counts for nothing.
            clocks.pass(300, setForwardBy: -Self.tenYears)
            for _ in 1...2 {
                let next = clocks.watch
                try await next.remember(in: store)
                #expect(next.jumped(since: first) == .seconds(300))
                clocks.pass(3600)
            }
            #expect(try await store.clockJumps().count == 4)
        }
    }
}
