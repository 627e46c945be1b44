// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import Testing

@Suite("Rollouts while somebody sets the daemon's clock")
struct ClockScenarioTests {
    private static let day = Duration.seconds(86_400)
    private static let hour = Duration.seconds(3600)
    private static let decade = Duration.seconds(3650 * 86_400)
    private static let image = Application.Image(name: "registry.example.com/api", wait: .seconds(1200))

    /// The verdicts so far.
    private static func outcomes(_ world: World) -> [Verdict.Outcome?] {
        world.store.rollouts(of: Planet.api).map(\.verdict?.outcome)
    }

    private static func query(within: Duration, lasting: Duration = .zero) -> Application.Check {
        Application.Check(
            .prometheus(
                .init(address: .service("prometheus", port: "9090"), query: "up", bounds: [.init(.atLeast, 1)])),
            within: within, lasting: lasting)
    }

    private static func checked(_ check: Application.Check) -> FakeSource.Commit {
        Planet.api("1", [Planet.service("prometheus")]) { $0.verify = [check] }
    }

    private static let well =
        #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}}"#

    @Test("A day forward uses up no rollout's timeout: what is under way goes on, and is well", arguments: [1, -1])
    func rollout(days: Int) throws {
        try World.run { world in
            world.source.push("one", Planet.api("slow") { $0.timeout = .seconds(300) })
            world.start()
            try await world.until("progressing") { world.phase(Planet.api) == .progressing }
            try await world.pass(.seconds(30))
            world.setClock(by: Self.day * days)
            try await world.until("well", within: .seconds(120)) { world.phase(Planet.api) == .succeeded }
            #expect(Self.outcomes(world) == [.healthy])
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
        }
    }

    @Test("What hangs fails after its timeout, whatever the clock was set to meanwhile", arguments: [1, -1])
    func hangs(days: Int) throws {
        try World.run { world in
            world.source.push("one", Planet.api("hang") { $0.timeout = .seconds(300) })
            world.start()
            try await world.until("progressing") { world.phase(Planet.api) == .progressing }
            try await world.pass(.seconds(30))
            world.setClock(by: Self.day * days)
            try await world.pass(.seconds(240))
            #expect(Self.outcomes(world) == [nil])
            try await world.until("failed", within: .seconds(60)) { world.phase(Planet.api) == .failed }
        }
    }

    @Test("A day forward makes no two answers five minutes in which all was well")
    func lasting() throws {
        try World.run { world in
            world.cluster.setProbe("prometheus", body: Self.well)
            world.source.push("one", Self.checked(Self.query(within: .seconds(60), lasting: .seconds(300))))
            world.start()
            try await world.until("verifying") { world.phase(Planet.api) == .verifying }
            try await world.pass(.seconds(20))
            world.setClock(by: Self.day)
            try await world.pass(.seconds(240))
            #expect(world.phase(Planet.api) == .verifying)
            try await world.until("well", within: .seconds(60)) { world.phase(Planet.api) == .succeeded }
        }
    }

    @Test("Nor does it use up the time in which an answer may come")
    func within() throws {
        try World.run { world in
            world.cluster.setProbe("prometheus", status: 404)
            world.source.push("one", Self.checked(Self.query(within: .seconds(300))))
            world.start()
            try await world.until("verifying") { world.phase(Planet.api) == .verifying }
            world.setClock(by: Self.day)
            try await world.pass(.seconds(240))
            #expect(world.phase(Planet.api) == .verifying)
            world.cluster.setProbe("prometheus", status: 200)
            world.cluster.setProbe("prometheus", body: Self.well)
            try await world.untilWell(Planet.api)
        }
    }

    @Test("A day forward ends no wait for an image, whose end is told by the clock as it is set")
    func image() throws {
        try World.run(registry: FakeRegistry()) { world in
            world.source.push("one", Planet.api("1") { $0.images = [Self.image] })
            world.start()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "ImageMissing" }
            let end = world.clock + Self.day + .seconds(1200)
            world.setClock(by: Self.day)
            try await world.pass(.seconds(1100))
            #expect(world.phase(Planet.api) == .blocked)
            let told = world.status(Planet.api)?.message ?? ""
            // Within seconds of it, since it began a little before.
            #expect(told.contains("fails at \(end.secondsDescription.prefix(15))"), "\(told)")
            try await world.until("failed", within: .seconds(130)) { world.phase(Planet.api) == .failed }
        }
    }

    @Test("A rollout that goes on in the same daemon waits for its image no shorter")
    func imageAgain() throws {
        try World.run(registry: FakeRegistry()) { world in
            world.source.push("one", Planet.api("1") { $0.images = [Self.image] })
            world.start()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "ImageMissing" }
            world.setClock(by: Self.day)
            // The same objects under another timeout: the rollout is taken up anew.
            world.source.push(
                "two",
                Planet.api("1") {
                    $0.images = [Self.image]; $0.timeout = .seconds(900)
                })
            try await world.pass(.seconds(1000))
            #expect(world.phase(Planet.api) == .blocked)
            #expect(world.store.rollouts(of: Planet.api).count == 1)
        }
    }

    @Test("An hour back stops no questions: an image and a Secret that come are seen at once")
    func back() throws {
        let registry = FakeRegistry()
        try World.run(registry: registry) { world in
            let deployment = Planet.deployment("api", tag: "1", secret: "late")
            let application = Planet.application("api") { $0.images = [Self.image] }
            world.source.push("one", Planet.commit([(application, [deployment])]))
            world.start()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            // At every moment between two looks.
            for _ in 0..<20 {
                world.setClock(by: .zero - Self.hour)
                try await world.pass(.milliseconds(130))
            }
            world.cluster.put(Planet.secret("late"))
            try await world.until("asks", within: .seconds(15)) {
                world.status(Planet.api)?.cause?.reason == "ImageMissing"
            }
            world.setClock(by: .zero - Self.hour)
            registry.push("registry.example.com/api:1")
            try await world.until("goes on", within: .seconds(50)) { world.phase(Planet.api) == .succeeded }
        }
    }

    @Test("A day forward ends no bake, and is no grace that is over")
    func bake() throws {
        @Sendable func commit(_ tag: String) -> FakeSource.Commit {
            Planet.api(tag) {
                $0.bake = .seconds(600)
                $0.grace = .seconds(60)
            }
        }
        try World.run { world in
            world.source.push("one", commit("1"))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.pass(.seconds(700))
            world.source.push("two", commit("2"))
            try await world.until("two") {
                world.status(Planet.api)?.revision == "two" && world.phase(Planet.api) == .succeeded
            }
            try await world.pass(.seconds(120))
            world.setClock(by: Self.day)
            try await world.pass(.seconds(120))
            #expect(world.status(Planet.api)?.bakesUntil.map { $0 > world.clock } == true)
            world.cluster.breakPods(of: Planet.apiDeployment)
            try await world.until("back", within: .seconds(300)) { world.phase(Planet.api) == .rolledBack }
            #expect(world.store.quarantines(of: Planet.api).map(\.revision) == ["two"])
        }
    }

    @Test("A decade forward that is taken back a minute later holds no bake up, nor does it after a restart")
    func corrected() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1") { $0.bake = .seconds(600) })
            world.start()
            try await world.untilWell(Planet.api)
            world.setClock(by: Self.decade)
            try await world.pass(.seconds(70))
            world.setClock(by: .zero - Self.decade)
            try await world.pass(.seconds(70))
            let end = try #require(world.status(Planet.api)?.bakesUntil)
            #expect(end - world.clock < .seconds(600))
            await world.restart()
            try await world.until("over", within: .seconds(600)) {
                world.phase(Planet.api) == .succeeded && world.status(Planet.api)?.bakesUntil == nil
            }
            try await world.pass(.seconds(120))
            #expect(world.status(Planet.api)?.bakesUntil == nil)
        }
    }

    @Test("What succeeds while the clock is ahead bakes from when it is set back, over a restart too")
    func bakeWhileAhead() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1") { $0.bake = .seconds(600) })
            world.start()
            try await world.untilWell(Planet.api)
            world.setClock(by: Self.decade)
            try await world.pass(.seconds(70))
            world.source.push("two", Planet.api("2") { $0.bake = .seconds(600) })
            try await world.until("two") {
                world.status(Planet.api)?.revision == "two" && world.phase(Planet.api) == .succeeded
            }
            world.setClock(by: .zero - Self.decade)
            try await world.pass(.seconds(70))
            let end = try #require(world.status(Planet.api)?.bakesUntil)
            #expect(end > world.clock && end - world.clock < .seconds(600))
            await world.restart()
            try await world.until("over", within: .seconds(700)) {
                world.phase(Planet.api) == .succeeded && world.status(Planet.api)?.bakesUntil == nil
            }
        }
    }

    @Test("An approval by a clock that is ahead is over once that is set back, and for good; later ones count")
    func approvalWhileAhead() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = { $0.approvals = .init(count: 2, expires: Self.hour) }
            let production = GateScenarioTests.production
            world.source.push("one", GateScenarioTests.commit("1", gate))
            world.start()
            try await world.until("waits") { GateScenarioTests.reasons(world) == [.approval] }
            world.setClock(by: Self.day)
            try await world.ask(.approve(GateScenarioTests.request("linus")))
            try await world.pass(.seconds(70))
            world.setClock(by: .zero - Self.day)
            try await world.pass(.seconds(70))
            try await world.ask(.approve(GateScenarioTests.request("grace")))
            try await world.pass(.seconds(300))
            #expect(GateScenarioTests.reasons(world) == [.approval])
            // The clock shows again what it showed then.
            try await world.pass(Self.day)
            try await world.ask(.approve(GateScenarioTests.request("margaret")))
            try await world.pass(.seconds(300))
            #expect(GateScenarioTests.reasons(world) == [.approval], "linus' is over, and so is grace's")
            try await world.ask(.approve(GateScenarioTests.request("linus")))
            try await world.untilWell(production)
        }
    }

    @Test("A soak that begins while the clock is ahead is over when it is, from when that is set back")
    func soakWhileAhead() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = {
                $0.requires = [.init(environment: "staging", healthyFor: Self.hour)]
            }
            world.setClock(by: Self.decade)
            world.source.push("one", GateScenarioTests.commit("1", gate))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.until("waits") { GateScenarioTests.reasons(world) == [.requirement] }
            world.setClock(by: .zero - Self.decade)
            try await world.pass(.seconds(3000))
            #expect(world.phase(GateScenarioTests.production) == .blocked)
            try await world.until("soaked", within: .seconds(900)) {
                world.phase(GateScenarioTests.production) == .succeeded
            }
        }
    }

    @Test("What is destroyed is destroyed once, though the clock is set back before it begins")
    func destroy() throws {
        try World.run { world in
            let scope = Suspension.Scope(application: "api", environment: "staging")
            world.source.push(
                "one", Planet.commit([(Planet.application("api"), Array(Spread.lasting("1").dropLast()))]))
            world.start()
            try await world.untilWell(Planet.api)
            world.cluster.refuse { $0.verb == .delete ? FakeCluster.unavailable : nil }
            let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(scope, phrase: listed.code, reason: nil))
            try await world.pass(.seconds(10))
            world.setClock(by: .zero - Self.day)
            await world.restart()
            world.cluster.refuseNothing()
            try await world.until("gone") { world.cluster.object(Planet.apiDeployment) == nil }
            try await world.until("destroyed") { world.status(Planet.api)?.cause?.reason == "Destroyed" }
            let count = world.store.rollouts(of: Planet.api).count
            for _ in 1...2 {
                await world.restart()
                try await world.until("destroyed") { world.status(Planet.api)?.cause?.reason == "Destroyed" }
            }
            #expect(world.store.rollouts(of: Planet.api).count == count)
        }
    }

    @Test("What reacts in its own time has that after a clock was set while the rollout waited", arguments: [1, -1])
    func settling(days: Int) throws {
        try World.run { world in
            let widget: Object = [
                "apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "w"], "spec": [:],
            ]
            let application = Planet.application("api") { $0.timeout = .seconds(300) }
            let deployment = Planet.deployment("api", tag: "1", secret: "late")
            world.source.push("one", Planet.commit([(application, [deployment, widget])]))
            world.start()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            world.setClock(by: Self.day * days)
            world.cluster.put(Planet.secret("late"))
            try await world.until("applied", within: .seconds(60)) {
                world.cluster.calls.contains { $0.verb == .apply && $0.object?.kind == "Widget" }
            }
            try await world.pass(.seconds(8))
            #expect(Self.outcomes(world) == [nil])
            try await world.until("well", within: .seconds(30)) { world.phase(Planet.api) == .succeeded }
        }
    }

    @Test("A day forward that only a bake would have noticed is known to the next daemon")
    func bakeOverRestart() throws {
        try World.run { world in
            world.source.push(
                "one",
                Planet.api("1") {
                    $0.bake = .seconds(900)
                    $0.grace = .seconds(60)
                })
            world.start()
            try await world.untilWell(Planet.api)
            world.setClock(by: Self.day)
            try await world.pass(.seconds(70))
            #expect(world.store.state.withLock(\.clockJumps).count == 1)
            await world.restart()
            try await world.until("well again", within: .seconds(60)) { world.phase(Planet.api) == .succeeded }
            world.cluster.breakPods(of: Planet.apiDeployment)
            try await world.until("relapsed", within: .seconds(300)) { world.phase(Planet.api) == .failed }
        }
    }

    @Test("A rollout that the next daemon goes on with waits for its image no shorter")
    func imageOverRestart() throws {
        try World.run(registry: FakeRegistry()) { world in
            world.source.push("one", Planet.api("1") { $0.images = [Self.image] })
            world.start()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "ImageMissing" }
            world.setClock(by: Self.day)
            try await world.pass(.seconds(70))
            await world.restart()
            try await world.pass(.seconds(900))
            #expect(world.phase(Planet.api) == .blocked)
            try await world.until("failed", within: .seconds(300)) { world.phase(Planet.api) == .failed }
        }
    }

    @Test("A day back lets nobody who fights over an object keep it gone", arguments: ["1", "hang"])
    func fight(tag: String) throws {
        let service = Planet.id("Service", "api")
        try World.run { world in
            world.source.push("one", Planet.api(tag) { $0.timeout = Self.hour })
            world.start()
            let phase: RolloutPhase = tag == "1" ? .succeeded : .progressing
            try await world.until("\(phase)") { world.phase(Planet.api) == phase }
            try await world.pass(.seconds(20))
            for round in 1...4 {
                // By then it is a fight, whose pauses grow.
                if round == 4 { world.setClock(by: .zero - Self.day) }
                world.cluster.remove(service)
                try await world.until("back", within: .seconds(120)) { world.cluster.object(service) != nil }
            }
            #expect(world.phase(Planet.api) == phase)
        }
    }

    @Test("A day back puts no prune off that is to be tried again")
    func prune() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1", [Planet.configMap("old")]))
            world.start()
            try await world.untilWell(Planet.api)
            world.cluster.refuse { call in
                call.verb == .delete ? ClusterFailure(code: .forbidden, message: "may not delete configmaps") : nil
            }
            world.source.push("two", Planet.api("2"))
            try await world.until("two", within: .seconds(1200)) {
                world.status(Planet.api)?.revision == "two" && world.phase(Planet.api) == .succeeded
            }
            world.cluster.refuseNothing()
            world.setClock(by: .zero - Self.day)
            try await world.until("gone", within: Self.hour) {
                world.cluster.object(Planet.id("ConfigMap", "old")) == nil
            }
        }
    }

    @Test("A day back hides no illness of what runs while the next revision waits")
    func healthMeanwhile() throws {
        @Sendable func commit(_ tag: String, secret: String? = nil) -> FakeSource.Commit {
            let widget: Object = [
                "apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "w"], "spec": [:],
            ]
            return Planet.commit([
                (Planet.application("api"), [Planet.deployment("api", tag: tag, secret: secret), widget])
            ])
        }
        try World.run { world in
            world.source.push("one", commit("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", commit("2", secret: "late"))
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            let id = ObjectID(group: "example.com", kind: "Widget", namespace: "staging", name: "w")
            var widget = try #require(world.cluster.object(id))
            let since = Value.string(world.cluster.now.secondsDescription)
            widget["status"] = ["conditions": [["type": "Ready", "status": "False", "lastTransitionTime": since]]]
            world.cluster.put(widget)
            try await world.pass(.seconds(5))
            #expect(world.status(Planet.api)?.health == .progressing)
            world.setClock(by: .zero - Self.day)
            try await world.until("told", within: .seconds(900)) { world.status(Planet.api)?.health == .degraded }
        }
    }
}
