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

    @Test("A soak begins when the other environment is healthy, begins anew with other content or a relapse, and ends")
    func soak() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = {
                $0.requires = [.init(environment: "staging", healthyFor: .seconds(86_400))]
            }
            world.source.push("one", Self.commit("1", gate))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.until("soaks") { Self.reasons(world) == [.requirement] }
            try await world.pass(.seconds(80_000))
            await world.restart()
            try await world.pass(.seconds(5000))
            #expect(Self.images(world) == [])
            try await world.until("rolled out", within: .seconds(2000)) {
                world.phase(Self.production) == .succeeded
            }
            // Another digest has to show it anew.
            world.source.push("two", Self.commit("2", gate))
            try await world.until("two in staging") { world.status(Planet.api)?.revision == "two" }
            try await world.pass(.seconds(80_000))
            world.source.push("three", Self.commit("3", gate))
            try await world.until("three in staging") { world.status(Planet.api)?.revision == "three" }
            try await world.pass(.seconds(80_000))
            #expect(!Self.images(world).contains("registry.example.com/api:2"))
            try await world.until("three", within: .seconds(10_000)) {
                world.status(Self.production)?.revision == "three"
            }
            #expect(!Self.images(world).contains("registry.example.com/api:2"))
        }
    }

    @Test("A relapse begins the soak anew, and a restart does not forget it")
    func relapse() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = {
                $0.requires = [.init(environment: "staging", healthyFor: .seconds(3600))]
            }
            world.source.push("one", Self.commit("1", gate))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.pass(.seconds(3000))
            world.cluster.breakPods(of: Planet.apiDeployment)
            try await world.until("broken") { world.store.healthMark(of: Planet.api)?.isHealthy == false }
            world.cluster.remove(Planet.apiDeployment)
            try await world.until("back") { world.status(Planet.api)?.health == .healthy }
            await world.restart()
            try await world.pass(.seconds(3000))
            #expect(Self.images(world) == [])
            try await world.until("rolled out", within: .seconds(1000)) { world.phase(Self.production) == .succeeded }
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
            world.source.push("one", Self.commit("1", gate))
            world.start()
            try await world.until("rolled out", within: .seconds(4000)) { world.phase(Self.production) == .succeeded }
            var two = Self.commit("1", gate)
            two.files["apps/production"] = .success([
                Planet.deployment("api", tag: "1", env: [("LEVEL", "warning")])
            ])
            world.source.push("two", two)
            try await world.until("at once", within: .seconds(120)) {
                world.status(Self.production)?.revision == "two"
            }
        }
    }

    @Test("A freeze holds what would begin, lets finish what runs, and ends by itself or by a person")
    func freeze() throws {
        try World.run { world in
            let scope = Suspension.Scope(environment: "production")
            world.source.push("one", Self.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            try await world.ask(.freeze(scope, until: world.cluster.now + .seconds(3600), reason: "holidays"))
            world.source.push("two", Self.commit("2") { _ in })
            try await world.until("frozen") { Self.reasons(world) == [.frozen] }
            try await world.until("staging") { world.status(Planet.api)?.revision == "two" }
            await world.restart()
            try await world.pass(.seconds(3000))
            #expect(!Self.images(world).contains("registry.example.com/api:2"))
            try await world.until("over", within: .seconds(700)) { world.status(Self.production)?.revision == "two" }
            try await world.ask(.freeze(scope, until: nil, reason: "for ever"))
            world.source.push("three", Self.commit("3") { _ in })
            try await world.until("frozen") { Self.reasons(world) == [.frozen] }
            try await world.ask(.thaw(scope))
            try await world.until("thawed") { world.status(Self.production)?.revision == "three" }
            #expect(try await world.refusal(of: .thaw(scope)) == "NotFrozen")
        }
    }

    @Test("Frozen again, it has another end and another reason, sooner or later than before, and is one freeze")
    func freezeAgain() throws {
        try World.run { world in
            let scope = Suspension.Scope(environment: "production")
            world.source.push("one", Self.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            let begin = world.cluster.now
            try await world.ask(.freeze(scope, until: begin + .seconds(600), reason: "a fair"))
            world.source.push("two", Self.commit("2") { _ in })
            try await world.until("frozen") { Self.reasons(world) == [.frozen] }
            let longer = begin + .seconds(7200)
            let answer = try await world.ask(.freeze(scope, until: longer, reason: "holidays"))
            #expect(
                answer.message.contains(
                    "changed the freeze of everything in production: no rollout begins there until "
                        + "\(longer.secondsDescription) (before: until \((begin + .seconds(600)).secondsDescription)), or until "
                        + "you end it"), "\(answer.message)")
            await world.restart()
            try await world.pass(.seconds(3600))
            let wait = try #require(world.status(Self.production)?.waits.first)
            #expect(wait.message.contains("holidays") && !wait.message.contains("a fair") && wait.until == longer)
            let endless = try await world.ask(.freeze(scope, until: nil, reason: "for good"))
            #expect(
                endless.message.contains(
                    "no rollout begins there (before: until \(longer.secondsDescription)) until you"))
            let shorter = try await world.ask(
                .freeze(scope, until: world.cluster.now + .seconds(60), reason: "nearly done"))
            #expect(shorter.message.contains("(before: without an end)"))
            try await world.until("over", within: .seconds(120)) { world.status(Self.production)?.revision == "two" }
            do {
                try await world.ask(.freeze(Suspension.Scope(), until: nil, reason: "all"))
                try await world.ask(.thaw(scope))
            } catch let refusal as ActionRefusal {
                #expect(refusal.message == "no freeze is of everything in production alone; what is frozen: everything")
            }
        }
    }

    @Test("A freeze that a clock which was set forward does not end is ended by a person")
    func freezeAndClock() throws {
        try World.run { world in
            let scope = Suspension.Scope(environment: "production")
            world.source.push("one", Self.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            try await world.ask(.freeze(scope, until: world.clock + .seconds(3600), reason: "holidays"))
            world.setClock(by: .seconds(86_400))
            world.source.push("two", Self.commit("2") { _ in })
            try await world.until("frozen") { Self.reasons(world) == [.frozen] }
            let again = try await world.ask(.freeze(scope, until: nil, reason: "again"))
            #expect(again.message.contains("(before: until "), "it is still in force: \(again.message)")
            try await world.ask(.thaw(scope))
            try await world.until("thawed") { world.status(Self.production)?.revision == "two" }
        }
    }

    @Test("A window that is shut holds what would begin, and what fails in it is taken back all the same")
    func window() throws {
        try World.run { world in
            // The clock of these tests begins at 2027-01-15T08:00:00Z.
            let open = try #require(CronSchedule("0 12 * * *"))
            let gate: (inout Environment) -> Void = {
                $0.windows = [.init(kind: .allow, schedule: open, duration: .seconds(3600), timeZone: "UTC")]
            }
            world.source.push("one", Self.commit("1", gate))
            world.start()
            try await world.until("waits") { Self.reasons(world) == [.window] }
            try await world.until("opens", within: .seconds(86_400)) { world.phase(Self.production) == .succeeded }
            #expect(world.cluster.now.description.contains("T12:00:"))
            world.source.push("two", Self.commit("bad", staging: "1", gate))
            try await world.until("under way") { world.phase(Self.production) == .progressing }
            try await world.until("taken back", within: .seconds(7200)) {
                world.phase(Self.production) == .rolledBack
            }
        }
    }

    @Test("What waited for a Secret does not begin in a freeze that came meanwhile")
    func freezeWhileBlocked() throws {
        try World.run { world in
            let objects = [Planet.deployment("api", tag: "1", secret: "db")]
            world.source.push("one", Planet.commit([(Planet.application("api"), objects)]))
            world.start()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            let scope = Suspension.Scope(environment: "staging")
            try await world.ask(.freeze(scope, until: nil, reason: "audit"))
            world.cluster.put(Planet.secret("db"))
            try await world.pass(.seconds(300))
            #expect(world.cluster.mutations.isEmpty)
            #expect(world.status(Planet.api)?.cause?.reason == "Frozen")
            try await world.ask(.thaw(scope))
            try await world.untilWell(Planet.api)
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

    @Test("Drift that is undone while a rollout waits begins nothing of it in a freeze")
    func driftWhileFrozen() throws {
        try World.run { world in
            let application = Planet.application("api")
            let service = Planet.service("api")
            world.source.push("one", Planet.commit([(application, [Planet.deployment("api", tag: "1"), service])]))
            world.start()
            try await world.untilWell(Planet.api)
            let waiting = Planet.deployment("api", tag: "2", secret: "db")
            world.source.push("two", Planet.commit([(application, [waiting, service])]))
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            try await world.ask(.freeze(.init(environment: "staging"), until: nil, reason: "audit"))
            world.cluster.remove(Planet.id("Service", "api"))
            try await world.until("healed") { world.cluster.object(Planet.id("Service", "api")) != nil }
            world.cluster.put(Planet.secret("db"))
            await world.restart()
            try await world.pass(.seconds(300))
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            #expect(world.status(Planet.api)?.cause?.reason == "Frozen")
        }
    }

    @Test("A destruction that was cut off goes on after a restart")
    func destroyCutOff() throws {
        try World.run { world in
            let scope = Suspension.Scope(application: "api", environment: "production")
            world.source.push("one", Self.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            let object = ObjectID(group: "apps", kind: "Deployment", namespace: "production", name: "api")
            world.cluster.refuse { call in
                call.verb == .delete ? ClusterFailure(code: .unavailable, message: "later") : nil
            }
            let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(scope, phrase: listed.code, reason: nil))
            try await world.until("held") { world.phase(Self.production) == .blocked }
            await world.restart()
            try await world.pass(.seconds(60))
            #expect(world.store.inventory(of: Self.production).count == 1, "what is not gone is not forgotten")
            world.cluster.refuseNothing()
            try await world.until("gone") { world.store.inventory(of: Self.production).isEmpty }
            #expect(world.cluster.object(object) == nil)
            let around = Suspension.Scope(environment: "staging")
            try await world.ask(.suspend(around, reason: "by hand"))
            let inside = Suspension.Scope(application: "api", environment: "staging")
            #expect(try await world.refusal(of: .destroy(inside, phrase: nil, reason: nil)) == "AlreadySuspended")
        }
    }

    @Test("What is destroyed goes whole, stays away over a restart and other revisions, and comes back when resumed")
    func destroy() throws {
        try World.run { world in
            let scope = Suspension.Scope(application: "api", environment: "production")
            world.source.push("one", Self.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Self.production)
            let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            #expect(listed.items == ["Deployment production/api"])
            #expect(try await world.refusal(of: .destroy(scope, phrase: "destroy it", reason: nil)) == "WrongPhrase")
            let object = ObjectID(group: "apps", kind: "Deployment", namespace: "production", name: "api")
            #expect(world.cluster.object(object) != nil)
            try await world.ask(.destroy(scope, phrase: listed.code, reason: "moved"))
            try await world.until("gone") { world.cluster.object(object) == nil }
            await world.restart()
            world.source.push("two", Self.commit("2") { _ in })
            try await world.until("staging") { world.status(Planet.api)?.revision == "two" }
            try await world.pass(.seconds(300))
            #expect(world.cluster.object(object) == nil)
            #expect(world.status(Self.production)?.message.contains("destroyed by ada") == true)
            #expect(world.cluster.object(Planet.apiDeployment) != nil, "elsewhere nothing was touched")
            try await world.ask(.resume(scope))
            try await world.until("back") { world.status(Self.production)?.revision == "two" }
            #expect(world.cluster.object(object) != nil)
            #expect(world.store.rollouts(of: Self.production).last?.start.trigger == .revision, "two was not here yet")

            let again = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(scope, phrase: again.code, reason: nil))
            try await world.until("gone again") { world.cluster.object(object) == nil }
            try await world.ask(.resume(scope))
            try await world.until("back again") {
                world.cluster.object(object) != nil && world.phase(Self.production) == .succeeded
            }
            #expect(world.store.rollouts(of: Self.production).last?.start.trigger == .resume, "nothing new is deployed")

            let last = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(scope, phrase: last.code, reason: nil))
            try await world.until("gone a third time") { world.cluster.object(object) == nil }
            let count = world.store.rollouts(of: Self.production).count
            // A commit that changes nothing of it, which the next daemon begins with.
            world.source.push("same", Self.commit("2") { _ in })
            try await world.pass(.seconds(60))
            await world.restart()
            try await world.until("read") { world.status(Self.production)?.message.contains("destroyed") == true }
            try await world.ask(.resume(scope))
            try await world.until("back for good") {
                world.store.rollouts(of: Self.production).count > count && world.phase(Self.production) == .succeeded
            }
            #expect(world.store.rollouts(of: Self.production).last?.start.trigger == .resume, "nor after a restart")
        }
    }
}
