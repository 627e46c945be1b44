// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What people set aside")
struct SuspensionScenarioTests {
    private static let scope = Suspension.Scope(application: "api", environment: "staging")

    private static func mutations(_ world: World) -> Int { world.cluster.mutations.count }

    @Test("A suspended application is left as it is, shown with who and why, over restarts, until it is resumed")
    func application() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            let answer = try await world.ask(.suspend(Self.scope, reason: "by hand"))
            #expect(answer.message.contains("mainstay resume api -e staging"))
            let before = Self.mutations(world)
            world.source.push("two", Planet.api("2"))
            try await world.pass(.seconds(600))
            await world.restart()
            try await world.pass(.seconds(600))
            #expect(Self.mutations(world) == before)
            let status = try #require(world.status(Planet.api))
            #expect(status.message.contains("suspended by ada since 2027-"))
            #expect(status.message.contains(": by hand"))
            #expect(status.suspensions.map(\.actor) == ["ada"])
            #expect(status.health == .healthy, "health is shown as before")
            #expect(try await world.refusal(of: .suspend(Self.scope, reason: "again")) == "AlreadySuspended")
            #expect(try await world.refusal(of: .rollBack(Planet.api, to: nil, reason: nil)) == "Suspended")
            try await world.ask(.resume(Self.scope))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(world.status(Planet.api)?.suspensions == [])
            #expect(try await world.refusal(of: .resume(Self.scope)) == "NotSuspended")
        }
    }

    @Test("A rollout under way stops where it is, and the same one goes on")
    func underWay() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.api("slow"))
            try await world.until("under way") { world.phase(Planet.api) == .progressing }
            try await world.ask(.suspend(.init(environment: "staging"), reason: "freeze"))
            try await world.until("stopped") { world.phase(Planet.api) == .blocked }
            #expect(world.status(Planet.api)?.cause?.reason == "Suspended")
            try await world.pass(.seconds(3600))
            #expect(world.store.rollouts(of: Planet.api).last?.verdict == nil, "nothing is judged meanwhile")
            try await world.ask(.resume(.init(environment: "staging")))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(world.store.rollouts(of: Planet.api).map(\.past.phase) == [.succeeded, .succeeded])
        }
    }

    @Test("A failed revision is not taken back while it is suspended")
    func beforeARollback() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.api("bad"))
            try await world.until("rolling back") { world.phase(Planet.api) == .rollingBack }
            try await world.ask(.suspend(Self.scope, reason: "looking at it"))
            let before = Self.mutations(world)
            try await world.pass(.seconds(600))
            #expect(Self.mutations(world) == before)
            try await world.ask(.resume(Self.scope))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.store.rollouts(of: Planet.api).count == 3, "the rollback that was begun")
        }
    }

    @Test("An application that left the pipeline is not pruned while it is suspended")
    func removal() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.ask(.suspend(Self.scope, reason: "keep"))
            world.source.push("two", Planet.commit([(Planet.application("worker"), [Planet.configMap("w")])]))
            try await world.pass(.seconds(600))
            #expect(world.cluster.object(Planet.apiDeployment) != nil)
            #expect(world.status(Planet.api)?.message.contains("suspended by ada") == true)
            await world.restart()
            try await world.pass(.seconds(600))
            #expect(world.cluster.object(Planet.apiDeployment) != nil)
            try await world.ask(.resume(Self.scope))
            try await world.until("gone") { world.cluster.object(Planet.apiDeployment) == nil }
        }
    }

    @Test("A suspended object is neither applied nor pruned, the others are, and it is caught up with at the end")
    func object() throws {
        try World.run { world in
            func settings(_ value: String) -> [Object] { [Planet.configMap("settings", [("level", value)])] }
            let id = Planet.id("ConfigMap", "settings")
            let scope = Suspension.Scope(
                application: "api", environment: "staging", object: Suspension.ObjectName("ConfigMap/settings"))
            world.source.push("one", Planet.api("1", settings("a")))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.ask(.suspend(scope, reason: "trying a level"))
            world.source.push("two", Planet.api("2", settings("b")))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(world.cluster.object(id)?.value(at: "data")?["level"]?.string == "a")
            let notes = world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
            #expect(notes.contains { $0.contains("settings was left alone: suspended by ada") })
            // It leaves git, and stays.
            world.source.push("three", Planet.api("3"))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(world.cluster.object(id) != nil)
            world.source.push("four", Planet.api("3", settings("c")))
            try await world.until("four") { world.status(Planet.api)?.revision == "four" }
            #expect(world.cluster.object(id)?.value(at: "data")?["level"]?.string == "a")
            await world.restart()
            try await world.ask(.resume(scope))
            try await world.until("caught up") {
                world.cluster.object(id)?.value(at: "data")?["level"]?.string == "c"
            }
            try await world.pass(.seconds(600))
            let rollouts = world.store.rollouts(of: Planet.api)
            #expect(rollouts.count == 5, "once")
            #expect(rollouts.last?.start.trigger == .resume)
        }
    }

    @Test("What is not there cannot be set aside")
    func unknown() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            func reason(_ application: String?, _ environment: String?, _ object: String? = nil) async throws -> String?
            {
                let scope = Suspension.Scope(
                    application: application, environment: environment,
                    object: object.flatMap { Suspension.ObjectName($0) })
                return try await world.refusal(of: .suspend(scope, reason: "x"))
            }
            #expect(try await reason("apo", "staging") == "UnknownApplication")
            #expect(try await reason(nil, "production") == "UnknownApplication")
            #expect(try await reason("api", "staging", "Deployment/web") == "UnknownObject")
            #expect(try await reason("api", "staging", "Deployment/api") == nil)
            #expect(try await reason(nil, nil) == nil)
        }
    }

    @Test("An object that is taken up again after a rollback is brought to what was rolled back to")
    func objectAfterARollback() throws {
        try World.run { world in
            func settings(_ value: String) -> [Object] { [Planet.configMap("settings", [("level", value)])] }
            func level() -> String? {
                world.cluster.object(Planet.id("ConfigMap", "settings"))?.value(at: "data")?["level"]?.string
            }
            let scope = Suspension.Scope(
                application: "api", environment: "staging", object: Suspension.ObjectName("ConfigMap/settings"))
            world.source.push("one", Planet.api("1", settings("a")))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.api("bad", settings("b")))
            try await world.until("applied") { level() == "b" }
            try await world.ask(.suspend(scope, reason: "looking at it"))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            #expect(level() == "b")
            try await world.ask(.resume(scope))
            try await world.until("caught up") { level() == "a" }
            try await world.pass(.seconds(3600))
            #expect(world.store.rollouts(of: Planet.api).map(\.start.trigger).suffix(2) == [.rollback, .rollback])
            #expect(world.store.rollouts(of: Planet.api).count == 4, "once")
        }
    }
}
