// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler

/// The reconciler's rollout store, over the ledger.
struct LedgerStore: RolloutStore {
    let ledger: Ledger
    let makeID: @Sendable () -> String

    func recordRevision(_ revision: Revision, at time: Timestamp) async throws {
        try await ledger.recordRevision(revision, seenAt: time)
    }

    func beginRollout(_ rollout: RolloutStart) async throws {
        try await ledger.beginRollout(
            RolloutRecord(
                id: rollout.id, target: rollout.target, revision: rollout.revision,
                fromRevision: rollout.fromRevision, digest: rollout.digest, inputsDigest: rollout.inputsDigest,
                trigger: rollout.trigger, startedAt: rollout.startedAt, hold: rollout.hold,
                note: rollout.note))
    }

    func recordPhase(
        _ phase: RolloutPhase, of rollout: String, reason: String?, cause: Cause?, at time: Timestamp
    ) async throws {
        try await ledger.recordPhase(rollout, phase, reason: reason, cause: cause, at: time)
    }

    func recordIntents(_ intents: [Intent], of rollout: String, at time: Timestamp) async throws -> [String] {
        let records = intents.map {
            ActionIntent(id: makeID(), rollout: rollout, object: $0.object, action: $0.action)
        }
        try await ledger.recordIntent(records, at: time)
        return records.map(\.id)
    }

    func recordOutcomes(_ outcomes: [Outcome], at time: Timestamp) async throws {
        try await ledger.recordOutcome(
            outcomes.map {
                ActionOutcome(
                    intent: $0.intent, succeeded: $0.failure == nil, uid: $0.uid, generation: $0.generation,
                    error: $0.failure, unchanged: $0.wasUnchanged, at: time)
            })
    }

    func recordVerdict(
        _ verdict: Verdict, of rollout: RolloutStart, quarantines: Bool, at time: Timestamp
    ) async throws {
        let phase: RolloutPhase =
            switch (verdict.outcome, rollout.trigger) {
            case (.healthy, .rollback): .rolledBack
            case (.healthy, _): .succeeded
            default: .failed
            }
        let quarantine = QuarantineRecord(
            target: rollout.target, digest: rollout.digest, revision: rollout.revision, rollout: rollout.id,
            cause: verdict.cause, at: time)
        try await ledger.conclude(
            rollout.id, verdict, phase: phase, quarantine: quarantines ? quarantine : nil, at: time)
    }

    func recordInventory(
        _ entries: [InventoryRecord], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await ledger.recordInventory(
            entries.map { InventoryRow($0, of: target, rollout: rollout, at: time) })
    }

    func recordCompletions(
        _ jobs: [Manifest], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await ledger.recordJobs(jobs.map(JobRecord.init), of: target, rollout: rollout, at: time)
    }

    func recordStillDone(
        _ jobs: [Manifest], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await ledger.recordJobsKept(jobs.map(JobRecord.init), of: target, rollout: rollout, at: time)
    }

    func recordAudit(
        _ kind: String, target: TargetID?, by actor: String, text: String, at time: Timestamp
    ) async throws {
        try await ledger.recordAudit(kind: kind, target: target, actor: actor, text: text, at: time)
    }

    // MARK: Reading

    func history(of target: TargetID) async throws -> TargetHistory {
        let latest = try await ledger.rollouts(
            application: target.application, environment: target.environment, limit: 1)
        let healthy = try await ledger.lastHealthyRollout(target)
        return TargetHistory(
            latest: latest.first.map(PastRollout.init), lastHealthy: healthy.map(PastRollout.init))
    }

    func quarantine(of target: TargetID, digest: String) async throws -> Quarantine? {
        try await ledger.isQuarantined(target, digest: digest).map(Quarantine.init)
    }

    func announced(in rollout: String) async throws -> Set<Intent> {
        Set(try await ledger.announced(rollout).map { Intent(object: $0.object, action: $0.action) })
    }

    func completedJobs(of target: TargetID, among jobs: [Manifest]) async throws -> Set<ObjectID> {
        try await ledger.jobsDone(of: target, among: jobs.map(JobRecord.init))
    }

    func recordCheckBegin(_ check: String, of rollout: String, at time: Timestamp) async throws {
        try await ledger.recordCheckBegin(check, of: rollout, at: time)
    }

    func checkBegin(_ check: String, of rollout: String) async throws -> Timestamp? {
        try await ledger.checkBegin(check, of: rollout)
    }

    func recordEarlierStates(_ text: String, of rollout: String, at time: Timestamp) async throws {
        try await ledger.recordEarlierStates(text, of: rollout, at: time)
    }

    func earlierStates(of rollout: String) async throws -> RecordedStates? {
        try await ledger.earlierStates(of: rollout).map { RecordedStates(text: $0.states, at: $0.at) }
    }

    func touched(in rollout: String) async throws -> Set<ObjectID> { try await ledger.touched(rollout) }

    func recordHookRuns(_ runs: [HookRun], of rollout: String) async throws {
        try await ledger.recordHookRuns(runs, of: rollout)
    }

    func hookRuns(of rollout: String) async throws -> [HookRun] {
        try await ledger.hookRuns(of: [rollout])[rollout] ?? []
    }

    func jobsCompleted(of target: TargetID, since: Timestamp) async throws -> [ObjectID] {
        try await ledger.jobsDone(of: target, since: since)
    }

    func removalProgress(of target: TargetID) async throws -> RemovalProgress {
        let progress = try await ledger.removalProgress(of: target)
        return RemovalProgress(created: progress.created, completed: progress.completed)
    }

    func inventory(of target: TargetID) async throws -> [InventoryRecord] {
        try await ledger.inventory(target: target).map(InventoryRecord.init)
    }

    func inventoryWithoutBaselines(of target: TargetID) async throws -> [InventoryRecord] {
        try await ledger.inventory(target: target, withBaselines: false).map(InventoryRecord.init)
    }

    func targetsWithInventory() async throws -> [TargetID] { try await ledger.targetsWithInventory() }

    func targetsBeingRemoved() async throws -> [TargetID] { try await ledger.targetsBeingRemoved() }
}

extension InventoryRecord {
    fileprivate init(_ row: InventoryRow) {
        let version = GroupVersionKind(apiVersion: row.apiVersion, kind: row.object.kind).version
        self.init(object: row.object, version: version, uid: row.uid, baseline: row.baseline)
    }
}

extension InventoryRow {
    init(_ record: InventoryRecord, of target: TargetID, rollout: String, at time: Timestamp) {
        let kind = GroupVersionKind(group: record.object.group, version: record.version, kind: record.object.kind)
        self.init(
            target: target, object: record.object, uid: record.uid, apiVersion: kind.apiVersion, rollout: rollout,
            at: time, removed: record.isRemoved, baseline: record.baseline)
    }
}

extension Quarantine {
    init(_ record: QuarantineRecord) {
        self.init(
            digest: record.digest, revision: record.revision,
            cause: record.cause ?? Cause(reason: "Failed", message: "the ledger holds no cause"), since: record.at)
    }
}

extension JobRecord {
    init(_ manifest: Manifest) {
        self.init(object: manifest.id, manifest: JSON.text(.object(manifest.object.sortedByKey)))
    }
}

extension RolloutStart {
    init(_ rollout: RolloutRecord) {
        self.init(
            id: rollout.id, target: rollout.target, revision: rollout.revision, fromRevision: rollout.fromRevision,
            digest: rollout.digest, inputsDigest: rollout.inputsDigest, trigger: rollout.trigger,
            startedAt: rollout.startedAt, hold: rollout.hold, note: rollout.note)
    }
}

extension PastRollout {
    init(_ summary: RolloutSummary) {
        self.init(
            start: RolloutStart(summary.rollout), phase: summary.phase ?? .queued,
            phaseSince: summary.phases.last?.at ?? summary.rollout.startedAt, verdict: summary.verdict?.verdict)
    }
}
