// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Manifests

/// Time, ids and the log, given: so that a day of rollouts can run in a second, twice the same.
package struct Surroundings: Sendable {
    package var clock: any Clock<Duration>
    package var now: @Sendable () -> Timestamp
    package var makeID: @Sendable () -> String
    /// From 0 up to 1: spreads retries.
    package var random: @Sendable () -> Double
    package var logger: Logger
    /// For change windows.
    package var timeZones: TimeZones
    /// What passed since the start, by the clock that nobody sets.
    package var elapsed: @Sendable () -> Duration

    package init(
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp, makeID: @escaping @Sendable () -> String,
        random: @escaping @Sendable () -> Double, logger: Logger, timeZones: TimeZones = .utcOnly
    ) {
        self.clock = clock
        self.now = now
        self.makeID = makeID
        self.random = random
        self.logger = logger
        self.timeZones = timeZones
        elapsed = stopwatch(on: clock)
    }
}
