// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

@Suite("A newer revision, while one is being rolled out")
struct SupersessionScenarioTests {
    struct Moment: Sendable, CustomTestStringConvertible {
        var phase: RolloutPhase
        var commit: FakeSource.Commit
        var testDescription: String { phase.rawValue }
    }

    static let moments = [
        Moment(
            phase: .blocked,
            commit: Planet.commit([(Planet.application("api"), [Planet.deployment("api", tag: "2", secret: "missing")])]
            )),
        Moment(phase: .progressing, commit: Planet.api("slow")),
        Moment(
            phase: .verifying,
            commit: Planet.api("2") {
                $0.verify = [
                    .init(http: .init(service: "api", port: "80", path: "/", expect: 204), within: .seconds(600))
                ]
            }),
        Moment(phase: .rollingBack, commit: Planet.api("bad", [Planet.configMap("late-refusal")])),
    ]

    @Test("Ends it at once, in whatever phase it is", arguments: moments)
    func endsIt(moment: Moment) throws {
        try World.run { world in
            try await world.begin(with: Planet.api("slow-one"), untilWell: Planet.api)
            world.source.push("two", moment.commit)
            try await world.until("two is \(moment.phase)") { world.phase(Planet.api) == moment.phase }
            world.source.push("three", Planet.api("3"))
            world.poll()
            try await world.until("three", within: .seconds(60)) { world.status(Planet.api)?.revision == "three" }
            try await world.pass(.seconds(3600))
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:3")
            #expect(world.cluster.object(Planet.id("ConfigMap", "late-refusal")) == nil)
            #expect(world.phase(Planet.api) == .succeeded)
            #expect(world.store.rollouts(of: Planet.api).allSatisfy { $0.past.phase.isFinal })
            #expect(world.store.rollouts(of: Planet.api).count { $0.past.phase == .superseded } == 1)
        }
    }

    @Test("A commit that does not touch the application leaves its rollout alone, and its time running")
    func unrelatedCommit() throws {
        try World.run { world in
            let other = Planet.application("worker")
            func commit(_ api: String, _ worker: String) -> FakeSource.Commit {
                Planet.commit([
                    (Planet.application("api") { $0.timeout = .seconds(300) }, [Planet.deployment("api", tag: api)]),
                    (other, [Planet.deployment("worker", tag: worker)]),
                ])
            }
            try await world.begin(with: commit("1", "1"), untilWell: Planet.api, Planet.worker)
            world.source.push("two", commit("hang", "1"))
            try await world.until("two began") { world.phase(Planet.api) == .progressing }
            let begun = world.time.now
            for number in 1...9 {
                try await world.pass(.seconds(35))
                world.source.push("unrelated-\(number)", commit("hang", "\(number + 1)"))
            }
            try await world.until("judged", within: .seconds(60)) { !world.store.quarantines(of: Planet.api).isEmpty }
            #expect(world.time.now - begun < .seconds(360))
            #expect(world.cluster.mutations.count { $0.image == "registry.example.com/api:hang" } == 1)
            try await world.until("worker") {
                world.cluster.image(of: Planet.id("Deployment", "worker"))?.hasSuffix(":10") == true
            }
        }
    }

    @Test("Back to what runs: the half-done revision is undone without a judgement")
    func backToTheOld() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Planet.api("slow", [Planet.configMap("extra")]))
            try await world.until("two") { world.phase(Planet.api) == .progressing }
            world.source.push("three", Planet.api("1"))
            try await world.until("one again") { world.status(Planet.api)?.revision == "three" }
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            #expect(world.cluster.object(Planet.id("ConfigMap", "extra")) == nil)
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
        }
    }

    @Test("Many revisions in a second end with the last one")
    func storm() throws {
        try World.run { world in
            world.start()
            for number in 1...40 {
                world.source.push("c\(number)", Planet.api("\(number)", [Planet.configMap("map-\(number % 4)")]))
                world.poll()
                try await world.pass(.milliseconds(7 * number))
            }
            try await world.until("the last") { world.status(Planet.api)?.revision == "c40" }
            try await world.pass(.seconds(60))
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:40")
            #expect(world.cluster.desiredState.count == 3)
            #expect(world.store.inventory(of: Planet.api).count == 3)
            #expect(world.store.rollouts(of: Planet.api).allSatisfy { $0.past.phase.isFinal })
        }
    }
}
