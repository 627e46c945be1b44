// SPDX-License-Identifier: Apache-2.0

/// Growing waits between attempts: 800 ms, doubled up to 30 s, each drawn from nothing to that bound ("full jitter"),
/// so that clients which failed together do not come back together.
package struct Backoff: Sendable, Equatable {
    package var initial: Duration
    package var maximum: Duration
    /// Failed attempts since the last reset.
    package private(set) var failures = 0

    package init(initial: Duration = .milliseconds(800), maximum: Duration = .seconds(30)) {
        self.initial = initial
        self.maximum = maximum
    }

    /// How long to wait after one more failure.
    ///
    /// - Parameters:
    ///   - atLeast: what the server asked for (`Retry-After`); the wait is never shorter.
    ///   - random: a number from 0 up to 1, drawn by the caller.
    package mutating func next(atLeast: Duration? = nil, random: Double) -> Duration {
        let bound = failures < 16 ? min(initial * (1 << failures), maximum) : maximum
        failures += 1
        let drawn = bound * min(max(random, 0), 1)
        return max(drawn, atLeast ?? .zero)
    }

    package mutating func reset() { failures = 0 }
}
