// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Synchronization

/// Notices when somebody sets the clock forward, beside one that nobody sets: a day that was skipped is no day in which
/// anything ran well. A clock that is set back makes everything wait longer, which harms nobody.
///
/// Of what was before the daemon's start it knows nothing; sleep of the machine is a jump too.
package final class ClockWatch: Sendable {
    private struct State {
        var lastLook: (wall: Timestamp, elapsed: Duration)
        /// When, by the clock that was set, and by how much.
        var jumps: [(at: Timestamp, by: Duration)] = []
    }

    /// Clocks are slewed, and looks take a moment.
    private static let tolerance = Duration.seconds(60)
    private static let kept = 100

    private let state: Mutex<State>
    private let now: @Sendable () -> Timestamp
    private let elapsed: @Sendable () -> Duration

    package init(now: @escaping @Sendable () -> Timestamp, elapsed: @escaping @Sendable () -> Duration) {
        self.now = now
        self.elapsed = elapsed
        state = Mutex(State(lastLook: (now(), elapsed())))
    }

    /// By how much the clock was set forward since a moment.
    package func jumped(since moment: Timestamp) -> Duration {
        let (wall, elapsed) = (now(), elapsed())
        return state.withLock { state in
            let ahead = (wall - state.lastLook.wall) - (elapsed - state.lastLook.elapsed)
            if ahead > Self.tolerance {
                state.jumps.append((wall, ahead))
                state.jumps = state.jumps.suffix(Self.kept)
            }
            state.lastLook = (wall, elapsed)
            return state.jumps.filter { $0.at > moment }.map(\.by).reduce(.zero, +)
        }
    }
}
