// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Planning
import Synchronization

/// Notices when somebody sets the clock forward, beside one that nobody sets: a day that was skipped is no day in which
/// anything ran well. A clock that is set back makes everything wait longer, which harms nobody; where it was set forward
/// before, by mistake, that counts no longer.
///
/// Sleep of the machine is a jump too. What was noticed before the daemon's start is recalled from the ledger; of a clock
/// that was set while no daemon ran nobody knows.
package final class ClockWatch: Sendable {
    private struct State {
        var lastLook: (wall: Timestamp, elapsed: Duration)
        /// When, by the clock that was set, and by how much. None lies ahead.
        var jumps: [ClockJump] = []
        /// Those that are not recorded yet.
        var new: [ClockJump] = []
        var hasRecalled = false

        /// Whether something is to be recorded.
        mutating func look(_ wall: Timestamp, _ elapsed: Duration) -> Bool {
            let ahead = (wall - lastLook.wall) - (elapsed - lastLook.elapsed)
            lastLook = (wall, elapsed)
            var by = ahead
            // What lies ahead was corrected while no daemon ran: by so much at least.
            if ahead <= tolerance, let latest = jumps.map(\.at).max() { by = min(ahead, wall - latest) }
            guard by > tolerance || (by < .zero - tolerance && jumps.contains { $0.at > wall }) else { return false }
            let jump = ClockJump(at: wall, by: by)
            new.append(jump)
            take(jump)
            return true
        }

        mutating func take(_ jump: ClockJump) {
            jumps.take(jump)
            jumps = jumps.suffix(kept)
        }
    }

    /// Clocks are slewed, and looks take a moment.
    private static let tolerance = Duration.seconds(60)
    private static let kept = 100

    /// Something is to be recorded, or was recalled.
    let changes = Signal()
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
        let (jumped, isNews) = state.withLock { state in
            let isNews = state.look(now(), elapsed())
            return (state.jumps.filter { $0.at > moment }.map(\.by).reduce(.zero, +), isNews)
        }
        if isNews { changes.notify() }
        return jumped
    }

    /// Until then nobody may ask how long ago something was.
    func waitUntilRecalled() async {
        while !Task.isCancelled {
            let mark = SignalMark(now: changes)
            guard !state.withLock(\.hasRecalled) else { return }
            await changes.wait(after: mark.seen)
        }
    }

    /// Has what earlier daemons noticed count, and what this one did outlive it.
    func remember(in store: any GateStore) async throws {
        if !state.withLock(\.hasRecalled) {
            let known = try await store.clockJumps()
            state.withLock { state in
                guard !state.hasRecalled else { return }
                state.jumps = []
                for jump in known + state.new { state.take(jump) }
                state.hasRecalled = true
            }
            changes.notify()
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
