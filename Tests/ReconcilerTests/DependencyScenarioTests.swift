// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

@Suite("Order between applications")
struct DependencyScenarioTests {
    private static let address = [("NATS_URL", "nats://nats.infrastructure.svc.cluster.local:4222")]

    private static func commit(nats: String, api: String, natsObjects: [Object] = []) -> FakeSource.Commit {
        Planet.commit([
            (
                Planet.application("nats", in: ["infrastructure"]),
                [Planet.deployment("nats", tag: nats), Planet.service("nats")] + natsObjects
            ),
            (Planet.application("api"), [Planet.deployment("api", tag: api, env: address), Planet.service("api")]),
            (Planet.application("worker"), [Planet.deployment("worker", tag: api)]),
        ])
    }

    @Test("On every revision: the API starts when NATS is healthy at the generation applied")
    func waits() throws {
        try World.run { world in
            for number in 1...2 {
                world.source.push("c\(number)", Self.commit(nats: "slow-\(number)", api: "\(number)"))
                if number == 1 { world.start() }
                try await world.until("worker is not held up", within: .seconds(50)) {
                    world.status(Planet.worker)?.revision == "c\(number)"
                }
                #expect(world.cluster.image(of: Planet.apiDeployment)?.hasSuffix(":\(number)") != true)
                try await world.until("api") { world.status(Planet.api)?.revision == "c\(number)" }
                let nats = try #require(
                    world.cluster.mutations.last { $0.image == "registry.example.com/nats:slow-\(number)" })
                let api = try #require(
                    world.cluster.mutations.last { $0.image == "registry.example.com/api:\(number)" })
                #expect(api.at - nats.at >= .seconds(120))
            }
        }
    }

    @Test("A dependency that fails at first blocks its dependents only, without a timeout, until it is mended")
    func blocked() throws {
        try World.run { world in
            world.source.push("one", Self.commit(nats: "bad", api: "1"))
            world.start()
            try await world.until("nats failed") { !world.store.quarantines(of: Planet.nats).isEmpty }
            try await world.pass(.seconds(7200))
            #expect(world.phase(Planet.worker) == .succeeded)
            let status = try #require(world.status(Planet.api))
            #expect(status.phase == .blocked)
            #expect(status.cause?.reason == "DependencyNotHealthy")
            #expect(status.cause?.message.contains("nats") == true)
            #expect(world.cluster.object(Planet.apiDeployment) == nil)
            world.source.push("two", Self.commit(nats: "2", api: "1"))
            try await world.untilWell(Planet.api)
            #expect(world.store.rollouts(of: Planet.api).count == 1)
        }
    }

    @Test("A dependency that is taken back lets its dependents go on")
    func dependencyRolledBack() throws {
        try World.run { world in
            world.source.push("one", Self.commit(nats: "1", api: "1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Self.commit(nats: "bad", api: "2", natsObjects: [Planet.service("jetstream")]))
            try await world.until("nats is back") { world.phase(Planet.nats) == .rolledBack }
            try await world.until("api", within: .seconds(120)) { world.status(Planet.api)?.revision == "two" }
            #expect(world.cluster.image(of: Planet.natsDeployment) == "registry.example.com/nats:1")
        }
    }

    @Test("What a refused revision only announced holds nobody up")
    func announcementWithdrawn() throws {
        try World.run { world in
            world.source.push("one", Self.commit(nats: "1", api: "1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.cluster.refuse { call in
                guard call.verb == .apply, call.object?.kind == "Deployment", call.image?.hasSuffix("nats:2") == true
                else { return nil }
                return ClusterFailure(code: .admissionDenied, message: "no")
            }
            // The Service follows the Deployment, and so is announced only.
            var queue = Planet.service("queue")
            queue.set(
                .string("apps/namespaces/infrastructure/Deployment/nats"), at: "metadata", "annotations",
                "config.kubernetes.io/depends-on")
            world.source.push("two", Self.commit(nats: "2", api: "1", natsObjects: [queue]))
            try await world.until("nats is back") { world.phase(Planet.nats) == .rolledBack }
            #expect(world.cluster.object(Planet.id("Service", "queue", in: "infrastructure")) == nil)
            let user = Planet.commit([
                (
                    Planet.application("nats", in: ["infrastructure"]),
                    [Planet.deployment("nats", tag: "2"), Planet.service("nats"), queue]
                ),
                (
                    Planet.application("api"),
                    [Planet.deployment("api", tag: "2", env: [("Q", "nats://queue.infrastructure:4222")])]
                ),
            ])
            world.source.push("three", user)
            try await world.until("api waits") { world.status(Planet.api)?.phase == .blocked }
            #expect(world.status(Planet.api)?.cause?.message.contains("is not in the cluster") == true)
            var service = queue
            service.set("infrastructure", at: "metadata", "namespace")
            world.cluster.put(service)
            try await world.until("api", within: .seconds(120)) { world.status(Planet.api)?.revision == "three" }
        }
    }

    @Test("A killed daemon asks again whether the dependency is well")
    func restart() throws {
        try World.run { world in
            world.source.push("one", Self.commit(nats: "slow", api: "1"))
            world.start()
            try await world.until("nats is on its way") { world.phase(Planet.nats) == .progressing }
            await world.restart()
            try await world.until("both") {
                world.phase(Planet.api) == .succeeded && world.phase(Planet.nats) == .succeeded
            }
            let nats = try #require(world.cluster.mutations.first { $0.object == Planet.natsDeployment })
            let api = try #require(world.cluster.mutations.first { $0.object == Planet.apiDeployment })
            #expect(api.at - nats.at >= .seconds(120))
            #expect(world.store.rollouts.count == 3)
        }
    }
}
