// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kubernetes
internal import Ledger
internal import Manifests
internal import Planning
internal import TestSupport
internal import VirtualTime

@testable internal import Mainstay
@testable internal import Reconciler

/// The daemons of a story, one after another: each starts from the ledger and the mirror that the last one left.
extension SampleStory {
    /// A daemon, from its start to its death.
    struct Life: Sendable {
        var context: ReconcilerContext
        var survey: KubernetesCluster
        var reconciler: Reconciler
        var notifier: Notifier
        var board: StatusBoard
        var ledger: Ledger
        var lifeline: Lifeline
        var tasks: [Task<Void, Never>] = []

        func cancel() { for task in tasks { task.cancel() } }
    }

    static func life(
        in directory: String, transport: StoryTransport, cuts: CutPlan?, kinds: [String], people: People,
        notifications: NotificationSettings, post: CountingPost, checks: any CheckProbe, hosts: [String],
        surroundings: Surroundings, clock: VirtualClock
    ) throws -> Life {
        let lifeline = Lifeline(plan: cuts)
        let mortal = MortalTransport(base: transport, lifeline: lifeline)
        let url = "file://\(directory)/repository.git"
        let mirror = try GitMirror(
            directory: "\(directory)/mirror.git", url: url, credentials: GitCredentials(), transport: mortal)
        let ledger = try Ledger(
            path: "\(directory)/ledger.db", chainKey: Array(repeating: 7, count: 32), isInline: true)
        let client = KubernetesClient(
            endpoint: ClusterEndpoint(
                server: SandboxConnection.server, authentication: .token(.inline(Secret("robot")))),
            transport: mortal, clock: clock,
            now: surroundings.now, random: { 0.5 })
        let board = StatusBoard(daemon: DaemonStatus(startedAt: surroundings.now(), sourceURL: url, branch: "main"))
        let store = MortalStore(
            base: LedgerStore(ledger: ledger, makeID: surroundings.makeID), lifeline: lifeline)
        let context = ReconcilerContext(
            source: StandstillSource(base: GitSource(mirror: mirror)),
            cluster: KubernetesCluster(client: client), store: store, status: board,
            settings: ReconcilerSettings(
                branch: "main", pollInterval: .seconds(600), allow: AllowRules(kinds: kinds, checks: hosts),
                people: people),
            surroundings: surroundings, fieldHash: FieldHash(dataKey: Array(repeating: 7, count: 32)),
            checks: checks)
        let notifier = Notifier(
            settings: notifications,
            store: MortalOutbox(base: LedgerOutbox(ledger: ledger), lifeline: lifeline),
            sender: MortalSender(base: post, lifeline: lifeline), board: board, surroundings: surroundings)
        return Life(
            context: context, survey: KubernetesCluster(client: client, flow: "plan"),
            reconciler: Reconciler(context: context), notifier: notifier, board: board, ledger: ledger,
            lifeline: lifeline)
    }

    /// What `mainstay plan` is answered.
    func plan(revision: String? = nil, environment: String? = nil) async throws -> PlanReport {
        let planner = DaemonPlanner(context: life.context, survey: life.survey, hash: { _ in "hash" }) { _ in nil }
        return try await planner.plan(environment: environment, revision: revision)
    }

    /// The daemon works from now on.
    func begin() {
        let (reconciler, notifier) = (life.reconciler, life.notifier)
        life.tasks = [
            Task(executorPreference: time) { await reconciler.run() },
            Task(executorPreference: time) { await notifier.run() },
        ]
    }

    /// Ends the daemon as a killed process ends: nothing it still does is heard of.
    func kill() async throws {
        let life = life
        life.lifeline.cut()
        life.cancel()
        for task in life.tasks { await task.value }
        try life.ledger.close()
    }

    /// Kills the daemon, and starts another.
    func restart() async throws {
        try await kill()
        try await pass(.seconds(1))
        try start()
    }

    func untilAlive() async throws {
        while life.lifeline.isCut { try await pass(.milliseconds(100)) }
    }

    /// A new daemon on what the last one left.
    func start() throws {
        life = try Self.life(
            in: directory.path, transport: transport, cuts: cuts, kinds: kinds, people: people,
            notifications: notifications, post: post, checks: checks, hosts: hosts, surroundings: surroundings,
            clock: time.clock)
        begin()
    }

    /// Kills as the plan says, and now and then besides; a second after each death another daemon starts.
    func reap() async throws {
        guard let cuts else { return }
        while !Task.isCancelled {
            let lifeline = life.lifeline
            if !lifeline.isCut {
                let marks = [SignalMark(signal: lifeline.death, seen: 0), SignalMark(now: cuts.news)]
                await Signal.wait(forAny: marks, atMost: .seconds(900), on: time.clock)
                if case .later(let delay) = cuts.moment { try await pass(delay) }
            }
            try Task.checkCancellation()
            try await kill()
            try await pass(.seconds(1))
            try start()
        }
    }
}
