// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What succeeded, while it bakes")
struct BakeScenarioTests {
    private static func commit(_ tag: String) -> FakeSource.Commit {
        Planet.api(tag) {
            $0.bake = .seconds(600)
            $0.grace = .seconds(10)
        }
    }

    /// Two revisions, the second of which has just succeeded.
    private static func twoRevisions(_ world: World) async throws {
        world.source.push("one", commit("1"))
        world.start()
        try await world.untilWell(Planet.api)
        try await world.pass(.seconds(700))
        world.source.push("two", commit("2"))
        try await world.until("two") {
            world.status(Planet.api)?.revision == "two" && world.phase(Planet.api) == .succeeded
        }
    }

    @Test("A relapse is its failure: quarantined, taken back, once", arguments: [false, true])
    func relapse(withRestart: Bool) throws {
        try World.run { world in
            try await Self.twoRevisions(world)
            #expect(world.source.pins[Planet.api] == "one", "what it would be taken back to stays readable")
            try await world.pass(.seconds(120))
            if withRestart { await world.restart() }
            try await world.pass(.seconds(5))
            world.cluster.breakPods(of: Planet.apiDeployment)
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            let rollouts = world.store.rollouts(of: Planet.api)
            #expect(rollouts.map(\.past.phase) == [.succeeded, .failed, .rolledBack])
            #expect(rollouts[1].verdict?.notes.contains { $0.contains("relapsed while it baked") } == true)
            #expect(world.store.quarantines(of: Planet.api).map(\.revision) == ["two"])
            try await world.pass(.seconds(3600))
            #expect(world.store.rollouts(of: Planet.api).count == 3)
            #expect(world.status(Planet.api)?.message.contains("holding at one") == true)
        }
    }

    @Test("Afterwards a degradation is shown, and nothing is taken back")
    func afterwards() throws {
        try World.run { world in
            try await Self.twoRevisions(world)
            try await world.pass(.seconds(700))
            #expect(world.source.pins[Planet.api] == "two")
            world.cluster.breakPods(of: Planet.apiDeployment)
            try await world.until("degraded") { world.status(Planet.api)?.health == .degraded }
            try await world.pass(.seconds(3600))
            #expect(world.store.rollouts(of: Planet.api).count == 2)
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
        }
    }

    @Test("How long a success is judged on", arguments: [(0, false), (599, true), (600, false)])
    func window(seconds: Int64, isBaking: Bool) {
        let start = RolloutStart(
            id: "r", target: Planet.api, revision: "c", fromRevision: nil, digest: "d", inputsDigest: "",
            trigger: .revision, startedAt: Timestamp(secondsSinceEpoch: 0))
        func past(_ phase: RolloutPhase, _ trigger: RolloutTrigger = .revision) -> PastRollout {
            var start = start
            start.trigger = trigger
            return PastRollout(
                start: start, phase: phase, phaseSince: Timestamp(secondsSinceEpoch: 1000), verdict: nil)
        }
        let passed = Duration.seconds(seconds)
        let bake = seconds == 0 ? Duration.zero : .seconds(600)
        #expect(past(.succeeded).isBaking(bake, after: passed) == isBaking)
        #expect(!past(.failed).isBaking(bake, after: passed))
        #expect(!past(.rolledBack, .rollback).isBaking(bake, after: passed), "a rollback is not rolled back")
        #expect(!past(.succeeded, .resume).isBaking(bake, after: passed))
    }

    @Test("What a person breaks while it is suspended is no relapse", arguments: [nil, "Deployment/api"])
    func suspended(object: String?) throws {
        try World.run { world in
            try await Self.twoRevisions(world)
            let scope = Suspension.Scope(
                application: "api", environment: "staging", object: object.flatMap { Suspension.ObjectName($0) })
            try await world.ask(.suspend(scope, reason: "by hand"))
            try await world.pass(.seconds(5))
            world.cluster.breakPods(of: Planet.apiDeployment)
            try await world.pass(.seconds(3600))
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
            #expect(world.store.rollouts(of: Planet.api).map(\.past.phase) == [.succeeded, .succeeded])
        }
    }
}
