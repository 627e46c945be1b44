// SPDX-License-Identifier: Apache-2.0

/// The time since now on a clock, as something to ask later: an `any Clock` does not let its instants be kept.
package func stopwatch(on clock: any Clock<Duration>) -> @Sendable () -> Duration {
    func start(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
        let beginning = clock.now
        return { beginning.duration(to: clock.now) }
    }
    return start(clock)
}
