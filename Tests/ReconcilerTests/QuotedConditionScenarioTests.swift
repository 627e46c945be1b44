// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Messages of conditions, where a rollout or what runs is told of")
struct QuotedConditionScenarioTests {
    private static let shop = ObjectID(
        group: "serving.knative.dev", kind: "Service", namespace: "staging", name: "shop")
    private static let base = TargetID(application: "base", environment: "staging")

    private static var service: Object {
        [
            "apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": ["name": "shop"],
            "spec": ["template": ["spec": ["containers": [["image": "registry.example.com/shop:1"]]]]],
        ]
    }

    /// What its controller says, which quotes the password.
    private static func report(_ status: String, _ world: World) {
        guard var live = world.cluster.object(shop) else { return }
        live["status"] = [
            "observedGeneration": .integer(live.generation ?? 1),
            "conditions": [
                [
                    "type": "Ready", "status": .string(status), "reason": "RevisionFailed",
                    "message": "no route for hunter2-planted",
                ]
            ],
        ]
        world.cluster.put(live)
    }

    private static func run(_ scenario: @escaping @Sendable (World) async throws -> Void) throws {
        try World.run { world in
            world.cluster.put(Planet.secret("database", [("password", Base64.encode(Array("hunter2-planted".utf8)))]))
            try await scenario(world)
        }
    }

    private static let told = "Ready is False (RevisionFailed): no route for [secret]"

    @Test("They are quoted without secrets while it is rolled out, and once it runs")
    func judged() throws {
        try Self.run { world in
            world.source.push(
                "one", Planet.api("1", [Self.service, Planet.deployment("b", tag: "1", secret: "database")]))
            world.start()
            try await world.until("applied") { world.cluster.object(Self.shop) != nil }
            Self.report("False", world)
            try await world.until("told") { world.status(Planet.api)?.message.contains("RevisionFailed") == true }
            #expect(world.status(Planet.api)?.message.contains(Self.told) == true)
            Self.report("True", world)
            try await world.untilWell(Planet.api)
            Self.report("False", world)
            try await world.until("told at rest") {
                world.status(Planet.api)?.cause?.message.contains("RevisionFailed") == true
            }
            #expect(world.phase(Planet.api) == .succeeded)
            #expect(world.status(Planet.api)?.cause?.message.contains(Self.told) == true)
        }
    }

    @Test("They are quoted without secrets by another application that waits for it")
    func outside() throws {
        try Self.run { world in
            var api = Planet.deployment("api", tag: "1", secret: "database")
            api.set(
                "serving.knative.dev/namespaces/staging/Service/shop", at: "metadata", "annotations",
                "config.kubernetes.io/depends-on")
            world.source.push(
                "one",
                Planet.commit([(Planet.application("base"), [Self.service]), (Planet.application("api"), [api])]))
            world.start()
            try await world.until("applied") { world.cluster.object(Self.shop) != nil }
            Self.report("True", world)
            try await world.untilWell(Self.base, Planet.api)
            Self.report("False", world)
            try await world.pass(.seconds(5))
            var next = api
            next.set("2", at: "metadata", "annotations", "example.com/n")
            world.source.push(
                "two",
                Planet.commit([
                    (Planet.application("base"), [Self.service]), (Planet.application("api"), [next]),
                ]))
            try await world.until("waits") { world.status(Planet.api)?.message.contains("RevisionFailed") == true }
            #expect(
                world.status(Planet.api)?.message.contains(Self.told) == true,
                "\(world.status(Planet.api)?.message ?? "")")
        }
    }
}
