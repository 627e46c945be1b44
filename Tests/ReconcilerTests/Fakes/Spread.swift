// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

/// The API in two environments, of which production is in a cluster of its own. Both have the same namespace, so that every
/// object has a namesake in the other, with the same uid as often as not.
enum Spread {
    static let production = TargetID(application: "api", environment: "production")
    static let scope = Suspension.Scope(application: "api", environment: "production")

    static func commit(
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

    static func commit(
        _ tag: String, cluster: String? = "east", _ change: (inout Environment) -> Void = { _ in }
    ) -> FakeSource.Commit {
        commit(staging: objects(tag), production: objects(tag), cluster: cluster, change)
    }

    static func objects(_ tag: String, maps: [String] = []) -> [Object] {
        [Planet.deployment("api", tag: tag), Planet.service("api")] + maps.map { Planet.configMap($0) }
    }

    static func east(_ world: World) throws -> FakeCluster { try #require(world.clusters["east"]) }

    /// The tag that the API runs with.
    static func image(_ cluster: FakeCluster) -> String? {
        cluster.image(of: Planet.apiDeployment).map { String($0.suffix(1)) }
    }

    static func waits(_ world: World) -> [GateWait.Reason] {
        world.status(production)?.waits.map(\.reason) ?? []
    }

    static func west(_ world: World) throws -> FakeCluster { try #require(world.clusters["west"]) }

    static let volume = Planet.id("PersistentVolumeClaim", "data")
    static let namespace = Planet.id("Namespace", "data", in: "")

    /// With what no removal deletes by itself.
    static func lasting(_ tag: String) -> [Object] {
        objects(tag) + [
            ["apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "data"], "spec": [:]],
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "data"]],
        ]
    }

    static func isOurs(_ id: ObjectID, _ cluster: FakeCluster) throws -> Bool {
        let object = try #require(cluster.object(id))
        return Ownership.owns(production, object)
    }

    /// Two clusters to move between, and production in the east, at the tag 1.
    static func begin(_ world: World) async throws -> (east: FakeCluster, west: FakeCluster) {
        try await world.begin(with: commit("1"), untilWell: Planet.api, production)
        return (try east(world), try west(world))
    }

    /// Git names the west, and it is waited for a person's word.
    static func askForWest(_ world: World, _ revision: String, _ tag: String) async throws {
        world.source.push(revision, commit(tag, cluster: "west"))
        try await world.until("waits") { waits(world) == [.clusterChanged] }
    }

    /// What a person says for a move to the west, and that it is done.
    static func move(_ world: World, _ tag: String) async throws {
        let (east, west) = (try Self.east(world), try Self.west(world))
        try await destroy(world)
        try await world.until("gone") { east.object(Planet.apiDeployment) == nil }
        try await world.ask(.resume(scope))
        try await world.until("runs there") { image(west) == tag }
        try await world.untilWell(production)
    }

    /// As a person who means it.
    static func destroy(_ world: World) async throws {
        let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
        try await world.ask(.destroy(scope, phrase: listed.code, reason: "moves"))
    }
}
