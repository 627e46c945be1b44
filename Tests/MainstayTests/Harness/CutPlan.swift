// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Reconciler
internal import Synchronization

/// Where daemons that follow one another are cut off: once at the first write of each kind, in the same way each time.
final class CutPlan: Sendable {
    enum Moment: Sendable, Hashable {
        /// Right before the write, or right after it, by turns.
        case write
        /// While what the write announced is under way.
        case later(Duration)
    }

    private struct State {
        var targets: [String: TargetID] = [:]
        var met: [String] = []
        var isOver = false
    }

    let moment: Moment
    /// Notified when a write of a new kind is met that is to be outlived for a while.
    let news = Signal()
    private let state = Mutex(State())

    init(_ moment: Moment) { self.moment = moment }

    /// What was met so far, in order.
    var met: [String] { state.withLock(\.met) }

    /// Cuts no more.
    func end() { state.withLock { $0.isOver = true } }

    /// The side to cut at, where this is the first write of its kind.
    func side(of what: String) -> Lifeline.Side? {
        let turn = state.withLock { state -> Int? in
            guard !state.isOver, !state.met.contains(what) else { return nil }
            state.met.append(what)
            return state.met.count
        }
        guard let turn else { return nil }
        switch moment {
        case .write: return turn.isMultiple(of: 2) ? .before : .after
        case .later:
            news.notify()
            return nil
        }
    }

    func note(_ rollout: RolloutStart) { state.withLock { $0.targets[rollout.id] = rollout.target } }

    func target(of rollout: String) -> String? { state.withLock { $0.targets[rollout]?.description } }
}
