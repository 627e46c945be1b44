// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Planning
import Synchronization

/// Notices when somebody sets the clock forward, beside one that nobody sets: a day that was skipped is no day in which
/// anything ran well. A clock that is set back makes everything wait longer, which harms nobody.
///
/// Sleep of the machine is a jump too. What was noticed before the daemon's start is recalled from the ledger; of a clock
/// that was set while no daemon ran nobody knows.
package final class ClockWatch: Sendable {
    private struct State {
        var lastLook: (wall: Timestamp, elapsed: Duration)
        /// When, by the clock that was set, and by how much.
        var jumps: [ClockJump] = []
        /// Those that are not recorded yet.
        var new: [ClockJump] = []
        var hasRecalled = false
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
                let jump = ClockJump(at: wall, by: ahead)
                state.jumps.append(jump)
                state.new.append(jump)
                state.jumps = state.jumps.suffix(Self.kept)
            }
            state.lastLook = (wall, elapsed)
            return state.jumps.filter { $0.at > moment }.map(\.by).reduce(.zero, +)
        }
    }

    /// Has what earlier daemons noticed count, and what this one did outlive it.
    func remember(in store: any GateStore) async throws {
        if !state.withLock(\.hasRecalled) {
            let known = try await store.clockJumps()
            state.withLock { state in
                guard !state.hasRecalled else { return }
                state.jumps = (known + state.jumps).suffix(Self.kept)
                state.hasRecalled = true
            }
        }
        _ = jumped(since: now())
        let new = state.withLock { state in
            defer { state.new = [] }
            return state.new
        }
        for (index, jump) in new.enumerated() {
            do {
                try await store.recordClockJump(jump)
            } catch {
                state.withLock { $0.new = new[index...] + $0.new }
                throw error
            }
        }
    }
}
