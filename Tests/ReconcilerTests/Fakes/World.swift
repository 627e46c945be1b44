// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport
import Testing

/// A repository, a cluster, a ledger, and one daemon at a time between them; in virtual time.
final class World: Sendable {
    private struct Daemon {
        var life: Life
        var status: StatusBoard
        var reconciler: Reconciler
    }

    let time = VirtualTime()
    /// The default one.
    let cluster: FakeCluster
    /// Further ones by name, of which the next daemon may know fewer.
    let clusters: [String: FakeCluster]
    let configured: Mutex<[String]>
    let source: FakeSource
    let store: MemoryStore
    let errors = KeptErrors()
    private let settings: ReconcilerSettings
    private let registry: any ImageRegistry
    private let checks: any CheckProbe
    private let daemon = Mutex<Daemon?>(nil)
    /// By how much somebody set the clock of the daemon's machine.
    private let clockSet = Mutex(Duration.zero)
    private let identifiers = Mutex((next: 0, seed: UInt64(42)))

    /// What objects say of whose they are.
    static let mark = "https://git.example.com/planet.git#main"

    init(
        allow: AllowRules = AllowRules(), people: People = People(), registry: any ImageRegistry = NoRegistries(),
        checks: any CheckProbe = NoProbe(), clusters names: [String] = [], tenant: String = ""
    ) {
        self.registry = registry
        self.checks = checks
        clusters = Dictionary(names.map { [time] in ($0, FakeCluster(time: time)) }) { first, _ in first }
        configured = Mutex(names)
        cluster = FakeCluster(time: time)
        source = FakeSource(time: time, mark: Self.mark)
        store = MemoryStore(time: time)
        settings = ReconcilerSettings(
            branch: "main", pollInterval: .seconds(30), allow: allow, source: Self.mark,
            people: people, tenant: tenant)
    }

    /// Runs a scenario to its end, and stops the daemon.
    static func run<Answer: Sendable>(
        allow: AllowRules = AllowRules(), people: People = People(), registry: any ImageRegistry = NoRegistries(),
        checks: any CheckProbe = NoProbe(), clusters: [String] = [], tenant: String = "",
        _ scenario: @escaping @Sendable (World) async throws -> Answer
    ) throws -> Answer {
        let world = World(
            allow: allow, people: people, registry: registry, checks: checks, clusters: clusters, tenant: tenant)
        return try world.time.run {
            let answer = try await scenario(world)
            await world.stop()
            return answer
        }
    }

    // MARK: The daemon

    func start(dyingAfterEffect lastEffect: Int? = nil) {
        let life = Life(endingAfterEffect: lastEffect)
        let status = StatusBoard(
            daemon: DaemonStatus(
                startedAt: cluster.now, sourceURL: "https://git.example.com/planet.git", branch: "main"))
        let surroundings = Surroundings(
            clock: time.clock, now: { [self] in clock }, makeID: { [self] in makeID() },
            random: { [self] in random() }, logger: Logger(label: "test") { [errors] _ in ErrorHandler(errors) })
        let context = ReconcilerContext(
            source: source, cluster: ClusterPort(cluster: cluster, life: life),
            further: configured.withLock(\.self).compactMap { name in
                clusters[name].map { (name, ClusterPort(cluster: $0, life: life)) }
            },
            store: StorePort(store: store, life: life),
            status: status, settings: settings, surroundings: surroundings,
            fieldHash: FieldHash { bytes in
                bytes.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
            }, registry: registry, checks: checks)
        let reconciler = Reconciler(context: context)
        let task = Task(executorPreference: time) { await reconciler.run() }
        life.begin(task)
        daemon.withLock { $0 = Daemon(life: life, status: status, reconciler: reconciler) }
    }

    /// Ends the daemon as `kill -9` does, and waits until nothing of it moves.
    func stop() async {
        let life = daemon.withLock { $0?.life }
        life?.end()
        await life?.wait()
    }

    func restart() async {
        await stop()
        start()
    }

    var life: Life? { daemon.withLock { $0?.life } }

    /// What the present daemon did so far.
    var effects: Int { life?.effects ?? 0 }

    /// As a person over the control socket, in the name of `ada`.
    @discardableResult
    func ask(_ action: OperatorAction) async throws -> ActionAnswer {
        guard let reconciler = daemon.withLock({ $0?.reconciler }) else { throw NotSo(what: "a daemon runs") }
        return try await reconciler.perform(action, by: "ada")
    }

    /// The reason of a refusal; nil where it was done.
    func refusal(of action: OperatorAction) async throws -> String? {
        do {
            try await ask(action)
            return nil
        } catch let refusal as ActionRefusal {
            return refusal.reason
        }
    }

    /// What the clock of the daemon's machine says; the cluster has its own.
    var clock: Timestamp { cluster.now + clockSet.withLock { $0 } }

    /// Somebody sets the daemon's clock, forward or back; time passes as before.
    func setClock(by jump: Duration) { clockSet.withLock { $0 += jump } }

    func poll() { daemon.withLock { $0?.reconciler }?.poll() }

    private func makeID() -> String {
        identifiers.withLock { state in
            state.next += 1
            return "rollout-\(state.next)"
        }
    }

    private func random() -> Double {
        identifiers.withLock { state in
            state.seed = state.seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state.seed >> 33) / Double(1 << 31)
        }
    }

    // MARK: Looking

    func status(_ target: TargetID) -> ApplicationStatus? { daemon.withLock { $0?.status }?.application(target) }

    var daemonStatus: DaemonStatus? { daemon.withLock { $0?.status }?.daemon }

    func phase(_ target: TargetID) -> RolloutPhase? { status(target)?.phase }

    /// Lets time pass.
    func pass(_ length: Duration) async throws { try await time.clock.sleep(for: length) }

    /// Lets time pass until something is so.
    func until(
        _ what: String, within limit: Duration = .seconds(3600), sourceLocation: SourceLocation = #_sourceLocation,
        _ isSo: () -> Bool
    ) async throws {
        let end = time.now + limit
        while !isSo() {
            guard time.now < end else {
                let statuses = (daemon.withLock { $0?.status }?.applications ?? []).map { status in
                    "\(status.target): \(status.phase) \(status.message) \(status.cause?.description ?? "")"
                }
                let text = statuses.joined(separator: "\n")
                Issue.record("not within \(limit): \(what)\n\(text)", sourceLocation: sourceLocation)
                throw NotSo(what: what)
            }
            try await pass(.milliseconds(200))
        }
    }

    /// Lets time pass until the applications' last rollouts succeeded.
    func untilWell(_ targets: TargetID..., sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await untilWell(targets, sourceLocation)
    }

    private func untilWell(_ targets: [TargetID], _ sourceLocation: SourceLocation) async throws {
        try await until("well: \(targets)", sourceLocation: sourceLocation) {
            targets.allSatisfy { phase($0) == .succeeded }
        }
    }

    /// A repository with one commit, "one", and a daemon that has brought what the test goes on from.
    func begin(
        with commit: FakeSource.Commit, untilWell targets: TargetID...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        source.push("one", commit)
        start()
        try await untilWell(targets, sourceLocation)
    }

    struct NotSo: Error { var what: String }
}
