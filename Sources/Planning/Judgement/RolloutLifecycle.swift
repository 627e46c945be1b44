// SPDX-License-Identifier: Apache-2.0

/// Which phase of a rollout may follow which.
///
/// A rollout may be blocked before anything is applied (`applyBegan` ends that) or after (`judged` does): the judge is
/// asked only once something is applied.
package struct RolloutLifecycle: Sendable, Hashable {
    package enum Event: Sendable, Hashable {
        case queued
        /// What it depends on is not healthy, or not there.
        case dependenciesMissing
        case applyBegan
        /// Everything that can be applied is.
        case applied
        case judged(Judgement)
        /// The verify checks, and the bake time, ended.
        case verified(passed: Bool)
        case rollbackBegan
        case rollbackDone
        case superseded
    }

    package private(set) var phase: RolloutPhase

    package init(phase: RolloutPhase = .idle) { self.phase = phase }

    /// Goes to the phase that the event leads to.
    ///
    /// - Throws: `IllegalTransition` where the event cannot happen in this phase, which then stays.
    @discardableResult
    package mutating func handle(_ event: Event) throws(IllegalTransition) -> RolloutPhase {
        guard let next = Self.phase(after: event, in: phase) else {
            throw IllegalTransition(phase: phase, event: event)
        }
        phase = next
        return next
    }

    private static func phase(after event: Event, in phase: RolloutPhase) -> RolloutPhase? {
        switch (event, phase) {
        case (.queued, .idle), (.queued, .queued): .queued
        case (.queued, _) where phase.isFinal: .queued

        case (.dependenciesMissing, .queued), (.dependenciesMissing, .blocked), (.dependenciesMissing, .applying):
            .blocked

        // Again while applying or progressing: a later wave, or the same one after a restart of the daemon.
        case (.applyBegan, .queued), (.applyBegan, .blocked), (.applyBegan, .applying), (.applyBegan, .progressing):
            .applying

        case (.applied, .applying): .progressing

        case (.judged(let judgement), _): self.phase(after: judgement, in: phase)

        case (.verified(let passed), .verifying): passed ? .succeeded : .failed

        case (.rollbackBegan, .failed), (.rollbackBegan, .applying), (.rollbackBegan, .progressing),
            (.rollbackBegan, .blocked), (.rollbackBegan, .verifying):
            .rollingBack
        case (.rollbackDone, .rollingBack): .rolledBack

        case (.superseded, _) where !phase.isFinal: .superseded

        default: nil
        }
    }

    private static func phase(after judgement: Judgement, in phase: RolloutPhase) -> RolloutPhase? {
        switch (judgement, phase) {
        case (.waiting, .progressing), (.waiting, .blocked), (.waiting, .verifying): .progressing
        case (.healthy, .progressing), (.healthy, .blocked), (.healthy, .verifying): .verifying
        case (.blocked, .progressing), (.blocked, .blocked), (.blocked, .verifying), (.blocked, .applying): .blocked
        // While waves are still applied, only what goes wrong moves the phase.
        case (.waiting, .applying), (.healthy, .applying): .applying
        // A rollback that fails is left for a person; otherwise it ends by `rollbackDone` alone.
        case (.waiting, .rollingBack), (.healthy, .rollingBack), (.blocked, .rollingBack): .rollingBack
        case (.failed, _) where !phase.isFinal && phase != .queued: .failed
        default: nil
        }
    }
}

/// An event that cannot happen in a rollout's phase.
package struct IllegalTransition: Error, Sendable, Hashable, CustomStringConvertible {
    package var phase: RolloutPhase
    package var event: RolloutLifecycle.Event

    package var description: String { "a rollout that is \(phase.rawValue) cannot take the event \(event)" }
}
