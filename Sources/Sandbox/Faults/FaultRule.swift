// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// One fault on request: which requests it strikes, how often, and what it does to them.
package struct FaultRule: Sendable {
    /// Empty: the plan gives it the next number.
    package var id: String
    package var match: FaultMatch
    /// Of striking a request that matches, 0 to 1.
    package var probability: Double
    /// How many requests it strikes at most; nil until it is removed.
    package var times: Int?
    package var effect: FaultEffect

    package init(
        _ effect: FaultEffect, match: FaultMatch = FaultMatch(), times: Int? = nil, probability: Double = 1,
        id: String = ""
    ) {
        self.effect = effect
        self.match = match
        self.times = times
        self.probability = probability
        self.id = id
    }
}

/// What a fault does.
package enum FaultEffect: Sendable, Equatable {
    /// When a request that is answered wrongly was carried out.
    package enum Moment: String, StrictChoice, Sendable {
        /// It was not carried out.
        case before
        /// It was, all of it.
        case after

        package static var placeholder: Moment { .before }
    }

    package enum Reset: String, StrictChoice, Sendable {
        case before
        case after
        /// Carried out, and cut off in the middle of the answer.
        case midway

        package static var placeholder: Reset { .before }
    }

    /// The request waits before it is carried out.
    case latency(ClosedRange<Duration>)
    /// It is answered with an error.
    case error(FaultError, Moment)
    /// The connection breaks.
    case reset(Reset)
    /// No answer comes.
    case hang(Moment)
    /// A get or list is answered from as many revisions ago.
    case stale(revisions: Int)
    case watch(WatchFault)
    /// A JSON patch on what is written, as by a mutating webhook.
    case mutate(Value)
    /// As by a validating webhook.
    case deny(Denial)
    case finalizer(StuckFinalizer)
}

/// An error as the API server words it; what is nil gets the server's own words for the code.
package struct FaultError: Sendable, Equatable {
    package var code: Int
    package var reason: String?
    package var message: String?
    /// Seconds.
    package var retryAfter: Int?

    package init(_ code: Int, reason: String? = nil, message: String? = nil, retryAfter: Int? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.retryAfter = retryAfter
    }
}

/// What goes wrong with a watch.
package struct WatchFault: Sendable, Equatable {
    package enum Action: String, StrictChoice, Sendable {
        /// The stream ends, as when a server shuts down.
        case drop
        /// The connection breaks.
        case reset
        /// An ERROR event with a 410, and the end.
        case expire
        /// Each event comes twice.
        case `repeat`
        /// Each event comes late.
        case delay
        /// After each event the ones before it come again: resource versions go back.
        case rewind

        package static var placeholder: Action { .drop }
    }

    package var action: Action
    /// How many events pass unharmed first.
    package var afterEvents: Int
    /// How late `delay` makes each event.
    package var delay: Duration
    /// How many earlier events `rewind` sends again.
    package var events: Int

    package init(_ action: Action, afterEvents: Int = 0, delay: Duration = .zero, events: Int = 3) {
        self.action = action
        self.afterEvents = afterEvents
        self.delay = delay
        self.events = events
    }
}

/// `admission webhook "x" denied the request: ...`.
package struct Denial: Sendable, Equatable {
    package var webhook: String
    package var message: String
    package var code: Int

    package init(webhook: String, message: String = "", code: Int = 403) {
        self.webhook = webhook
        self.message = message
        self.code = code
    }
}

/// A finalizer that nothing ever removes.
package struct StuckFinalizer: Sendable, Equatable {
    package enum Occasion: String, StrictChoice, Sendable {
        case create
        case delete

        package static var placeholder: Occasion { .create }
    }

    package var name: String
    package var occasion: Occasion

    package init(_ name: String, at occasion: Occasion = .create) {
        self.name = name
        self.occasion = occasion
    }
}
