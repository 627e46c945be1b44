// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Values of Secrets in what a rollout quotes")
struct QuotedSecretScenarioTests {
    private static func api(_ tag: String, given sources: Value) -> FakeSource.Commit {
        var deployment = Planet.deployment("api", tag: tag)
        deployment.set(
            [["name": "main", "image": .string("registry.example.com/api:\(tag)"), "envFrom": sources]],
            at: "spec", "template", "spec", "containers")
        return Planet.commit([(Planet.application("api"), [deployment])])
    }

    private static let optional: Value = [["secretRef": ["name": "token", "optional": true]]]

    private static func secret(_ name: String, _ value: String, in namespace: String = "staging") -> Object {
        Planet.secret(name, namespace: namespace, [("value", Base64.encode(Array(value.utf8)))])
    }

    private static func failedLines(_ world: World) async throws -> [String] {
        try await world.until("failed") { !world.store.quarantines(of: Planet.api).isEmpty }
        return try #require(world.store.rollouts(of: Planet.api).first?.verdict?.cause).logLines
    }

    @Test("The value of an optional Secret is taken out of the lines of a container that crashes")
    func optionalSecret() throws {
        try World.run { world in
            world.cluster.put(Self.secret("token", "hunter2-token"))
            world.cluster.setLog(["refused hunter2-token"])
            world.source.push("one", Self.api("crash", given: Self.optional))
            world.start()
            let lines = try await Self.failedLines(world)
            #expect(lines == ["refused [secret]"])
        }
    }

    @Test(
        "Where an optional Secret is not there, nothing is to be taken out; where it cannot be read, no line is quoted")
    func unreadable() throws {
        for isThere in [true, false] {
            try World.run { world in
                world.cluster.setLog(["refused"])
                if isThere {
                    world.cluster.refuse { call in
                        call.verb == .get && call.object?.kind == "Secret"
                            ? ClusterFailure(code: .forbidden, message: "no") : nil
                    }
                }
                world.source.push("one", Self.api("crash", given: Self.optional))
                world.start()
                let lines = try await Self.failedLines(world)
                #expect(lines == (isThere ? [] : ["refused"]))
            }
        }
    }

    @Test("A Secret that the pod alone is given, as by an admission webhook, is taken out too")
    func ofThePod() throws {
        try World.run { world in
            world.cluster.put(Self.secret("injected", "hunter2-injected"))
            world.cluster.setLog(["refused hunter2-injected"])
            world.cluster.meddle { call, state in
                guard call.verb == .get, let id = call.object, id.kind == "Pod", var pod = state.objects[id] else {
                    return
                }
                pod["spec"] = ["containers": [["name": "agent", "envFrom": [["secretRef": ["name": "injected"]]]]]]
                state.objects[id] = pod
            }
            world.source.push("one", Self.api("crash", given: []))
            world.start()
            let lines = try await Self.failedLines(world)
            #expect(lines == ["refused [secret]"])
        }
    }

    private static func shop(_ message: String) -> Object {
        [
            "apiVersion": "serving.knative.dev/v1", "kind": "Service",
            "metadata": ["name": "shop", "namespace": "staging"],
            "spec": [
                "template": [
                    "spec": [
                        "containers": [
                            [
                                "image": "registry.example.com/shop:1",
                                "envFrom": [["secretRef": ["name": "token", "optional": true]]],
                            ]
                        ]
                    ]
                ]
            ],
            "status": [
                "observedGeneration": 1,
                "conditions": [
                    ["type": "Ready", "status": "False", "reason": "RevisionFailed", "message": .string(message)]
                ],
            ],
        ]
    }

    @Test("An image that Knative cannot fetch is waited for though a Secret cannot be read")
    func imageWait() throws {
        try World.run { world in
            world.cluster.refuse { call in
                call.verb == .get && call.object?.kind == "Secret"
                    ? ClusterFailure(code: .unavailable, message: "429") : nil
            }
            var service = Self.shop("")
            service["status"] = nil
            let application = Planet.application("api") {
                $0.images = [Application.Image(name: "registry.example.com/shop", wait: .seconds(1200))]
                $0.timeout = .seconds(1800)
            }
            world.source.push("one", Planet.commit([(application, [service])]))
            world.start()
            let id = service.objectID
            try await world.until("applied") { world.cluster.object(id) != nil }
            try await world.pass(.seconds(1))
            var live = try #require(world.cluster.object(id))
            live["status"] = Self.shop("Unable to fetch image \"registry.example.com/shop:1\": not found")["status"]
            world.cluster.put(live)
            try await world.pass(.seconds(600))
            #expect(world.phase(Planet.api) == .blocked)
            #expect(world.status(Planet.api)?.cause?.image == "registry.example.com/shop:1")
            live = try #require(world.cluster.object(id))
            live["status"] = ["observedGeneration": 1, "conditions": [["type": "Ready", "status": "True"]]]
            world.cluster.put(live)
            try await world.untilWell(Planet.api)
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
        }
    }

    /// The API, which waits for another application's Knative Service; its Secret is none of the API's.
    private static func waiting(for message: String, _ world: World) async throws {
        let shop = Planet.application("shop", in: ["infrastructure"])
        let api = Planet.application("api") { $0.dependsOn = ["shop"] }
        var service = Self.shop("")
        service["status"] = nil
        service.set("infrastructure", at: "metadata", "namespace")
        world.source.push(
            "one", Planet.commit([(shop, [service]), (api, [Planet.deployment("api", tag: "1")])]))
        world.start()
        try await world.until("applied") { world.cluster.object(service.objectID) != nil }
        try await world.pass(.seconds(1))
        var live = try #require(world.cluster.object(service.objectID))
        live["status"] = Self.shop(message)["status"]
        world.cluster.put(live)
        try await world.pass(.seconds(20))
    }

    @Test("Of another application's object, the values of that one's Secrets are taken out")
    func anotherApplication() throws {
        try World.run { world in
            world.cluster.put(Self.secret("token", "hunter2-token", in: "infrastructure"))
            try await Self.waiting(for: "refused hunter2-token", world)
            let cause = try #require(world.status(Planet.api)?.cause)
            #expect(cause.message.contains("refused [secret]"), "\(cause.message)")
        }
    }
}
