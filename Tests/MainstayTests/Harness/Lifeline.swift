// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler
internal import Synchronization
internal import Transport

/// Cuts a daemon off from everything it could leave a trace in, at one exact point: from then on neither the cluster
/// nor the ledger hears of it, as if the process were gone.
final class Lifeline: Sendable {
    /// Writes are counted together: what the daemon puts into the ledger, and what it sends to the cluster.
    enum Side: Sendable {
        /// The write did not happen.
        case before
        /// It happened, and the daemon never learned of it.
        case after
    }

    struct Cut: Error {}

    private struct State {
        var writes = 0
        var isCut = false
        var point: (write: Int, side: Side)?
    }

    private let state = Mutex(State())
    let plan: CutPlan?
    /// Notified when it is cut.
    let death = Signal()

    /// - Parameter plan: cuts at writes of a kind, besides those that are counted.
    init(plan: CutPlan? = nil) { self.plan = plan }

    var isCut: Bool { state.withLock(\.isCut) }
    /// Writes since the start.
    var writes: Int { state.withLock(\.writes) }

    /// Cuts at the write with this number, counted from now, the first being 1.
    func cut(atWrite number: Int, _ side: Side) {
        state.withLock { $0.point = ($0.writes + number, side) }
    }

    func cut() {
        state.withLock { $0.isCut = true }
        death.notify()
    }

    /// Where the write stands to the cut.
    func begin(_ what: String) -> Fate {
        let fate = state.withLock { state -> Fate in
            guard !state.isCut else { return .lost }
            state.writes += 1
            let counted = state.point.flatMap { $0.write == state.writes ? $0.side : nil }
            guard let side = plan?.side(of: what) ?? counted else { return .happens }
            state.isCut = true
            return side == .before ? .lost : .unheard
        }
        if fate == .lost { death.notify() }
        return fate
    }

    func end(_ fate: Fate) throws(Cut) {
        if fate == .unheard { death.notify() }
        // What others had under way when the line was cut is not heard either.
        if fate == .unheard || isCut { throw Cut() }
    }

    enum Fate {
        case happens, lost, unheard
    }
}

extension Lifeline {
    func written<Answer: Sendable>(_ what: String, _ write: () async throws -> Answer) async throws -> Answer {
        let fate = begin(what)
        guard fate != .lost else { throw Cut() }
        let answer = try await write()
        try end(fate)
        return answer
    }
}

/// The cluster at the other end of a lifeline.
struct MortalTransport: HTTPTransport {
    let base: any HTTPTransport
    let lifeline: Lifeline

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        guard request.isWrite else {
            if lifeline.isCut { throw Self.gone }
            return try await base.send(request)
        }
        let path = request.url.prefix { $0 != "?" }.split(separator: "/").dropLast().suffix(2)
        let fate = lifeline.begin("\(request.method) \(path.joined(separator: "/"))")
        guard fate != .lost else { throw Self.gone }
        let answer = try await base.send(request)
        do { try lifeline.end(fate) } catch { throw Self.gone }
        return answer
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        if lifeline.isCut { throw Self.gone }
        return try await base.stream(request)
    }

    private static var gone: TransportError {
        TransportError(code: .closed, subject: "lifeline", message: "the daemon is gone")
    }
}

/// The ledger at the other end of a lifeline.
struct MortalStore: RolloutStore {
    let base: any RolloutStore
    let lifeline: Lifeline

    func written<Answer: Sendable>(
        _ what: String = #function, _ write: () async throws -> Answer
    ) async throws -> Answer {
        try await lifeline.written(what, write)
    }

    func read<Answer: Sendable>(_ body: () async throws -> Answer) async throws -> Answer {
        guard !lifeline.isCut else { throw Lifeline.Cut() }
        return try await body()
    }

    func recordRevision(_ revision: Revision, at time: Timestamp) async throws {
        try await written { try await base.recordRevision(revision, at: time) }
    }

    func beginRollout(_ rollout: RolloutStart) async throws {
        lifeline.plan?.note(rollout)
        try await written { try await base.beginRollout(rollout) }
    }

    func recordPhase(
        _ phase: RolloutPhase, of rollout: String, reason: String?, cause: Cause?, at time: Timestamp
    ) async throws {
        let what = "\(phase.rawValue) \(lifeline.plan?.target(of: rollout) ?? rollout)"
        try await written(what) {
            try await base.recordPhase(phase, of: rollout, reason: reason, cause: cause, at: time)
        }
    }

    func recordIntents(_ intents: [Intent], of rollout: String, at time: Timestamp) async throws -> [String] {
        try await written { try await base.recordIntents(intents, of: rollout, at: time) }
    }

    func recordOutcomes(_ outcomes: [Outcome], at time: Timestamp) async throws {
        try await written { try await base.recordOutcomes(outcomes, at: time) }
    }

    func recordVerdict(
        _ verdict: Verdict, of rollout: RolloutStart, quarantines: Bool, at time: Timestamp
    ) async throws {
        try await written("verdict \(verdict.outcome.rawValue) \(rollout.target)") {
            try await base.recordVerdict(verdict, of: rollout, quarantines: quarantines, at: time)
        }
    }

    func recordInventory(
        _ entries: [InventoryRecord], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await written { try await base.recordInventory(entries, of: target, rollout: rollout, at: time) }
    }

    func recordCompletions(
        _ jobs: [Manifest], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await written { try await base.recordCompletions(jobs, of: target, rollout: rollout, at: time) }
    }

    func recordStillDone(
        _ jobs: [Manifest], of target: TargetID, rollout: String, at time: Timestamp
    ) async throws {
        try await written { try await base.recordStillDone(jobs, of: target, rollout: rollout, at: time) }
    }

    func recordHookRuns(_ runs: [HookRun], of rollout: String) async throws {
        try await written { try await base.recordHookRuns(runs, of: rollout) }
    }

    func hookRuns(of rollout: String) async throws -> [HookRun] {
        try await read { try await base.hookRuns(of: rollout) }
    }

    // MARK: Claims

    func recordSource(_ mark: String, at time: Timestamp) async throws {
        try await written { try await base.recordSource(mark, at: time) }
    }

    func sources() async throws -> Set<String> { try await read { try await base.sources() } }

    func installation(orNew id: String, at time: Timestamp) async throws -> String {
        try await base.installation(orNew: id, at: time)
    }

    func recordSuccession(_ succession: Succession) async throws {
        try await written { try await base.recordSuccession(succession) }
    }

    func succession(unknownTo target: TargetID, in namespace: String, of cluster: String) async throws -> Succession? {
        try await read { try await base.succession(unknownTo: target, in: namespace, of: cluster) }
    }

    func hasSearched(_ cluster: String) async throws -> Bool {
        try await read { try await base.hasSearched(cluster) }
    }

    func recordSearch(of cluster: String, at time: Timestamp) async throws {
        try await written { try await base.recordSearch(of: cluster, at: time) }
    }

    func cluster(of target: TargetID) async throws -> String? {
        try await read { try await base.cluster(of: target) }
    }

    func place(_ target: TargetID, in cluster: String, at time: Timestamp) async throws -> String {
        try await written { try await base.place(target, in: cluster, at: time) }
    }

    func takeUp(_ found: [FoundObject], in cluster: String, at time: Timestamp) async throws -> [FoundObject] {
        try await written { try await base.takeUp(found, in: cluster, at: time) }
    }

    // MARK: Checks

    func recordCheckBegin(_ check: String, of rollout: String, at time: Timestamp) async throws {
        try await written { try await base.recordCheckBegin(check, of: rollout, at: time) }
    }

    func checkBegin(_ check: String, of rollout: String) async throws -> Timestamp? {
        try await read { try await base.checkBegin(check, of: rollout) }
    }

    // MARK: Good commits

    func recordGoodCommits(_ commits: [GoodCommit], at time: Timestamp) async throws {
        try await written { try await base.recordGoodCommits(commits, at: time) }
    }

    func goodCommit(of target: TargetID?) async throws -> GoodCommit? {
        try await read { try await base.goodCommit(of: target) }
    }

    // MARK: What was so before

    func recordEarlierStates(_ text: String, of rollout: String, at time: Timestamp) async throws {
        try await written { try await base.recordEarlierStates(text, of: rollout, at: time) }
    }

    func earlierStates(of rollout: String) async throws -> RecordedStates? {
        try await read { try await base.earlierStates(of: rollout) }
    }

    func touched(in rollout: String) async throws -> Set<ObjectID> {
        try await read { try await base.touched(in: rollout) }
    }

    // MARK: Jobs

    func completedJobs(of target: TargetID, among jobs: [Manifest]) async throws -> Set<ObjectID> {
        try await read { try await base.completedJobs(of: target, among: jobs) }
    }

    func jobsCompleted(of target: TargetID, since: Timestamp) async throws -> [ObjectID] {
        try await read { try await base.jobsCompleted(of: target, since: since) }
    }

    func removalProgress(of target: TargetID) async throws -> RemovalProgress {
        try await read { try await base.removalProgress(of: target) }
    }

    // MARK: People

    func recordHold(_ hold: Hold) async throws { try await written { try await base.recordHold(hold) } }

    func hold(of target: TargetID) async throws -> Hold? { try await base.hold(of: target) }

    func endHold(_ hold: Hold, by actor: String, because reason: String, at time: Timestamp) async throws {
        try await written { try await base.endHold(hold, by: actor, because: reason, at: time) }
    }

    func release(_ target: TargetID, digest: String, by actor: String, at time: Timestamp) async throws -> Bool {
        try await written { try await base.release(target, digest: digest, by: actor, at: time) }
    }

    func quarantines(of target: TargetID) async throws -> [Quarantine] { try await base.quarantines(of: target) }

    func pastRollouts(of target: TargetID) async throws -> [PastRollout] { try await base.pastRollouts(of: target) }

    func recordSuspension(_ suspension: Suspension) async throws {
        try await written { try await base.recordSuspension(suspension) }
    }

    func endSuspension(_ suspension: Suspension, by actor: String, at time: Timestamp) async throws {
        try await written { try await base.endSuspension(suspension, by: actor, at: time) }
    }

    func suspensions() async throws -> [Suspension] { try await base.suspensions() }

    func hasResumedObject(of target: TargetID) async throws -> Bool { try await base.hasResumedObject(of: target) }

    func recordApproval(_ approval: Approval) async throws {
        try await written { try await base.recordApproval(approval) }
    }

    func approval(_ kind: Approval.Kind, _ target: TargetID, subject: String) async throws -> Approval? {
        try await base.approval(kind, target, subject: subject)
    }

    func approved(_ kind: Approval.Kind, _ target: TargetID) async throws -> [String] {
        try await read { try await base.approved(kind, target) }
    }

    func recordRemovalPolicy(_ policy: Application.Removal, of target: TargetID, at time: Timestamp) async throws {
        try await written { try await base.recordRemovalPolicy(policy, of: target, at: time) }
    }

    func removalPolicy(of target: TargetID) async throws -> Application.Removal? {
        try await base.removalPolicy(of: target)
    }

    func recordAudit(
        _ kind: String, target: TargetID?, by actor: String, text: String, at time: Timestamp
    ) async throws {
        try await written { try await base.recordAudit(kind, target: target, by: actor, text: text, at: time) }
    }

    func announced(in rollout: String) async throws -> Set<Intent> {
        try await read { try await base.announced(in: rollout) }
    }

    func history(of target: TargetID) async throws -> TargetHistory {
        try await read { try await base.history(of: target) }
    }

    func quarantine(of target: TargetID, digest: String) async throws -> Quarantine? {
        try await read { try await base.quarantine(of: target, digest: digest) }
    }

    func inventory(of target: TargetID) async throws -> [InventoryRecord] {
        try await read { try await base.inventory(of: target) }
    }

    func targetsWithInventory() async throws -> [TargetID] {
        try await read { try await base.targetsWithInventory() }
    }

    func targetsBeingRemoved() async throws -> [TargetID] {
        try await read { try await base.targetsBeingRemoved() }
    }
}
