// SPDX-License-Identifier: Apache-2.0

/// Delays that double from 800 ms to 30 s, spread at random.
package struct Backoff: Sendable {
    package enum Jitter: Sendable {
        /// Within the upper half of the delay.
        case half
        /// The delay and up to as much again (client-go's reflector: jitter 1.0).
        case full
    }

    private var attempts = 0
    private let first: Duration
    private let limit: Duration
    private let jitter: Jitter

    package init(first: Duration = .milliseconds(800), limit: Duration = .seconds(30), jitter: Jitter = .half) {
        self.first = first
        self.limit = limit
        self.jitter = jitter
    }

    /// The next delay, at least `minimum` (a server's Retry-After).
    package mutating func next(random: Double, atLeast minimum: Duration? = nil) -> Duration {
        let full = min(first * (1 << min(attempts, 10)), limit)
        attempts += 1
        let spread =
            switch jitter {
            case .half: 0.5 + random / 2
            case .full: 1 + random
            }
        return max(full * spread, minimum ?? .zero)
    }

    package mutating func reset() { attempts = 0 }
}
