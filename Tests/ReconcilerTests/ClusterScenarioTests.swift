// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport
import Testing

@Suite("Environments in several clusters")
struct ClusterScenarioTests {
    @Test("Each environment is deployed to its own cluster, and objects of one name in two clusters are two objects")
    func both() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Spread.east(world)
            try await world.begin(
                with: Spread.commit(staging: Spread.objects("1"), production: Spread.objects("2")),
                untilWell: Planet.api, Spread.production)
            #expect(Spread.image(world.cluster) == "1")
            #expect(Spread.image(east) == "2")
            #expect(world.status(Planet.api)?.cluster == "")
            #expect(world.status(Spread.production)?.cluster == "east")
            #expect(world.daemonStatus?.status(of: "east").version != nil)
            // At rest each stays as it is, over a restart too.
            let before = (world.cluster.mutations.count, east.mutations.count)
            await world.restart()
            try await world.untilWell(Planet.api, Spread.production)
            try await world.pass(.seconds(600))
            #expect(world.cluster.mutations.count == before.0)
            #expect(east.mutations.count == before.1)
        }
    }

    @Test(
        "What leaves one of its environments goes, or is let go of, as its application says in that very commit",
        arguments: [Application.Removal.orphan, .prune])
    func leavesOne(policy: Application.Removal) throws {
        @Sendable func commit(_ environments: [String], _ policy: Application.Removal) -> FakeSource.Commit {
            var production = Environment(name: "production", namespace: "staging")
            production.cluster = "east"
            var application = Planet.application("api", in: environments) { $0.onRemoval = policy }
            application.path = "apps/{environment}"
            var commit = Planet.commit([(application, [])], environments: [Planet.staging, production])
            for name in environments { commit.files["apps/\(name)"] = .success(Spread.objects("1")) }
            return commit
        }
        try World.run(clusters: ["east"]) { world in
            let east = try Spread.east(world)
            try await world.begin(
                with: commit(["staging", "production"], policy == .orphan ? .prune : .orphan), untilWell: Planet.api,
                Spread.production)
            world.source.push("two", commit(["staging"], policy))
            try await world.until("gone from production") { world.status(Spread.production) == nil }
            let live = east.object(Planet.apiDeployment)
            #expect((live == nil) == (policy == .prune))
            #expect(live?.labels[OwnerLabel.key] == nil)
            #expect(world.cluster.object(Planet.apiDeployment)?.labels[OwnerLabel.key] != nil, "staging stays as it is")
        }
    }

    @Test("A cluster that is down, from the start or later, holds up nothing in the others, and is said to be")
    func down() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Spread.east(world)
            east.goDown()
            try await world.begin(with: Spread.commit("1"), untilWell: Planet.api)
            try await world.until("said") { world.daemonStatus?.status(of: "east").error != nil }
            #expect(world.daemonStatus?.isReady == true)
            #expect(world.daemonStatus?.cluster.error == nil)
            #expect(world.phase(Spread.production) == .blocked)
            east.comeBack()
            try await world.untilWell(Spread.production)
            try await world.until("said no more") { world.daemonStatus?.status(of: "east").error == nil }
            world.cluster.goDown()
            world.source.push("two", Spread.commit("2"))
            try await world.until("deployed in the east") { Spread.image(east) == "2" }
            try await world.untilWell(Spread.production)
            #expect(Spread.image(world.cluster) == "1")
            #expect(world.daemonStatus?.isReady == true, "one answers")
            east.goDown()
            try await world.until("not ready") { world.daemonStatus?.isReady == false }
            world.cluster.comeBack()
            try await world.until("deployed") { Spread.image(world.cluster) == "2" }
            try await world.untilWell(Planet.api)
        }
    }

    @Test("What leaves git goes from its own cluster, and never its namesake in the other")
    func prune() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Spread.east(world)
            let map = Planet.id("ConfigMap", "settings")
            let with = Spread.objects("1", maps: ["settings"])
            try await world.begin(
                with: Spread.commit(staging: with, production: with), untilWell: Planet.api, Spread.production)
            world.source.push("two", Spread.commit(staging: with, production: Spread.objects("1")))
            try await world.until("pruned in the east") { east.object(map) == nil }
            try await world.pass(.seconds(600))
            #expect(world.cluster.object(map) != nil)
            // The other way round, with the application leaving the environment whole.
            var left = Spread.commit(staging: with, production: [])
            left.changePipeline { $0.applications[0].environments = ["staging"] }
            world.source.push("three", left)
            try await world.until("gone from the east") { east.object(Planet.apiDeployment) == nil }
            try await world.pass(.seconds(600))
            #expect(world.cluster.object(Planet.apiDeployment) != nil)
            #expect(world.cluster.object(map) != nil)
            #expect(!world.cluster.mutations.contains { $0.verb == .delete })
        }
    }

    @Test("Drift is undone where it is, whatever its namesake is like")
    func drift() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Spread.east(world)
            try await world.begin(with: Spread.commit("1"), untilWell: Planet.api, Spread.production)
            let before = world.cluster.mutations.count
            east.remove(Planet.id("Service", "api"))
            try await world.until("healed") { east.object(Planet.id("Service", "api")) != nil }
            #expect(world.cluster.mutations.count == before)
            // The daemon remembers what it left in each cluster.
            await world.restart()
            try await world.untilWell(Planet.api, Spread.production)
            let after = east.mutations.count
            world.cluster.remove(Planet.id("Service", "api"))
            try await world.until("healed") { world.cluster.object(Planet.id("Service", "api")) != nil }
            #expect(east.mutations.count == after)
        }
    }

    @Test("An environment waits for another in another cluster, by its gate")
    func requires() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Spread.east(world)
            try await world.begin(
                with: Spread.commit("1") { $0.requires = [.init(environment: "staging", healthyFor: .seconds(600))] },
                untilWell: Planet.api)
            try await world.pass(.seconds(500))
            #expect(Spread.waits(world) == [.requirement])
            #expect(east.mutations.isEmpty)
            try await world.untilWell(Spread.production)
            #expect(Spread.image(east) == "1")
        }
    }

    @Test("An application waits for another only in its own cluster, and it is said what is not waited for")
    func order() throws {
        try World.run(clusters: ["east"]) { world in
            var infrastructure = Planet.infrastructure
            infrastructure.cluster = "east"
            let nats = Planet.application("nats", in: ["infrastructure"])
            let api = Planet.application("api") { $0.dependsOn = ["nats"] }
            try Spread.east(world).goDown()
            try await world.begin(
                with: Planet.commit(
                    [(nats, [Planet.deployment("nats", tag: "1")]), (api, Spread.objects("1"))],
                    environments: [Planet.staging, infrastructure]), untilWell: Planet.api)
            #expect(world.phase(Planet.nats) == .blocked)
            let dropped = world.daemonStatus?.pipeline.droppedEdges ?? []
            #expect(dropped.contains { $0.contains("in another cluster") })
        }
    }

    @Test("A cluster that the daemon does not have is waited for, and nothing goes anywhere else")
    func unknown() throws {
        try World.run(clusters: ["east"]) { world in
            try await world.begin(with: Spread.commit("1", cluster: "west"), untilWell: Planet.api)
            try await world.until("waits") { Spread.waits(world) == [.unknownCluster] }
            let message = world.status(Spread.production)?.message ?? ""
            #expect(message.contains("the cluster west") && message.contains("it has east"))
            try await world.pass(.seconds(600))
            #expect(try Spread.east(world).mutations.isEmpty)
            world.source.push("two", Spread.commit("1"))
            try await world.untilWell(Spread.production)
            #expect(try Spread.image(Spread.east(world)) == "1")
        }
    }

    @Test(
        "What is in a cluster that left the configuration is left alone, and nothing of its name elsewhere goes for it")
    func clusterLeft() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Spread.east(world)
            try await world.begin(with: Spread.commit("1"), untilWell: Planet.api, Spread.production)
            await world.stop()
            let before = east.mutations.count
            world.configured.withLock { $0 = [] }
            world.start()
            try await world.until("waits") { Spread.waits(world) == [.unknownCluster] }
            var left = Spread.commit("2")
            left.changePipeline { $0.applications[0].environments = ["staging"] }
            world.source.push("two", left)
            try await world.until("says so") {
                world.status(Spread.production)?.message.contains("the cluster east is not in the daemon's") == true
            }
            try await world.until("goes on") { Spread.image(world.cluster) == "2" }
            try await world.pass(.seconds(3600))
            #expect(east.mutations.count == before)
            #expect(!world.cluster.mutations.contains { $0.verb == .delete })
            #expect(world.store.inventory(of: Spread.production).count == 2)
            // With the cluster back, it goes.
            await world.stop()
            world.configured.withLock { $0 = ["east"] }
            world.start()
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            #expect(Spread.image(world.cluster) == "2")
        }
    }

    @Test("The search is over once every cluster was searched, and until then it says what of which is not")
    func search() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let east = try Spread.east(world)
            east.goDown()
            try await world.begin(with: Spread.commit("1"), untilWell: Planet.api)
            try await world.pass(.seconds(600))
            #expect(world.store.state.withLock(\.searched) == ["", "west"])
            let open = try #require(world.daemonStatus?.search)
            #expect(open.finishedAt == nil)
            #expect(open.error?.hasPrefix("cluster east: ") == true)
            east.comeBack()
            try await world.until("searched") { world.daemonStatus?.search?.finishedAt != nil }
            #expect(world.daemonStatus?.search?.error == nil)
        }
    }

    @Test("Each cluster is searched for what a lost ledger knew, and what is found goes where it was found")
    func lostLedger() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Spread.east(world)
            try await world.begin(with: Spread.commit("1"), untilWell: Planet.api, Spread.production)
            await world.stop()
            world.store.lose()
            world.source.loseMirror()
            var left = Spread.commit("1")
            left.changePipeline { $0.applications[0].environments = ["staging"] }
            world.source.push("two", left)
            world.start()
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.pass(.seconds(600))
            #expect(Spread.image(world.cluster) == "1")
            #expect(world.store.state.withLock(\.searched) == ["", "east"])
        }
    }
}
