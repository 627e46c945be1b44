// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What a person forces past a gate")
struct GateForceTests {
    private typealias Gates = GateScenarioTests
    private static let everything = Suspension.Scope(environment: "production")

    private static func force(
        _ person: String = "linus", _ application: String? = "api", phrase: String? = nil, list: String? = nil,
        revision: String? = nil
    ) -> OperatorAction {
        .force(
            GateRequest(
                application: application, environment: "production", revision: revision, person: person,
                reason: "checkout is down", list: list), phrase: phrase)
    }

    private static func shut(_ environment: inout Environment) {
        // The clock of these tests begins at 2027-01-15T08:00:00Z.
        environment.windows =
            CronSchedule("0 12 * * *").map {
                [.init(kind: .allow, schedule: $0, duration: .seconds(3600), timeZone: "UTC")]
            } ?? []
    }

    private static func notes(_ world: World) -> [String] {
        world.store.rollouts(of: Gates.production).last?.past.verdict?.notes ?? []
    }

    @Test("A hot fix gets past a freeze, in an environment that is automatic otherwise, and the next commit does not")
    func freeze() throws {
        try World.run { world in
            world.source.push("one", Gates.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Gates.production)
            try await world.ask(.freeze(Self.everything, until: nil, reason: "holidays"))
            world.source.push("fixed", Gates.commit("2") { _ in })
            try await world.until("frozen") { Gates.reasons(world) == [.frozen] }
            let request = GateRequest(application: "api", environment: "production", person: "linus")
            #expect(try await world.refusal(of: .promote(request, phrase: nil)) == "NothingToPromote")
            #expect(try await world.refusal(of: .force(request, phrase: nil)) == "InvalidRequest", "without a reason")
            #expect(try await world.refusal(of: Self.force(revision: "other")) == "AnotherRevision")
            let answer = try await world.ask(Self.force(revision: "fixed"))
            #expect(answer.message == "forced by linus")
            #expect(
                answer.items == [
                    "fixed of api in production, past the freeze of everything in production: it is rolled out now"
                ])
            let text = "forced past the freeze of everything in production by linus: checkout is down"
            try await world.until("under way") { world.phase(Gates.production) == .progressing }
            #expect(world.status(Gates.production)?.notes == [text])
            try await world.until("fixed") { world.status(Gates.production)?.revision == "fixed" }
            #expect(world.status(Gates.production)?.notes == [text])
            #expect(Self.notes(world) == [text])
            world.source.push("three", Gates.commit("3") { _ in })
            try await world.until("frozen again") { Gates.reasons(world) == [.frozen] }
            #expect(world.status(Gates.production)?.notes == [], "what was forced is not what waits")
            try await world.pass(.seconds(300))
            #expect(!Gates.images(world).contains("registry.example.com/api:3"))
            // What was forced is over, also where git comes back to it.
            world.source.push("back", Gates.commit("1") { _ in })
            try await world.until("another waits") { world.status(Gates.production)?.message.hasPrefix("back") == true }
            world.source.push("again", Gates.commit("3") { _ in })
            try await world.until("waits anew") { world.status(Gates.production)?.message.hasPrefix("again") == true }
            #expect(Gates.reasons(world) == [.frozen])
        }
    }

    @Test(
        "A force gets past a window and another environment's soak, and is the go of a manual one; a restart knows it")
    func windowAndSoak() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = {
                $0.deploy = .manual
                $0.requires = [.init(environment: "staging", healthyFor: .seconds(86_400))]
                $0.approvals = .init(count: 1)
                Self.shut(&$0)
            }
            world.source.push("one", Gates.commit("1", gate))
            world.start()
            try await world.untilWell(Planet.api)
            let all: [GateWait.Reason] = [.approval, .promotion, .requirement, .window]
            try await world.until("soaks") { Gates.reasons(world) == all }
            let answer = try await world.ask(Self.force())
            #expect(answer.items.first?.contains(": it still waits for 1 approval (none so far)") == true)
            try await world.until("waits for people") { Gates.reasons(world) == [.approval] }
            let text =
                "forced past the wait for staging healthy for 24h and the windows of production by linus: checkout is down"
            #expect(world.status(Gates.production)?.message.hasSuffix("; \(text)") == true)
            await world.restart()
            try await world.until("waits for people") { Gates.reasons(world) == [.approval] }
            try await world.pass(.seconds(300))
            #expect(Gates.images(world) == [])
            try await world.ask(.approve(Gates.request("grace")))
            try await world.until("runs") { world.phase(Gates.production) == .succeeded }
            #expect(Self.notes(world) == [text])
        }
    }

    @Test("Only those whose approval an environment asks for may force anything there")
    func group() throws {
        try World.run(people: Gates.people) { world in
            let gate: (inout Environment) -> Void = {
                $0.approvals = .init(count: 1, groups: ["leads"])
                Self.shut(&$0)
            }
            world.source.push("one", Gates.commit("1", gate))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.approval, .window] }
            #expect(try await world.refusal(of: Self.force("linus")) == "NotInGroup")
            try await world.ask(Self.force("ada"))
            try await world.until("waits for a lead") { Gates.reasons(world) == [.approval] }
            #expect(try await world.refusal(of: .approve(Gates.request("ada"))) == "OwnCommit")
            #expect(try await world.refusal(of: Self.force("ada")) == "NothingToForce")
            try await world.pass(.seconds(300))
            #expect(Gates.images(world) == [])
            try await world.ask(.approve(Gates.request("grace")))
            try await world.untilWell(Gates.production)
        }
    }

    @Test("The phrase is typed all the same, for exactly what was listed, and a freeze that came later holds")
    func phrase() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = {
                Gates.confirm(&$0)
                $0.approvals = .init(count: 1)
                Self.shut(&$0)
            }
            world.source.push("one", Gates.commit("1", gate))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.approval, .confirmation, .window] }
            let listed = try await world.ask(Self.force("linus", nil))
            #expect(listed.items == ["one of api in production, past the windows of production"])
            #expect(listed.code == "deploy-to-production")
            let list = try #require(listed.list)
            #expect(
                listed.message.contains(
                    "-e production --force --reason TEXT --list \(list) --confirm \"deploy-to-production\""))
            #expect(try await world.refusal(of: Self.force("linus", nil, phrase: "deploy")) == "WrongPhrase")
            world.source.push("two", Gates.commit("2", gate))
            try await world.until("another") { world.status(Gates.production)?.message.hasPrefix("two") == true }
            #expect(
                try await world.refusal(of: Self.force("linus", nil, phrase: "deploy-to-production", list: list))
                    == "AnotherRevision")
            #expect(Gates.reasons(world) == [.approval, .confirmation, .window])
            try await world.ask(Self.force("linus", nil, phrase: "deploy-to-production"))
            try await world.until("forced") { Gates.reasons(world) == [.approval] }
            try await world.pass(.seconds(60))
            try await world.ask(.freeze(Self.everything, until: nil, reason: "holidays"))
            try await world.until("frozen") { Gates.reasons(world) == [.frozen, .approval] }
            try await world.ask(.approve(Gates.request("grace")))
            try await world.until("frozen alone") { Gates.reasons(world) == [.frozen] }
            try await world.ask(Self.force("linus", nil, phrase: "deploy-to-production"))
            try await world.untilWell(Gates.production)
        }
    }

    private static let day = Duration.seconds(86_400)

    private static func twoApprovals(_ environment: inout Environment) {
        environment.approvals = .init(count: 2, expires: .seconds(3600))
    }

    @Test("A go that was forced by a clock which was ahead counts once that is set back; approvals that run out do not")
    func clockAhead() throws {
        try World.run { world in
            world.source.push("one", Gates.commit("1", Self.twoApprovals))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.approval] }
            try await world.ask(.freeze(Self.everything, until: nil, reason: "holidays"))
            try await world.until("frozen") { Gates.reasons(world) == [.frozen, .approval] }
            world.setClock(by: Self.day)
            try await world.ask(Self.force())
            try await world.ask(.approve(Gates.request("linus")))
            world.setClock(by: .zero - Self.day)
            try await world.pass(.seconds(120))
            #expect(Gates.reasons(world) == [.approval])
            await world.restart()
            try await world.until("waits for both") { Gates.reasons(world) == [.approval] }
            for person in ["linus", "grace"] { try await world.ask(.approve(Gates.request(person))) }
            try await world.untilWell(Gates.production)
            #expect(Self.notes(world).first?.hasPrefix("forced past the freeze") == true)
        }
    }

    @Test("Of a freeze and a go that was forced, what was said last counts, whatever the clock was by then")
    func orderOfWords() throws {
        try World.run { world in
            world.source.push("one", Gates.commit("1", Self.twoApprovals))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.approval] }
            try await world.ask(.freeze(Self.everything, until: nil, reason: "holidays"))
            try await world.until("frozen") { Gates.reasons(world) == [.frozen, .approval] }
            world.setClock(by: Self.day)
            try await world.ask(Self.force())
            try await world.until("forced") { Gates.reasons(world) == [.approval] }
            world.setClock(by: .zero - Self.day)
            try await world.ask(.freeze(Self.everything, until: nil, reason: "audit"))
            try await world.until("frozen again") { Gates.reasons(world) == [.frozen, .approval] }
            try await world.ask(Self.force())
            try await world.until("forced again") { Gates.reasons(world) == [.approval] }
            // And the other way round: the freeze is dated ahead.
            world.setClock(by: Self.day)
            try await world.ask(.freeze(Self.everything, until: nil, reason: "audit"))
            try await world.until("frozen once more") { Gates.reasons(world) == [.frozen, .approval] }
            world.setClock(by: .zero - Self.day)
            try await world.pass(.seconds(120))
            #expect(Gates.reasons(world) == [.frozen, .approval])
            try await world.ask(Self.force())
            try await world.until("forced") { Gates.reasons(world) == [.approval] }
            await world.restart()
            try await world.until("waits for both") { Gates.reasons(world) == [.approval] }
        }
    }

    @Test("What is rejected, quarantined or suspended stays so, whoever forces it")
    func otherWords() throws {
        try World.run { world in
            world.source.push("one", Gates.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Gates.production)
            try await world.ask(.freeze(Self.everything, until: nil, reason: "holidays"))
            world.source.push("two", Gates.commit("bad", staging: "1") { _ in })
            try await world.until("frozen") { Gates.reasons(world) == [.frozen] }
            try await world.ask(.reject(Gates.request("grace", reason: "wrong price list")))
            #expect(try await world.refusal(of: Self.force()) == "Rejected")
            #expect(try await world.refusal(of: Self.force("linus", nil)) == "NothingToForce")
            try await world.until("rejected") { Gates.reasons(world) == [.rejected] }
            try await world.ask(.release(Gates.production, nil))
            try await world.ask(.suspend(Self.everything, reason: "by hand"))
            try await world.until("suspended") { world.status(Gates.production)?.cause?.reason == "Suspended" }
            #expect(try await world.refusal(of: Self.force()) == "NothingWaits")
            try await world.ask(.resume(Self.everything))
            try await world.until("frozen") { Gates.reasons(world) == [.frozen] }
            try await world.ask(Self.force())
            try await world.until("taken back", within: .seconds(7200)) {
                world.phase(Gates.production) == .rolledBack
            }
            #expect(world.store.quarantines(of: Gates.production).count == 1)
            #expect(try await world.refusal(of: Self.force()) == "NothingWaits")
            await world.restart()
            try await world.pass(.seconds(300))
            #expect(world.store.quarantines(of: Gates.production).count == 1)
            #expect(world.status(Gates.production)?.revision == "one")
        }
    }

    @Test("What leaves the pipeline in a freeze goes where somebody forces that, and is told so")
    func removal() throws {
        try World.run { world in
            world.source.push("one", Gates.commit("1") { _ in })
            world.start()
            try await world.untilWell(Gates.production)
            try await world.ask(.freeze(Self.everything, until: nil, reason: "holidays"))
            var two = Gates.commit("1") { _ in }
            if case .success(var pipeline) = two.pipeline {
                pipeline.applications = [Planet.application("other", in: ["production"])]
                two.pipeline = .success(pipeline)
            }
            two.files["apps/other"] = .success([Planet.configMap("other")])
            world.source.push("two", two)
            try await world.until("waits to go") { Gates.reasons(world) == [.frozen] }
            try await world.ask(Self.force())
            let object = ObjectID(group: "apps", kind: "Deployment", namespace: "production", name: "api")
            try await world.until("gone") { world.cluster.object(object) == nil }
            try await world.until("told") {
                Self.notes(world).first
                    == "forced past the freeze of everything in production by linus: checkout is down"
            }
        }
    }
}
