// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What waits at the gate of an environment")
struct GateScenarioTests {
    static let production = TargetID(application: "api", environment: "production")
    static let people = People([
        .init(name: "ada", emails: ["ada@example.com"], groups: ["leads"]), .init(name: "grace", groups: ["leads"]),
        .init(name: "linus", groups: ["developers"]),
    ])

    static func commit(
        _ tag: String, staging: String? = nil, _ change: (inout Environment) -> Void
    ) -> FakeSource.Commit {
        var environment = Environment(name: "production", namespace: "production")
        change(&environment)
        var application = Planet.application("api", in: ["staging", "production"])
        application.path = "apps/{environment}"
        var commit = Planet.commit([(application, [])], environments: [Planet.staging, environment])
        for (name, tag) in [("staging", staging ?? tag), ("production", tag)] {
            commit.files["apps/\(name)"] = .success([Planet.deployment("api", tag: tag)])
        }
        return commit
    }

    static func request(
        _ person: String = "linus", revision: String? = nil, reason: String? = nil
    ) -> GateRequest {
        GateRequest(application: "api", environment: "production", revision: revision, person: person, reason: reason)
    }

    static func confirm(_ environment: inout Environment) {
        environment.deploy = .confirm
        environment.confirmPhrase = "deploy-to-production"
    }

    static func reasons(_ world: World) -> [GateWait.Reason] {
        world.status(production)?.waits.map(\.reason) ?? []
    }

    static func images(_ world: World) -> [String] {
        world.cluster.mutations.filter { $0.object?.namespace == "production" }.compactMap(\.image)
    }

    @Test("A phrase lets through the digest that waits, and none that comes later; a mistyped one nothing")
    func confirmation() throws {
        try World.run { world in
            world.source.push("one", Self.commit("1", Self.confirm))
            world.start()
            try await world.until("waits") { Self.reasons(world) == [.confirmation] }
            try await world.until("staging") { world.phase(Planet.api) == .succeeded }
            #expect(world.phase(Self.production) == .blocked)
            #expect(world.status(Self.production)?.message.contains("mainstay promote api -e production") == true)
            #expect(try await world.refusal(of: .promote(Self.request(), phrase: "deploy-to-prod")) == "WrongPhrase")
            #expect(try await world.ask(.promote(Self.request(), phrase: nil)).code == "deploy-to-production")
            try await world.pass(.seconds(300))
            #expect(Self.images(world) == [])
            try await world.ask(.promote(Self.request(), phrase: "deploy-to-production"))
            try await world.untilWell(Self.production)
            #expect(world.status(Self.production)?.waits == [])
            world.source.push("two", Self.commit("2", Self.confirm))
            try await world.until("waits again") { Self.reasons(world) == [.confirmation] }
            try await world.pass(.seconds(300))
            #expect(Self.images(world).contains("registry.example.com/api:2") == false)
            #expect(world.status(Self.production)?.health == .healthy, "what runs is shown as it is")
            #expect(
                try await world.refusal(of: .promote(Self.request(revision: "one"), phrase: "deploy-to-production"))
                    == "AnotherRevision")
        }
    }

    @Test("The same digest at another commit waits for the same, and what was said of it counts")
    func sameDigest() throws {
        try World.run { world in
            world.source.push("one", Self.commit("1") { $0.approvals = .init(count: 2) })
            world.start()
            try await world.until("waits") { Self.reasons(world) == [.approval] }
            try await world.ask(.approve(Self.request("linus")))
            world.source.push("two", Self.commit("1") { $0.approvals = .init(count: 2) })
            try await world.pass(.seconds(60))
            await world.restart()
            try await world.until("waits") { Self.reasons(world) == [.approval] }
            try await world.ask(.approve(Self.request("grace")))
            try await world.untilWell(Self.production)
        }
    }

    @Test("Approvals are of the group, not of who wrote it, each once, and only while it waits")
    func approvals() throws {
        try World.run(people: Self.people) { world in
            let gate: (inout Environment) -> Void = { $0.approvals = .init(count: 1, groups: ["leads"]) }
            world.source.push("one", Self.commit("1", gate))
            world.start()
            try await world.until("waits") { Self.reasons(world) == [.approval] }
            #expect(try await world.refusal(of: .approve(Self.request("linus"))) == "NotInGroup")
            #expect(try await world.refusal(of: .approve(Self.request("ada"))) == "OwnCommit")
            #expect(try await world.refusal(of: .approve(Self.request("grace", revision: "none"))) == "AnotherRevision")
            let nowhere = GateRequest(application: "api", environment: "moon", person: "grace")
            #expect(try await world.refusal(of: .approve(nowhere)) == "UnknownApplication")
            try await world.ask(.approve(Self.request("grace")))
            try await world.untilWell(Self.production)
            #expect(try await world.refusal(of: .approve(Self.request("grace"))) == "NothingWaits")
        }
    }

    @Test("An approval counts for as long as the environment says, over a restart")
    func expiry() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = { $0.approvals = .init(count: 2, expires: .seconds(3600)) }
            world.source.push("one", Self.commit("1", gate))
            world.start()
            try await world.until("waits") { Self.reasons(world) == [.approval] }
            try await world.ask(.approve(Self.request("linus")))
            #expect(try await world.refusal(of: .approve(Self.request("linus"))) == "AlreadyApproved")
            #expect(world.status(Self.production)?.approvalLapsedAt == nil)
            try await world.pass(.seconds(3601))
            await world.restart()
            try await world.until("waits") { Self.reasons(world) == [.approval] }
            #expect(world.status(Self.production)?.approvalLapsedAt != nil)
            try await world.ask(.approve(Self.request("grace")))
            try await world.pass(.seconds(60))
            #expect(world.phase(Self.production) == .blocked)
            try await world.ask(.approve(Self.request("linus")))
            try await world.untilWell(Self.production)
        }
    }

    @Test("What is rejected stays out, whoever approves it then, until it is released or git asks for something else")
    func rejection() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = { $0.deploy = .manual }
            world.source.push("one", Self.commit("1", gate))
            world.start()
            try await world.until("waits") { Self.reasons(world) == [.promotion] }
            try await world.ask(.reject(Self.request("grace", reason: "wrong price list")))
            try await world.until("rejected") { Self.reasons(world) == [.rejected] }
            #expect(world.status(Self.production)?.message.contains("wrong price list") == true)
            #expect(try await world.refusal(of: .promote(Self.request(), phrase: nil)) == "Rejected")
            await world.restart()
            try await world.until("rejected") { Self.reasons(world) == [.rejected] }
            try await world.ask(.release(Self.production, nil))
            try await world.until("waits again") { Self.reasons(world) == [.promotion] }
            try await world.ask(.reject(Self.request("grace", reason: "still")))
            #expect(try await world.refusal(of: .promote(Self.request(), phrase: nil)) == "Rejected")
            try await world.until("rejected") { Self.reasons(world) == [.rejected] }
            world.source.push("two", Self.commit("2", gate))
            try await world.until("another waits") { Self.reasons(world) == [.promotion] }
            try await world.ask(.promote(Self.request(), phrase: nil))
            try await world.untilWell(Self.production)
            #expect(Self.images(world) == ["registry.example.com/api:2"])
        }
    }

    @Test("An application that leaves the pipeline stays in an environment with a gate until a person agrees")
    func removal() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = { $0.deploy = .manual }
            world.source.push("one", Self.commit("1", gate))
            world.start()
            try await world.until("waits") { Self.reasons(world) == [.promotion] }
            try await world.ask(.promote(Self.request(), phrase: nil))
            try await world.untilWell(Self.production)
            var two = Self.commit("1", gate)
            if case .success(var pipeline) = two.pipeline {
                pipeline.applications = [Planet.application("other", in: ["production"])]
                two.pipeline = .success(pipeline)
            }
            two.files["apps/other"] = .success([Planet.configMap("other")])
            world.source.push("two", two)
            try await world.until("waits to go") { Self.reasons(world) == [.promotion] }
            #expect(world.status(Self.production)?.message.hasPrefix("its removal by two waits since") == true)
            await world.restart()
            try await world.until("waits to go") { Self.reasons(world) == [.promotion] }
            let object = ObjectID(group: "apps", kind: "Deployment", namespace: "production", name: "api")
            #expect(world.cluster.object(object) != nil)
            #expect(
                world.cluster.object(Planet.apiDeployment) == nil, "an environment without a gate lets it go at once")
            try await world.ask(.promote(Self.request(), phrase: nil))
            try await world.until("gone") { world.cluster.object(object) == nil }
        }
    }

    @Test(
        "What was let through is judged to its end, and taken back where it fails, while something newer waits",
        arguments: ["slow", "bad"], [false, true])
    func newerWaits(tag: String, withRestart: Bool) throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = { $0.deploy = .manual }
            for commit in ["1", tag] {
                world.source.push(commit, Self.commit(commit, staging: "1", gate))
                if commit == "1" { world.start() }
                try await world.until("waits") { Self.reasons(world) == [.promotion] }
                try await world.ask(.promote(Self.request(), phrase: nil))
                if commit == "1" { try await world.untilWell(Self.production) }
            }
            try await world.until("under way") { world.phase(Self.production) == .progressing }
            world.source.push("3", Self.commit("3", staging: "1", gate))
            try await world.pass(.seconds(31))
            if withRestart { await world.restart() }
            try await world.until("newer waits") { Self.reasons(world) == [.promotion] }
            let ended = world.store.rollouts(of: Self.production).map(\.past.phase)
            #expect(ended == (tag == "slow" ? [.succeeded, .succeeded] : [.succeeded, .failed, .rolledBack]))
            #expect(!Self.images(world).contains("registry.example.com/api:3"))
        }
    }

    @Test("A relapse while something newer waits is taken back all the same")
    func relapseWhileNewerWaits() throws {
        try World.run { world in
            func commit(_ tag: String) -> FakeSource.Commit {
                var commit = Self.commit(tag, staging: "1") { $0.deploy = .manual }
                if case .success(var pipeline) = commit.pipeline {
                    pipeline.applications[0].bake = .seconds(3600)
                    pipeline.applications[0].grace = .seconds(10)
                    commit.pipeline = .success(pipeline)
                }
                return commit
            }
            for tag in ["1", "2"] {
                world.source.push(tag, commit(tag))
                if tag == "1" { world.start() }
                try await world.until("waits") { Self.reasons(world) == [.promotion] }
                try await world.ask(.promote(Self.request(), phrase: nil))
                try await world.until("runs") {
                    world.status(Self.production)?.revision == tag && world.phase(Self.production) == .succeeded
                }
                if tag == "1" { try await world.pass(.seconds(4000)) }
            }
            world.source.push("3", commit("3"))
            try await world.until("newer waits") { Self.reasons(world) == [.promotion] }
            let object = ObjectID(group: "apps", kind: "Deployment", namespace: "production", name: "api")
            world.cluster.breakPods(of: object)
            try await world.until("taken back") {
                world.store.rollouts(of: Self.production).last?.past.phase == .rolledBack
            }
            #expect(world.cluster.image(of: object) == "registry.example.com/api:1")
        }
    }
}
