// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport

/// A ledger in memory: a journal of every write, and what follows from it. Outlives the daemons that write to it
/// through `StorePort`.
final class MemoryStore: Sendable {
    enum Entry: Sendable {
        case revision(Revision)
        case began(RolloutStart)
        case phase(RolloutPhase, rollout: String, cause: Cause?)
        case intents([Intent], rollout: String)
        case outcomes([Outcome])
        case verdict(Verdict, rollout: RolloutStart, quarantines: Bool)
        case inventory([InventoryRecord], target: TargetID)
        case audit(String)
        case goodCommit(GoodCommit)
        case hold(Hold)
        case holdEnd(Hold, actor: String, reason: String)
        case release(TargetID, digest: String, actor: String)
        case suspension(Suspension)
        case suspensionEnd(Suspension, actor: String)
        case approval(Approval)
        case removalPolicy(Application.Removal, target: TargetID)
        case completions([Manifest], target: TargetID)
        case proposal(Proposal)
        case word(Proposal.Word, proposal: String)
        case freeze(Freeze)
        case thaw(Freeze)
        case health(HealthMark, target: TargetID)
        case clock(ClockJump)
        case check(String, rollout: String, at: Timestamp)
        case earlier(RecordedStates, rollout: String)
        case hookRuns([HookRun], rollout: String)
        case stillDone([Manifest], target: TargetID)
        case source(String)
        case search(String)
        case takenUp([FoundObject])
        case placed(TargetID, cluster: String)
        case succession(Succession)
    }

    struct Completion: Sendable {
        var target: TargetID
        var manifest: Manifest
        var at: Timestamp
    }

    struct Rollout: Sendable {
        var start: RolloutStart
        var phases: [RolloutPhase] = []
        var causes: [Cause] = []
        var verdict: Verdict?
        var past: PastRollout {
            PastRollout(
                start: start, phase: phases.last ?? .queued, phaseSince: start.startedAt, verdict: verdict)
        }
    }

    struct State {
        var journal: [Entry] = []
        var rollouts: [Rollout] = []
        var quarantines: [TargetID: [String: Quarantine]] = [:]
        var inventories: [TargetID: [ObjectID: InventoryRecord]] = [:]
        var completions: [Completion] = []
        var announcements: [(id: String, rollout: String, intent: Intent)] = []
        /// In force, each after the ones before.
        var holds: [Hold] = []
        var suspensions: [Suspension] = []
        var lastSuspension: Int64 = 0
        var approvals: [Approval] = []
        /// Objects that were ever in an inventory, with their environments.
        var known: Set<String> = []
        var sources: Set<String> = []
        var installation: String?
        var searched: Set<String> = []
        /// With how much had been written by then.
        var successions: [(succession: Succession, written: Int)] = []
        var placements: [TargetID: (cluster: String, completions: Int)] = [:]
        var removalPolicies: [TargetID: Application.Removal] = [:]
        /// Objects taken up again, with how many rollouts there were.
        var resumptions: [(scope: Suspension.Scope, rollouts: Int)] = []
        var proposals: [Proposal] = []
        var freezes: [Freeze] = []
        var lastFreeze: Int64 = 0
        var healthMarks: [TargetID: HealthMark] = [:]
        var clockJumps: [ClockJump] = []
        var isFailing = false
        /// Fails the writes that it answers true for.
        var refuses: (@Sendable (Entry) -> Bool)?
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String { "disk full" }
    }

    let time: VirtualTime
    let state = Mutex(State())

    init(time: VirtualTime) { self.time = time }

    // MARK: What tests ask and do

    var rollouts: [Rollout] { state.withLock(\.rollouts) }

    func rollouts(of target: TargetID) -> [Rollout] { rollouts.filter { $0.start.target == target } }

    func quarantines(of target: TargetID) -> [Quarantine] {
        state.withLock { $0.quarantines[target, default: [:]].values.sorted { $0.digest < $1.digest } }
    }

    func inventory(of target: TargetID) -> [InventoryRecord] {
        state.withLock { $0.inventories[target, default: [:]].values.sorted { $0.object < $1.object } }
    }

    func healthMark(of target: TargetID) -> HealthMark? { state.withLock { $0.healthMarks[target] } }

    func release(_ target: TargetID) { state.withLock { $0.quarantines[target] = nil } }

    /// As where the data directory is lost: nothing is known of anything.
    func lose() { state.withLock { $0 = State() } }

    func forgetBaselines() {
        state.withLock { state in
            state.inventories = state.inventories.mapValues {
                $0.mapValues { record in
                    var record = record
                    record.baseline = nil
                    return record
                }
            }
        }
    }

    func setFailing(_ isFailing: Bool) { state.withLock { $0.isFailing = isFailing } }

    func refuse(_ rule: (@Sendable (Entry) -> Bool)?) { state.withLock { $0.refuses = rule } }
}
