// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// Where everything is recorded: the ledger in the product. Each write is durable when it returns.
///
/// A failing write throws and stops what it should have announced: nothing is changed in a cluster unrecorded.
package protocol RolloutStore: OperatorStore, GateStore, ClaimStore, GoodCommitStore {
    func recordRevision(_ revision: Revision, at: Timestamp) async throws
    func beginRollout(_ rollout: RolloutStart) async throws
    func recordPhase(_ phase: RolloutPhase, of rollout: String, reason: String?, cause: Cause?, at: Timestamp)
        async throws
    /// Answers the ids the outcomes name.
    func recordIntents(_ intents: [Intent], of rollout: String, at: Timestamp) async throws -> [String]
    func recordOutcomes(_ outcomes: [Outcome], at: Timestamp) async throws
    /// The verdict, the phase that follows from it, and the quarantine of a failed digest: one transaction.
    func recordVerdict(_ verdict: Verdict, of rollout: RolloutStart, quarantines: Bool, at: Timestamp) async throws
    func recordInventory(_ entries: [InventoryRecord], of target: TargetID, rollout: String, at: Timestamp) async throws
    /// Jobs that ran to completion, by their manifests.
    func recordCompletions(_ jobs: [Manifest], of target: TargetID, rollout: String, at: Timestamp) async throws
    /// Jobs that are done, and that a rollout still asks for: what is known of them is kept as long as it is.
    func recordStillDone(_ jobs: [Manifest], of target: TargetID, rollout: String, at: Timestamp) async throws
    /// That one of the rollout's checks is asked since a moment; a later word takes its place.
    func recordCheckBegin(_ check: String, of rollout: String, at: Timestamp) async throws
    /// Nil where it was not asked yet.
    func checkBegin(_ check: String, of rollout: String) async throws -> Timestamp?
    /// How things were before a rollout did anything (`EarlierStates.text`).
    func recordEarlierStates(_ text: String, of rollout: String, at: Timestamp) async throws
    /// Nil where nothing was recorded.
    func earlierStates(of rollout: String) async throws -> RecordedStates?
    /// What a rollout changed, or may have changed: all that it announced to apply, but for what was found to be so already.
    func touched(in rollout: String) async throws -> Set<ObjectID>
    /// What became of hooks' runs in a rollout, and what they wrote last; one that is known is left as it is.
    func recordHookRuns(_ runs: [HookRun], of rollout: String) async throws
    /// In the order in which they were recorded.
    func hookRuns(of rollout: String) async throws -> [HookRun]
    /// What a person asked for that leaves no other record.
    func recordAudit(_ kind: String, target: TargetID?, by actor: String, text: String, at: Timestamp) async throws

    /// What is known of a target, as a start after a crash needs it.
    func history(of target: TargetID) async throws -> TargetHistory
    func quarantine(of target: TargetID, digest: String) async throws -> Quarantine?
    /// Those of the Jobs that ran to completion with this very manifest.
    func completedJobs(of target: TargetID, among jobs: [Manifest]) async throws -> Set<ObjectID>
    func jobsCompleted(of target: TargetID, since: Timestamp) async throws -> [ObjectID]
    func removalProgress(of target: TargetID) async throws -> RemovalProgress
    /// What a rollout announced, each action on an object once.
    func announced(in rollout: String) async throws -> Set<Intent>
    func inventory(of target: TargetID) async throws -> [InventoryRecord]
    /// The same without baselines, which are most of it.
    func inventoryWithoutBaselines(of target: TargetID) async throws -> [InventoryRecord]
    /// Targets that have objects in the inventory.
    func targetsWithInventory() async throws -> [TargetID]
    /// Targets whose latest rollout is a removal that was not concluded, whatever is left.
    func targetsBeingRemoved() async throws -> [TargetID]
}

extension RolloutStore {
    package func inventoryWithoutBaselines(of target: TargetID) async throws -> [InventoryRecord] {
        try await inventory(of: target)
    }
}

/// A rollout as it is begun.
package struct RolloutStart: Sendable, Hashable {
    package var id: String
    package var target: TargetID
    package var revision: String
    package var fromRevision: String?
    package var digest: String
    package var inputsDigest: String
    package var trigger: RolloutTrigger
    package var startedAt: Timestamp
    /// The hold that it carries out, where a person asked for a rollback.
    package var hold: String?
    /// What its verdict says besides, known from its beginning: who forced it, and past what.
    package var note: String?

    package init(
        id: String, target: TargetID, revision: String, fromRevision: String?, digest: String, inputsDigest: String,
        trigger: RolloutTrigger, startedAt: Timestamp, hold: String? = nil, note: String? = nil
    ) {
        self.id = id
        self.target = target
        self.revision = revision
        self.fromRevision = fromRevision
        self.digest = digest
        self.inputsDigest = inputsDigest
        self.trigger = trigger
        self.startedAt = startedAt
        self.hold = hold
        self.note = note
    }
}

extension RolloutStart {
    /// As its digest has it (`Desired`); nil for the default cluster, and for a removal of which it is not known.
    package var cluster: String? {
        digest.firstIndex(of: "@").map { String(digest[digest.index(after: $0)...]) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A removal has no digest: its place alone.
    static func removalDigest(in cluster: String) -> String { "@\(cluster)" }

    /// What the same objects have as their digest in a cluster, whose name is empty for the default one: a rollback
    /// brings them back where the application is, wherever they ran then.
    package func digest(in cluster: String) -> String {
        let content = digest.prefix { $0 != "@" }
        return cluster.isEmpty || content.isEmpty ? String(content) : "\(content)@\(cluster)"
    }

    /// In the place of inputs, which a removal has none of: what a person destroyed, by the clock as it was set then.
    static func mark(of destroyed: Suspension) -> String { "destroyed \(destroyed.since.millisecondsSinceEpoch)" }
}

/// What was done to remove an application since it was last rolled out: by the order of what was recorded, since clocks
/// may be set back.
package struct RemovalProgress: Sendable, Hashable {
    /// Announced to be made, where nothing of the name was there.
    package var created: Set<ObjectID>
    /// Done, once and for all.
    package var completed: Set<ObjectID>

    package init(created: Set<ObjectID> = [], completed: Set<ObjectID> = []) {
        self.created = created
        self.completed = completed
    }
}

/// What is about to be done to an object.
package struct Intent: Sendable, Hashable {
    package var object: ObjectID
    package var action: ObjectAction

    package init(object: ObjectID, action: ObjectAction) {
        self.object = object
        self.action = action
    }
}

/// What came of an intent.
package struct Outcome: Sendable, Hashable {
    package var intent: String
    package var uid: String?
    package var generation: Int64?
    /// Nil where it succeeded.
    package var failure: String?
    /// The server found nothing to change.
    package var wasUnchanged = false

    package init(intent: String, uid: String? = nil, generation: Int64? = nil, failure: String? = nil) {
        self.intent = intent
        self.uid = uid
        self.generation = generation
        self.failure = failure
    }
}

/// How things were before a rollout, as of a moment.
package struct RecordedStates: Sendable, Hashable {
    package var text: String
    package var at: Timestamp

    package init(text: String, at: Timestamp) {
        self.text = text
        self.at = at
    }
}

/// An object that is ours, as last applied.
package struct InventoryRecord: Sendable, Hashable {
    package var object: ObjectID
    package var version: String
    package var uid: String
    package var isRemoved: Bool
    /// What the last apply left (`DriftBaseline.text`); nil where that is not known, or does not change.
    package var baseline: String?

    package init(
        object: ObjectID, version: String, uid: String, isRemoved: Bool = false, baseline: String? = nil
    ) {
        self.object = object
        self.version = version
        self.uid = uid
        self.isRemoved = isRemoved
        self.baseline = baseline
    }
}

package struct Quarantine: Sendable, Hashable {
    package var digest: String
    package var revision: String
    package var cause: Cause
    package var since: Timestamp

    package init(digest: String, revision: String, cause: Cause, since: Timestamp) {
        self.digest = digest
        self.revision = revision
        self.cause = cause
        self.since = since
    }
}

/// A rollout and how far it came.
package struct PastRollout: Sendable, Hashable {
    package var start: RolloutStart
    package var phase: RolloutPhase
    package var phaseSince: Timestamp
    package var verdict: Verdict?

    package init(start: RolloutStart, phase: RolloutPhase, phaseSince: Timestamp, verdict: Verdict?) {
        self.start = start
        self.phase = phase
        self.phaseSince = phaseSince
        self.verdict = verdict
    }
}

package struct TargetHistory: Sendable, Hashable {
    /// The newest rollout, finished or not.
    package var latest: PastRollout?
    /// The newest rollout whose verdict is healthy.
    package var lastHealthy: PastRollout?

    /// What a rollback may bring back. After the application was removed there is nothing.
    package var healthyToReturnTo: PastRollout? { lastHealthy?.start.trigger == .removal ? nil : lastHealthy }

    package init(latest: PastRollout? = nil, lastHealthy: PastRollout? = nil) {
        self.latest = latest
        self.lastHealthy = lastHealthy
    }
}
