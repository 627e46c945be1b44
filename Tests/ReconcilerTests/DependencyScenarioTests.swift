// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
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

    @Test("An autoscaler and a budget come with their workload, and not once its pods are well")
    func appliedIsEnough() throws {
        let budget: Object = [
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": ["name": "api"],
            "spec": ["minAvailable": 1, "selector": ["matchLabels": ["app": "api"]]],
        ]
        let autoscaler: Object = [
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "api"],
            "spec": ["scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "api"]],
        ]
        let kinds = ["HorizontalPodAutoscaler", "PodDisruptionBudget"]
        try World.run { world in
            world.source.push("one", Planet.api("slow", [budget, autoscaler]))
            world.start()
            try await world.until("on its way") { world.phase(Planet.api) == .progressing }
            let applied = world.cluster.mutations.filter { $0.verb == .apply }
            let deployment = try #require(applied.first { $0.object == Planet.apiDeployment })
            let early = applied.filter { kinds.contains($0.object?.kind ?? "") }
            #expect(early.count == 2)
            #expect(early.allSatisfy { $0.at > deployment.at && $0.at - deployment.at < .seconds(1) })
            try await world.untilWell(Planet.api)
        }
    }

    @Test("An object starts when what it needs is there, whatever else is still under way")
    func startsAtOnce() throws {
        try World.run { world in
            var deployment = Planet.deployment("api", tag: "1")
            deployment.set("api", at: "spec", "template", "spec", "serviceAccountName")
            let account: Object = ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "api"]]
            world.source.push(
                "one", Planet.commit([(Planet.application("api"), [Planet.configMap("slow"), account, deployment])]))
            world.cluster.delay(Planet.id("ConfigMap", "slow"), by: .seconds(20))
            world.start()
            try await world.until("applied", within: .seconds(10)) {
                world.cluster.image(of: Planet.apiDeployment) != nil
            }
            let calls = world.cluster.mutations
            let needed = try #require(calls.first { $0.object?.kind == "ServiceAccount" })
            let sent = try #require(calls.first { $0.object == Planet.apiDeployment })
            #expect(sent.at - needed.at < .milliseconds(100))
            try await world.untilWell(Planet.api)
            #expect(world.store.inventory(of: Planet.api).allSatisfy { !$0.uid.isEmpty })
        }
    }

    @Test("A refusal stops what was not sent yet, and waits for what was")
    func refusalStops() throws {
        try World.run { world in
            let slow = (1...3).map { Planet.configMap("slow-\($0)") }
            for object in slow { world.cluster.delay(Planet.id("ConfigMap", object.name), by: .seconds(20)) }
            world.cluster.refuse { call in
                guard call.object?.name == "refused", call.verb == .apply else { return nil }
                return ClusterFailure(code: .admissionDenied, message: "no")
            }
            let many = (1...40).map { Planet.configMap("late-\($0)") }
            world.source.push("one", Planet.api("1", slow + [Planet.configMap("refused")] + many))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            let sent = world.cluster.mutations.filter { $0.verb == .apply }
            #expect(slow.allSatisfy { object in sent.contains { $0.object?.name == object.name } })
            #expect(sent.count < 40)
            let outcomes = world.store.state.withLock { state in
                state.journal.reduce(0) { if case .outcomes(let outcomes) = $1 { $0 + outcomes.count } else { $0 } }
            }
            // Everything that was announced has an outcome.
            #expect(outcomes == world.store.state.withLock(\.announcements.count))
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
            try await world.begin(with: Self.commit(nats: "1", api: "1"), untilWell: Planet.api)
            world.source.push("two", Self.commit(nats: "bad", api: "2", natsObjects: [Planet.service("jetstream")]))
            try await world.until("nats is back") { world.phase(Planet.nats) == .rolledBack }
            try await world.until("api", within: .seconds(120)) { world.status(Planet.api)?.revision == "two" }
            #expect(world.cluster.image(of: Planet.natsDeployment) == "registry.example.com/nats:1")
        }
    }

    @Test("What a refused revision only announced holds nobody up")
    func announcementWithdrawn() throws {
        try World.run { world in
            try await world.begin(with: Self.commit(nats: "1", api: "1"), untilWell: Planet.api)
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
