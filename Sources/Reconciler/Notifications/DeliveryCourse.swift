// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What follows from a receiver's answers: a state machine without I/O.
///
/// A message is tried until the receiver takes it or refuses it for what it is; a receiver that is down for a day is asked
/// every few minutes. Nothing is given up for its age, so that no clock that jumps can lose a message. What may have arrived
/// and was not answered in time is sent again much more rarely; where each time would be shown, only so many times.
package struct DeliveryCourse: Sendable {
    package enum Step: Sendable, Hashable {
        /// Write it down, and go on with the next message.
        case conclude(DeliveryStep, detail: String)
        /// Try again after a while.
        ///
        /// - Parameter hasArrived: nil where nobody knows.
        case wait(Duration, hasArrived: Bool?)
    }

    /// Of a message whose receiver shows each of them, within some 25 minutes.
    package static let mostUnanswered = 6

    private let repeatsShow: Bool
    private var backoff = Backoff(first: .seconds(2), limit: .seconds(600))
    private var patience = Backoff(first: .seconds(60), limit: .seconds(600))
    /// Tries of the present message that may have arrived.
    private var unanswered = 0
    package private(set) var failingSince: Timestamp?
    package private(set) var problem: String?

    /// - Parameter repeatsShow: whether the receiver shows what comes twice as two.
    package init(repeatsShow: Bool = false) { self.repeatsShow = repeatsShow }

    package mutating func step(after answer: DeliveryAnswer, now: Timestamp, random: Double) -> Step {
        switch answer {
        case .delivered(let detail):
            succeed()
            return .conclude(.delivered, detail: detail)
        case .refused(let reason):
            // The receiver works; this message is what it does not want.
            succeed()
            return .conclude(.abandoned, detail: reason)
        case .failed(let reason, let hasArrived, let retryAfter):
            fail(reason, now: now)
            // An hour at most, whatever a receiver asks for.
            let least = retryAfter.map { min($0, .seconds(3600)) }
            return .wait(backoff.next(random: random, atLeast: least), hasArrived: hasArrived)
        case .unanswered(let reason):
            fail(reason, now: now)
            unanswered += 1
            if repeatsShow, unanswered >= Self.mostUnanswered {
                defer { forgetTries() }
                return .conclude(
                    .abandoned, detail: "sent \(unanswered) times and never answered, so that it may have it: \(reason)"
                )
            }
            return .wait(patience.next(random: random), hasArrived: nil)
        }
    }

    /// The ledger could not be read or written.
    package mutating func pause(because problem: String, now: Timestamp, random: Double) -> Duration {
        fail(problem, now: now)
        return backoff.next(random: random)
    }

    private mutating func succeed() {
        backoff.reset()
        forgetTries()
        failingSince = nil
        problem = nil
    }

    private mutating func forgetTries() {
        unanswered = 0
        patience.reset()
    }

    private mutating func fail(_ reason: String, now: Timestamp) {
        failingSince = failingSince ?? now
        problem = reason
    }
}
