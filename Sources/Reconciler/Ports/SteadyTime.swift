// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Time as it passes: begins with what the clock says, and goes on by one that nobody sets.
///
/// Whatever waits, or gives others time, goes by this, so that a clock that is set uses up nobody's time and stops
/// nothing. What is written down has the moments that people read.
package struct SteadyTime: Sendable {
    /// By the clock as it was set then.
    package let begun: Timestamp
    private let begunAfter: Duration
    private let elapsed: @Sendable () -> Duration

    package init(_ surroundings: Surroundings) {
        self.init(from: surroundings.now(), elapsed: surroundings.elapsed)
    }

    /// - Parameter elapsed: by the clock that nobody sets.
    package init(from begun: Timestamp, elapsed: @escaping @Sendable () -> Duration) {
        self.begun = begun
        self.elapsed = elapsed
        begunAfter = elapsed()
    }

    package var now: Timestamp { begun + (elapsed() - begunAfter) }
}
