// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Planning
import Synchronization

/// Notices when somebody sets the clock, beside one that nobody sets: a day that was skipped is no day in which anything
/// ran well. A clock that is set back skips nothing; where it was set forward before, by mistake, that counts no longer,
/// and what was written meanwhile, dated ahead, is taken to have been written by then (`moment`).
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
        /// When it was set back last, by the clock as it was set.
        var setBackAt: Timestamp?

        /// Whether something is to be recorded.
        mutating func look(_ wall: Timestamp, _ elapsed: Duration) -> Bool {
            let ahead = (wall - lastLook.wall) - (elapsed - lastLook.elapsed)
            lastLook = (wall, elapsed)
            var by = ahead
            // What lies ahead was corrected while no daemon ran: by so much at least.
            if ahead <= tolerance, let latest = jumps.map(\.at).max() { by = min(ahead, wall - latest) }
            guard by > tolerance || by < .zero - tolerance else { return false }
            let jump = ClockJump(at: wall, by: by)
            new.append(jump)
            take(jump)
            return true
        }

        mutating func take(_ jump: ClockJump) {
            if jump.by < .zero { setBackAt = jump.at }
            jumps.take(jump)
            jumps = jumps.suffix(kept)
        }
    }

    private static let tolerance = Timestamp.unheededStep
    private static let kept = 100

    /// Something is to be recorded, or was recalled.
    let changes = Signal()
    private let state: Mutex<State>
    private let now: @Sendable () -> Timestamp
    private let elapsed: @Sendable () -> Duration
    private let begun: Timestamp

    package init(now: @escaping @Sendable () -> Timestamp, elapsed: @escaping @Sendable () -> Duration) {
        self.now = now
        self.elapsed = elapsed
        begun = now()
        state = Mutex(State(lastLook: (begun, elapsed())))
    }

    /// By how much the clock was set forward since a moment: no more than what lies between, since a clock that was set
    /// back before, and right again then, skipped nothing that was written while it was right.
    package func jumped(since moment: Timestamp) -> Duration {
        look { state, _ in
            state.jumps.filter { $0.at > moment }.reduce(.zero) { min($0 + $1.by, $1.at - moment) }
        }
    }

    /// A moment that was written down, as it can have been: what lies ahead was written before the clock was last set
    /// back, or before this daemon began.
    package func moment(_ written: Timestamp) -> Timestamp {
        look { [begun] state, wall in
            guard written.isAhead(of: wall) else { return written }
            return state.setBackAt.flatMap { $0 <= wall ? $0 : nil } ?? min(begun, wall)
        }
    }

    private func look<Answer: Sendable>(_ body: (State, Timestamp) -> Answer) -> Answer {
        let (answer, isNews) = state.withLock { state in
            let wall = now()
            let isNews = state.look(wall, elapsed())
            return (body(state, wall), isNews)
        }
        if isNews { changes.notify() }
        return answer
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
