// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport
import Testing

@Suite("What checks make of a rollout")
struct CheckScenarioTests {
    private static let production = TargetID(application: "api", environment: "production")

    private static let query = Application.Check(
        .prometheus(
            .init(address: .service("prometheus", port: "9090"), query: "up", bounds: [.init(.atLeast, 1)])),
        within: .seconds(300), place: "mainstay.yaml:9")

    private static func samples(_ values: String...) -> String {
        let items = values.map { #"{"metric":{},"value":[1,"\#($0)"]}"# }
        return #"{"status":"success","data":{"resultType":"vector","result":[\#(items.joined(separator: ","))]}}"#
    }

    private static func commit(_ tag: String, _ checks: [Application.Check] = [query]) -> FakeSource.Commit {
        Planet.api(tag, [Planet.service("prometheus")]) { $0.verify = checks }
    }

    private static func applies(_ world: World) -> Int { world.cluster.mutations.count }

    @Test("A Service is sent what its check says, as it is in the environment")
    func sentHeaders() throws {
        try World.run { world in
            let check = Application.Check(
                http: .init(
                    address: .service("prometheus", port: "80"), path: "/",
                    send: [.init(name: "Host", value: "{environment}.example.com")]))
            world.source.push("one", Self.commit("1", [check]))
            world.start()
            try await world.untilWell(Planet.api)
            let sent = world.cluster.state.withLock { $0.probeHeaders["prometheus"] }
            #expect(sent == [.init(name: "Host", value: "\(Planet.api.environment).example.com")])
        }
    }

    @Test("Missing data holds a rollout in its check, with the cause, and data that comes lets it pass")
    func comes() throws {
        try World.run { world in
            world.cluster.setProbe("prometheus", body: Self.samples())
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.until("nothing is known") {
                world.phase(Planet.api) == .verifying
                    && world.status(Planet.api)?.cause?.reason == CheckProgress.inconclusive
            }
            try await world.pass(.seconds(120))
            #expect(world.phase(Planet.api) == .verifying)
            #expect(world.status(Planet.api)?.message.contains("no series") == true)
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            try await world.untilWell(Planet.api)
            #expect(world.status(Planet.api)?.cause == nil)
        }
    }

    @Test(
        "Data that never comes is no verdict: nothing is taken back or quarantined, over a restart, until a person asks"
    )
    func never() throws {
        try World.run { world in
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.cluster.setProbe("prometheus", body: Self.samples("NaN"))
            world.source.push("two", Self.commit("2"))
            try await world.until("held") { world.status(Planet.api)?.message.contains("held for a person") == true }
            let applies = Self.applies(world)
            await world.restart()
            try await world.pass(.seconds(3600))
            #expect(world.status(Planet.api)?.message.contains("mainstay release api -e staging") == true)
            #expect(world.status(Planet.api)?.revision == "two", "it is what runs")
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:2")
            #expect(world.store.quarantines(of: Planet.api).isEmpty && Self.applies(world) == applies)
            #expect(world.store.rollouts(of: Planet.api).count == 2)
            #expect(world.store.rollouts(of: Planet.api).last?.verdict?.outcome == .inconclusive)

            // Asked again, and still nothing: held again. Then there is data.
            try await world.ask(.release(Planet.api, nil))
            try await world.until("asked again") { world.phase(Planet.api) == .verifying }
            try await world.until("held again") { world.phase(Planet.api) == .failed }
            try await world.pass(.seconds(900))
            #expect(world.store.rollouts(of: Planet.api).count == 3, "one word, one more look")
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            try await world.ask(.release(Planet.api, nil))
            try await world.untilWell(Planet.api)
            #expect(Self.applies(world) == applies, "it was applied already")
            #expect(world.status(Planet.api)?.revision == "two")
            #expect(try await world.refusal(of: .release(Planet.api, nil)) == "NothingToRelease")
        }
    }

    @Test("A commit that replaces a check lets go what the old one held, once", arguments: [false, true])
    func replaced(isRestarted: Bool) throws {
        try World.run { world in
            world.cluster.setProbe("prometheus", body: Self.samples("NaN"))
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.until("held") { world.status(Planet.api)?.message.contains("held for a person") == true }
            let applies = Self.applies(world)
            let other = Application.Check(
                http: .init(address: .service("prometheus", port: "80"), path: "/", expect: [200]))
            world.source.push("two", Self.commit("1", [other]))
            if isRestarted { await world.restart() }
            try await world.untilWell(Planet.api)
            #expect(Self.applies(world) == applies, "it was applied already")
            world.source.push("three", Self.commit("1", [Self.query]))
            try await world.pass(.seconds(900))
            #expect(world.phase(Planet.api) == .succeeded, "what is well needs no other word")
            #expect(world.store.rollouts(of: Planet.api).count == 2)
        }
    }

    @Test("Another change of the entry has the same checks asked again")
    func otherEntry() throws {
        try World.run { world in
            world.cluster.setProbe("prometheus", body: Self.samples("NaN"))
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.until("held") { world.status(Planet.api)?.message.contains("held for a person") == true }
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            // The same objects and entry at another commit say nothing.
            world.source.push("two", Self.commit("1"))
            try await world.pass(.seconds(300))
            #expect(world.phase(Planet.api) == .failed)
            world.source.push(
                "three",
                Planet.api("1", [Planet.service("prometheus")]) {
                    $0.verify = [Self.query]
                    $0.grace = .seconds(7)
                })
            try await world.untilWell(Planet.api)
        }
    }

    @Test("What others change of what is held for a person is shown, left as it is, and undone once it is released")
    func driftWhileHeld() throws {
        try World.run { world in
            world.cluster.setProbe("prometheus", body: Self.samples("NaN"))
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.until("held") { world.status(Planet.api)?.message.contains("held for a person") == true }
            world.cluster.remove(Planet.id("Service", "prometheus"))
            try await world.pass(.seconds(600))
            let drift = try #require(world.status(Planet.api)?.drift.first)
            #expect(drift.change == "gone" && drift.action == .report)
            #expect(world.cluster.object(Planet.id("Service", "prometheus")) == nil)
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            try await world.ask(.release(Planet.api, nil))
            try await world.untilWell(Planet.api)
            #expect(world.cluster.object(Planet.id("Service", "prometheus")) != nil)
        }
    }

    @Test("A person may go back from what nobody could judge, and something newer is rolled out")
    func goesOn() throws {
        try World.run { world in
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.cluster.setProbe("prometheus", body: Self.samples())
            world.source.push("two", Self.commit("2"))
            try await world.until("held") { world.status(Planet.api)?.message.contains("held for a person") == true }
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            try await world.ask(.rollBack(Planet.api, to: nil, reason: nil))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            world.source.push("three", Self.commit("3"))
            try await world.untilWell(Planet.api)
        }
    }

    @Test("A threshold that is passed fails, is quarantined and taken back")
    func failed() throws {
        try World.run { world in
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.cluster.setProbe("prometheus", body: Self.samples("0.5"))
            world.source.push("two", Self.commit("2"))
            try await world.until("failed") { !world.store.quarantines(of: Planet.api).isEmpty }
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            let cause = try #require(world.store.quarantines(of: Planet.api).first?.cause)
            #expect(cause.reason == "VerifyFailed" && cause.message.contains("0.5 is not at least 1.0"))
        }
    }

    @Test(
        "What answers in the place of an API server that is away says nothing of the Service, for however long",
        arguments: [503, 502, 429])
    func loadBalancer(status: Int) throws {
        try World.run { world in
            let check = Application.Check(http: .init(service: "api", port: "80", path: "/"))
            world.cluster.setProbe("api", status: status)
            world.source.push("one", Planet.api("1") { $0.verify = [check] })
            world.start()
            try await world.until("verifying") { world.phase(Planet.api) == .verifying }
            world.cluster.refuse { $0.verb == .version ? FakeCluster.unavailable : nil }
            try await world.until("nothing is known") {
                world.status(Planet.api)?.cause?.reason == CheckProgress.inconclusive
            }
            try await world.pass(.seconds(600))
            #expect(world.phase(Planet.api) == .verifying)
            // The API server is back, and it is the Service that fails.
            world.cluster.refuseNothing()
            try await world.until("failed", within: .seconds(90)) { world.phase(Planet.api) == .failed }
            #expect(world.store.quarantines(of: Planet.api).first?.cause.message.contains("status \(status)") == true)
        }
    }

    private static let smoke = Application.Check(
        http: .init(service: "api", port: "80", path: "/"), within: .seconds(60))

    @Test("A check ends when its time is over, however often the daemon is ended meanwhile", arguments: [4, 15])
    func overRestarts(pause: Int) throws {
        try World.run { world in
            world.cluster.setProbe("api", status: 404)
            world.source.push("one", Planet.api("1") { $0.verify = [Self.smoke] })
            world.start()
            try await world.until("verifying") { world.phase(Planet.api) == .verifying }
            let begun = world.cluster.now
            while world.store.rollouts(of: Planet.api).first?.verdict == nil, world.cluster.now - begun < .seconds(300)
            {
                try await world.pass(.seconds(pause))
                await world.restart()
            }
            #expect(world.cluster.now - begun < .seconds(60 + 2 * pause))
            #expect(world.store.rollouts(of: Planet.api).first?.verdict?.outcome == .failed)
        }
    }

    @Test("What the cluster's fault took is no time of a check after a restart either")
    func awayOverRestart() throws {
        try World.run { world in
            world.cluster.setProbe("api", status: 503)
            world.source.push("one", Planet.api("1") { $0.verify = [Self.smoke] })
            world.start()
            try await world.until("verifying") { world.phase(Planet.api) == .verifying }
            world.cluster.refuse { $0.verb == .version ? FakeCluster.unavailable : nil }
            try await world.pass(.seconds(600))
            await world.restart()
            world.cluster.refuseNothing()
            try await world.until("verifying") { world.phase(Planet.api) == .verifying }
            try await world.pass(.seconds(30))
            #expect(world.phase(Planet.api) == .verifying)
            try await world.until("failed", within: .seconds(60)) { world.phase(Planet.api) == .failed }
        }
    }

    @Test("An API server that has no room for the question says nothing of the Service")
    func noRoom() throws {
        try World.run { world in
            let check = Application.Check(http: .init(service: "api", port: "80", path: "/"))
            world.cluster.refuse { call in
                guard call.verb == .probe else { return nil }
                return ClusterFailure(code: .unavailable, message: "over its limit", retryAfter: .seconds(1))
            }
            world.source.push("one", Planet.api("1") { $0.verify = [check] })
            world.start()
            try await world.until("verifying") { world.phase(Planet.api) == .verifying }
            try await world.pass(.seconds(600))
            #expect(world.phase(Planet.api) == .verifying)
            world.cluster.refuseNothing()
            try await world.untilWell(Planet.api)
        }
    }

    @Test("What nobody could judge in staging is not healthy to production")
    func requires() throws {
        @Sendable func commit(_ tag: String) -> FakeSource.Commit {
            var environment = Environment(name: "production", namespace: "production")
            environment.requires = [.init(environment: "staging")]
            var application = Planet.application("api", in: ["staging", "production"])
            application.path = "apps/{environment}"
            application.verify = [Self.query]
            var commit = Planet.commit([(application, [])], environments: [Planet.staging, environment])
            for name in ["staging", "production"] {
                commit.files["apps/\(name)"] = .success([
                    Planet.deployment("api", tag: tag), Planet.service("prometheus"),
                ])
            }
            return commit
        }
        try World.run { world in
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            world.source.push("one", commit("1"))
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            world.cluster.setProbe("prometheus", body: Self.samples())
            world.source.push("two", commit("2"))
            try await world.until("held") { world.status(Planet.api)?.message.contains("held for a person") == true }
            try await world.pass(.seconds(7200))
            let images = world.cluster.mutations.filter { $0.object?.namespace == "production" }.compactMap(\.image)
            #expect(Set(images) == ["registry.example.com/api:1"])
            let why = world.status(Self.production)?.waits.first?.message ?? ""
            #expect(why.contains("nobody could tell yet whether two is well there"), "\(why)")
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            try await world.ask(.release(Planet.api, nil))
            try await world.untilWell(Planet.api, Self.production)
        }
    }

    @Test("A check of a Service that is nowhere blocks before anything is applied, and a check that is mended goes on")
    func noService() throws {
        try World.run { world in
            let check = Application.Check(http: .init(service: "apii", port: "80", path: "/"))
            world.source.push("one", Planet.api("1", [Planet.service("api")]) { $0.verify = [check] })
            world.start()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "CheckServiceMissing" }
            #expect(world.status(Planet.api)?.message.contains("Service staging/apii") == true)
            #expect(world.phase(Planet.api) == .blocked && world.cluster.mutations.isEmpty)
            let mended = Application.Check(http: .init(service: "api", port: "80", path: "/"))
            world.source.push("two", Planet.api("1", [Planet.service("api")]) { $0.verify = [mended] })
            try await world.untilWell(Planet.api)
            #expect(world.store.rollouts(of: Planet.api).count == 1, "it is the same rollout that goes on")
        }
    }

    @Test("A host that the operator does not allow, and a Job that is nowhere, block beforehand too")
    func notAllowed() throws {
        for (check, reason) in [
            (
                Application.Check(http: .init(address: .direct("https://evil.example.org/"), path: "/")),
                "CheckNotAllowed"
            ),
            (Application.Check(.tcp(.direct("evil.example.org:22"))), "CheckNotAllowed"),
            (
                Application.Check(
                    http: .init(
                        address: .direct("https://api.example.com/"), path: "/",
                        send: [.init(name: "host", value: "evil.example.org")])), "CheckNotAllowed"
            ),
            (Application.Check(.job("smoke")), "CheckJobMissing"),
        ] {
            try World.run(allow: AllowRules(checks: ["*.example.com"])) { world in
                world.source.push("one", Planet.api("1") { $0.verify = [check] })
                world.start()
                try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == reason }
                #expect(world.cluster.mutations.isEmpty)
            }
        }
    }

    @Test("A changed check restarts nothing that is done")
    func changed() throws {
        try World.run { world in
            world.cluster.setProbe("prometheus", body: Self.samples("1"))
            world.source.push("one", Self.commit("1"))
            world.start()
            try await world.untilWell(Planet.api)
            let applies = Self.applies(world)
            world.source.push("two", Self.commit("1", []))
            try await world.pass(.seconds(600))
            #expect(world.store.rollouts(of: Planet.api).count == 1 && Self.applies(world) == applies)
        }
    }

    @Test("The time that a check is asked after runs on over restarts", arguments: [false, true])
    func afterOverRestart(isDown: Bool) throws {
        try World.run { world in
            var check = Self.smoke
            check.after = .seconds(300)
            world.source.push("one", Planet.api("1") { $0.verify = [check] })
            world.start()
            try await world.until("verifying") { world.phase(Planet.api) == .verifying }
            let begun = world.time.now
            for _ in 0..<2 {
                try await world.pass(.seconds(100))
                await world.restart()
            }
            if isDown {
                await world.stop()
                try await world.pass(.seconds(300))
                world.start()
            }
            #expect(!world.cluster.calls.contains { $0.verb == .probe }, "it is not asked sooner")
            try await world.untilWell(Planet.api)
            let waited = world.time.now - begun
            #expect(waited >= .seconds(300) && waited < .seconds(isDown ? 530 : 330), "\(waited)")
        }
    }
}
