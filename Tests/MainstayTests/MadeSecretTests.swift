// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler
internal import TestSupport
internal import Testing

@Suite("Secrets that are made of what is in git, or in a namespace that is")
struct MadeSecretTests {
    private static let maker = """
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata: {name: database, namespace: staging}
        spec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}, dataFrom: [{extract: {key: database}}]}
        ---

        """
    private static let namespace = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: staging}
        ---

        """

    private static func desired(_ more: String, wanting secrets: [String] = ["database"]) throws -> Desired {
        let target = TargetID(application: "shop", environment: "staging")
        let sources = secrets.map { "{secretRef: {name: \($0)}}" }.joined(separator: ", ")
        let text = """
            \(more)apiVersion: apps/v1
            kind: Deployment
            metadata: {name: shop, namespace: staging}
            spec:
              selector: {matchLabels: {app: shop}}
              template:
                metadata: {labels: {app: shop}}
                spec: {containers: [{name: shop, image: "example.com/shop:1", envFrom: [\(sources)]}]}

            """
        let manifests = try ManifestReader.manifests(Array(text.utf8), file: "shop.yaml").map { manifest in
            var manifest = manifest
            manifest.object.set(
                .string(OwnerLabel.value(target: target, id: manifest.id)), at: "metadata", "labels", OwnerLabel.key)
            return manifest
        }
        return Desired(
            commit: "one", inputs: Inputs(reads: [], digest: "inputs"), digest: "digest", manifests: manifests,
            application: Application(
                name: "shop", environments: ["staging"], path: "shop", timeout: .seconds(60), grace: .seconds(10)),
            environment: Environment(name: "staging", namespace: "staging"))
    }

    /// On a cluster that serves ExternalSecrets, and has nothing that acts on them.
    private static func run(
        _ desired: Desired, namespaces: [String] = ["staging"],
        _ body: @escaping @Sendable (VirtualDaemon, Hands) async throws -> Void
    ) throws {
        let time = VirtualTime()
        try time.run {
            let daemon = VirtualDaemon(time: time, desired, allow: AllowRules(kinds: ["Namespace"]))
            let hands = Hands(cluster: daemon.cluster)
            try await daemon.run {
                for name in namespaces {
                    try await hands.post(
                        "/api/v1/namespaces", as: "person",
                        ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
                }
                try await hands.post(
                    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", as: "person",
                    .object(ExternalSecrets.definition))
                try await body(daemon, hands)
            }
        }
    }

    private static func makeSecret(_ name: String, _ value: String, _ hands: Hands) async throws {
        try await hands.post(
            "/api/v1/namespaces/staging/secrets", as: "person",
            [
                "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name)],
                "stringData": ["password": .string(value)],
            ])
    }

    private static func report(_ status: String, _ reason: String, _ message: String, _ hands: Hands) async throws {
        try await hands.patch(
            "/apis/external-secrets.io/v1/namespaces/staging/externalsecrets/database/status", as: "external-secrets",
            [
                "status": [
                    "conditions": [
                        [
                            "type": "Ready", "status": .string(status), "reason": .string(reason),
                            "message": .string(message),
                        ]
                    ]
                ]
            ])
    }

    private static let deployment = DaemonHarness.Place.deployment("shop")

    @Test("What makes a Secret is applied, and its pods wait for the Secret by name, without using up time")
    func made() throws {
        try Self.run(try Self.desired(Self.maker, wanting: ["database", "other"])) { daemon, hands in
            let reading = ClusterReading(cluster: daemon.cluster)
            var shop: ApplicationStatus? { daemon.board.applications.first }
            try await Self.makeSecret("other", "hunter2-planted", hands)
            try await daemon.until("blocked") { shop?.phase == .blocked && shop?.cause?.reason == "SecretMissing" }
            let applied = "/apis/external-secrets.io/v1/namespaces/staging/externalsecrets/database"
            #expect(await reading.live(applied) != nil)
            try await Self.report(
                "False", "SecretSyncedError", "the key database is not there for hunter2-planted", hands)
            try await daemon.until("the condition is told") {
                shop?.message.contains("SecretSyncedError") == true
            }
            #expect(
                shop?.cause?.message
                    == "waits for the Secret staging/database (envFrom), which is made by the ExternalSecret "
                    + "staging/database: Ready is False (SecretSyncedError): the key database is not there for [secret]"
            )
            try await daemon.time.clock.sleep(for: .seconds(7200))
            #expect(shop?.phase == .blocked)
            #expect(await reading.live(Self.deployment) == nil)
            try await Self.makeSecret("database", "hunter3-planted", hands)
            try await Self.report("True", "SecretSynced", "", hands)
            try await daemon.until("goes on") { shop?.phase == .succeeded }
        }
    }

    @Test("One that says it is ready, and whose Secret is not there, is not believed")
    func early() throws {
        try Self.run(try Self.desired(Self.maker)) { daemon, hands in
            let applied = "/apis/external-secrets.io/v1/namespaces/staging/externalsecrets/database"
            var shop: ApplicationStatus? { daemon.board.applications.first }
            while await ClusterReading(cluster: daemon.cluster).live(applied) == nil {
                try await daemon.time.clock.sleep(for: .milliseconds(200))
            }
            try await Self.report("True", "SecretSynced", "", hands)
            try await daemon.time.clock.sleep(for: .seconds(600))
            #expect(shop?.cause?.reason == "SecretMissing")
            #expect(await ClusterReading(cluster: daemon.cluster).live(Self.deployment) == nil)
            try await Self.makeSecret("database", "hunter3-planted", hands)
            try await daemon.until("goes on") { shop?.phase == .succeeded }
        }
    }

    @Test("A namespace in git comes first where a Secret that somebody makes is to be in it, and nothing else does")
    func namespaceFirst() throws {
        let text = Self.namespace + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: staging}\n---\n"
        try Self.run(try Self.desired(text), namespaces: []) { daemon, hands in
            let reading = ClusterReading(cluster: daemon.cluster)
            var shop: ApplicationStatus? { daemon.board.applications.first }
            try await daemon.until("the namespace is there") {
                daemon.transport.writes.contains { $0.contains("/api/v1/namespaces/staging?") }
            }
            try await daemon.until("blocked") { shop?.phase == .blocked && shop?.cause?.reason == "SecretMissing" }
            try await daemon.time.clock.sleep(for: .seconds(3600))
            #expect(shop?.message.contains("create it, and the rollout goes on by itself") == true)
            #expect(await reading.live("/api/v1/namespaces/staging") != nil)
            #expect(await reading.live(Self.deployment) == nil)
            #expect(await reading.live(DaemonHarness.Place.configMap("c")) == nil)
            #expect(!daemon.store.phases.contains(.applying), "begun, it would pass a gate that is closed by then")
            try await Self.makeSecret("database", "hunter3-planted", hands)
            try await daemon.until("goes on") { shop?.phase == .succeeded }
            #expect(await reading.live(DaemonHarness.Place.configMap("c")) != nil)
        }
    }

    @Test("Where nobody brings the namespace either, that is said, with the command")
    func noNamespace() throws {
        try Self.run(try Self.desired(""), namespaces: []) { daemon, hands in
            var shop: ApplicationStatus? { daemon.board.applications.first }
            try await daemon.until("blocked") { shop?.phase == .blocked && shop?.cause?.reason == "SecretMissing" }
            #expect(
                shop?.message.contains(
                    "its namespace is not there either: kubectl create namespace staging, and create it there, and the "
                        + "rollout goes on by itself") == true)
            #expect(daemon.transport.writes.allSatisfy { !$0.contains("/apis/apps/") })
        }
    }
}
