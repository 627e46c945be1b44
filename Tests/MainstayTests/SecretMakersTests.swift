// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Sandbox
internal import TestSupport
internal import Testing

@testable internal import Mainstay

@Suite("Simulated controllers that make Secrets")
struct SecretMakersTests {
    private static let maker = "/apis/external-secrets.io/v1/namespaces/staging/externalsecrets"
    private static let secret = "/api/v1/namespaces/staging/secrets/database"

    private static func ready(_ reading: ClusterReading) async -> String? {
        await reading.live("\(maker)/database")?.value(at: "status", "conditions")?.array?.first?["status"]?.string
    }

    private static func run(
        withheld: Bool = false, _ body: @escaping @Sendable (VirtualTime, Hands, ClusterReading) async throws -> Void
    ) throws {
        let time = VirtualTime()
        try time.run {
            let orders = SecretMakers.Orders()
            let id = ObjectID(group: "", kind: "Secret", namespace: "staging", name: "database")
            orders.set([(id, ["password"])])
            if withheld { orders.withhold([id]) }
            let cluster = SandboxCluster(
                clock: time.clock, now: { Timestamp(secondsSinceEpoch: 1_795_255_200) + time.now },
                random: SplitMix64(seed: 7), controllers: [SecretMakers(orders: orders)])
            let sandbox = Task(executorPreference: time) { try? await cluster.run() }
            defer { sandbox.cancel() }
            let hands = Hands(cluster: cluster)
            try await hands.post(
                "/api/v1/namespaces", as: "person",
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "staging"]])
            try await hands.post(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", as: "person",
                .object(ExternalSecrets.definition))
            try await hands.post(
                maker, as: "person",
                [
                    "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
                    "metadata": ["name": "database"], "spec": [:],
                ])
            try await body(time, hands, ClusterReading(cluster: cluster))
        }
    }

    @Test("A Secret has its keys a few seconds after what it is made of is there, which is then ready")
    func made() throws {
        try Self.run { time, _, reading in
            try await time.clock.sleep(for: .seconds(2))
            #expect(await reading.live(Self.secret) == nil)
            try await time.clock.sleep(for: .seconds(3))
            #expect(await reading.live(Self.secret)?.value(at: "data", "password") != nil)
            #expect(await Self.ready(reading) == "True")
        }
    }

    @Test("One that is withheld is not made, which is said, until a person makes it")
    func withheld() throws {
        try Self.run(withheld: true) { time, hands, reading in
            try await time.clock.sleep(for: .seconds(60))
            #expect(await reading.live(Self.secret) == nil)
            #expect(await Self.ready(reading) == "False")
            try await hands.post(
                "/api/v1/namespaces/staging/secrets", as: "person",
                ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "database"]])
            try await time.clock.sleep(for: .seconds(1))
            #expect(await Self.ready(reading) == "True")
        }
    }
}
