// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import Testing

@Suite("What runs, rolled out again for a person")
struct RollOutAgainTests {
    private typealias Gates = GateScenarioTests

    private static func again(_ target: TargetID = Planet.api) -> OperatorAction {
        .rollOutAgain(target, reason: "a cache was lost")
    }

    private static func applied(_ world: World) -> [String] {
        world.cluster.calls.filter { $0.verb == .apply }.compactMap { $0.object?.kind }
    }

    /// The uids of Jobs that are there.
    private func runs(_ world: World) -> [String] {
        world.cluster.state.withLock { state in
            state.objects.filter { $0.key.kind == "Job" }.compactMap { $0.value.value(at: "metadata", "uid")?.string }
        }
    }

    private static func job(_ name: String) -> Object {
        var job: Object = [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)],
            "spec": ["template": ["spec": ["containers": [["name": "main", "image": "migrate:1"]]]]],
        ]
        job.set(.string("before"), at: "metadata", "annotations", Hook.key)
        return job
    }

    @Test("Everything is applied again, once, and judged; what ran to its end is not; history says who asked and why")
    func everything() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", [Self.job("migrate")]), untilWell: Planet.api)
            let (before, ran) = (Self.applied(world), runs(world))
            let answer = try await world.ask(Self.again())
            #expect(
                answer.message == "rolling out one of api in staging again: everything is applied, and then checked")
            try await world.until("again") {
                world.store.rollouts(of: Planet.api).count == 2 && world.phase(Planet.api) == .succeeded
            }
            let sent = Self.applied(world).dropFirst(before.count).filter { $0 != "Job" }
            #expect(sent.sorted() == ["Deployment", "Service"])
            #expect(runs(world) == ran && !ran.isEmpty, "the very same run")
            let rollout = try #require(world.store.rollouts(of: Planet.api).last)
            #expect(rollout.start.trigger == .reconcile)
            #expect(rollout.start.revision == "one")
            #expect(rollout.verdict?.notes.first == "rolled out again by ada: a cache was lost")
            #expect(world.status(Planet.api)?.notes.first == "rolled out again by ada: a cache was lost")
            await world.restart()
            try await world.pass(.seconds(300))
            #expect(world.store.rollouts(of: Planet.api).count == 2, "once")
        }
    }

    @Test("No gate is asked, also where the daemon is started anew before it has begun")
    func gate() throws {
        try World.run { world in
            let scope = Suspension.Scope(environment: "staging")
            let objects = [Planet.deployment("api", tag: "1", secret: "db")]
            world.cluster.put(Planet.secret("db"))
            try await world.begin(with: Planet.commit([(Planet.application("api"), objects)]), untilWell: Planet.api)
            try await world.ask(.freeze(scope, until: nil, reason: "holidays"))
            let secret = ObjectID(group: "", kind: "Secret", namespace: "staging", name: "db")
            world.cluster.remove(secret)
            try await world.ask(Self.again())
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            #expect(try await world.refusal(of: Self.again()) == "NotRolledOut")
            await world.restart()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            world.cluster.put(Planet.secret("db"))
            try await world.untilWell(Planet.api)
            let rollouts = world.store.rollouts(of: Planet.api)
            #expect(rollouts.map(\.start.trigger) == [.revision, .reconcile])
            #expect(rollouts.last?.verdict?.notes.first == "rolled out again by ada: a cache was lost")
        }
    }

    @Test("What waits, is suspended, held or quarantined is refused, and so is what is not there")
    func refusals() throws {
        try World.run { world in
            let scope = Suspension.Scope(environment: "production")
            try await world.begin(with: Gates.commit("1") { _ in }, untilWell: Planet.api, Gates.production)
            try await world.ask(.suspend(scope, reason: "by hand"))
            #expect(try await world.refusal(of: Self.again(Gates.production)) == "Suspended")
            try await world.ask(.resume(scope))
            try await world.ask(.freeze(scope, until: nil, reason: "holidays"))
            world.source.push("two", Gates.commit("2") { _ in })
            try await world.until("frozen") { Gates.reasons(world) == [.frozen] }
            #expect(try await world.refusal(of: Self.again(Gates.production)) == "WaitsAtGate")
            try await world.ask(.thaw(scope))
            try await world.until("two") { world.status(Gates.production)?.revision == "two" }
            try await world.ask(.rollBack(Gates.production, to: "one", reason: nil))
            #expect(try await world.refusal(of: Self.again(Gates.production)) == "Held")
            world.source.push("three", Gates.commit("bad", staging: "2") { _ in })
            try await world.until("taken back", within: .seconds(7200)) {
                world.phase(Gates.production) == .rolledBack && !world.store.quarantines(of: Gates.production).isEmpty
            }
            #expect(try await world.refusal(of: Self.again(Gates.production)) == "Quarantined")
            let unknown = TargetID(application: "web", environment: "production")
            #expect(try await world.refusal(of: Self.again(unknown)) == "UnknownApplication")
        }
    }

    @Test("Reading a repository whose pipeline is broken is no success, and says each mistake")
    func brokenPipeline() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            #expect(try await world.ask(.reconcile).message == "polled: main is at one")
            var broken = Planet.api("1")
            broken.pipeline = .failure(
                SourceFailure(
                    code: .pipeline, message: "mainstay.yaml:1:1: a\nmainstay.yaml:2:1: b", isTransient: false))
            world.source.push("two", broken)
            #expect(try await world.refusal(of: .reconcile) == "PipelineBroken")
        }
    }
}
