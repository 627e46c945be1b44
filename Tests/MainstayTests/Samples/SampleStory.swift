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
    let surroundings: Surroundings
    let post = CountingPost()
    /// Where its daemons are killed; nil where the first one lives on.
    let cuts: CutPlan?
    let kinds: [String]
    let people: People
    let notifications: NotificationSettings
    let checks: any CheckProbe
    /// Whom checks may ask by name.
    let hosts: [String]
    let directory: TemporaryDirectory
    private let repository: RepositoryWriter
    private let guide: String
    private let current: Mutex<Life>
    private let ahead: Clockwork
    private let subjects = Mutex<[String: String]>([:])

    static let start = Timestamp(secondsSinceEpoch: 1_799_053_200)

    /// Plays a story to its end, on a thread of its own: others' tests go on meanwhile.
    static func play<Answer: Sendable>(
        _ sample: Sample, kinds: [String] = [], people: People = People(),
        notifications: NotificationSettings = NotificationSettings(), cuts: CutPlan? = nil,
        checks: (any CheckProbe)? = nil, hosts: [String] = ["*.example.com"], access: SandboxAccess = .open,
        _ body: @escaping @Sendable (SampleStory) async throws -> Answer
    ) async throws -> Answer {
        let time = VirtualTime(jobLimit: 100_000_000)
        let story = try SampleStory(
            time, guide: sample.guide, kinds: kinds, people: people, notifications: notifications, cuts: cuts,
            checks: checks, hosts: hosts, access: access)
        defer { try? story.ledger.close() }
        let begun = time.begin {
            let sandbox = Task(executorPreference: time) { try? await story.cluster.run() }
            story.begin()
            let reaper = Task(executorPreference: time) { try? await story.reap() }
            defer {
                sandbox.cancel()
                reaper.cancel()
                story.life.cancel()
            }
            return try await body(story)
        }
        return try await time.finishOnThread(begun)
    }

    private init(
        _ time: VirtualTime, guide: String, kinds: [String], people: People, notifications: NotificationSettings,
        cuts: CutPlan?, checks: (any CheckProbe)?, hosts: [String], access: SandboxAccess
    ) throws {
        self.time = time
        self.guide = guide
        self.kinds = kinds
        self.people = people
        self.notifications = notifications
        self.cuts = cuts
        self.hosts = hosts
        let ahead = Clockwork()
        self.ahead = ahead
        directory = try TemporaryDirectory()
        let now: @Sendable () -> Timestamp = { Self.start + time.now + ahead.offset }
        var pace = SandboxPace.lifelike
        pace.readsImageTags = true
        cluster = SandboxCluster(
            clock: time.clock, now: now, random: SplitMix64(seed: 7),
            // Without nodes, whose heartbeats are most of what happens in a day.
            options: SandboxOptions(bookmarkInterval: .seconds(1800), access: access),
            controllers: StandardControllers.all(pace: pace))
        transport = StoryTransport(cluster: cluster)
        self.checks = checks ?? transport
        repository = try RepositoryWriter(creating: "\(directory.path)/repository.git", author: "Ada")
        let ids = Counter()
        surroundings = Surroundings(
            clock: time.clock, now: now, makeID: { ids.next() }, random: { 0.5 },
            logger: Logger(label: "story") { _ in SwiftLogNoOpLogHandler() })
        current = Mutex(
            try Self.life(
                in: directory.path, transport: transport, cuts: cuts, kinds: kinds, people: people,
                notifications: notifications, post: post, checks: self.checks, hosts: hosts,
                surroundings: surroundings, clock: time.clock))
    }

    /// The daemon that lives now, or is dead and not yet followed by another.
    var life: Life {
        get { current.withLock(\.self) }
        set { current.withLock { $0 = newValue } }
    }

    var board: StatusBoard { life.board }
    var ledger: Ledger { life.ledger }

    // MARK: What people do

    /// Commits exactly the sample's files, as a merge does.
    @discardableResult
    func merge(_ sample: Sample, _ subject: String, to branch: String = "main") throws -> String {
        let commit = try repository.commit(
            sample.files, message: subject, branch: branch, at: Self.start + time.now)
        subjects.withLock { $0[commit.hex] = subject }
        life.reconciler.poll()
        return commit.hex
    }

    /// Moves a branch to a commit, as a fast-forward does.
    func move(_ branch: String, to commit: String) throws {
        try Data("\(commit)\n".utf8).write(
            to: URL(filePath: "\(directory.path)/repository.git/refs/heads/\(branch)"))
        life.reconciler.poll()
    }

    @discardableResult
    func say(_ action: OperatorAction, by person: String = "ada") async throws -> ActionAnswer {
        try await life.reconciler.perform(action, by: person)
    }

    /// The subject of the commit.
    func subject(of commit: String?) -> String {
        guard let commit else { return "nothing" }
        return subjects.withLock { $0[commit] } ?? commit
    }

    func make(_ object: Object, _ path: String) async throws {
        let answer = await cluster.respond(
            to: SandboxRequest(
                method: "POST", path: path,
                headers: [(name: "content-type", value: "application/json"), ClusterReading.credentials],
                body: JSON.bytes(.object(object))))
        guard answer.status == 201 else { throw NotSo(what: "\(path) answers \(answer.status)") }
    }

    /// Merges a patch into what is there, as a controller does.
    func patch(_ patch: Object, _ path: String) async throws {
        let answer = await cluster.respond(
            to: SandboxRequest(
                method: "PATCH", path: path,
                headers: [
                    (name: "content-type", value: "application/merge-patch+json"), ClusterReading.credentials,
                ],
                body: JSON.bytes(.object(patch))))
        guard answer.status == 200 else { throw NotSo(what: "\(path) answers \(answer.status)") }
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

    /// Somebody sets the clock.
    func setClock(forwardBy duration: Duration) { ahead.set(forwardBy: duration) }

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

    func untilHealthy(
        _ application: String, in environment: String, at commit: String, within limit: Duration = .seconds(3600)
    ) async throws {
        try await untilHealthy([application], in: environment, at: commit, within: limit)
    }

    /// They run what git asks for, and are well.
    func untilHealthy(
        _ applications: [String], in environment: String, at commit: String, within limit: Duration = .seconds(3600)
    ) async throws {
        try await until("\(applications.joined(separator: ", ")) in \(environment) healthy", within: limit) {
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
        try await untilAlive()
        return try await ledger.rollouts(application: application, environment: environment, limit: 50).reversed()
    }

    /// What `mainstay status` shows, without its head.
    var table: String {
        let text = StatusText(
            status: ["ready": true], applications: board.applications.map(StatusJSON.application),
            now: surroundings.now()
        ).text(on: .none)
        return String(text.drop { $0 != "\n" }.drop { $0 != "E" })
    }

    /// What `mainstay history --logs` shows.
    func history(_ application: String, _ environment: String) async throws -> String {
        let past = LedgerHistory(ledger: ledger, now: { [surroundings] in surroundings.now() })
        let page = try await past.rollouts(RolloutQuery(application: application, environment: environment))
        return RolloutTable(StatusJSON.page(page, StatusJSON.rollout), now: surroundings.now(), withLogs: true)
            .text(on: .none)
    }

    /// The guide shows this, to the letter.
    func expectGuide(shows text: String, _ place: SourceLocation = #_sourceLocation) {
        let isShown = guide.contains(text)
        #expect(isShown, "the guide does not show:\n\(text)", sourceLocation: place)
    }

    /// The guide has a row of a table that begins with one and holds the other.
    func expectGuide(shows row: String, _ text: String, _ place: SourceLocation = #_sourceLocation) {
        let isShown = guide.split(separator: "\n").contains { $0.hasPrefix("| \(row) |") && $0.contains(text) }
        #expect(isShown, "the guide does not show, of \(row):\n\(text)", sourceLocation: place)
    }
}

/// By how much the clock on the wall is ahead of time.
private final class Clockwork: Sendable {
    private let state = Mutex(Duration.zero)

    var offset: Duration { state.withLock(\.self) }
    func set(forwardBy duration: Duration) { state.withLock { $0 += duration } }
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
