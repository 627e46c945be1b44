// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import Transport

@testable import Kubernetes

@Suite("How many requests are under way, and whose")
struct RequestLimiterTests {
    // MARK: The limit

    @Test("A limit that is used grows by one for each round of answers, an unused one stays")
    func grows() {
        var limit = AdaptiveLimit()
        let before = limit.value
        for _ in 0..<32 {
            limit.succeeded(begunAt: .seconds(1), now: .seconds(1), measuresLatency: false, inFlight: 32)
        }
        #expect(limit.value > before + 0.9 && limit.value < before + 1.1)
        let used = limit.value
        for _ in 0..<1000 {
            limit.succeeded(begunAt: .seconds(1), now: .seconds(1), measuresLatency: false, inFlight: 3)
        }
        #expect(limit.value == used)
    }

    @Test("A burst of 429 halves the limit once, and it never falls below two")
    func halves() {
        var limit = AdaptiveLimit()
        for _ in 0..<20 { limit.overloaded(begunAt: .seconds(1), now: .seconds(2)) }
        #expect(limit.value == 16)
        limit.overloaded(begunAt: .seconds(2), now: .seconds(3))
        #expect(limit.value == 8)
        for second in 3..<20 { limit.overloaded(begunAt: .seconds(second), now: .seconds(second + 1)) }
        #expect(limit.value == AdaptiveLimit.smallest)
    }

    @Test("Answers that take much longer than usual lower it; slow ones that always were slow do not")
    func latency() {
        var limit = AdaptiveLimit()
        func answers(_ count: Int, taking duration: Duration, from second: Int) {
            for index in 0..<count {
                let begun = Duration.seconds(second + index)
                limit.succeeded(begunAt: begun, now: begun + duration, measuresLatency: true, inFlight: 1)
            }
        }
        answers(200, taking: .milliseconds(20), from: 0)
        #expect(limit.value == 32)
        answers(20, taking: .seconds(3), from: 1000)
        #expect(limit.value < 20)
        limit = AdaptiveLimit()
        answers(500, taking: .seconds(3), from: 0)
        #expect(limit.value == 32)
    }

    // MARK: Fairness

    private func queue(_ limit: Int = 4) -> FairLimiter {
        var queue = FairLimiter()
        while queue.limit.count > limit {
            let moment = Duration.seconds(1000 - queue.limit.count)
            queue.limit.overloaded(begunAt: moment, now: moment)
        }
        return queue
    }

    @Test("One that asks for much leaves room, and those who come later go before its next")
    func noisy() {
        var queue = queue()
        for ticket in 0..<100 { queue.enter(ticket, "noisy") }
        var begun: [Int] = []
        while let ticket = queue.next() { begun.append(ticket) }
        #expect(begun == [0, 1, 2])
        queue.enter(200, "quiet")
        #expect(queue.next() == 200)
        queue.enter(300, "other")
        #expect(queue.next() == nil)
        queue.leave("noisy")
        #expect(queue.next() == 300)
        queue.leave("quiet")
        #expect(queue.next() == 3)
    }

    @Test("Whatever is asked, in whatever order, all of it goes, within the limit, and nothing is left behind")
    func property() {
        var generator = Steps(state: 5)
        for _ in 0..<50 {
            var queue = queue(8)
            var waiting: [Int: String] = [:]
            var underWay: [String] = []
            var served = Set<Int>()
            var expected = Set<Int>()
            for ticket in 0..<300 {
                let flow = "flow-\(Int.random(in: 0..<5, using: &generator))"
                queue.enter(ticket, flow)
                waiting[ticket] = flow
                if Int.random(in: 0..<10, using: &generator) == 0 {
                    let hasWithdrawn = queue.withdraw(ticket, from: flow)
                    #expect(hasWithdrawn)
                    waiting[ticket] = nil
                } else {
                    expected.insert(ticket)
                }
                if let next = queue.next(), let flow = waiting.removeValue(forKey: next) {
                    served.insert(next)
                    underWay.append(flow)
                }
                #expect(queue.inFlight <= 8 && queue.inFlight == underWay.count)
                if Bool.random(using: &generator), let flow = underWay.popLast() { queue.leave(flow) }
            }
            while served.count < expected.count {
                if let next = queue.next(), let flow = waiting.removeValue(forKey: next) {
                    served.insert(next)
                    underWay.append(flow)
                } else if let flow = underWay.popLast() {
                    queue.leave(flow)
                } else {
                    Issue.record("somebody waits for ever")
                    break
                }
            }
            for flow in underWay { queue.leave(flow) }
            #expect(served == expected)
            #expect(queue.flowCount == 0 && queue.waiting == 0 && queue.inFlight == 0)
        }
    }

    // MARK: The limiter itself

    @Test("A hundred at once are served, never more at a time than the limit, and all of it is given back")
    func serves() async throws {
        let limiter = RequestLimiter(clock: StandingClock())
        let request = HTTPRequest(url: "https://api.example/x")
        let gauge = Gauge()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask {
                    _ = try await limiter.run(
                        .long, flow: "flow-\(index % 3)", request: request, isOverload: { (_: Int) in false },
                        { () async throws(TransportError) in
                            gauge.rise()
                            await Task.yield()
                            gauge.fall()
                            return 0
                        })
                }
            }
            try await group.waitForAll()
        }
        #expect((1...40).contains(gauge.most))
        #expect(limiter.snapshot.inFlight == 0 && limiter.snapshot.waiting == 0)
    }

    @Test("Whoever is cancelled while waiting goes, and keeps nobody from their turn")
    func cancelled() async throws {
        let limiter = RequestLimiter(clock: StandingClock())
        let request = HTTPRequest(url: "https://api.example/x")
        let (opened, open) = AsyncStream<Void>.makeStream()
        let (began, begin) = AsyncStream<Void>.makeStream()
        let holders = (0..<limiter.snapshot.limit).map { index in
            Task {
                try await limiter.run(
                    .long, flow: "holder-\(index)", request: request, isOverload: { (_: Int) in false },
                    { () async throws(TransportError) in
                        begin.yield()
                        for await _ in opened { break }
                        return 0
                    })
            }
        }
        var beginnings = began.makeAsyncIterator()
        for _ in holders { await beginnings.next() }
        let waiter = Task {
            try await limiter.run(
                .long, flow: "late", request: request, isOverload: { (_: Int) in false },
                { () async throws(TransportError) in 0 })
        }
        while limiter.snapshot.waiting == 0 { await Task.yield() }
        waiter.cancel()
        let error = await #expect(throws: TransportError.self) { _ = try await waiter.value }
        #expect(error?.code == .cancelled && error?.mayHaveBeenSent == false)
        open.finish()
        for holder in holders { _ = try await holder.value }
        #expect(limiter.snapshot.inFlight == 0 && limiter.snapshot.waiting == 0)
    }
}

/// How many there are, and were at most.
private final class Gauge: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    var most: Int { counts.withLock(\.most) }

    func rise() {
        counts.withLock { counts in
            counts.now += 1
            counts.most = max(counts.most, counts.now)
        }
    }

    func fall() { counts.withLock { $0.now -= 1 } }
}

/// A generator with a seed (Knuth's MMIX constants), of whose state the upper bits are used.
private struct Steps: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 32) | (state << 32)
    }
}
