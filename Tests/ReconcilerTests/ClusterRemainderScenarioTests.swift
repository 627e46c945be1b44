// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

@Suite("What a removal keeps, and the cluster that an application leaves")
struct ClusterRemainderScenarioTests {
    @Test(
        "What a removal keeps stays in the cluster that the application leaves, ours until it moves, and then unowned")
    func lasting() throws {
        try World.run(allow: AllowRules(kinds: ["Namespace"]), clusters: ["east", "west"]) { world in
            let east = try Spread.east(world)
            let west = try Spread.west(world)
            try await world.begin(
                with: Spread.commit(staging: Spread.objects("1"), production: Spread.lasting("1")),
                untilWell: Planet.api, Spread.production)
            let uid = east.object(Spread.volume)?.uid
            world.source.push(
                "two", Spread.commit(staging: Spread.objects("1"), production: Spread.lasting("2"), cluster: "west"))
            try await world.until("waits") { Spread.waits(world) == [.clusterChanged] }
            try await Spread.destroy(world)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.pass(.seconds(600))
            await world.restart()
            try await world.pass(.seconds(600))
            #expect(
                try Spread.isOurs(Spread.volume, east) && Spread.isOurs(Spread.namespace, east),
                "not before it is resumed")

            // What cannot be let go of now holds the move up, and says why.
            east.refuse { call in
                call.verb == .patch && call.object == Spread.namespace
                    ? ClusterFailure(code: .unavailable, message: "try later") : nil
            }
            try await world.ask(.resume(Spread.scope))
            try await world.until("held up") { world.status(Spread.production)?.message.contains("try later") == true }
            #expect(try !Spread.isOurs(Spread.volume, east))
            await world.restart()
            try await world.pass(.seconds(600))
            #expect(west.mutations.isEmpty)
            east.refuseNothing()
            try await world.until("runs there") { Spread.image(west) == "2" }
            try await world.untilWell(Spread.production)
            #expect(world.status(Spread.production)?.cluster == "west")
            #expect(try !Spread.isOurs(Spread.namespace, east))
            #expect(east.object(Spread.volume)?.uid == uid)
            #expect(try Spread.isOurs(Spread.volume, west) && Spread.isOurs(Spread.namespace, west))
            #expect(world.store.inventory(of: Spread.production).count == 4)
            let before = east.mutations.count
            await world.restart()
            try await world.pass(.seconds(3600))
            #expect(east.mutations.count == before)
        }
    }

    @Test("An application that left and comes back in another cluster does so by merges alone, whatever was kept")
    func comesBackElsewhere() throws {
        try World.run(allow: AllowRules(kinds: ["Namespace"]), clusters: ["east", "west"]) { world in
            let east = try Spread.east(world)
            let west = try Spread.west(world)
            try await world.begin(
                with: Spread.commit(staging: Spread.objects("1"), production: Spread.lasting("1")),
                untilWell: Planet.api, Spread.production)
            var left = Spread.commit("1")
            left.changePipeline { $0.applications[0].environments = ["staging"] }
            world.source.push("two", left)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.pass(.seconds(600))
            world.source.push(
                "three", Spread.commit(staging: Spread.objects("1"), production: Spread.lasting("2"), cluster: "west"))
            try await world.until("runs there") { Spread.image(west) == "2" }
            try await world.untilWell(Spread.production)
            #expect(try !Spread.isOurs(Spread.volume, east) && !Spread.isOurs(Spread.namespace, east))
        }
    }

    @Test("What a person set aside is not let go of: a destroy deletes it once it is taken up again")
    func setAside() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let east = try Spread.east(world)
            let west = try Spread.west(world)
            let map = Planet.id("ConfigMap", "settings")
            let with = Spread.objects("1", maps: ["settings"])
            try await world.begin(
                with: Spread.commit(staging: with, production: with), untilWell: Planet.api, Spread.production)
            let object = Suspension.Scope(
                application: "api", environment: "production", object: Suspension.ObjectName("ConfigMap/settings"))
            try await world.ask(.suspend(object, reason: "mine"))
            world.source.push("two", Spread.commit(staging: with, production: with, cluster: "west"))
            try await world.until("waits") { Spread.waits(world) == [.clusterChanged] }
            try await Spread.destroy(world)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.ask(.resume(Spread.scope))
            try await world.until("waits for the rest") { Spread.waits(world) == [.clusterChanged] }
            try await world.ask(.resume(object))
            try await world.pass(.seconds(600))
            #expect(Spread.waits(world) == [.clusterChanged])
            #expect(try Spread.isOurs(map, east))
            try await Spread.destroy(world)
            try await world.until("gone") { east.object(map) == nil }
            try await world.ask(.resume(Spread.scope))
            try await world.until("runs there") { Spread.image(west) == "1" }
        }
    }

    @Test("With the old cluster's name again, what was kept is still the application's")
    func comesBack() throws {
        try World.run(allow: AllowRules(kinds: ["Namespace"]), clusters: ["east", "west"]) { world in
            let east = try Spread.east(world)
            try await world.begin(
                with: Spread.commit(staging: Spread.objects("1"), production: Spread.lasting("1")),
                untilWell: Planet.api, Spread.production)
            world.source.push(
                "two", Spread.commit(staging: Spread.objects("1"), production: Spread.lasting("2"), cluster: "west"))
            try await world.until("waits") { Spread.waits(world) == [.clusterChanged] }
            try await Spread.destroy(world)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            world.source.push("three", Spread.commit(staging: Spread.objects("1"), production: Spread.lasting("3")))
            try await world.pass(.seconds(600))
            try await world.ask(.resume(Spread.scope))
            try await world.until("runs") { Spread.image(east) == "3" }
            try await world.untilWell(Spread.production)
            #expect(try Spread.isOurs(Spread.volume, east) && Spread.isOurs(Spread.namespace, east))
            #expect(!east.mutations.contains { $0.verb == .patch })
        }
    }

    @Test("What a destroy keeps is kept from others who ask for it, and what it does not is not")
    func keptFromOthers() throws {
        try World.run(allow: AllowRules(kinds: ["Namespace"]), clusters: ["east"]) { world in
            func commit(_ tag: String, cluster: String?, worker objects: [Object]) -> FakeSource.Commit {
                var commit = Spread.commit(
                    staging: Spread.objects(tag), production: Spread.lasting(tag), cluster: cluster
                ) { $0.namespace = "production" }
                commit.changePipeline {
                    $0.applications.append(Planet.application("worker") { $0.namespace = "production" })
                }
                commit.files["apps/worker"] = .success(
                    objects.map { object in
                        var object = object
                        object.set("production", at: "metadata", "namespace")
                        return object
                    })
                return commit
            }
            let map = Planet.configMap("mine")
            try await world.begin(
                with: commit("1", cluster: nil, worker: [map]), untilWell: Planet.api, Spread.production, Planet.worker)
            world.source.push("two", commit("1", cluster: "east", worker: [map, Planet.service("api")]))
            try await world.until("waits") { Spread.waits(world) == [.clusterChanged] }
            try await world.until("waits for it") { world.status(Planet.worker)?.cause?.reason == "OwnedByOther" }
            try await Spread.destroy(world)
            try await world.until("taken over") { world.status(Planet.worker)?.revision == "two" }
            let kept = Spread.lasting("1")[2]
            world.source.push("three", commit("1", cluster: "east", worker: [map, Planet.service("api"), kept]))
            try await world.until("waits for it") { world.status(Planet.worker)?.cause?.reason == "OwnedByOther" }
            try await world.pass(.seconds(600))
            #expect(world.status(Planet.worker)?.cause?.reason == "OwnedByOther")
            try await world.ask(.resume(Spread.scope))
            try await world.until("taken over") { world.status(Planet.worker)?.revision == "three" }
            try await world.until("moved") { world.status(Spread.production)?.cluster == "east" }
            let volume = try #require(
                world.cluster.object(Planet.id("PersistentVolumeClaim", "data", in: "production")))
            #expect(Ownership.owns(Planet.worker, volume))
        }
    }
}
