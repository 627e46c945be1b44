// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Reconciler

@Suite("The course of a delivery")
struct DeliveryCourseTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_795_255_200)

    private static func wait(_ step: DeliveryCourse.Step) -> Duration? {
        if case .wait(let delay) = step { delay } else { nil }
    }

    @Test("A receiver that is down is asked ever more rarely, up to every ten minutes, and is never given up")
    func backoff() {
        var course = DeliveryCourse()
        var total = Duration.zero
        var tries = 0
        while total < .seconds(86_400) {
            let step = course.step(
                after: .failed("down", hasArrived: false, retryAfter: nil), now: Self.now + total, random: 1)
            guard let delay = Self.wait(step) else {
                Issue.record("given up after \(total)")
                return
            }
            #expect(delay <= .seconds(600))
            total += delay
            tries += 1
        }
        #expect((100...200).contains(tries), "bounded: \(tries) in a day")
        #expect(course.failingSince == Self.now)
        #expect(course.problem == "down")
    }

    @Test("What was delivered is written down, and the next failure begins with short waits")
    func recovery() {
        var course = DeliveryCourse()
        for _ in 0..<20 {
            _ = course.step(after: .failed("down", hasArrived: false, retryAfter: nil), now: Self.now, random: 1)
        }
        #expect(course.step(after: .delivered("ok"), now: Self.now, random: 1) == .conclude(.delivered, detail: "ok"))
        #expect(course.problem == nil)
        #expect(course.failingSince == nil)
        let next = course.step(after: .failed("down", hasArrived: nil, retryAfter: nil), now: Self.now, random: 1)
        #expect(next == .wait(.seconds(2)))
    }

    @Test("What a receiver asks for is waited, an hour at most")
    func retryAfter() {
        var course = DeliveryCourse()
        let patient = course.step(
            after: .failed("slow down", hasArrived: false, retryAfter: .seconds(90)), now: Self.now, random: 0)
        #expect(Self.wait(patient) == .seconds(90))
        let wrong = course.step(
            after: .failed("slow down", hasArrived: false, retryAfter: .seconds(999_999)), now: Self.now, random: 0)
        #expect(Self.wait(wrong) == .seconds(3600))
    }

    @Test("What a receiver will never take does not hold up the next one")
    func refused() {
        var course = DeliveryCourse()
        #expect(
            course.step(after: .refused("too large"), now: Self.now, random: 1)
                == .conclude(.abandoned, detail: "too large"))
        #expect(course.problem == nil)
    }

    @Test("What may have arrived is sent again rarely, and only so often to who would show each of them")
    func unanswered() {
        var course = DeliveryCourse(repeatsShow: true)
        func step(_ before: Int) -> DeliveryCourse.Step {
            course.step(after: .unanswered("slow"), unanswered: before, now: Self.now, random: 1)
        }
        #expect((0...4).compactMap { Self.wait(step($0)) } == [60, 120, 240, 480, 600].map { .seconds($0) })
        let end = DeliveryCourse.Step.conclude(
            .abandoned, detail: "sent 6 times and never answered, so that it may have it: slow")
        #expect(step(5) == end)
        #expect(course.problem == "slow", "whoever it is still does not answer")
        #expect(Self.wait(step(0)) == .seconds(60), "the next message has its own tries")
        #expect(course.givesUp(after: 5) == nil)
        #expect(course.givesUp(after: 6) == end)
        #expect(course.step(after: .delivered("ok"), now: Self.now, random: 1) == .conclude(.delivered, detail: "ok"))

        var other = DeliveryCourse()
        for _ in 0..<50 {
            #expect(Self.wait(other.step(after: .unanswered("slow"), now: Self.now, random: 1)) != nil)
        }
    }
}
