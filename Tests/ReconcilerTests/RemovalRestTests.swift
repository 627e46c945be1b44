// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What is left of a removal that is over, or has not begun")
struct RemovalRestTests {
    private static let worker = (Planet.application("worker"), [Planet.configMap("w")])
    private static let data = Planet.id("PersistentVolumeClaim", "data")

    private static func claim(_ name: String) -> Object {
        ["apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": .string(name)], "spec": [:]]
    }

    private static func removals(_ world: World) -> [RolloutStart] {
        world.store.rollouts(of: Planet.api).map(\.start).filter { $0.trigger == .removal }
    }

    /// An application with what a removal keeps has left.
    private static func leave(
        _ world: World, _ change: (inout Application) -> Void = { _ in },
        before: (World) async throws -> Void = { _ in }
    ) async throws {
        let api = (Planet.application("api", change), [claim("data"), Planet.configMap("a")])
        try await world.begin(with: Planet.commit([api, worker]), untilWell: Planet.api, Planet.worker)
        try await before(world)
        world.source.push("two", Planet.commit([worker]))
        try await world.until("gone") { world.status(Planet.api) == nil }
        #expect(world.store.inventory(of: Planet.api).map(\.object) == [data])
    }

    private static func lookAgain(_ world: World) async throws {
        await world.restart()
        try await world.pass(.seconds(120))
    }

    @Test("What another application asks for by now is that one's, without another removal")
    func another() throws {
        try World.run { world in
            try await Self.leave(world)
            world.source.push(
                "three", Planet.commit([(Planet.application("worker"), [Planet.configMap("w"), Self.claim("data")])]))
            try await world.until("taken over") {
                world.store.inventory(of: Planet.worker).contains { $0.object == Self.data }
            }
            try await Self.lookAgain(world)
            #expect(world.store.inventory(of: Planet.api).isEmpty)
            #expect(Self.removals(world).count == 1)
        }
    }

    @Test("What is somebody else's by its mark is let go of, without another removal")
    func somebodyElses() throws {
        try World.run { world in
            try await Self.leave(world)
            var live = try #require(world.cluster.object(Self.data))
            live.set(nil, at: "metadata", "labels", OwnerLabel.key)
            world.cluster.put(live)
            try await Self.lookAgain(world)
            #expect(world.store.inventory(of: Planet.api).isEmpty)
            #expect(Self.removals(world).count == 1)
        }
    }

    @Test("What a person set aside begins no other removal, and is let go of once it is taken up again")
    func suspended() throws {
        try World.run { world in
            let scope = Suspension.Scope(
                application: "api", environment: "staging",
                object: Suspension.ObjectName("PersistentVolumeClaim/data"))
            try await Self.leave(world) {
                $0.onRemoval = .orphan
            } before: { world in
                try await world.ask(.suspend(scope, reason: "by hand"))
            }
            try await Self.lookAgain(world)
            #expect(Self.removals(world).count == 1)
            #expect(world.store.inventory(of: Planet.api).map(\.object) == [Self.data])
            try await world.ask(.resume(scope))
            try await Self.lookAgain(world)
            #expect(world.store.inventory(of: Planet.api).isEmpty)
            #expect(world.cluster.object(Self.data) != nil)
            #expect(Self.removals(world).count == 2)
        }
    }

    @Test("A removal that did nothing yet is none that has begun: a gate that closes meanwhile keeps it")
    func nothingDone() throws {
        try World.run { world in
            let api = (Planet.application("api"), [Planet.configMap("a")])
            try await world.begin(
                with: Planet.commit([api, Self.worker]), untilWell: Planet.api, Planet.worker)
            var broken = Planet.commit([Self.worker])
            broken.breakFiles(of: "worker")
            world.source.push("two", broken)
            try await world.until("waits") { world.status(Planet.api)?.cause?.reason == "ApplicationUnread" }
            #expect(Self.removals(world).count == 1)
            try await world.ask(.freeze(.init(environment: "staging"), until: nil, reason: "holidays"))
            world.source.push("three", Planet.commit([Self.worker]))
            try await world.until("waits at the gate") { world.status(Planet.api)?.waits.isEmpty == false }
            try await world.pass(.seconds(600))
            #expect(world.cluster.object(Planet.id("ConfigMap", "a")) != nil)
            try await world.ask(.thaw(.init(environment: "staging")))
            try await world.until("gone") { world.status(Planet.api) == nil }
            #expect(world.cluster.object(Planet.id("ConfigMap", "a")) == nil)
        }
    }
}
