// SPDX-License-Identifier: Apache-2.0

/// Delays that double from 800 ms to 30 s, each spread over its upper half (as client-go's reflector waits).
package struct Backoff: Sendable {
    private var attempts = 0
    private let first: Duration
    private let limit: Duration

    package init(first: Duration = .milliseconds(800), limit: Duration = .seconds(30)) {
        self.first = first
        self.limit = limit
    }

    /// The next delay, at least `minimum` (a server's Retry-After).
    package mutating func next(random: Double, atLeast minimum: Duration? = nil) -> Duration {
        let full = min(first * (1 << min(attempts, 10)), limit)
        attempts += 1
        return max(full * (0.5 + random / 2), minimum ?? .zero)
    }

    package mutating func reset() { attempts = 0 }
}
