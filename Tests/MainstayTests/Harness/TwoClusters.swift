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

/// One daemon with a repository, a ledger and two clusters, in simulated time: the default one, and `east`.
final class TwoClusters: Sendable {
    /// A cluster and the way to it.
    struct Side: Sendable {
        let sandbox: SandboxCluster
        let transport: SwitchedTransport
        let client: KubernetesClient

        func live(_ path: String) async -> Object? { await ClusterReading(cluster: sandbox).live(path) }

        func image(_ name: String) async -> String? {
            await live(DaemonHarness.Place.deployment(name, "shop"))?
                .value(at: "spec", "template", "spec")?["containers"]?[0]?["image"]?.string
        }

        /// As a person does.
        func delete(_ path: String) async {
            _ = await sandbox.respond(to: SandboxRequest(method: "DELETE", path: path))
        }
    }

    let time: VirtualTime
    let main: Side
    let east: Side
    let board: StatusBoard
    let ledger: Ledger
    let reconciler: Reconciler
    private let repository: RepositoryWriter
    private let directory: TemporaryDirectory

    static let start = Timestamp(secondsSinceEpoch: 1_799_053_200)

    static func play(_ body: @escaping @Sendable (TwoClusters) async throws -> Void) async throws {
        let time = VirtualTime(jobLimit: 100_000_000)
        let twins = try TwoClusters(time)
        defer { try? twins.ledger.close() }
        let begun = time.begin {
            let main = Task(executorPreference: time) { try? await twins.main.sandbox.run() }
            let east = Task(executorPreference: time) { try? await twins.east.sandbox.run() }
            let daemon = Task(executorPreference: time) { await twins.reconciler.run() }
            defer {
                main.cancel()
                east.cancel()
                daemon.cancel()
            }
            for side in [twins.main, twins.east] {
                _ = await side.sandbox.respond(
                    to: SandboxRequest(
                        method: "POST", path: "/api/v1/namespaces",
                        headers: [(name: "content-type", value: "application/json")],
                        body: JSON.bytes(
                            .object(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "shop"]]))))
                await side.sandbox.settle()
            }
            try await body(twins)
        }
        try await time.finishOnThread(begun)
    }

    private init(_ time: VirtualTime) throws {
        self.time = time
        directory = try TemporaryDirectory()
        let now: @Sendable () -> Timestamp = { Self.start + time.now }
        let side = { () -> Side in
            let sandbox = SandboxCluster(
                clock: time.clock, now: now, random: SplitMix64(seed: 7),
                options: SandboxOptions(bookmarkInterval: .seconds(1800)), controllers: StandardControllers.all())
            let transport = SwitchedTransport(cluster: sandbox)
            return Side(
                sandbox: sandbox, transport: transport,
                client: KubernetesClient(
                    endpoint: ClusterEndpoint(server: SandboxConnection.server), transport: transport,
                    clock: time.clock, now: now, random: { 0.5 }))
        }
        (main, east) = (side(), side())
        repository = try RepositoryWriter(creating: "\(directory.path)/repository.git", author: "Ada")
        ledger = try Ledger(
            path: "\(directory.path)/ledger.db", chainKey: Array(repeating: 7, count: 32), isInline: true)
        let url = "file://\(directory.path)/repository.git"
        let mirror = try GitMirror(
            directory: "\(directory.path)/mirror.git", url: url, credentials: GitCredentials(),
            transport: main.transport)
        let ids = Mutex(0)
        let makeID: @Sendable () -> String = {
            ids.withLock {
                $0 += 1
                return "id-\($0)"
            }
        }
        board = StatusBoard(daemon: DaemonStatus(startedAt: now(), sourceURL: url, branch: "main"))
        reconciler = Reconciler(
            context: ReconcilerContext(
                source: StandstillSource(base: GitSource(mirror: mirror, mark: "\(url)#main")),
                cluster: KubernetesCluster(client: main.client),
                further: [("east", KubernetesCluster(client: east.client))],
                store: LedgerStore(ledger: ledger, makeID: makeID), status: board,
                settings: ReconcilerSettings(
                    branch: "main", pollInterval: .seconds(600), allow: AllowRules(kinds: ["Namespace"]),
                    source: "\(url)#main"),
                surroundings: Surroundings(
                    clock: time.clock, now: now, makeID: makeID, random: { 0.5 },
                    logger: Logger(label: "twins") { _ in SwiftLogNoOpLogHandler() }),
                fieldHash: FieldHash(dataKey: Array(repeating: 7, count: 32))))
    }

    /// Commits exactly these files to main, and tells the daemon.
    @discardableResult
    func merge(_ files: [String: String]) throws -> String {
        let commit = try repository.commit(files, message: "change", branch: "main", at: Self.start + time.now)
        reconciler.poll()
        return commit.hex
    }

    func say(_ action: OperatorAction) async throws -> ActionAnswer { try await reconciler.perform(action, by: "ada") }

    func pass(_ duration: Duration) async throws { try await time.clock.sleep(for: duration) }

    struct NotSo: Error { var what: String }

    func until(_ what: String, within limit: Duration = .seconds(3600), _ isSo: () async throws -> Bool) async throws {
        let deadline = time.now + limit
        while time.now < deadline {
            if try await isSo() { return }
            try await pass(.milliseconds(500))
        }
        throw NotSo(what: "did not come: \(what)\n\(board.daemon)\n\(board.applications)")
    }

    func status(_ environment: String) -> ApplicationStatus? {
        board.application(TargetID(application: "api", environment: environment))
    }

    func untilHealthy(_ environment: String, at commit: String) async throws {
        try await until("\(environment) healthy") {
            guard let status = status(environment) else { return false }
            return status.phase == .succeeded && status.health == .healthy && status.revision == commit
        }
    }

    /// As the daemon plans, or one whose configuration has no `east`.
    func plan(hasEast: Bool = true) async throws -> PlanReport {
        var context = await reconciler.context
        if !hasEast {
            context = ReconcilerContext(
                source: context.source, cluster: KubernetesCluster(client: main.client), store: context.store,
                status: StatusBoard(daemon: board.daemon), settings: context.settings,
                surroundings: context.surroundings, fieldHash: context.fieldHash)
        }
        let hash = ValueHash()
        return try await DaemonPlanner(
            context: context, survey: KubernetesCluster(client: main.client), hash: { hash($0) },
            commit: { _ async throws(SourceFailure) in nil }
        ).plan()
    }
}

/// A connection that can be cut: what is asked then fails, and watches say nothing.
final class SwitchedTransport: HTTPTransport {
    private let connection: SandboxConnection
    private let state = Mutex((isCut: false, writes: [String]()))

    init(cluster: SandboxCluster) { connection = SandboxConnection(cluster: cluster) }

    func cut(_ isCut: Bool) { state.withLock { $0.isCut = isCut } }

    /// Methods and paths of all that was written.
    var writes: [String] { state.withLock(\.writes) }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        try check(request)
        let path = request.url.dropFirst(SandboxConnection.server.count).prefix { $0 != "?" }
        if request.isWrite, !path.hasPrefix("/apis/authorization.k8s.io/") {
            state.withLock { $0.writes.append("\(request.method) \(path)") }
        }
        return try await connection.send(request)
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        try check(request)
        return try await connection.stream(request)
    }

    private func check(_ request: HTTPRequest) throws(TransportError) {
        guard state.withLock(\.isCut) else { return }
        throw TransportError(code: .connect, subject: request.method, message: "connection refused")
    }
}
