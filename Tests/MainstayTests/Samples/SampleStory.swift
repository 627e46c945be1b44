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
internal import Testing
internal import Transport

@testable internal import Mainstay
@testable internal import Reconciler
@testable internal import StatusServer

/// A team's day: the daemon's core with a repository, a ledger and a cluster of its own, in simulated time.
final class SampleStory: Sendable {
    let time: VirtualTime
    let cluster: SandboxCluster
    let transport: StoryTransport
    let board: StatusBoard
    let ledger: Ledger
    let reconciler: Reconciler
    let surroundings: Surroundings
    private let repository: RepositoryWriter
    private let guide: String
    private let directory: TemporaryDirectory

    static let start = Timestamp(secondsSinceEpoch: 1_799_053_200)

    /// Plays a story to its end, on a thread of its own: others' tests go on meanwhile.
    static func play(
        _ sample: Sample, kinds: [String] = [], people: People = People(),
        _ body: @escaping @Sendable (SampleStory) async throws -> Void
    ) async throws {
        let time = VirtualTime(jobLimit: 100_000_000)
        let story = try SampleStory(time, guide: sample.guide, kinds: kinds, people: people)
        defer { try? story.ledger.close() }
        let begun = time.begin {
            let sandbox = Task(executorPreference: time) { try? await story.cluster.run() }
            let daemon = Task(executorPreference: time) { await story.reconciler.run() }
            defer {
                sandbox.cancel()
                daemon.cancel()
            }
            try await body(story)
        }
        try await withCheckedThrowingContinuation { (caller: CheckedContinuation<Void, any Error>) in
            let thread = Thread { caller.resume(with: Result { try time.finish(begun) }) }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    private init(_ time: VirtualTime, guide: String, kinds: [String], people: People) throws {
        self.time = time
        self.guide = guide
        directory = try TemporaryDirectory()
        let now: @Sendable () -> Timestamp = { Self.start + time.now }
        var pace = SandboxPace.lifelike
        pace.readsImageTags = true
        cluster = SandboxCluster(
            clock: time.clock, now: now, random: SplitMix64(seed: 7),
            // Without nodes, whose heartbeats are most of what happens in a day.
            options: SandboxOptions(bookmarkInterval: .seconds(1800)),
            controllers: StandardControllers.all(pace: pace))
        transport = StoryTransport(cluster: cluster)
        repository = try RepositoryWriter(creating: "\(directory.path)/repository.git", author: "Ada")
        ledger = try Ledger(
            path: "\(directory.path)/ledger.db", chainKey: Array(repeating: 7, count: 32), isInline: true)
        let url = "file://\(directory.path)/repository.git"
        let mirror = try GitMirror(
            directory: "\(directory.path)/mirror.git", url: url, credentials: GitCredentials(), transport: transport)
        let client = KubernetesClient(
            endpoint: ClusterEndpoint(server: SandboxConnection.server), transport: transport, clock: time.clock,
            now: now, random: { 0.5 })
        let ids = Counter()
        surroundings = Surroundings(
            clock: time.clock, now: now, makeID: { ids.next() }, random: { 0.5 },
            logger: Logger(label: "story") { _ in SwiftLogNoOpLogHandler() })
        board = StatusBoard(daemon: DaemonStatus(startedAt: now(), sourceURL: url, branch: "main"))
        reconciler = Reconciler(
            context: ReconcilerContext(
                source: StandstillSource(base: GitSource(mirror: mirror)),
                cluster: KubernetesCluster(client: client),
                store: LedgerStore(ledger: ledger, makeID: { ids.next() }), status: board,
                settings: ReconcilerSettings(
                    branch: "main", pollInterval: .seconds(600), allow: AllowRules(kinds: kinds), people: people),
                surroundings: surroundings, fieldHash: FieldHash(dataKey: Array(repeating: 7, count: 32))))
    }

    // MARK: What people do

    /// Commits exactly the sample's files, as a merge does.
    @discardableResult
    func merge(_ sample: Sample, _ subject: String, to branch: String = "main") throws -> String {
        let commit = try repository.commit(
            sample.files, message: subject, branch: branch, at: Self.start + time.now)
        reconciler.poll()
        return commit.hex
    }

    /// Moves a branch to a commit, as a fast-forward does.
    func move(_ branch: String, to commit: String) throws {
        try Data("\(commit)\n".utf8).write(
            to: URL(filePath: "\(directory.path)/repository.git/refs/heads/\(branch)"))
        reconciler.poll()
    }

    @discardableResult
    func say(_ action: OperatorAction, by person: String = "ada") async throws -> ActionAnswer {
        try await reconciler.perform(action, by: person)
    }

    func make(_ object: Object, _ path: String) async throws {
        let answer = await cluster.respond(
            to: SandboxRequest(
                method: "POST", path: path, headers: [(name: "content-type", value: "application/json")],
                body: JSON.bytes(.object(object))))
        guard answer.status == 201 else { throw NotSo(what: "\(path) answers \(answer.status)") }
    }

    func makeNamespaces(_ names: String...) async throws {
        for name in names {
            try await make(
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]], "/api/v1/namespaces")
        }
        await cluster.settle()
    }

    func makeSecret(_ name: String, in namespace: String, key: String) async throws {
        try await make(
            [
                "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name)],
                "stringData": .object(Object([(key, .string("made by hand"))])),
            ], "/api/v1/namespaces/\(namespace)/secrets")
    }

    // MARK: What is seen

    struct NotSo: Error, CustomStringConvertible {
        var what: String
        var description: String { what }
    }

    /// Since the story began.
    var now: Duration { time.now }

    func pass(_ duration: Duration) async throws { try await time.clock.sleep(for: duration) }

    /// Lets time pass until it is so.
    func until(
        _ what: String, within limit: Duration = .seconds(3600), _ isSo: () async throws -> Bool
    ) async throws {
        let deadline = time.now + limit
        while time.now < deadline {
            if try await isSo() { return }
            try await pass(.milliseconds(500))
        }
        throw NotSo(what: "did not come: \(what)\n\(table)")
    }

    func status(_ application: String, _ environment: String) -> ApplicationStatus? {
        board.application(TargetID(application: application, environment: environment))
    }

    func untilHealthy(_ application: String, in environment: String, at commit: String) async throws {
        try await untilHealthy([application], in: environment, at: commit)
    }

    /// They run what git asks for, and are well.
    func untilHealthy(_ applications: [String], in environment: String, at commit: String) async throws {
        try await until("\(applications.joined(separator: ", ")) in \(environment) healthy") {
            applications.allSatisfy { name in
                guard let status = status(name, environment) else { return false }
                return status.phase == .succeeded && status.health == .healthy && status.targetRevision == commit
                    && status.revision == commit
            }
        }
    }

    func object(_ path: String) async -> Object? { await ClusterReading(cluster: cluster).live(path) }

    func deployment(_ name: String, _ namespace: String) async -> Object? {
        await object(DaemonHarness.Place.deployment(name, namespace))
    }

    func image(_ name: String, _ namespace: String) async -> String? {
        await deployment(name, namespace)?.value(at: "spec", "template", "spec")?["containers"]?[0]?["image"]?.string
    }

    func rollouts(_ application: String, _ environment: String) async throws -> [RolloutSummary] {
        try await ledger.rollouts(application: application, environment: environment, limit: 50).reversed()
    }

    /// What `mainstay status` shows, without its head.
    var table: String {
        let text = StatusText(
            status: ["ready": true], applications: board.applications.map(StatusJSON.application),
            now: surroundings.now()
        ).text(on: .none)
        return String(text.drop { $0 != "\n" }.drop { $0 != "E" })
    }

    /// The guide shows this, to the letter.
    func expectGuide(shows text: String, _ place: SourceLocation = #_sourceLocation) {
        let isShown = guide.contains(text)
        #expect(isShown, "the guide does not show:\n\(text)", sourceLocation: place)
    }
}

/// Ids that are the same each time.
private final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> String {
        count.withLock {
            $0 += 1
            return "id-\($0)"
        }
    }
}

/// The way to the cluster: counts what is written, and lets the health endpoints of some versions be broken.
final class StoryTransport: HTTPTransport {
    private struct State {
        var writes: [String] = []
        var broken: Set<String> = []
    }

    private let connection: SandboxConnection
    private let state = Mutex(State())

    init(cluster: SandboxCluster) { connection = SandboxConnection(cluster: cluster) }

    /// Methods and paths of all that was written, without queries.
    var writes: [String] { state.withLock(\.writes) }

    func forgetWrites() { state.withLock { $0.writes = [] } }

    /// From now on, pods of images with this tag are ready there, and answer 500 to whoever asks through their Service.
    func breakHealth(ofTag tag: String, in namespace: String) {
        state.withLock { _ = $0.broken.insert("\(namespace)/\(tag)") }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let path = String(request.url.dropFirst(SandboxConnection.server.count).prefix { $0 != "?" })
        if request.isWrite, !path.hasPrefix("/apis/authorization.k8s.io/") {
            state.withLock { $0.writes.append("\(request.method) \(path)") }
        }
        var response = try await connection.send(request)
        let parts = path.replacing("%3A", with: ":").split(separator: "/").map(String.init)
        // api/v1/namespaces/NAMESPACE/services/SERVICE:PORT/proxy/…
        if response.status == 200, parts.count > 6, parts[4] == "services", parts[6] == "proxy" {
            let names = parts[5].split(separator: ":")
            let name = names.count == 3 ? names[1] : names.first ?? ""
            let live = await ClusterReading(cluster: connection.cluster).live(
                DaemonHarness.Place.deployment(String(name), parts[3]))
            let image = live?.value(at: "spec", "template", "spec")?["containers"]?[0]?["image"]?.string ?? ""
            let tag = image.split(separator: ":").last ?? ""
            if state.withLock({ $0.broken.contains("\(parts[3])/\(tag)") }) { response.status = 500 }
        }
        return response
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        try await connection.stream(request)
    }
}
