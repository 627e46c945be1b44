// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Git
internal import Kubernetes
internal import Ledger
internal import Logging
internal import Manifests
internal import Planning
internal import Sandbox
internal import Synchronization
internal import TestSupport
internal import Transport

@testable internal import Mainstay
@testable internal import Reconciler

/// The real daemon between a real repository and a cluster in memory: only the sockets are missing, and time hurries.
///
/// Nothing here sleeps: a test waits for what it expects, and fails with a picture of everything where that does not
/// come.
final class DaemonHarness {
    /// A daemon's life, from start to kill.
    struct Life {
        var reconciler: Reconciler
        var board: StatusBoard
        var ledger: Ledger
        var lifeline: Lifeline
        var task: Task<Void, Never>
    }

    /// Of real time. Never reached where all is well, however busy the machine is.
    static let patience = Duration.seconds(60)
    static let namespaces = ["infrastructure", "staging"]

    let cluster: SandboxCluster
    let transport: FaultyTransport
    let repository: RepositoryWriter
    let log = LogCapture()
    private(set) var life: Life
    private let directory: TemporaryDirectory
    private let clock: HurriedClock
    private let sandboxTask: Task<Void, Never>
    private var commits = 0

    /// A cluster with namespaces, an empty repository, and a daemon that follows it.
    static func run(
        namespaces: [String] = namespaces, allow: AllowRules = AllowRules(), mark: String = "",
        checks: any CheckProbe = NoProbe(), _ body: (DaemonHarness) async throws -> Void
    ) async throws {
        await Turnstile.shared.enter()
        let harness: DaemonHarness
        do {
            harness = try await DaemonHarness(namespaces: namespaces, allow: allow, mark: mark, checks: checks)
        } catch {
            await Turnstile.shared.leave()
            throw error
        }
        do {
            try await body(harness)
        } catch {
            await harness.end()
            await Turnstile.shared.leave()
            throw error
        }
        await harness.end()
        await Turnstile.shared.leave()
    }

    private let allow: AllowRules
    /// What objects say of whose they are; empty where they say nothing.
    private let mark: String

    private let checks: any CheckProbe

    private init(
        namespaces: [String], allow: AllowRules, mark: String, checks: any CheckProbe
    ) async throws {
        self.checks = checks
        self.allow = allow
        self.mark = mark
        clock = HurriedClock()
        directory = try TemporaryDirectory()
        cluster = SandboxCluster(
            clock: clock, now: clock.time, random: SystemRandomNumberGenerator(),
            controllers: StandardControllers.all())
        transport = FaultyTransport(SandboxTransport(cluster: cluster, clock: clock))
        repository = try RepositoryWriter(creating: "\(directory.path)/planet.git", author: "Ada")
        sandboxTask = Task { [cluster] in try? await cluster.run() }
        life = try Self.life(
            in: directory.path, transport: transport, clock: clock, allow: allow, mark: mark, checks: checks, log: log)
        for namespace in namespaces { try await createNamespace(namespace) }
    }

    private func end() async {
        await kill()
        sandboxTask.cancel()
        await sandboxTask.value
    }

    // MARK: The daemon

    /// Ends the daemon as a killed process ends: nothing it still does is heard of.
    func kill() async {
        life.lifeline.cut()
        life.task.cancel()
        await life.task.value
        try? life.ledger.close()
    }

    /// A new daemon on what the last one left: the ledger file and the mirror.
    func start() throws {
        life = try Self.life(
            in: directory.path, transport: transport, clock: clock, allow: allow, mark: mark, checks: checks, log: log)
    }

    func restart() async throws {
        await kill()
        try start()
    }

    /// What a daemon starts from whose ledger somebody deleted while it was down.
    func loseLedger() throws {
        for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
            let path = "\(directory.path)/\(name)"
            if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        }
    }

    private static func life(
        in directory: String, transport: FaultyTransport, clock: HurriedClock, allow: AllowRules, mark: String,
        checks: any CheckProbe, log: LogCapture
    ) throws -> Life {
        let lifeline = Lifeline()
        let mortal = MortalTransport(base: transport, lifeline: lifeline)
        let url = "file://\(directory)/planet.git"
        let mirror = try GitMirror(
            directory: "\(directory)/mirror.git", url: url, credentials: GitCredentials(), transport: mortal)
        let ledger = try Ledger(path: "\(directory)/ledger.db", chainKey: Array(repeating: 7, count: 32))
        let client = KubernetesClient(
            endpoint: ClusterEndpoint(server: SandboxTransport.server), transport: mortal, clock: clock, now: clock.time
        )
        let board = StatusBoard(daemon: DaemonStatus(startedAt: clock.time(), sourceURL: url, branch: "main"))
        let store = MortalStore(base: LedgerStore(ledger: ledger, makeID: SystemTime.makeID), lifeline: lifeline)
        let reconciler = Reconciler(
            context: ReconcilerContext(
                source: GitSource(mirror: mirror, mark: mark), cluster: KubernetesCluster(client: client), store: store,
                status: board,
                // Polls come from the tests, which say when a merge is there.
                settings: ReconcilerSettings(
                    branch: "main", pollInterval: .seconds(86_400), allow: allow, source: mark),
                surroundings: Surroundings(
                    clock: clock, now: clock.time, makeID: SystemTime.makeID, random: { 0.5 }, logger: log.logger),
                fieldHash: FieldHash(dataKey: Array(repeating: 7, count: 32)), checks: checks))
        let task = Task { await reconciler.run() }
        return Life(reconciler: reconciler, board: board, ledger: ledger, lifeline: lifeline, task: task)
    }

    /// For what runs beside the daemon.
    var surroundings: Surroundings {
        Surroundings(
            clock: clock, now: clock.time, makeID: SystemTime.makeID, random: { 0.5 }, logger: log.logger)
    }

    // MARK: Merging and waiting

    /// Commits exactly these files to main, and tells the daemon.
    @discardableResult
    func merge(
        _ files: [String: String], _ message: String = "change", branch: String = "main"
    ) throws -> String {
        commits += 1
        let commit = try repository.commit(
            files, message: "\(message) (\(commits))", branch: branch,
            at: Timestamp(secondsSinceEpoch: 1_795_000_000 + Int64(commits)))
        life.reconciler.poll()
        return commit.hex
    }

    @discardableResult
    func merge(_ monorepo: Monorepo, _ message: String = "change") throws -> String {
        try merge(monorepo.files, message)
    }

    struct NotInTime: Error, CustomStringConvertible {
        var description: String
    }

    /// Waits until it is true. Whatever can make it true notifies the status board, the requests, or is looked at
    /// again after a moment.
    func wait(for what: String, until isTrue: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            let marks = [SignalMark(now: life.board.changes), SignalMark(now: transport.requests)]
            if try await isTrue() { return }
            await Signal.wait(forAny: marks, atMost: .milliseconds(50), on: ContinuousClock())
        }
        throw NotInTime(description: "did not come: \(what)\n\(await picture())")
    }

    /// The daemon has taken in the commit, and every application it touches has been told.
    func waitUntilTaken(_ commit: String) async throws {
        try await wait(for: "the daemon takes in \(commit)") {
            await life.reconciler.adoptedHeads["main"] == commit
        }
    }

    /// The applications rest, healthy, with what the commit asks for.
    func waitUntilHealthy(at commit: String, _ names: [String]) async throws {
        try await waitUntilTaken(commit)
        try await wait(for: "\(names.joined(separator: ", ")) healthy") {
            for name in names where !(try await isSettled(name)) { return false }
            return true
        }
    }

    private func isSettled(_ name: String) async throws -> Bool {
        guard let status = status(name), status.phase == .succeeded, status.health == .healthy,
            let desired = await life.reconciler.workers[status.target]?.currentDesired
        else { return false }
        return try await life.ledger.lastHealthyRollout(status.target)?.rollout.digest == desired.digest
            && status.revision == status.targetRevision
    }

    func wait(
        for application: String, _ what: String, until isTrue: (ApplicationStatus) -> Bool
    ) async throws {
        try await wait(for: "\(application) \(what)") { status(application).map(isTrue) ?? false }
    }

    func status(_ application: String, in environment: String? = nil) -> ApplicationStatus? {
        life.board.applications.first {
            $0.target.application == application && environment ?? $0.target.environment == $0.target.environment
        }
    }

    /// The bytes of the ledger's files, as far as they are text.
    func ledgerText() throws -> String {
        try ["ledger.db", "ledger.db-wal"].map { "\(directory.path)/\($0)" }
            .filter(FileManager.default.fileExists)
            .map { String(decoding: try Data(contentsOf: URL(fileURLWithPath: $0)), as: UTF8.self) }.joined()
    }

    private func picture() async -> String {
        let applications = life.board.applications.map { status in
            "  \(status.target): \(status.phase.rawValue), \(status.health.rawValue), at "
                + "\(status.revision?.prefix(7) ?? "-") of \(status.targetRevision?.prefix(7) ?? "-"), "
                + "\(status.message) \(status.cause?.description ?? "")\n"
        }
        let daemon = life.board.daemon
        return applications.joined() + "  source \(daemon.source.error ?? "well"), pipeline "
            + "\(daemon.pipeline.error ?? "well"), cluster \(daemon.cluster.error ?? "well")\n"
            + log.lines.suffix(40).map { "  \($0)\n" }.joined()
    }
}

/// What the daemon logs, for the picture that a failed test shows, and to look for what must not be in it.
final class LogCapture: Sendable {
    private let captured = Mutex<[String]>([])

    var lines: [String] { captured.withLock(\.self) }

    var logger: Logger {
        Logger(label: "mainstay") { [self] _ in
            LineLogHandler(level: .debug, format: .text, now: SystemTime.now) { line in
                self.captured.withLock { $0.append(line) }
            }
        }
    }
}
