// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("How long another environment has to be well first")
struct SoakScenarioTests {
    private typealias Gates = GateScenarioTests

    @Test("A soak begins when the other environment is healthy, begins anew with other content or a relapse, and ends")
    func soak() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = {
                $0.requires = [.init(environment: "staging", healthyFor: .seconds(86_400))]
            }
            world.source.push("one", Gates.commit("1", gate))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.until("soaks") { Gates.reasons(world) == [.requirement] }
            try await world.pass(.seconds(80_000))
            await world.restart()
            try await world.pass(.seconds(5000))
            #expect(Gates.images(world) == [])
            try await world.until("rolled out", within: .seconds(2000)) {
                world.phase(Gates.production) == .succeeded
            }
            // Another digest has to show it anew.
            world.source.push("two", Gates.commit("2", gate))
            try await world.until("two in staging") { world.status(Planet.api)?.revision == "two" }
            try await world.pass(.seconds(80_000))
            world.source.push("three", Gates.commit("3", gate))
            try await world.until("three in staging") { world.status(Planet.api)?.revision == "three" }
            try await world.pass(.seconds(80_000))
            #expect(!Gates.images(world).contains("registry.example.com/api:2"))
            try await world.until("three", within: .seconds(10_000)) {
                world.status(Gates.production)?.revision == "three"
            }
            #expect(!Gates.images(world).contains("registry.example.com/api:2"))
        }
    }

    @Test("A relapse begins the soak anew, and a restart does not forget it")
    func relapse() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = {
                $0.requires = [.init(environment: "staging", healthyFor: .seconds(3600))]
            }
            world.source.push("one", Gates.commit("1", gate))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.pass(.seconds(3000))
            world.cluster.breakPods(of: Planet.apiDeployment)
            try await world.until("broken") { world.store.healthMark(of: Planet.api)?.isHealthy == false }
            world.cluster.remove(Planet.apiDeployment)
            try await world.until("back") { world.status(Planet.api)?.health == .healthy }
            await world.restart()
            try await world.pass(.seconds(3000))
            #expect(Gates.images(world) == [])
            try await world.until("rolled out", within: .seconds(1000)) { world.phase(Gates.production) == .succeeded }
        }
    }

    @Test("An application that does not run in the other environment waits until all that run there are well")
    func notThere() throws {
        try World.run { world in
            let nats = (Planet.application("nats", in: ["infrastructure"]), [Planet.deployment("nats", tag: "slow")])
            var staging = Planet.staging
            staging.requires = [.init(environment: "infrastructure")]
            let api = (Planet.application("api"), [Planet.deployment("api", tag: "1")])
            world.source.push("one", Planet.commit([nats, api], environments: [Planet.infrastructure, staging]))
            world.start()
            try await world.until("waits") { world.status(Planet.api)?.waits.map(\.reason) == [.requirement] }
            #expect(world.status(Planet.api)?.message.contains("infrastructure healthy: nats is not") == true)
            try await world.untilWell(Planet.nats, Planet.api)
        }
    }

    @Test("What production alone changes needs no soak: staging has run the same images and files")
    func sameContent() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = {
                $0.requires = [.init(environment: "staging", healthyFor: .seconds(3600))]
            }
            world.source.push("one", Gates.commit("1", gate))
            world.start()
            try await world.until("rolled out", within: .seconds(4000)) { world.phase(Gates.production) == .succeeded }
            var two = Gates.commit("1", gate)
            two.files["apps/production"] = .success([
                Planet.deployment("api", tag: "1", env: [("LEVEL", "warning")])
            ])
            world.source.push("two", two)
            try await world.until("at once", within: .seconds(120)) {
                world.status(Gates.production)?.revision == "two"
            }
        }
    }
}
