// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Logging
internal import Manifests
internal import Planning
internal import Sandbox
internal import TestSupport
internal import Testing

@testable internal import Mainstay
@testable internal import Reconciler

@Suite("Two daemons of one repository and branch on one cluster")
struct TwoDaemonsTests {
    private static let mark = "https://git.example.com/planet.git#main"
    private static let path = "/api/v1/namespaces/staging/configmaps"

    /// A whole daemon with a ledger of its own.
    private struct Daemon {
        let board: StatusBoard
        private let task: Task<Void, Never>

        init(_ name: String, level: String, _ sandbox: SandboxCluster, _ time: VirtualTime) {
            let now: @Sendable () -> Timestamp = { Timestamp(secondsSinceEpoch: 1_795_255_200) + time.now }
            let board = StatusBoard(daemon: DaemonStatus(startedAt: now(), sourceURL: "virtual", branch: "main"))
            let client = KubernetesClient(
                endpoint: ClusterEndpoint(server: SandboxConnection.server),
                transport: DirectTransport(cluster: sandbox), clock: time.clock, now: now, random: { 0.5 })
            let reconciler = Reconciler(
                context: ReconcilerContext(
                    source: OneRevision(desired: TwoDaemonsTests.desired(level)),
                    cluster: KubernetesCluster(client: client), store: VolatileStore(), status: board,
                    settings: ReconcilerSettings(
                        branch: "main", pollInterval: .seconds(60), allow: AllowRules(), source: TwoDaemonsTests.mark,
                        tenant: name),
                    surroundings: Surroundings(
                        clock: time.clock, now: now, makeID: { "id-of-\(name)" }, random: { 0.5 },
                        logger: Logger(label: "virtual") { _ in SwiftLogNoOpLogHandler() }),
                    fieldHash: FieldHash(dataKey: Array(repeating: 7, count: 32))))
            self.board = board
            task = Task(executorPreference: time) { await reconciler.run() }
        }

        func end() async {
            task.cancel()
            await task.value
        }

        var status: ApplicationStatus? { board.application(TwoDaemonsTests.target) }
    }

    private static let target = TargetID(application: "shop", environment: "staging")

    /// One ConfigMap, at a level: two checkouts of one branch, of which one is behind.
    private static func desired(_ level: String) -> Desired {
        var map: Object = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "settings", "namespace": "staging"],
            "data": ["level": .string(level)],
        ]
        let id = map.objectID
        map.set(.string(OwnerLabel.value(target: target, id: id)), at: "metadata", "labels", OwnerLabel.key)
        map.set(.string(mark), at: "metadata", "annotations", SourceMark.key)
        return Desired(
            commit: level, inputs: Inputs(reads: [], digest: level), digest: level,
            manifests: [Manifest(object: map, origin: Origin(file: "shop/settings.yaml"))],
            application: Application(name: "shop", environments: ["staging"], path: "shop"),
            environment: Environment(name: "staging", namespace: "staging"))
    }

    @Test("The second changes nothing while the first lives, and names both; the first dies, and it goes on by itself")
    func two() throws {
        let time = VirtualTime()
        try time.run {
            let now: @Sendable () -> Timestamp = { Timestamp(secondsSinceEpoch: 1_795_255_200) + time.now }
            let sandbox = SandboxCluster(clock: time.clock, now: now, random: SplitMix64(seed: 7), controllers: [])
            let running = Task(executorPreference: time) { try? await sandbox.run() }
            defer { running.cancel() }
            let hands = Hands(cluster: sandbox)
            let reading = ClusterReading(cluster: sandbox)
            try await hands.post(
                "/api/v1/namespaces", as: "person",
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "staging"]])
            func level() async -> String? {
                await reading.live("\(Self.path)/settings")?.value(at: "data", "level")?.string
            }
            let first = Daemon("host-a", level: "one", sandbox, time)
            try await time.clock.sleep(for: .seconds(30))
            #expect(first.status?.phase == .succeeded)
            #expect(await level() == "one")

            let second = Daemon("host-b", level: "two", sandbox, time)
            try await time.clock.sleep(for: .seconds(1200))
            #expect(await level() == "one")
            #expect(second.status?.phase == .blocked && second.status?.cause?.reason == "TwoDaemons")
            let message = second.status?.cause?.message ?? ""
            #expect(message.contains("host-a") && message.contains("host-b") && message.contains(Self.mark))
            // Somebody's edit is undone by the one that has it.
            try await hands.patch("\(Self.path)/settings", as: "kubectl-edit", ["data": ["level": "edited"]])
            try await time.clock.sleep(for: .seconds(30))
            #expect(await level() == "one")

            await first.end()
            try await time.clock.sleep(for: .seconds(300))
            #expect(await level() == "two")
            #expect(second.status?.phase == .succeeded)
            await second.end()
        }
    }
}
