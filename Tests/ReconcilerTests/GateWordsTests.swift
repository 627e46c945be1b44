// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What people's words at a gate are for")
struct GateWordsTests {
    private typealias Gates = GateScenarioTests
    private static let grace = CommitAuthor(name: "Grace", email: "grace@example.com")

    private static func request(_ person: String = "linus", list: String? = nil) -> GateRequest {
        GateRequest(application: "api", environment: "production", person: person, list: list)
    }

    /// The pipeline without the application that the others have.
    private static func without(_ commit: FakeSource.Commit) -> FakeSource.Commit {
        var commit = commit
        if case .success(var pipeline) = commit.pipeline {
            pipeline.applications = [Planet.application("other", in: ["production"])]
            commit.pipeline = .success(pipeline)
        }
        commit.files["apps/other"] = .success([Planet.configMap("other")])
        return commit
    }

    private static func shuts(_ environment: inout Environment) {
        // The clock of these tests begins at 2027-01-15T08:00:00Z.
        environment.windows =
            CronSchedule("0 12 * * *").map {
                [.init(kind: .allow, schedule: $0, duration: .seconds(3600), timeZone: "UTC")]
            } ?? []
    }

    @Test("A phrase typed below a list is for what was listed, and for nothing that came meanwhile")
    func listed() throws {
        try World.run { world in
            world.source.push("one", Gates.commit("1", Gates.confirm))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.confirmation] }
            let phrase = "deploy-to-production"
            let listed = try await world.ask(.promote(Self.request(), phrase: nil))
            let list = try #require(listed.list)
            #expect(listed.message.contains("--list \(list) --confirm"))
            world.source.push("two", Gates.commit("2", Gates.confirm))
            try await world.until("another") { world.status(Gates.production)?.message.hasPrefix("two") == true }
            #expect(
                try await world.refusal(of: .promote(Self.request(list: list), phrase: phrase)) == "AnotherRevision")
            try await world.pass(.seconds(300))
            #expect(Gates.images(world) == [])
            let again = try await world.ask(.promote(Self.request(), phrase: nil)).list
            #expect(again != list)
            try await world.ask(.promote(Self.request(list: again), phrase: phrase))
            try await world.untilWell(Gates.production)
            #expect(Gates.images(world) == ["registry.example.com/api:2"])
        }
    }

    @Test("The words of a destruction are for the objects that were listed, not for as many others")
    func destroyOthers() throws {
        try World.run { world in
            let scope = Suspension.Scope(application: "api", environment: "staging")
            let api = Planet.application("api")
            world.source.push("one", Planet.commit([(api, [Planet.configMap("a"), Planet.configMap("b")])]))
            world.start()
            try await world.untilWell(Planet.api)
            let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            world.source.push("two", Planet.commit([(api, [Planet.configMap("a"), Planet.configMap("c")])]))
            try await world.until("two") {
                world.store.inventory(of: Planet.api).map(\.object.name) == ["a", "c"]
                    && world.phase(Planet.api) == .succeeded
            }
            #expect(try await world.refusal(of: .destroy(scope, phrase: listed.code, reason: nil)) == "WrongPhrase")
            let again = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(scope, phrase: again.code, reason: nil))
            try await world.until("gone") { world.store.inventory(of: Planet.api).isEmpty }
        }
    }

    @Test("The go for a removal is for that one: an application that was put back leaves again only on another")
    func secondRemoval() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = {
                $0.deploy = .manual
                Self.shuts(&$0)
            }
            world.source.push("one", Gates.commit("1", gate))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.promotion, .window] }
            try await world.ask(.promote(Self.request(), phrase: nil))
            try await world.until("runs", within: .seconds(86_400)) { world.phase(Gates.production) == .succeeded }
            try await world.pass(.seconds(7200))
            world.source.push("two", Self.without(Gates.commit("1", gate)))
            try await world.until("waits to go") { Gates.reasons(world) == [.promotion, .window] }
            try await world.ask(.promote(Self.request(), phrase: nil))
            try await world.until("has its go") { Gates.reasons(world) == [.window] }
            world.source.push("three", Gates.commit("1", gate))
            try await world.until("stays") { Gates.reasons(world) == [] }
            try await world.pass(.seconds(86_400))
            world.source.push("four", Self.without(Gates.commit("1", gate)))
            try await world.until("waits again") { Gates.reasons(world) == [.promotion, .window] }
            try await world.pass(.seconds(86_400))
            let object = ObjectID(group: "apps", kind: "Deployment", namespace: "production", name: "api")
            #expect(world.cluster.object(object) != nil, "a window opened, and nobody agreed")
        }
    }

    @Test("What was said of a digest is over where git went back to what runs meanwhile")
    func backAndForth() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = {
                $0.deploy = .manual
                Self.shuts(&$0)
            }
            for tag in ["1", "2"] {
                world.source.push(tag, Gates.commit(tag, staging: "1", gate))
                if tag == "1" { world.start() }
                try await world.until("waits") { Gates.reasons(world) == [.promotion, .window] }
                try await world.ask(.promote(Self.request(), phrase: nil))
                guard tag == "1" else { continue }
                try await world.until("runs", within: .seconds(86_400)) { world.phase(Gates.production) == .succeeded }
                try await world.pass(.seconds(7200))
            }
            world.source.push("back", Gates.commit("1", gate))
            try await world.until("rests") { Gates.reasons(world) == [] }
            await world.restart()
            world.source.push("forth", Gates.commit("2", staging: "1", gate))
            try await world.until("waits again") { Gates.reasons(world) == [.promotion, .window] }
        }
    }

    @Test("Whoever wrote a later commit of what waits may not approve it either")
    func laterAuthor() throws {
        try World.run(people: Gates.people) { world in
            let gate: (inout Environment) -> Void = { $0.approvals = .init(count: 1, groups: ["leads"]) }
            world.source.push("one", Gates.commit("1", gate))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.approval] }
            // The same objects, from another file.
            var two = Gates.commit("1", gate)
            if case .success(var pipeline) = two.pipeline {
                pipeline.applications[0].path = "services/{environment}"
                two.pipeline = .success(pipeline)
            }
            for name in ["staging", "production"] { two.files["services/\(name)"] = two.files["apps/\(name)"] }
            world.source.push("two", two, by: Self.grace)
            try await world.pass(.seconds(60))
            await world.restart()
            try await world.until("waits") { Gates.reasons(world) == [.approval] }
            #expect(try await world.refusal(of: .approve(Self.request("grace"))) == "OwnCommit")
        }
    }

    @Test("An approval that ran out is given again, and until then it counts for nobody's second")
    func renewed() throws {
        try World.run { world in
            let gate: (inout Environment) -> Void = { $0.approvals = .init(count: 2, expires: .seconds(8 * 3600)) }
            world.source.push("one", Gates.commit("1", gate))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.approval] }
            try await world.ask(.approve(Self.request("linus")))
            try await world.until("one") { world.status(Gates.production)?.message.contains("so far linus") == true }
            try await world.pass(.seconds(9 * 3600))
            #expect(world.status(Gates.production)?.message.contains("that of linus no longer counts") == true)
            let bob = try await world.ask(.approve(Self.request("bob")))
            #expect(bob.items.first?.contains("1 of 2") == true)
            try await world.pass(.seconds(60))
            #expect(world.phase(Gates.production) == .blocked)
            let linus = try await world.ask(.approve(Self.request("linus")))
            #expect(linus.items.first?.contains("2 of 2") == true)
            try await world.untilWell(Gates.production)
        }
    }
}
