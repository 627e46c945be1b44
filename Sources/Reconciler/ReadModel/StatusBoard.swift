// SPDX-License-Identifier: Apache-2.0

import Manifests
package import Planning
import Synchronization

/// The newest status of everything, written by the loops and read by anybody, without waiting for either.
package final class StatusBoard: Sendable {
    private struct State {
        var daemon: DaemonStatus
        var applications: [TargetID: ApplicationStatus] = [:]
        var finishedRollouts: [RolloutCount: Int] = [:]
        var healed: [TargetID: Int] = [:]
        var delivery: [TargetID: DeliveryCounts] = [:]
    }

    /// Rollouts that ended, by where and how: a bounded set of metric labels.
    package struct RolloutCount: Sendable, Hashable, Comparable {
        package var target: TargetID
        package var phase: RolloutPhase

        package static func < (left: RolloutCount, right: RolloutCount) -> Bool {
            (left.target, left.phase.rawValue) < (right.target, right.phase.rawValue)
        }
    }

    private let state: Mutex<State>
    /// Notified on every change of an application's status.
    package let changes = Signal()

    package init(daemon: DaemonStatus) { state = Mutex(State(daemon: daemon)) }

    package var daemon: DaemonStatus { state.withLock(\.daemon) }

    /// Sorted by environment and application.
    package var applications: [ApplicationStatus] {
        state.withLock { $0.applications.values.sorted { $0.target < $1.target } }
    }

    package var rolloutCounts: [(count: RolloutCount, value: Int)] {
        state.withLock { $0.finishedRollouts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    package func application(_ target: TargetID) -> ApplicationStatus? { state.withLock { $0.applications[target] } }

    package func updateDaemon(_ change: (inout DaemonStatus) -> Void) { state.withLock { change(&$0.daemon) } }

    package func set(_ status: ApplicationStatus) {
        let changed = state.withLock { state in
            guard state.applications[status.target] != status else { return false }
            state.applications[status.target] = status
            return true
        }
        if changed { changes.notify() }
    }

    package func remove(_ target: TargetID) {
        state.withLock { state in
            state.applications[target] = nil
            state.healed[target] = nil
            state.delivery[target] = nil
            for count in state.finishedRollouts.keys where count.target == target {
                state.finishedRollouts[count] = nil
            }
        }
        changes.notify()
    }

    /// Objects that were brought back to what git says, since the start.
    package var healedCounts: [(target: TargetID, value: Int)] {
        state.withLock { $0.healed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    package func countHealed(of target: TargetID) { state.withLock { $0.healed[target, default: 0] += 1 } }

    package var deliveryCounts: [(target: TargetID, counts: DeliveryCounts)] {
        state.withLock { $0.delivery.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    package func countDeployment(of target: TargetID, after leadTime: Duration) {
        state.withLock { $0.delivery[target, default: DeliveryCounts()].deployed(after: leadTime) }
    }

    package func countDeployment(of target: TargetID, in duration: Duration) {
        state.withLock { $0.delivery[target, default: DeliveryCounts()].deployed(in: duration) }
    }

    package func hear(_ sign: DeliverySign) {
        state.withLock { $0.delivery[sign.target, default: DeliveryCounts()].hear(sign.kind, at: sign.at) }
    }

    package func countRollout(of target: TargetID, endedAs phase: RolloutPhase) {
        state.withLock { $0.finishedRollouts[RolloutCount(target: target, phase: phase), default: 0] += 1 }
    }
}
