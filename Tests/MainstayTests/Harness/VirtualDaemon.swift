// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Logging
internal import Manifests
internal import Planning
internal import Sandbox
internal import Synchronization
internal import TestSupport
internal import Transport

@testable internal import Mainstay
@testable internal import Reconciler

/// The daemon's core and a cluster on one virtual clock, over one revision: for what takes hours.
final class VirtualDaemon: Sendable {
    let time: VirtualTime
    let cluster: SandboxCluster
    let transport: DirectTransport
    let board: StatusBoard
    let store = VolatileStore()
    private let reconciler: Reconciler

    init(time: VirtualTime, _ desired: Desired, allow: AllowRules = AllowRules()) {
        self.time = time
        let now: @Sendable () -> Timestamp = { Timestamp(secondsSinceEpoch: 1_795_255_200) + time.now }
        cluster = SandboxCluster(
            clock: time.clock, now: now, random: SplitMix64(seed: 7), controllers: StandardControllers.all())
        transport = DirectTransport(cluster: cluster)
        let client = KubernetesClient(
            endpoint: ClusterEndpoint(server: SandboxConnection.server), transport: transport, clock: time.clock,
            now: now, random: { 0.5 })
        board = StatusBoard(daemon: DaemonStatus(startedAt: now(), sourceURL: "virtual", branch: "main"))
        reconciler = Reconciler(
            context: ReconcilerContext(
                source: OneRevision(desired: desired), cluster: KubernetesCluster(client: client), store: store,
                status: board,
                settings: ReconcilerSettings(branch: "main", pollInterval: .seconds(60), allow: allow),
                surroundings: Surroundings(
                    clock: time.clock, now: now, makeID: { "id" }, random: { 0.5 },
                    logger: Logger(label: "virtual") { _ in SwiftLogNoOpLogHandler() }),
                fieldHash: FieldHash(dataKey: Array(repeating: 7, count: 32))))
    }

    /// Cluster and daemon run while the body does.
    func run(_ body: @Sendable () async throws -> Void) async throws {
        let sandbox = Task(executorPreference: time) { [cluster] in try? await cluster.run() }
        let daemon = Task(executorPreference: time) { [reconciler] in await reconciler.run() }
        defer {
            sandbox.cancel()
            daemon.cancel()
        }
        try await body()
    }

    struct NotSo: Error { var what: String }

    func until(_ what: String, _ isSo: () -> Bool) async throws {
        for _ in 1...3000 {
            if isSo() { return }
            try await time.clock.sleep(for: .milliseconds(200))
        }
        throw NotSo(what: "\(what): \(board.applications)")
    }
}

/// Remembers what was written.
final class DirectTransport: HTTPTransport {
    private let connection: SandboxConnection
    private let written = Mutex<[String]>([])

    init(cluster: SandboxCluster) { connection = SandboxConnection(cluster: cluster) }

    var writes: [String] { written.withLock(\.self) }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        if request.isWrite { written.withLock { $0.append("\(request.method) \(request.url)") } }
        return try await connection.send(request)
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        try await connection.stream(request)
    }
}

/// A source with one revision of one application.
struct OneRevision: Source {
    let desired: Desired

    func poll(_ branches: [String]) async throws(SourceFailure) -> [String: String] { ["main": desired.commit] }
    func fetch(_ branches: [String]) async throws(SourceFailure) -> [String: String] { ["main": desired.commit] }
    func localHeads(_ branches: [String]) async throws(SourceFailure) -> [String: String] { ["main": desired.commit] }

    func revision(_ commit: String, branch: String) async throws(SourceFailure) -> Revision {
        Revision(
            commit: commit, branch: branch, author: "Ada", subject: "one", committedAt: Timestamp(secondsSinceEpoch: 0))
    }

    func pipeline(at commit: String) async throws(SourceFailure) -> Pipeline {
        Pipeline(environments: [desired.environment], applications: [desired.application])
    }

    func desired(
        _ application: Application, in environment: Environment, at commit: String, unlessInputsAre known: Inputs?
    ) async throws(SourceFailure) -> DesiredAnswer { known == desired.inputs ? .unchanged : .rendered(desired) }

    func commit(_ commit: String, contains earlier: String) async throws(SourceFailure) -> Bool { commit == earlier }

    func authors(
        of commit: String, since base: String?, touching paths: [String]
    ) async throws(SourceFailure) -> [CommitAuthor] { [] }

    func pin(_ commit: String, for target: TargetID) async throws(SourceFailure) {}
}

/// A ledger that is gone with the test: one rollout, and what was told of drift.
final class VolatileStore: RolloutStore {
    private struct State {
        var past: PastRollout?
        var inventory: [ObjectID: InventoryRecord] = [:]
        var audit: [String] = []
        var phases: [RolloutPhase] = []
    }

    private let state = Mutex(State())

    var audit: [String] { state.withLock(\.audit) }

    func recordRevision(_ revision: Revision, at: Timestamp) async throws {}

    func beginRollout(_ rollout: RolloutStart) async throws {
        state.withLock {
            $0.past = PastRollout(start: rollout, phase: .queued, phaseSince: rollout.startedAt, verdict: nil)
        }
    }

    func recordPhase(
        _ phase: RolloutPhase, of rollout: String, reason: String?, cause: Cause?, at: Timestamp
    ) async throws {
        state.withLock {
            $0.past?.phase = phase
            $0.phases.append(phase)
        }
    }

    var phases: [RolloutPhase] { state.withLock(\.phases) }

    func recordIntents(_ intents: [Intent], of rollout: String, at: Timestamp) async throws -> [String] {
        intents.map(\.object.key)
    }

    func recordOutcomes(_ outcomes: [Outcome], at: Timestamp) async throws {}

    func recordVerdict(_ verdict: Verdict, of rollout: RolloutStart, quarantines: Bool, at: Timestamp) async throws {
        state.withLock {
            $0.past?.verdict = verdict
            $0.past?.phase = verdict.outcome == .healthy ? .succeeded : .failed
        }
    }

    func recordInventory(
        _ entries: [InventoryRecord], of target: TargetID, rollout: String, at: Timestamp
    ) async throws {
        state.withLock { state in
            for entry in entries { state.inventory[entry.object] = entry }
        }
    }

    func recordCompletions(_ jobs: [Manifest], of target: TargetID, rollout: String, at: Timestamp) async throws {}

    func recordAudit(
        _ kind: String, target: TargetID?, by actor: String, text: String, at: Timestamp
    ) async throws {
        state.withLock { $0.audit.append(text) }
    }

    func announced(in rollout: String) async throws -> Set<Intent> { [] }

    func history(of target: TargetID) async throws -> TargetHistory {
        state.withLock { TargetHistory(latest: $0.past, lastHealthy: $0.past?.verdict == nil ? nil : $0.past) }
    }

    func quarantine(of target: TargetID, digest: String) async throws -> Quarantine? { nil }

    func inventory(of target: TargetID) async throws -> [InventoryRecord] {
        state.withLock { $0.inventory.values.sorted { $0.object < $1.object } }
    }

    func targetsWithInventory() async throws -> [TargetID] { [] }

    func targetsBeingRemoved() async throws -> [TargetID] { [] }

    func completedJobs(of target: TargetID, among jobs: [Manifest]) async throws -> Set<ObjectID> { [] }

    func jobsCompleted(of target: TargetID, since: Timestamp) async throws -> [ObjectID] { [] }

    func recordHookRuns(_ runs: [HookRun], of rollout: String) async throws {}

    func hookRuns(of rollout: String) async throws -> [HookRun] { [] }

    func recordCheckBegin(_ check: String, of rollout: String, at: Timestamp) async throws {}

    func checkBegin(_ check: String, of rollout: String) async throws -> Timestamp? { nil }

    func recordGoodCommits(_ commits: [GoodCommit], at: Timestamp) async throws {}

    func goodCommit(of target: TargetID?) async throws -> GoodCommit? { nil }

    func recordEarlierStates(_ text: String, of rollout: String, at: Timestamp) async throws {}

    func earlierStates(of rollout: String) async throws -> RecordedStates? { nil }

    func touched(in rollout: String) async throws -> Set<ObjectID> { [] }

    func removalProgress(of target: TargetID) async throws -> RemovalProgress { RemovalProgress() }
}

/// Nobody says anything, and nothing is searched for.
extension VolatileStore {
    func recordStillDone(_ jobs: [Manifest], of target: TargetID, rollout: String, at: Timestamp) async throws {}
    func recordSource(_ mark: String, at: Timestamp) async throws {}
    func sources() async throws -> Set<String> { [] }
    func installation(orNew id: String, at: Timestamp) async throws -> String { id }
    func recordSuccession(_ succession: Succession) async throws {}
    func succession(unknownTo target: TargetID, in namespace: String, of cluster: String) async throws -> Succession? {
        nil
    }
    func hasSearched(_ cluster: String) async throws -> Bool { true }
    func recordSearch(of cluster: String, at: Timestamp) async throws {}
    func takeUp(_ found: [FoundObject], in cluster: String, at: Timestamp) async throws -> [FoundObject] { [] }
    func cluster(of target: TargetID) async throws -> String? { nil }
    func place(_ target: TargetID, in cluster: String, at: Timestamp) async throws -> String { cluster }
    func recordHold(_ hold: Hold) async throws {}
    func hold(of target: TargetID) async throws -> Hold? { nil }
    func endHold(_ hold: Hold, by actor: String, because reason: String, at: Timestamp) async throws {}
    func release(_ target: TargetID, digest: String, by actor: String, at: Timestamp) async throws -> Bool { false }
    func quarantines(of target: TargetID) async throws -> [Quarantine] { [] }
    func pastRollouts(of target: TargetID) async throws -> [PastRollout] { [] }
    func recordSuspension(_ suspension: Suspension) async throws {}
    func endSuspension(_ suspension: Suspension, by actor: String, at: Timestamp) async throws {}
    func suspensions() async throws -> [Suspension] { [] }
    func hasResumedObject(of target: TargetID) async throws -> Bool { false }
    func recordApproval(_ approval: Approval) async throws {}
    func approval(_ kind: Approval.Kind, _ target: TargetID, subject: String) async throws -> Approval? { nil }
    func approved(_ kind: Approval.Kind, _ target: TargetID) async throws -> [String] { [] }
    func recordRemovalPolicy(_ policy: Application.Removal, of target: TargetID, at: Timestamp) async throws {}
    func removalPolicy(of target: TargetID) async throws -> Application.Removal? { nil }
}

/// And nothing waits at gates.
extension VolatileStore {
    func proposal(of target: TargetID) async throws -> Proposal? { nil }
    func recordProposal(_ proposal: Proposal) async throws {}
    func recordWord(_ word: Proposal.Word, on proposal: Proposal, by actor: String) async throws {}
    func recordFreeze(_ freeze: Freeze) async throws {}
    func endFreeze(_ freeze: Freeze, by actor: String, at: Timestamp) async throws {}
    func freezes() async throws -> [Freeze] { [] }
    func hasBegun(_ rollout: String) async throws -> Bool { false }
    func recordHealth(_ mark: HealthMark, of target: TargetID) async throws {}
    func healthMark(of target: TargetID) async throws -> HealthMark? { nil }
    func recordClockJump(_ jump: ClockJump) async throws {}
    func clockJumps() async throws -> [ClockJump] { [] }
}
