// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Namespaces that come before what is waited for")
struct NamespaceFirstTests {
    private static func namespace(_ name: String, after dependency: String? = nil) -> Object {
        var object: Object = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
        if let dependency {
            object.set(.string(dependency), at: "metadata", "annotations", "config.kubernetes.io/depends-on")
        }
        return object
    }

    private static func commit(_ more: [Object]) -> FakeSource.Commit {
        let objects = [Planet.deployment("api", tag: "1", secret: "database"), Planet.configMap("c")] + more
        return Planet.commit([(Planet.application("api"), objects)])
    }

    private static func id(_ name: String) -> ObjectID { ObjectID(group: "", kind: "Namespace", name: name) }

    private static func run(_ scenario: @escaping @Sendable (World) async throws -> Void) throws {
        try World.run(allow: AllowRules(kinds: ["Namespace"]), scenario)
    }

    private static func isWaiting(_ world: World) -> Bool {
        world.phase(Planet.api) == .blocked && world.status(Planet.api)?.cause?.reason == "SecretMissing"
    }

    @Test("They come with the namespaces that they wait for, but not where they wait for anything else")
    func chain() throws {
        try Self.run { world in
            world.source.push(
                "one",
                Self.commit([
                    Self.namespace("staging"), Self.namespace("second", after: "/Namespace/staging"),
                    Self.namespace("late", after: "/namespaces/staging/ConfigMap/c"),
                ]))
            world.start()
            try await world.until("made") { world.cluster.object(Self.id("second")) != nil }
            try await world.pass(.seconds(600))
            #expect(Self.isWaiting(world))
            #expect(world.cluster.object(Self.id("staging")) != nil)
            #expect(world.cluster.object(Self.id("late")) == nil)
            #expect(world.cluster.object(Planet.id("ConfigMap", "c")) == nil)
            world.cluster.put(Planet.secret("database"))
            try await world.untilWell(Planet.api)
            #expect(world.cluster.object(Self.id("late")) != nil)
        }
    }

    @Test("Where the namespace is there, no other is made beforehand")
    func isThere() throws {
        try Self.run { world in
            world.cluster.put(Self.namespace("staging"))
            world.source.push("one", Self.commit([Self.namespace("other")]))
            world.start()
            try await world.until("waits") { Self.isWaiting(world) }
            try await world.pass(.seconds(600))
            #expect(world.cluster.mutations.isEmpty)
            #expect(world.status(Planet.api)?.message.contains("create it, and the rollout") == true)
        }
    }

    @Test("One that comes with another application is named with it")
    func another() throws {
        try Self.run { world in
            let base = (Planet.application("base"), [Self.namespace("staging"), Planet.deployment("b", tag: "fail1")])
            let api = (Planet.application("api"), [Planet.deployment("api", tag: "1", secret: "database")])
            world.cluster.refuse { call in
                guard call.verb == .apply, call.object?.kind == "Namespace" else { return nil }
                return ClusterFailure(code: .serverError, message: "busy")
            }
            world.source.push("one", Planet.commit([base, api]))
            world.start()
            try await world.until("waits") { Self.isWaiting(world) }
            #expect(
                world.status(Planet.api)?.message.contains(
                    "its namespace is not there either, and comes with base in staging; create it then") == true,
                "\(world.status(Planet.api)?.message ?? "")")
        }
    }
}
