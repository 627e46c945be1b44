// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport
import Testing

/// Environments in several clusters. Both have the same namespace, so that every object has a namesake in the other, with
/// the same uid as often as not.
@Suite("Environments in several clusters")
struct ClusterScenarioTests {
    private static let production = TargetID(application: "api", environment: "production")
    private static let scope = Suspension.Scope(application: "api", environment: "production")

    private static func commit(
        staging: [Object], production: [Object], cluster: String? = "east",
        _ change: (inout Environment) -> Void = { _ in }
    ) -> FakeSource.Commit {
        var environment = Environment(name: "production", namespace: "staging")
        environment.cluster = cluster
        change(&environment)
        var application = Planet.application("api", in: ["staging", "production"])
        application.path = "apps/{environment}"
        var commit = Planet.commit([(application, [])], environments: [Planet.staging, environment])
        commit.files["apps/staging"] = .success(staging)
        commit.files["apps/production"] = .success(production)
        return commit
    }

    private static func commit(
        _ tag: String, cluster: String? = "east", _ change: (inout Environment) -> Void = { _ in }
    ) -> FakeSource.Commit {
        commit(staging: objects(tag), production: objects(tag), cluster: cluster, change)
    }

    private static func objects(_ tag: String, maps: [String] = []) -> [Object] {
        [Planet.deployment("api", tag: tag), Planet.service("api")] + maps.map { Planet.configMap($0) }
    }

    private static func east(_ world: World) throws -> FakeCluster { try #require(world.clusters["east"]) }

    private static func image(_ cluster: FakeCluster) -> String? {
        cluster.image(of: Planet.apiDeployment).map { String($0.suffix(1)) }
    }

    private static func waits(_ world: World) -> [GateWait.Reason] {
        world.status(production)?.waits.map(\.reason) ?? []
    }

    @Test("Each environment is deployed to its own cluster, and objects of one name in two clusters are two objects")
    func both() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Self.east(world)
            world.source.push("one", Self.commit(staging: Self.objects("1"), production: Self.objects("2")))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            #expect(Self.image(world.cluster) == "1")
            #expect(Self.image(east) == "2")
            #expect(world.status(Planet.api)?.cluster == "")
            #expect(world.status(Self.production)?.cluster == "east")
            #expect(world.daemonStatus?.status(of: "east").version != nil)
            // At rest each stays as it is, over a restart too.
            let before = (world.cluster.mutations.count, east.mutations.count)
            await world.restart()
            try await world.untilWell(Planet.api, Self.production)
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
            for name in environments { commit.files["apps/\(name)"] = .success(Self.objects("1")) }
            return commit
        }
        try World.run(clusters: ["east"]) { world in
            let east = try Self.east(world)
            world.source.push("one", commit(["staging", "production"], policy == .orphan ? .prune : .orphan))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            world.source.push("two", commit(["staging"], policy))
            try await world.until("gone from production") { world.status(Self.production) == nil }
            let live = east.object(Planet.apiDeployment)
            #expect((live == nil) == (policy == .prune))
            #expect(live?.labels[OwnerLabel.key] == nil)
            #expect(world.cluster.object(Planet.apiDeployment)?.labels[OwnerLabel.key] != nil, "staging stays as it is")
        }
    }

    @Test("A cluster that is down, from the start or later, holds up nothing in the others, and is said to be")
    func down() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Self.east(world)
            east.goDown()
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.until("said") { world.daemonStatus?.status(of: "east").error != nil }
            #expect(world.daemonStatus?.isReady == true)
            #expect(world.daemonStatus?.cluster.error == nil)
            #expect(world.phase(Self.production) == .blocked)
            east.comeBack()
            try await world.untilWell(Self.production)
            try await world.until("said no more") { world.daemonStatus?.status(of: "east").error == nil }
            world.cluster.goDown()
            world.source.push("two", Self.commit("2"))
            try await world.until("deployed in the east") { Self.image(east) == "2" }
            try await world.untilWell(Self.production)
            #expect(Self.image(world.cluster) == "1")
            #expect(world.daemonStatus?.isReady == true, "one answers")
            east.goDown()
            try await world.until("not ready") { world.daemonStatus?.isReady == false }
            world.cluster.comeBack()
            try await world.until("deployed") { Self.image(world.cluster) == "2" }
            try await world.untilWell(Planet.api)
        }
    }

    @Test("What leaves git goes from its own cluster, and never its namesake in the other")
    func prune() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Self.east(world)
            let map = Planet.id("ConfigMap", "settings")
            let with = Self.objects("1", maps: ["settings"])
            world.source.push("one", Self.commit(staging: with, production: with))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            world.source.push("two", Self.commit(staging: with, production: Self.objects("1")))
            try await world.until("pruned in the east") { east.object(map) == nil }
            try await world.pass(.seconds(600))
            #expect(world.cluster.object(map) != nil)
            // The other way round, with the application leaving the environment whole.
            var left = Self.commit(staging: with, production: [])
            left.pipeline = left.pipeline.map { pipeline in
                var pipeline = pipeline
                pipeline.applications[0].environments = ["staging"]
                return pipeline
            }
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
            let east = try Self.east(world)
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            let before = world.cluster.mutations.count
            east.remove(Planet.id("Service", "api"))
            try await world.until("healed") { east.object(Planet.id("Service", "api")) != nil }
            #expect(world.cluster.mutations.count == before)
            // The daemon remembers what it left in each cluster.
            await world.restart()
            try await world.untilWell(Planet.api, Self.production)
            let after = east.mutations.count
            world.cluster.remove(Planet.id("Service", "api"))
            try await world.until("healed") { world.cluster.object(Planet.id("Service", "api")) != nil }
            #expect(east.mutations.count == after)
        }
    }

    @Test("An environment waits for another in another cluster, by its gate")
    func requires() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Self.east(world)
            world.source.push(
                "one",
                Self.commit("1") { $0.requires = [.init(environment: "staging", healthyFor: .seconds(600))] })
            world.start()
            try await world.untilWell(Planet.api)
            try await world.pass(.seconds(500))
            #expect(Self.waits(world) == [.requirement])
            #expect(east.mutations.isEmpty)
            try await world.untilWell(Self.production)
            #expect(Self.image(east) == "1")
        }
    }

    @Test("An application waits for another only in its own cluster, and it is said what is not waited for")
    func order() throws {
        try World.run(clusters: ["east"]) { world in
            var infrastructure = Planet.infrastructure
            infrastructure.cluster = "east"
            let nats = Planet.application("nats", in: ["infrastructure"])
            let api = Planet.application("api") { $0.dependsOn = ["nats"] }
            try Self.east(world).goDown()
            world.source.push(
                "one",
                Planet.commit(
                    [(nats, [Planet.deployment("nats", tag: "1")]), (api, Self.objects("1"))],
                    environments: [Planet.staging, infrastructure]))
            world.start()
            try await world.untilWell(Planet.api)
            #expect(world.phase(Planet.nats) == .blocked)
            let dropped = world.daemonStatus?.pipeline.droppedEdges ?? []
            #expect(dropped.contains { $0.contains("in another cluster") })
        }
    }

    @Test("A cluster that the daemon does not have is waited for, and nothing goes anywhere else")
    func unknown() throws {
        try World.run(clusters: ["east"]) { world in
            world.source.push("one", Self.commit("1", cluster: "west"))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.until("waits") { Self.waits(world) == [.unknownCluster] }
            let message = world.status(Self.production)?.message ?? ""
            #expect(message.contains("the cluster west") && message.contains("it has east"))
            try await world.pass(.seconds(600))
            #expect(try Self.east(world).mutations.isEmpty)
            world.source.push("two", Self.commit("1"))
            try await world.untilWell(Self.production)
            #expect(try Self.image(Self.east(world)) == "1")
        }
    }

    // MARK: Another cluster

    @Test("Where an environment's cluster changes, what runs stays where it is until a person says otherwise")
    func change() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let east = try Self.east(world)
            let west = try #require(world.clusters["west"])
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            world.source.push("two", Self.commit("2", cluster: "west"))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            let message = world.status(Self.production)?.message ?? ""
            #expect(message.contains("the cluster east, where 2 objects stay"))
            #expect(message.contains("mainstay destroy api -e production"))
            try await world.until("the other environment goes on") { Self.image(world.cluster) == "2" }
            await world.restart()
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            east.remove(Planet.id("Service", "api"))
            try await world.until("healed where it is") { east.object(Planet.id("Service", "api")) != nil }
            try await world.pass(.seconds(3600))
            #expect(Self.image(east) == "1")
            #expect(west.mutations.isEmpty)
            #expect(world.status(Self.production)?.cluster == "east")

            let listed = try await world.ask(.destroy(Self.scope, phrase: nil, reason: nil))
            #expect(listed.items.count == 2)
            try await world.ask(.destroy(Self.scope, phrase: listed.code, reason: "moves"))
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.pass(.seconds(600))
            #expect(west.mutations.isEmpty, "not before it is resumed")
            try await world.ask(.resume(Self.scope))
            try await world.until("runs there") { Self.image(west) == "2" }
            try await world.untilWell(Self.production)
            #expect(world.status(Self.production)?.cluster == "west")
            #expect(east.object(Planet.apiDeployment) == nil)
            #expect(Self.image(world.cluster) == "2")
        }
    }

    @Test("What waits to leave a cluster keeps its objects there from whoever asks for them")
    func kept() throws {
        try World.run(clusters: ["east"]) { world in
            world.source.push("one", Self.commit("1", cluster: nil) { $0.namespace = "production" })
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            // The worker in staging takes what was production's, as it seems.
            var moved = Self.commit("1") { $0.namespace = "production" }
            let worker = Planet.application("worker") { $0.namespace = "production" }
            moved.pipeline = moved.pipeline.map { pipeline in
                var pipeline = pipeline
                pipeline.applications.append(worker)
                return pipeline
            }
            var service = Planet.service("api")
            service.set("production", at: "metadata", "namespace")
            moved.files["apps/worker"] = .success([service])
            world.source.push("two", moved)
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            try await world.until("waits for it") { world.status(Planet.worker)?.cause?.reason == "OwnedByOther" }
            let listed = try await world.ask(.destroy(Self.scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(Self.scope, phrase: listed.code, reason: nil))
            try await world.untilWell(Planet.worker)
        }
    }

    // MARK: What a removal keeps

    private static let volume = Planet.id("PersistentVolumeClaim", "data")
    private static let namespace = Planet.id("Namespace", "data", in: "")

    private static func lasting(_ tag: String) -> [Object] {
        objects(tag) + [
            ["apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "data"], "spec": [:]],
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "data"]],
        ]
    }

    private static func isOurs(_ id: ObjectID, _ cluster: FakeCluster) throws -> Bool {
        let object = try #require(cluster.object(id))
        return Ownership.owns(production, object)
    }

    private static func destroy(_ world: World) async throws {
        let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
        try await world.ask(.destroy(scope, phrase: listed.code, reason: "moves"))
    }

    @Test(
        "What a removal keeps stays in the cluster that the application leaves, ours until it moves, and then unowned")
    func lasting() throws {
        try World.run(allow: AllowRules(kinds: ["Namespace"]), clusters: ["east", "west"]) { world in
            let east = try Self.east(world)
            let west = try #require(world.clusters["west"])
            world.source.push("one", Self.commit(staging: Self.objects("1"), production: Self.lasting("1")))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            let uid = east.object(Self.volume)?.uid
            world.source.push(
                "two", Self.commit(staging: Self.objects("1"), production: Self.lasting("2"), cluster: "west"))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            try await Self.destroy(world)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.pass(.seconds(600))
            await world.restart()
            try await world.pass(.seconds(600))
            #expect(try Self.isOurs(Self.volume, east) && Self.isOurs(Self.namespace, east), "not before it is resumed")

            // What cannot be let go of now holds the move up, and says why.
            east.refuse { call in
                call.verb == .patch && call.object == Self.namespace
                    ? ClusterFailure(code: .unavailable, message: "try later") : nil
            }
            try await world.ask(.resume(Self.scope))
            try await world.until("held up") { world.status(Self.production)?.message.contains("try later") == true }
            #expect(try !Self.isOurs(Self.volume, east))
            await world.restart()
            try await world.pass(.seconds(600))
            #expect(west.mutations.isEmpty)
            east.refuseNothing()
            try await world.until("runs there") { Self.image(west) == "2" }
            try await world.untilWell(Self.production)
            #expect(world.status(Self.production)?.cluster == "west")
            #expect(try !Self.isOurs(Self.namespace, east))
            #expect(east.object(Self.volume)?.uid == uid)
            #expect(try Self.isOurs(Self.volume, west) && Self.isOurs(Self.namespace, west))
            #expect(world.store.inventory(of: Self.production).count == 4)
            let before = east.mutations.count
            await world.restart()
            try await world.pass(.seconds(3600))
            #expect(east.mutations.count == before)
        }
    }

    @Test("An application that left and comes back in another cluster does so by merges alone, whatever was kept")
    func comesBackElsewhere() throws {
        try World.run(allow: AllowRules(kinds: ["Namespace"]), clusters: ["east", "west"]) { world in
            let east = try Self.east(world)
            let west = try #require(world.clusters["west"])
            world.source.push("one", Self.commit(staging: Self.objects("1"), production: Self.lasting("1")))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            var left = Self.commit("1")
            left.pipeline = left.pipeline.map { pipeline in
                var pipeline = pipeline
                pipeline.applications[0].environments = ["staging"]
                return pipeline
            }
            world.source.push("two", left)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.pass(.seconds(600))
            world.source.push(
                "three", Self.commit(staging: Self.objects("1"), production: Self.lasting("2"), cluster: "west"))
            try await world.until("runs there") { Self.image(west) == "2" }
            try await world.untilWell(Self.production)
            #expect(try !Self.isOurs(Self.volume, east) && !Self.isOurs(Self.namespace, east))
        }
    }

    @Test("What a person set aside is not let go of: a destroy deletes it once it is taken up again")
    func setAside() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let east = try Self.east(world)
            let west = try #require(world.clusters["west"])
            let map = Planet.id("ConfigMap", "settings")
            let with = Self.objects("1", maps: ["settings"])
            world.source.push("one", Self.commit(staging: with, production: with))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            let object = Suspension.Scope(
                application: "api", environment: "production", object: Suspension.ObjectName("ConfigMap/settings"))
            try await world.ask(.suspend(object, reason: "mine"))
            world.source.push("two", Self.commit(staging: with, production: with, cluster: "west"))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            try await Self.destroy(world)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.ask(.resume(Self.scope))
            try await world.until("waits for the rest") { Self.waits(world) == [.clusterChanged] }
            try await world.ask(.resume(object))
            try await world.pass(.seconds(600))
            #expect(Self.waits(world) == [.clusterChanged])
            #expect(try Self.isOurs(map, east))
            try await Self.destroy(world)
            try await world.until("gone") { east.object(map) == nil }
            try await world.ask(.resume(Self.scope))
            try await world.until("runs there") { Self.image(west) == "1" }
        }
    }

    @Test("With the old cluster's name again, what was kept is still the application's")
    func comesBack() throws {
        try World.run(allow: AllowRules(kinds: ["Namespace"]), clusters: ["east", "west"]) { world in
            let east = try Self.east(world)
            world.source.push("one", Self.commit(staging: Self.objects("1"), production: Self.lasting("1")))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            world.source.push(
                "two", Self.commit(staging: Self.objects("1"), production: Self.lasting("2"), cluster: "west"))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            try await Self.destroy(world)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            world.source.push("three", Self.commit(staging: Self.objects("1"), production: Self.lasting("3")))
            try await world.pass(.seconds(600))
            try await world.ask(.resume(Self.scope))
            try await world.until("runs") { Self.image(east) == "3" }
            try await world.untilWell(Self.production)
            #expect(try Self.isOurs(Self.volume, east) && Self.isOurs(Self.namespace, east))
            #expect(!east.mutations.contains { $0.verb == .patch })
        }
    }

    @Test("What a destroy keeps is kept from others who ask for it, and what it does not is not")
    func keptFromOthers() throws {
        try World.run(allow: AllowRules(kinds: ["Namespace"]), clusters: ["east"]) { world in
            func commit(_ tag: String, cluster: String?, worker objects: [Object]) -> FakeSource.Commit {
                var commit = Self.commit(
                    staging: Self.objects(tag), production: Self.lasting(tag), cluster: cluster
                ) { $0.namespace = "production" }
                commit.pipeline = commit.pipeline.map { pipeline in
                    var pipeline = pipeline
                    pipeline.applications.append(Planet.application("worker") { $0.namespace = "production" })
                    return pipeline
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
            world.source.push("one", commit("1", cluster: nil, worker: [map]))
            world.start()
            try await world.untilWell(Planet.api, Self.production, Planet.worker)
            world.source.push("two", commit("1", cluster: "east", worker: [map, Planet.service("api")]))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            try await world.until("waits for it") { world.status(Planet.worker)?.cause?.reason == "OwnedByOther" }
            try await Self.destroy(world)
            try await world.until("taken over") { world.status(Planet.worker)?.revision == "two" }
            let kept = Self.lasting("1")[2]
            world.source.push("three", commit("1", cluster: "east", worker: [map, Planet.service("api"), kept]))
            try await world.until("waits for it") { world.status(Planet.worker)?.cause?.reason == "OwnedByOther" }
            try await world.pass(.seconds(600))
            #expect(world.status(Planet.worker)?.cause?.reason == "OwnedByOther")
            try await world.ask(.resume(Self.scope))
            try await world.until("taken over") { world.status(Planet.worker)?.revision == "three" }
            try await world.until("moved") { world.status(Self.production)?.cluster == "east" }
            let volume = try #require(
                world.cluster.object(Planet.id("PersistentVolumeClaim", "data", in: "production")))
            #expect(Ownership.owns(Planet.worker, volume))
        }
    }

    @Test("A rollback to a commit of the time in another cluster is one in this: git naming the other is still a move")
    func rollback() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let east = try Self.east(world)
            let west = try #require(world.clusters["west"])
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            world.source.push("two", Self.commit("2", cluster: "west"))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            try await Self.destroy(world)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.ask(.resume(Self.scope))
            try await world.until("runs there") { Self.image(west) == "2" }
            try await world.untilWell(Self.production)
            try await world.ask(.rollBack(Self.production, to: "one", reason: nil))
            try await world.until("rolled back") { world.phase(Self.production) == .rolledBack }
            #expect(Self.image(west) == "1")
            #expect(world.store.rollouts(of: Self.production).last?.start.digest.hasSuffix("@west") == true)
            world.source.push("three", Self.commit("1"))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            #expect(Self.image(west) == "1")
        }
    }

    @Test("After a move, a rollback goes to other objects than those that run, and is not to the same by another name")
    func rollbackAfterMove() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let east = try Self.east(world)
            let west = try #require(world.clusters["west"])
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            world.source.push("two", Self.commit("2"))
            try await world.until("two") { Self.image(east) == "2" && world.phase(Self.production) == .succeeded }
            world.source.push("three", Self.commit("2", cluster: "west"))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            try await Self.destroy(world)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.ask(.resume(Self.scope))
            try await world.until("runs there") { Self.image(west) == "2" }
            try await world.untilWell(Self.production)
            #expect(try await world.refusal(of: .rollBack(Self.production, to: "two", reason: nil)) == "IsDesired")
            try await world.ask(.rollBack(Self.production, to: nil, reason: nil))
            try await world.until("rolled back") { world.phase(Self.production) == .rolledBack }
            #expect(Self.image(west) == "1")
        }
    }

    @Test("Naming the old cluster again goes on where it was left, with nothing done twice")
    func changeBack() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let east = try Self.east(world)
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            world.source.push("two", Self.commit("1", cluster: "west"))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            let before = east.mutations.count
            world.source.push("three", Self.commit("1"))
            try await world.until("waits no more") {
                Self.waits(world).isEmpty && world.phase(Self.production) == .succeeded
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
            world.source.push("one", Self.commit("1", confirm))
            world.start()
            try await world.until("waits") { Self.waits(world) == [.confirmation] }
            try await world.ask(promote)
            try await world.untilWell(Self.production)
            world.source.push("two", Self.commit("1", cluster: "west", confirm))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            let listed = try await world.ask(.destroy(Self.scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(Self.scope, phrase: listed.code, reason: nil))
            let east = try Self.east(world)
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.ask(.resume(Self.scope))
            try await world.until("waits for a word on the other cluster") { Self.waits(world) == [.confirmation] }
            try await world.pass(.seconds(600))
            #expect(world.clusters["west"]?.mutations.isEmpty == true)
            try await world.ask(promote)
            try await world.untilWell(Self.production)
            #expect(world.clusters["west"].map(Self.image) == "1")
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
            world.source.push("one", Self.commit(staging: [], production: [job], cluster: nil))
            world.start()
            try await world.untilWell(Self.production)
            #expect(world.cluster.object(id) != nil)
            world.source.push("two", Self.commit(staging: [], production: [job]))
            try await world.until("waits") { Self.waits(world) == [.clusterChanged] }
            let listed = try await world.ask(.destroy(Self.scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(Self.scope, phrase: listed.code, reason: nil))
            try await world.until("gone") { world.cluster.object(id) == nil }
            try await world.ask(.resume(Self.scope))
            let east = try Self.east(world)
            try await world.until("runs there") { east.object(id) != nil }
            try await world.untilWell(Self.production)
        }
    }

    @Test(
        "What is in a cluster that left the configuration is left alone, and nothing of its name elsewhere goes for it")
    func clusterLeft() throws {
        try World.run(clusters: ["east"]) { world in
            let east = try Self.east(world)
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            await world.stop()
            let before = east.mutations.count
            world.configured.withLock { $0 = [] }
            world.start()
            try await world.until("waits") { Self.waits(world) == [.unknownCluster] }
            var left = Self.commit("2")
            left.pipeline = left.pipeline.map { pipeline in
                var pipeline = pipeline
                pipeline.applications[0].environments = ["staging"]
                return pipeline
            }
            world.source.push("two", left)
            try await world.until("says so") {
                world.status(Self.production)?.message.contains("the cluster east is not in the daemon's") == true
            }
            try await world.until("goes on") { Self.image(world.cluster) == "2" }
            try await world.pass(.seconds(3600))
            #expect(east.mutations.count == before)
            #expect(!world.cluster.mutations.contains { $0.verb == .delete })
            #expect(world.store.inventory(of: Self.production).count == 2)
            // With the cluster back, it goes.
            await world.stop()
            world.configured.withLock { $0 = ["east"] }
            world.start()
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            #expect(Self.image(world.cluster) == "2")
        }
    }

    @Test("The search is over once every cluster was searched, and until then it says what of which is not")
    func search() throws {
        try World.run(clusters: ["east", "west"]) { world in
            let east = try Self.east(world)
            east.goDown()
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api)
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
            let east = try Self.east(world)
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            await world.stop()
            world.store.lose()
            world.source.loseMirror()
            var left = Self.commit("1")
            left.pipeline = left.pipeline.map { pipeline in
                var pipeline = pipeline
                pipeline.applications[0].environments = ["staging"]
                return pipeline
            }
            world.source.push("two", left)
            world.start()
            try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
            try await world.pass(.seconds(600))
            #expect(Self.image(world.cluster) == "1")
            #expect(world.store.state.withLock(\.searched) == ["", "east"])
        }
    }
}
