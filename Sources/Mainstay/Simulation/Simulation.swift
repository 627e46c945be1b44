// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Kubernetes
internal import Ledger
internal import Logging
internal import Manifests
internal import Planning
internal import Reconciler
internal import Sandbox
internal import Synchronization
internal import VirtualTime

/// Plays the rollout of a revision: the daemon's core, a real ledger and a cluster in memory, on one thread and a clock that
/// passes time only when nobody has anything to do. The same twice, for the same files and seed.
struct Simulation: Sendable {
    /// What is not there in the cluster when the revision is merged.
    struct Missing: Sendable, Hashable {
        /// A name, or `namespace/name`.
        var name: String
        /// When somebody makes it; nil: nobody does.
        var after: Duration?
    }

    /// What runs before; nil for an empty cluster.
    var base: SimulatedRevision?
    var next: SimulatedRevision
    var failures: [SimulatedFailure] = []
    var missing: [Missing] = []
    /// Nobody is waited for: confirmations, approvals and windows count as given.
    var approves = false
    var seed: UInt64 = 1
    /// How long it is watched at most, in simulated time.
    var limit = Duration.seconds(3600)

    /// A Monday morning.
    static let start = Timestamp(secondsSinceEpoch: 1_799_053_200)

    /// - Parameter tell: is told each line of the story as it comes.
    /// - Returns: whether all is well in the end.
    func run(tell: @escaping @Sendable (String) -> Void) async throws -> Bool {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("mainstay-simulation-\(SystemTime.makeID().prefix(8))").path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return try await withCheckedThrowingContinuation { caller in
            // The clock's thread runs everything, the ledger's writes included: nothing happens behind its back.
            let thread = Thread {
                caller.resume(
                    with: Result<Bool, any Error> {
                        let ledger = try Ledger(
                            path: "\(directory)/ledger.db", chainKey: Array(repeating: 7, count: 32), isInline: true)
                        // Open files outlive their names: nothing of it stays behind, however it ends.
                        try? FileManager.default.removeItem(atPath: directory)
                        let time = VirtualTime(jobLimit: 1_000_000_000)
                        defer { try? ledger.close() }
                        return try time.run { try await play(on: time, ledger, tell) }
                    })
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    private func play(
        on time: VirtualTime, _ ledger: Ledger, _ tell: @escaping @Sendable (String) -> Void
    ) async throws -> Bool {
        let now: @Sendable () -> Timestamp = { Self.start + time.now }
        let random = SeededNumbers(seed: seed)
        let sandbox = SimulatedCluster(clock: time.clock, now: now, seed: seed)
        let source = SimulatedSource(now: now)
        let client = KubernetesClient(
            endpoint: ClusterEndpoint(server: SandboxConnection.server), transport: sandbox.transport,
            userAgent: Version.userAgent, clock: time.clock, now: now, random: random.fraction)
        let board = StatusBoard(daemon: DaemonStatus(startedAt: now(), sourceURL: "simulation", branch: "main"))
        let reconciler = Reconciler(
            context: ReconcilerContext(
                source: source, cluster: KubernetesCluster(client: client),
                store: LedgerStore(ledger: ledger, makeID: random.id), status: board,
                settings: ReconcilerSettings(
                    branch: "main", pollInterval: .seconds(30),
                    allow: AllowRules(kinds: everyKind, checks: [SimulatedProbe.domain]), people: people),
                surroundings: Surroundings(
                    clock: time.clock, now: now, makeID: random.id, random: random.fraction,
                    logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }, timeZones: .system),
                fieldHash: FieldHash(dataKey: Array(repeating: 7, count: 32)),
                checks: SimulatedProbe(transport: sandbox.transport)))
        let stage = SimulationStage(
            simulation: self, time: time, sandbox: sandbox, source: source, board: board, ledger: ledger,
            reconciler: reconciler, tell: tell)
        return try await withThrowingTaskGroup(of: Bool?.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await sandbox.cluster.run()
                return nil
            }
            group.addTask { try await stage.play() }
            while let ended = try await group.next() {
                if let isWell = ended { return isWell }
            }
            return false
        }
    }

    /// As many of each group as approve: who is in them, a daemon's configuration says, which is not read here.
    private var people: People {
        let policies = [base, next].compactMap(\.self).flatMap { $0.pipeline.environments.compactMap(\.approvals) }
        return People(
            policies.flatMap { policy in
                policy.groups.flatMap { group in
                    (0..<policy.count).map { People.Person(name: "somebody \($0 + 1) of \(group)", groups: [group]) }
                }
            })
    }

    /// What a daemon applies only where its configuration says so is for `validate --config`.
    private var everyKind: [String] {
        let revisions = [base, next].compactMap(\.self)
        let manifests = revisions.flatMap { $0.desired.values.flatMap { (try? $0.get())?.manifests ?? [] } }
        return Set(manifests.map(\.id.kind)).sorted()
    }
}

/// Numbers and ids from a seed.
private final class SeededNumbers: Sendable {
    private let state: Mutex<UInt64>

    init(seed: UInt64) { state = Mutex(seed) }

    /// A step of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    private func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// From 0 up to 1.
    var fraction: @Sendable () -> Double { { Double(self.next() >> 11) / Double(1 << 53) } }

    var id: @Sendable () -> String { { "\(String(self.next(), radix: 16))-\(String(self.next(), radix: 16))" } }
}
