// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Transport

@Suite struct SilenceWatchTests {
    private let start = ContinuousClock.now
    private var watch: SilenceWatch

    init() {
        watch = SilenceWatch(
            deadlines: HTTPDeadlines(connect: .seconds(10), total: nil, silence: .seconds(3)), started: start)
    }

    private mutating func deadline(_ now: Int, sent: Int64 = 0, connected: Int? = 0) -> Duration {
        let deadline = watch.deadline(
            at: start + .seconds(now), sentBytes: sent, connectedAfter: connected.map { .seconds($0) })
        return start.duration(to: deadline)
    }

    @Test("While connecting the connection's deadline holds, and silence counts after it")
    mutating func connecting() {
        #expect(deadline(2, connected: nil) == .seconds(5))
        #expect(deadline(12, connected: nil) == .seconds(13))
        #expect(deadline(12, connected: 8) == .seconds(11))
    }

    @Test("Each byte begins the silence anew, in either direction")
    mutating func bytes() {
        #expect(deadline(1) == .seconds(3))
        watch.received(at: start + .seconds(2))
        #expect(deadline(4) == .seconds(5))
        #expect(deadline(4, sent: 10) == .seconds(7))
        #expect(deadline(6, sent: 10) == .seconds(7))
    }

    @Test("Silence that our own slow reader makes is not counted")
    mutating func paused() {
        watch.received(at: start)
        watch.isPaused = true
        #expect(deadline(100) == .seconds(103))
        watch.isPaused = false
        watch.received(at: start + .seconds(200))
        #expect(deadline(201) == .seconds(203))
    }
}
