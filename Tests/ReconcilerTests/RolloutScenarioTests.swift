// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("The reconciler, over a first rollout and the next ones")
struct RolloutScenarioTests {
    @Test("A commit is rolled out, judged healthy, pinned, and then costs nothing")
    func rollsOut() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            #expect(world.store.inventory(of: Planet.api).map(\.object.kind) == ["Service", "Deployment"])
            try await world.pass(.seconds(60))
            #expect(world.source.pins[Planet.api] == "one")
            #expect(world.status(Planet.api)?.health == .healthy)
            let (calls, effects) = (world.cluster.calls.filter { $0.verb != .version }.count, world.effects)
            try await world.pass(.seconds(3600))
            #expect(world.cluster.calls.filter { $0.verb != .version }.count == calls)
            #expect(world.effects == effects)
            #expect(world.source.renders.count == 1)
        }
    }

    @Test("A bad revision is quarantined and taken back once, and stays taken back")
    func rollsBack() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.api("bad", [Planet.configMap("extra")]))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            try await world.pass(.seconds(3600))
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            #expect(world.cluster.object(Planet.id("ConfigMap", "extra")) == nil)
            #expect(world.store.rollouts(of: Planet.api).map(\.start.trigger) == [.revision, .revision, .rollback])
            #expect(world.store.quarantines(of: Planet.api).map(\.revision) == ["two"])
            let status = try #require(world.status(Planet.api))
            #expect(status.revision == "one")
            #expect(status.targetRevision == "two")
            #expect(status.message.contains("holding at one"))
            #expect(status.cause?.reason == "ImagePullBackOff")
        }
    }
}
