// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

@Suite("An environment that is to be in another cluster")
struct ClusterChangeScenarioTests {
    @Test("Where an environment's cluster changes, what runs stays where it is until a person says otherwise")
    func change() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let (east, west) = try await Spread.begin(world)
            try await Spread.askForWest(world, "two", "2")
            let message = world.status(Spread.production)?.message ?? ""
            #expect(message.contains("the cluster east, where 2 objects stay"))
            #expect(message.contains("mainstay destroy api -e production"))
            try await world.until("the other environment goes on") { Spread.image(world.cluster) == "2" }
            await world.restart()
            try await world.until("waits") { Spread.waits(world) == [.clusterChanged] }
            east.remove(Planet.id("Service", "api"))
            try await world.until("healed where it is") { east.object(Planet.id("Service", "api")) != nil }
            try await world.pass(.seconds(3600))
            #expect(Spread.image(east) == "1")
            #expect(west.mutations.isEmpty)
            #expect(world.status(Spread.production)?.cluster == "east")

            let listed = try await world.ask(.destroy(Spread.scope, phrase: nil, reason: nil))
            #expect(listed.items.count == 2)
            try await world.ask(.destroy(Spread.scope, phrase: listed.code, reason: "moves"))
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.pass(.seconds(600))
            #expect(west.mutations.isEmpty, "not before it is resumed")
            try await world.ask(.resume(Spread.scope))
            try await world.until("runs there") { Spread.image(west) == "2" }
            try await world.untilWell(Spread.production)
            #expect(world.status(Spread.production)?.cluster == "west")
            #expect(east.object(Planet.apiDeployment) == nil)
            #expect(Spread.image(world.cluster) == "2")
        }
    }

    @Test("What waits to leave a cluster keeps its objects there from whoever asks for them")
    func kept() throws {
        try World.run(clusters: ["east"]) { world in
            try await world.begin(
                with: Spread.commit("1", cluster: nil) { $0.namespace = "production" }, untilWell: Planet.api,
                Spread.production)
            // The worker in staging takes what was production's, as it seems.
            var moved = Spread.commit("1") { $0.namespace = "production" }
            let worker = Planet.application("worker") { $0.namespace = "production" }
            moved.changePipeline { $0.applications.append(worker) }
            var service = Planet.service("api")
            service.set("production", at: "metadata", "namespace")
            moved.files["apps/worker"] = .success([service])
            world.source.push("two", moved)
            try await world.until("waits") { Spread.waits(world) == [.clusterChanged] }
            try await world.until("waits for it") { world.status(Planet.worker)?.cause?.reason == "OwnedByOther" }
            try await Spread.destroy(world)
            try await world.untilWell(Planet.worker)
        }
    }

    @Test("A rollback to a commit of the time in another cluster is one in this: git naming the other is still a move")
    func rollback() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let (_, west) = try await Spread.begin(world)
            try await Spread.askForWest(world, "two", "2")
            try await Spread.move(world, "2")
            try await world.ask(.rollBack(Spread.production, to: "one", reason: nil))
            try await world.until("rolled back") { world.phase(Spread.production) == .rolledBack }
            #expect(Spread.image(west) == "1")
            #expect(world.store.rollouts(of: Spread.production).last?.start.digest.hasSuffix("@west") == true)
            world.source.push("three", Spread.commit("1"))
            try await world.until("waits") { Spread.waits(world) == [.clusterChanged] }
            #expect(Spread.image(west) == "1")
        }
    }

    @Test("After a move, a rollback goes to other objects than those that run, and is not to the same by another name")
    func rollbackAfterMove() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let (east, west) = try await Spread.begin(world)
            world.source.push("two", Spread.commit("2"))
            try await world.until("two") {
                Spread.image(east) == "2" && world.phase(Spread.production) == .succeeded
            }
            try await Spread.askForWest(world, "three", "2")
            try await Spread.move(world, "2")
            #expect(try await world.refusal(of: .rollBack(Spread.production, to: "two", reason: nil)) == "IsDesired")
            try await world.ask(.rollBack(Spread.production, to: nil, reason: nil))
            try await world.until("rolled back") { world.phase(Spread.production) == .rolledBack }
            #expect(Spread.image(west) == "1")
        }
    }

    @Test("Naming the old cluster again goes on where it was left, with nothing done twice")
    func changeBack() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let (east, _) = try await Spread.begin(world)
            try await Spread.askForWest(world, "two", "1")
            let before = east.mutations.count
            world.source.push("three", Spread.commit("1"))
            try await world.until("waits no more") {
                Spread.waits(world).isEmpty && world.phase(Spread.production) == .succeeded
            }
            try await world.pass(.seconds(600))
            #expect(east.mutations.count == before)
        }
    }

    @Test("What a person said of a digest was said of one cluster, and counts for no other")
    func words() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let confirm = { @Sendable (environment: inout Environment) in
                environment.deploy = .confirm
                environment.confirmPhrase = "go"
            }
            let promote = OperatorAction.promote(
                GateRequest(
                    application: "api", environment: "production", revision: nil, person: "linus", reason: nil),
                phrase: "go")
            world.source.push("one", Spread.commit("1", confirm))
            world.start()
            try await world.until("waits") { Spread.waits(world) == [.confirmation] }
            try await world.ask(promote)
            try await world.untilWell(Spread.production)
            world.source.push("two", Spread.commit("1", cluster: "west", confirm))
            try await world.until("waits") { Spread.waits(world) == [.clusterChanged] }
            try await Spread.destroy(world)
            let east = try Spread.east(world)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.ask(.resume(Spread.scope))
            try await world.until("waits for a word on the other cluster") { Spread.waits(world) == [.confirmation] }
            try await world.pass(.seconds(600))
            #expect(world.clusters["west"]?.mutations.isEmpty == true)
            try await world.ask(promote)
            try await world.untilWell(Spread.production)
            #expect(world.clusters["west"].map(Spread.image) == "1")
        }
    }

    @Test("A Job that ran in one cluster runs in the other when the environment moves there")
    func jobs() throws {
        try World.run(clusters: ["east"]) { world in
            let job: Object = [
                "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "migrate"],
                "spec": [
                    "template": [
                        "spec": [
                            "restartPolicy": "Never",
                            "containers": [["name": "main", "image": "registry.example.com/migrate:1"]],
                        ]
                    ]
                ],
            ]
            let id = Planet.id("Job", "migrate")
            try await world.begin(
                with: Spread.commit(staging: [], production: [job], cluster: nil), untilWell: Spread.production)
            #expect(world.cluster.object(id) != nil)
            world.source.push("two", Spread.commit(staging: [], production: [job]))
            try await world.until("waits") { Spread.waits(world) == [.clusterChanged] }
            try await Spread.destroy(world)
            try await world.until("gone") { world.cluster.object(id) == nil }
            try await world.ask(.resume(Spread.scope))
            let east = try Spread.east(world)
            try await world.until("runs there") { east.object(id) != nil }
            try await world.untilWell(Spread.production)
        }
    }
}
