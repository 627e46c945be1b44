// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// How far a check has come: which answers it had, and whether it is over. Pure.
///
/// What was seen last decides at the end. A run of good answers that began in time may end, and one that only missing
/// data broke off may begin again.
package struct CheckProgress: Sendable {
    package enum Step: Sendable, Hashable {
        /// Ask again.
        case again
        case passed
        case failed(Cause)
        /// Nobody can say whether it is well: held for a person.
        case inconclusive(Cause)
    }

    package static let failed = "VerifyFailed"
    package static let inconclusive = "VerifyInconclusive"
    /// Not yet as expected, and there is time.
    package static let waiting = "VerifyWaits"

    private let check: Application.Check
    private let object: ObjectID?
    private var remaining: Duration
    /// Of its time, how much is used up.
    package var used: Duration { check.within - remaining }
    private var passes = 0
    private var passingSince: Timestamp?
    /// What is shown meanwhile.
    package private(set) var cause: Cause?

    /// - Parameters:
    ///   - object: whom it is about, where it is one of ours.
    ///   - used: of its time, by what was asked before.
    package init(_ check: Application.Check, object: ObjectID?, used: Duration = .zero) {
        self.check = check
        self.object = object
        remaining = check.within - used
    }

    /// - Parameters:
    ///   - now: of a time that nobody sets.
    ///   - spent: since the last one; nil of what is the cluster's fault, which uses up nothing and ends nothing.
    package mutating func take(_ result: CheckResult, at now: Timestamp, spent: Duration?) -> Step {
        remaining -= spent ?? .zero
        switch result {
        case .passed:
            passes += 1
            let since = passingSince ?? now
            passingSince = since
            guard passes >= check.times, now - since >= check.lasting else {
                cause = cause(Self.waiting, "\(check.title) is as expected since \(since.secondsDescription)")
                return .again
            }
            cause = nil
            return .passed
        case .failed(let why):
            reset()
            cause = cause(Self.waiting, "\(check.title) has not passed yet: \(why)")
            guard remaining <= .zero else { return .again }
            return .failed(
                cause(Self.failed, "\(check.title) did not pass within \(DurationText.text(check.within)): \(why)"))
        case .inconclusive(let why):
            // Answers that were good waited for nothing: what broke off gets their time to come again.
            if let passingSince { remaining = min(check.within, remaining + (now - passingSince)) }
            reset()
            let missing = cause(
                Self.inconclusive, "whether it is well is not known: \(check.title) tells nothing: \(why)")
            cause = missing
            guard spent != nil, remaining <= .zero else { return .again }
            return .inconclusive(missing)
        }
    }

    /// It is not asked before then.
    package func waits(until time: Timestamp) -> Cause {
        cause(Self.waiting, "\(check.title) is asked at \(time.secondsDescription)")
    }

    private mutating func reset() {
        passes = 0
        passingSince = nil
    }

    private func cause(_ reason: String, _ message: String) -> Cause {
        let place = check.place.isEmpty ? "" : " (\(check.place))"
        return Cause(object: object, reason: reason, message: message + place)
    }
}
