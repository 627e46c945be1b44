// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("The checks of those who need what was rolled out")
struct DependentCheckScenarioTests {
    private static let address = [("NATS_URL", "nats://nats.infrastructure.svc.cluster.local:4222")]

    private static func commit(
        nats: String, api: String = "1", within: Duration = .seconds(60),
        _ change: (inout Environment) -> Void = { _ in }
    ) -> FakeSource.Commit {
        var staging = Planet.staging
        change(&staging)
        let check = Application.Check(
            .http(.init(address: .service("api", port: "80"), path: "/health")), within: within,
            place: "mainstay.yaml:9")
        return Planet.commit(
            [
                (
                    Planet.application("nats", in: ["infrastructure"]),
                    [Planet.deployment("nats", tag: nats), Planet.service("nats")]
                ),
                (
                    Planet.application("api") { $0.verify = [check] },
                    [Planet.deployment("api", tag: api, env: address), Planet.service("api")]
                ),
            ], environments: [staging, Planet.infrastructure])
    }

    private static func begin(_ world: World, within: Duration = .seconds(60)) async throws {
        try await world.begin(with: commit(nats: "1", within: within), untilWell: Planet.nats, Planet.api)
        try await world.until("at rest") { world.status(Planet.api)?.health == .healthy }
    }

    private static func probes(_ world: World) -> Int { world.cluster.calls.filter { $0.verb == .probe }.count }

    /// What the verdict on NATS at "two" says of the API.
    private static func said(_ world: World, within: Duration = .seconds(60)) async throws -> String? {
        world.source.push("two", commit(nats: "2", within: within))
        try await world.until("two") { world.status(Planet.nats)?.revision == "two" }
        #expect(world.phase(Planet.nats) == .succeeded, "nothing is taken back for a dependent")
        return world.store.rollouts(of: Planet.nats).last?.verdict?.notes.first { $0.hasPrefix("dependent ") }
    }

    @Test("They are asked in their own namespaces, and the verdict says that they pass")
    func pass() throws {
        try World.run { world in
            try await Self.begin(world)
            let asked = Self.probes(world)
            #expect(try await Self.said(world) == "dependent api in staging is healthy, and passes its check")
            #expect(Self.probes(world) == asked + 1)
            #expect(world.cluster.calls.last { $0.verb == .probe }?.object?.namespace == "staging")
        }
    }

    @Test("One that fails within its time is told of, after that time")
    func fails() throws {
        try World.run { world in
            try await Self.begin(world)
            world.cluster.setProbe("api", status: 503)
            let begun = world.cluster.now
            let said = try await Self.said(world) ?? ""
            #expect(said.hasPrefix("dependent api in staging is healthy, but a check of it fails: "), "\(said)")
            #expect(said.contains("503"))
            #expect(world.cluster.now - begun >= .seconds(60))
        }
    }

    @Test("One that may take longer than the timeout of what was rolled out is told of as far as it came by then")
    func longerThanTheTimeout() throws {
        try World.run { world in
            let within = Duration.seconds(7200)
            try await Self.begin(world, within: within)
            world.cluster.setProbe("api", status: 503)
            let begun = world.cluster.now
            let said = try await Self.said(world, within: within) ?? ""
            #expect(said.contains("was not asked to its end: ") && said.contains("503"), "\(said)")
            #expect(world.cluster.now - begun > .seconds(600) && world.cluster.now - begun < .seconds(700))
        }
    }

    @Test("A cluster that is away holds no verdict up, and is not told of as what the rollout waits for")
    func away() throws {
        try World.run { world in
            try await Self.begin(world)
            let asked = Self.probes(world)
            world.cluster.refuse { call in
                guard call.verb == .probe else { return nil }
                return ClusterFailure(code: .unavailable, message: "over its limit", retryAfter: .seconds(1))
            }
            world.source.push("two", Self.commit(nats: "2"))
            try await world.until("asked again and again") { Self.probes(world) > asked + 3 }
            let status = try #require(world.status(Planet.nats))
            #expect(status.phase == .verifying && status.cause == nil)
            try await world.until("two", within: .seconds(120)) { world.phase(Planet.nats) == .succeeded }
            let said = world.store.rollouts(of: Planet.nats).last?.verdict?.notes.first { $0.hasPrefix("dependent ") }
            #expect(said?.contains("but a check of it tells nothing: ") == true)
        }
    }

    @Test("One that waits at a gate for something newer runs all the same, and is asked")
    func atGate() throws {
        try World.run { world in
            try await Self.begin(world)
            let manual: (inout Environment) -> Void = { $0.deploy = .manual }
            world.source.push("gate", Self.commit(nats: "1", api: "2", manual))
            try await world.until("waits") { world.status(Planet.api)?.waits.isEmpty == false }
            world.source.push("two", Self.commit(nats: "2", api: "2", manual))
            try await world.until("two") { world.status(Planet.nats)?.revision == "two" }
            #expect(
                world.store.rollouts(of: Planet.nats).last?.verdict?.notes.contains(
                    "dependent api in staging is healthy, and passes its check") == true)
        }
    }

    @Test("One that was not well before is not asked, whatever it is by then")
    func unwellBefore() throws {
        try World.run { world in
            try await Self.begin(world)
            world.cluster.breakPods(of: Planet.apiDeployment)
            try await world.until("broken") { world.store.healthMark(of: Planet.api)?.isHealthy == false }
            let asked = Self.probes(world)
            let said = try await Self.said(world) ?? ""
            #expect(said.hasPrefix("dependent api in staging is ") && !said.contains("healthy"), "\(said)")
            #expect(Self.probes(world) == asked)
        }
    }
}
