// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

@Suite("What hooks need of their own application, over rollouts")
struct HookNeedsScenarioTests {
    private static let database = Planet.id("Deployment", "db")

    private static func commit(_ tag: String, database: String, _ change: (inout Application) -> Void = { _ in })
        -> FakeSource.Commit
    {
        let container: Value = [
            "name": "main", "image": .string("registry.example.com/migrate:\(tag)"),
            "env": [["name": "DB_HOST", "value": "db"]],
        ]
        let migrate: Object = [
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": ["name": "migrate", "annotations": [Hook.key: "before"]],
            "spec": ["template": ["spec": ["containers": [container]]]],
        ]
        return Planet.api(tag, [migrate, Planet.deployment("db", tag: database), Planet.service("db")], change)
    }

    /// What was applied at a tag first, and when.
    private func applied(_ world: World, _ name: String, _ tag: String) -> Duration? {
        world.cluster.calls.first { call in
            call.verb == .apply && call.object?.kind != "Service" && call.object?.name.hasPrefix(name) == true
                && call.image == "registry.example.com/\(name):\(tag)"
        }?.at
    }

    private func isInOrder(_ world: World, _ steps: [(String, String)]) -> Bool {
        let times = steps.map { applied(world, $0.0, $0.1) }
        return zip(times, times.dropFirst()).allSatisfy { earlier, later in
            earlier.flatMap { earlier in later.map { earlier < $0 } } ?? false
        }
    }

    @Test("A database that is not there yet comes up before the hook; once it is there, it changes after it")
    func firstRollout() throws {
        try World.run { world in
            try await world.begin(with: Self.commit("1", database: "1"), untilWell: Planet.api)
            #expect(isInOrder(world, [("db", "1"), ("migrate", "1"), ("api", "1")]))
            let begun = try #require(applied(world, "db", "1"))
            #expect(try #require(applied(world, "migrate", "1")) - begun >= .seconds(2), "it is healthy before")
            world.source.push("two", Self.commit("2", database: "2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(isInOrder(world, [("migrate", "2"), ("db", "2")]))
            // That it is not well is no reason to change it without the backup.
            world.cluster.breakPods(of: Self.database)
            world.source.push("three", Self.commit("3", database: "3"))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(isInOrder(world, [("migrate", "3"), ("db", "3")]))
        }
    }

    @Test("A daemon that is started again while the database comes up for the first time waits for it as before")
    func restart() throws {
        try World.run { world in
            world.source.push("one", Self.commit("1", database: "slow"))
            world.start()
            try await world.until("made") { world.cluster.object(Self.database) != nil }
            try await world.pass(.seconds(20))
            await world.restart()
            try await world.untilWell(Planet.api)
            let begun = try #require(applied(world, "db", "slow"))
            #expect(try #require(applied(world, "migrate", "1")) - begun >= .seconds(120))
        }
    }

    @Test("One that an earlier revision made, and that never came up, is mended before the hook")
    func neverCameUp() throws {
        try World.run { world in
            world.source.push("one", Self.commit("1", database: "bad") { $0.grace = .seconds(5) })
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            #expect(applied(world, "migrate", "1") == nil)
            world.source.push("two", Self.commit("2", database: "2") { $0.grace = .seconds(5) })
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(isInOrder(world, [("db", "2"), ("migrate", "2"), ("api", "2")]))
        }
    }

    @Test("One that somebody deleted, and that was made anew and well since, changes after the hook, well or not")
    func healed() throws {
        try World.run { world in
            try await world.begin(with: Self.commit("1", database: "1"), untilWell: Planet.api)
            try await world.pass(.seconds(600))
            world.cluster.remove(Self.database)
            try await world.until("healed") { world.cluster.object(Self.database) != nil }
            try await world.pass(.seconds(600))
            world.cluster.breakPods(of: Self.database)
            world.source.push("two", Self.commit("2", database: "2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(isInOrder(world, [("migrate", "2"), ("db", "2")]))
        }
    }
}
