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

extension MemoryStore.State {
    mutating func take(_ entry: MemoryStore.Entry, at time: Timestamp) throws {
        if isFailing || refuses?(entry) == true { throw MemoryStore.Failure() }
        journal.append(entry)
        switch entry {
        case .revision, .outcomes, .audit, .stillDone, .check, .goodCommit, .earlier: break
        case .intents(let intents, let rollout):
            for intent in intents {
                announcements.append(("intent-\(announcements.count + 1)", rollout, intent))
            }
        case .source(let mark): sources.insert(mark)
        case .search(let cluster): searched.insert(cluster)
        case .succession(let succession):
            searched.remove(succession.cluster)
            successions.append((succession, journal.count))
        case .placed(let target, let cluster):
            placements[target] = (cluster, placements[target] == nil ? 0 : completions.count)
        case .takenUp(let found):
            for one in found {
                known.insert("\(one.target.environment)/\(one.record.object)")
                inventories[one.target, default: [:]][one.record.object] = one.record
            }
        case .hold(let hold):
            holds.removeAll { $0.target == hold.target }
            holds.append(hold)
        case .holdEnd(let hold, _, _): holds.removeAll { $0.id == hold.id }
        case .release(let target, let digest, _): quarantines[target, default: [:]][digest] = nil
        case .suspension(var suspension):
            lastSuspension += 1
            suspension.id = lastSuspension
            suspensions.append(suspension)
        case .approval(let approval): approvals.append(approval)
        case .removalPolicy(let policy, let target): removalPolicies[target] = policy
        case .proposal(let proposal): proposals.append(proposal)
        case .word(var word, let id):
            word.afterFreeze = word.afterFreeze ?? lastFreeze
            if let place = proposals.firstIndex(where: { $0.id == id }) { proposals[place].words.append(word) }
        case .freeze(var freeze):
            lastFreeze += 1
            freeze.id = lastFreeze
            freezes.removeAll { $0.scope == freeze.scope }
            freezes.append(freeze)
        case .thaw(let freeze): freezes.removeAll { $0.id == freeze.id }
        case .health(let mark, let target): healthMarks[target] = mark
        case .clock(let jump): clockJumps.append(jump)
        case .suspensionEnd(let suspension, _):
            suspensions.removeAll { $0.id == suspension.id }
            if suspension.scope.object != nil { resumptions.append((suspension.scope, rollouts.count)) }
        case .completions(let jobs, let target):
            completions += jobs.map { MemoryStore.Completion(target: target, manifest: $0, at: time) }
        case .began(let start): rollouts.append(MemoryStore.Rollout(start: start))
        case .phase(let phase, let id, let cause):
            change(id) { rollout in
                rollout.phases.append(phase)
                if let cause { rollout.causes.append(cause) }
            }
        case .verdict(let verdict, let start, let quarantines):
            change(start.id) { rollout in
                rollout.verdict = verdict
                rollout.phases.append(Self.phase(after: verdict, start))
            }
            guard quarantines else { break }
            self.quarantines[start.target, default: [:]][start.digest] = Quarantine(
                digest: start.digest, revision: start.revision,
                cause: verdict.cause ?? Cause(reason: "Failed", message: ""), since: time)
        case .inventory(let records, let target):
            for record in records {
                known.insert("\(target.environment)/\(record.object)")
                inventories[target, default: [:]][record.object] = record.isRemoved ? nil : record
            }
        }
    }

    func cluster(of target: TargetID) -> String? {
        placements[target]?.cluster
            ?? (inventories[target] != nil || rollouts.contains { $0.start.target == target } ? "" : nil)
    }

    private static func phase(after verdict: Verdict, _ start: RolloutStart) -> RolloutPhase {
        guard verdict.outcome == .healthy else { return .failed }
        return start.trigger == .rollback ? .rolledBack : .succeeded
    }

    private mutating func change(_ id: String, _ change: (inout MemoryStore.Rollout) -> Void) {
        guard let place = rollouts.firstIndex(where: { $0.start.id == id }) else { return }
        change(&rollouts[place])
    }
}

/// A daemon's way to the store. A write is durable, or was not made; once the daemon's life is over none is.
struct StorePort: RolloutStore {
    let store: MemoryStore
    let life: Life

    func recordRevision(_ revision: Revision, at time: Timestamp) async throws {
        try await write(.revision(revision), at: time)
    }

    func beginRollout(_ rollout: RolloutStart) async throws { try await write(.began(rollout), at: rollout.startedAt) }

    func recordPhase(
        _ phase: RolloutPhase, of rollout: String, reason: String?, cause: Cause?, at time: Timestamp
    ) async throws {
        try await write(.phase(phase, rollout: rollout, cause: cause), at: time)
    }

    func recordIntents(_ intents: [Intent], of rollout: String, at time: Timestamp) async throws -> [String] {
        try await write(.intents(intents, rollout: rollout), at: time) { state in
            state.announcements.suffix(intents.count).map(\.id)
        }
    }

    func recordOutcomes(_ outcomes: [Outcome], at time: Timestamp) async throws {
        try await write(.outcomes(outcomes), at: time)
    }

    func recordVerdict(
        _ verdict: Verdict, of rollout: RolloutStart, quarantines: Bool, at time: Timestamp
    ) async throws {
        try await write(.verdict(verdict, rollout: rollout, quarantines: quarantines), at: time)
    }

    func recordInventory(
        _ entries: [InventoryRecord], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await write(.inventory(entries, target: target), at: time)
    }

    func recordCompletions(
        _ jobs: [Manifest], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await write(.completions(jobs, target: target), at: time)
    }

    func recordAudit(
        _ kind: String, target: TargetID?, by actor: String, text: String, at time: Timestamp
    ) async throws {
        try await write(.audit("\(kind) by \(actor): \(text)"), at: time)
    }

    func history(of target: TargetID) async throws -> TargetHistory {
        try await read { state in
            let rollouts = state.rollouts.filter { $0.start.target == target }
            return TargetHistory(
                latest: rollouts.last?.past, lastHealthy: rollouts.last { $0.verdict?.outcome == .healthy }?.past)
        }
    }

    func quarantine(of target: TargetID, digest: String) async throws -> Quarantine? {
        try await read { $0.quarantines[target]?[digest] }
    }

    func inventory(of target: TargetID) async throws -> [InventoryRecord] {
        try await read { $0.inventories[target, default: [:]].values.sorted { $0.object < $1.object } }
    }

    func completedJobs(of target: TargetID, among jobs: [Manifest]) async throws -> Set<ObjectID> {
        try await read { state in
            let done = state.completions.dropFirst(state.placements[target]?.completions ?? 0)
                .filter { $0.target == target }.map(\.manifest.object)
            return Set(jobs.filter { done.contains($0.object) }.map(\.id))
        }
    }

    func jobsCompleted(of target: TargetID, since: Timestamp) async throws -> [ObjectID] {
        try await read { state in
            Set(state.completions.filter { $0.target == target && $0.at >= since }.map(\.manifest.id)).sorted()
        }
    }

    func announced(in rollout: String) async throws -> Set<Intent> { try await read { $0.announced(in: rollout) } }

    func removalProgress(of target: TargetID) async throws -> RemovalProgress {
        try await read { $0.removalProgress(of: target) }
    }

    func targetsWithInventory() async throws -> [TargetID] {
        try await read { state in state.inventories.filter { !$0.value.isEmpty }.keys.sorted() }
    }

    func targetsBeingRemoved() async throws -> [TargetID] {
        try await read { state in
            let latest = Dictionary(state.rollouts.map { ($0.start.target, $0.past) }) { _, last in last }
            return latest.filter { $0.value.start.trigger == .removal && !$0.value.phase.isFinal }.keys.sorted()
        }
    }

    func recordStillDone(
        _ jobs: [Manifest], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await write(.stillDone(jobs, target: target), at: time)
    }

    // MARK: Claims

    func recordSource(_ mark: String, at time: Timestamp) async throws {
        guard try await !sources().contains(mark) else { return }
        try await write(.source(mark), at: time)
    }

    func sources() async throws -> Set<String> { try await read(\.sources) }

    func installation(orNew id: String, at: Timestamp) async throws -> String {
        store.state.withLock { state in
            let known = state.installation ?? id
            state.installation = known
            return known
        }
    }

    func recordSuccession(_ succession: Succession) async throws {
        try await write(.succession(succession), at: succession.at)
    }

    func succession(unknownTo target: TargetID, in namespace: String, of cluster: String) async throws -> Succession? {
        try await read { state in
            let known = state.successions.last {
                $0.succession.cluster == cluster && $0.succession.namespace == namespace
            }
            guard let known else { return nil }
            let ids = Set(state.rollouts.map(\.start).filter { $0.target == target }.map(\.id))
            let hasRun = state.journal.dropFirst(known.written).contains { entry in
                switch entry {
                case .phase(let phase, let id, _): ids.contains(id) && phase == .applying
                case .verdict(let verdict, let start, _): ids.contains(start.id) && verdict.outcome == .healthy
                default: false
                }
            }
            return hasRun ? nil : known.succession
        }
    }

    func hasSearched(_ cluster: String) async throws -> Bool { try await read { $0.searched.contains(cluster) } }

    func recordSearch(of cluster: String, at time: Timestamp) async throws {
        try await write(.search(cluster), at: time)
    }

    func cluster(of target: TargetID) async throws -> String? { try await read { $0.cluster(of: target) } }

    func place(_ target: TargetID, in cluster: String, at time: Timestamp) async throws -> String {
        try await moment()
        let placed = try store.state.withLock { state in
            if let known = state.cluster(of: target), known == cluster || state.inventories[target]?.isEmpty == false {
                return known
            }
            try state.take(.placed(target, cluster: cluster), at: time)
            return cluster
        }
        if life.isOver { throw CancellationError() }
        return placed
    }

    func takeUp(_ found: [FoundObject], in cluster: String, at time: Timestamp) async throws -> [FoundObject] {
        try await moment()
        let taken = try store.state.withLock { state in
            let taken = found.filter {
                !state.known.contains("\($0.target.environment)/\($0.record.object)")
                    && state.cluster(of: $0.target) ?? cluster == cluster
            }
            for one in taken where !cluster.isEmpty { try state.take(.placed(one.target, cluster: cluster), at: time) }
            try state.take(.takenUp(taken), at: time)
            return taken
        }
        life.spend()
        if life.isOver { throw CancellationError() }
        return taken
    }

    // MARK: People

    func recordHold(_ hold: Hold) async throws { try await write(.hold(hold), at: hold.since) }

    func hold(of target: TargetID) async throws -> Hold? {
        try await read { state in state.holds.last { $0.target == target } }
    }

    func endHold(_ hold: Hold, by actor: String, because reason: String, at time: Timestamp) async throws {
        try await write(.holdEnd(hold, actor: actor, reason: reason), at: time)
    }

    func release(_ target: TargetID, digest: String, by actor: String, at time: Timestamp) async throws -> Bool {
        guard try await quarantine(of: target, digest: digest) != nil else { return false }
        try await write(.release(target, digest: digest, actor: actor), at: time)
        return true
    }

    func quarantines(of target: TargetID) async throws -> [Quarantine] {
        try await read { $0.quarantines[target, default: [:]].values.sorted { $0.since > $1.since } }
    }

    func pastRollouts(of target: TargetID) async throws -> [PastRollout] {
        try await read { state in state.rollouts.filter { $0.start.target == target }.reversed().map(\.past) }
    }

    func recordSuspension(_ suspension: Suspension) async throws {
        try await write(.suspension(suspension), at: suspension.since)
    }

    func endSuspension(_ suspension: Suspension, by actor: String, at time: Timestamp) async throws {
        try await write(.suspensionEnd(suspension, actor: actor), at: time)
    }

    func suspensions() async throws -> [Suspension] { try await read(\.suspensions) }

    func hasResumedObject(of target: TargetID) async throws -> Bool {
        try await read { state in
            let latest = state.rollouts.lastIndex { $0.start.target == target }.map { $0 + 1 } ?? 0
            return state.resumptions.contains { $0.scope.covers(target) && $0.rollouts >= latest }
        }
    }

    func recordApproval(_ approval: Approval) async throws { try await write(.approval(approval), at: approval.at) }

    func approval(_ kind: Approval.Kind, _ target: TargetID, subject: String) async throws -> Approval? {
        try await read { state in
            state.approvals.last { $0.kind == kind && $0.target == target && $0.subject == subject }
        }
    }

    func approved(_ kind: Approval.Kind, _ target: TargetID) async throws -> [String] {
        try await read { $0.approvals.filter { $0.kind == kind && $0.target == target }.map(\.subject) }
    }

    func recordRemovalPolicy(_ policy: Application.Removal, of target: TargetID, at time: Timestamp) async throws {
        guard try await removalPolicy(of: target) != policy else { return }
        try await write(.removalPolicy(policy, target: target), at: time)
    }

    func removalPolicy(of target: TargetID) async throws -> Application.Removal? {
        try await read { $0.removalPolicies[target] }
    }

    // MARK: Gates

    func proposal(of target: TargetID) async throws -> Proposal? {
        try await read { state in state.proposals.last { $0.target == target } }
    }

    func recordProposal(_ proposal: Proposal) async throws { try await write(.proposal(proposal), at: proposal.since) }

    func recordWord(_ word: Proposal.Word, on proposal: Proposal, by actor: String) async throws {
        try await write(.word(word, proposal: proposal.id), at: word.at)
    }

    func recordFreeze(_ freeze: Freeze) async throws { try await write(.freeze(freeze), at: freeze.since) }

    func endFreeze(_ freeze: Freeze, by actor: String, at time: Timestamp) async throws {
        try await write(.thaw(freeze), at: time)
    }

    func freezes() async throws -> [Freeze] { try await read(\.freezes) }

    func hasBegun(_ rollout: String) async throws -> Bool {
        try await read { state in
            state.journal.contains { entry in
                guard case .phase(let phase, rollout, _) = entry else { return false }
                return phase == .applying || phase == .progressing || phase == .verifying || phase == .rollingBack
            }
        }
    }

    func recordHealth(_ mark: HealthMark, of target: TargetID) async throws {
        try await write(.health(mark, target: target), at: mark.at)
    }

    func healthMark(of target: TargetID) async throws -> HealthMark? { try await read { $0.healthMarks[target] } }

    func recordClockJump(_ jump: ClockJump) async throws { try await write(.clock(jump), at: jump.at) }

    func clockJumps() async throws -> [ClockJump] { try await read { $0.clockJumps } }

    // MARK: Pieces

    @discardableResult
    func write<Answer: Sendable>(
        _ entry: MemoryStore.Entry, at time: Timestamp,
        answering answer: (MemoryStore.State) -> Answer = { _ in () }
    ) async throws -> Answer {
        try await moment()
        let answer = try store.state.withLock { state in
            try state.take(entry, at: time)
            return answer(state)
        }
        life.spend()
        if life.isOver { throw CancellationError() }
        return answer
    }

    func read<Answer: Sendable>(_ body: @Sendable (MemoryStore.State) -> Answer) async throws -> Answer {
        try await moment()
        return try store.state.withLock { state in
            if state.isFailing { throw MemoryStore.Failure() }
            return body(state)
        }
    }

    private func moment() async throws {
        try await store.time.clock.sleep(for: .milliseconds(1))
        if life.isOver { throw CancellationError() }
    }
}
