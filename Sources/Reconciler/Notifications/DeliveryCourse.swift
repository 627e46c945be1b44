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
        case wait(Duration)
    }

    /// Of a message whose receiver shows each of them, within some 25 minutes.
    package static let mostUnanswered = 6

    private let repeatsShow: Bool
    private var backoff = Backoff(first: .seconds(2), limit: .seconds(600))
    private var patience = Backoff(first: .seconds(60), limit: .seconds(600))
    package private(set) var failingSince: Timestamp?
    package private(set) var problem: String?
    /// Whether the ledger has that the receiver takes nothing.
    package var isTroubleRecorded: Bool

    /// - Parameters:
    ///   - repeatsShow: whether the receiver shows what comes twice as two.
    ///   - trouble: that it was in when the last daemon ended.
    package init(repeatsShow: Bool = false, trouble: ReceiverTrouble? = nil) {
        self.repeatsShow = repeatsShow
        failingSince = trouble?.since
        problem = trouble?.problem
        isTroubleRecorded = trouble != nil
    }

    /// Of a message that earlier daemons sent so often, without an answer, that it is sent no more: each began to, and was
    /// ended.
    ///
    /// - Parameter unanswered: tries of it that may have arrived.
    package func givesUp(after unanswered: Int) -> Step? {
        guard repeatsShow, unanswered >= Self.mostUnanswered else { return nil }
        let why = problem.map { ": \($0)" } ?? ""
        return .conclude(
            .abandoned, detail: "sent \(unanswered) times and never answered, so that it may have it\(why)")
    }

    /// - Parameter unanswered: tries of the message before this one that may have arrived.
    package mutating func step(
        after answer: DeliveryAnswer, unanswered: Int = 0, now: Timestamp, random: Double
    ) -> Step {
        switch answer {
        case .delivered(let detail):
            succeed()
            return .conclude(.delivered, detail: detail)
        case .refused(let reason):
            // The receiver works; this message is what it does not want.
            succeed()
            return .conclude(.abandoned, detail: reason)
        case .failed(let reason, _, let retryAfter):
            fail(reason, now: now)
            // An hour at most, whatever a receiver asks for.
            let least = retryAfter.map { min($0, .seconds(3600)) }
            return .wait(backoff.next(random: random, atLeast: least))
        case .unanswered(let reason):
            fail(reason, now: now)
            if let end = givesUp(after: unanswered + 1) {
                patience.reset()
                return end
            }
            return .wait(patience.next(random: random))
        }
    }

    /// The ledger could not be read or written.
    package mutating func pause(because problem: String, now: Timestamp, random: Double) -> Duration {
        fail(problem, now: now)
        return backoff.next(random: random)
    }

    private mutating func succeed() {
        backoff.reset()
        patience.reset()
        failingSince = nil
        problem = nil
    }

    private mutating func fail(_ reason: String, now: Timestamp) {
        failingSince = failingSince ?? now
        problem = reason
    }
}
