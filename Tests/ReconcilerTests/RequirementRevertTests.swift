// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

/// Each environment has a file of its own, which may go back alone.
@Suite("What failed in another environment, and was taken back in git there alone")
struct RequirementRevertTests {
    private static let production = GateScenarioTests.production
    private static let soak = Duration.seconds(600)

    /// `level` is of no image, in staging or production.
    private static func commit(
        staging: String, production: String, level: String = "", stagingLevel: String = ""
    ) -> FakeSource.Commit {
        var commit = GateScenarioTests.commit(production, staging: staging) {
            $0.requires = [.init(environment: "staging", healthyFor: soak)]
        }
        for (name, tag, level) in [("staging", staging, stagingLevel), ("production", production, level)] {
            commit.files["apps/\(name)"] = .success([Planet.deployment("api", tag: tag, env: [("LEVEL", level)])])
        }
        return commit
    }

    private static func begin(_ world: World, _ commit: FakeSource.Commit) async throws {
        world.source.push("one", commit)
        world.start()
        try await world.until("both are well", within: .seconds(8000)) {
            world.phase(Planet.api) == .succeeded && world.phase(production) == .succeeded
        }
        try await world.pass(soak)
    }

    private static func waits(_ world: World, _ text: String) -> Bool {
        world.status(production)?.waits.contains { $0.message.contains(text) } == true
    }

    /// For longer than any soak.
    private static func untilClosed(_ world: World, at staging: String) async throws {
        try await world.until("staging is well") {
            world.phase(Planet.api) == .succeeded && world.status(Planet.api)?.targetRevision == staging
        }
        try await world.until("says so") { waits(world, "two failed there") }
        try await world.pass(.seconds(7200))
        #expect(waits(world, "staging healthy for 10m: two failed there"))
        #expect(world.phase(production) == .blocked)
    }

    private static func untilOpen(_ world: World, to revision: String) async throws {
        try await world.until("through", within: .seconds(1200)) {
            world.phase(production) == .succeeded && world.status(production)?.revision == revision
        }
    }

    @Test("The image that failed there stays out, until something else is asked for", arguments: [false, true])
    func sameTag(withRestart: Bool) throws {
        try World.run { world in
            try await Self.begin(world, Self.commit(staging: "1", production: "1"))
            world.source.push("two", Self.commit(staging: "bad", production: "bad"))
            try await world.until("rolled back") { world.phase(Planet.api) == .rolledBack }
            world.source.push("three", Self.commit(staging: "1", production: "bad"))
            try await world.until("staging's is taken back") { world.phase(Planet.api) == .succeeded }
            if withRestart { await world.restart() }
            try await world.until("says so") { Self.waits(world, "two failed there") }
            try await world.pass(.seconds(7200))
            #expect(Self.waits(world, "staging healthy for 10m: two failed there"))
            // What comes next there says nothing of what failed.
            world.source.push("four", Self.commit(staging: "4", production: "bad"))
            try await Self.untilClosed(world, at: "four")
            #expect(!GateScenarioTests.images(world).contains("registry.example.com/api:bad"))
            world.source.push("five", Self.commit(staging: "4", production: "4"))
            try await Self.untilOpen(world, to: "five")
        }
    }

    @Test("Where production asks for it only after that, it stays out as well")
    func askedLater() throws {
        try World.run { world in
            try await Self.begin(world, Self.commit(staging: "1", production: "1"))
            world.source.push("two", Self.commit(staging: "bad", production: "1"))
            try await world.until("rolled back") { world.phase(Planet.api) == .rolledBack }
            world.source.push("three", Self.commit(staging: "1", production: "bad"))
            try await Self.untilClosed(world, at: "one")
        }
    }

    @Test("Where each has tags of its own, what came with the one that failed stays out, and nothing else does")
    func ownTags() throws {
        try World.run { world in
            try await Self.begin(world, Self.commit(staging: "staging-1", production: "1"))
            world.source.push("two", Self.commit(staging: "bad-2", production: "2"))
            try await world.until("rolled back") { world.phase(Planet.api) == .rolledBack }
            world.source.push("three", Self.commit(staging: "staging-1", production: "2"))
            try await Self.untilClosed(world, at: "one")
            world.source.push("four", Self.commit(staging: "staging-4", production: "4"))
            try await Self.untilOpen(world, to: "four")
            // In staging alone, where it is taken back: production's image came before.
            world.source.push("five", Self.commit(staging: "bad-5", production: "4"))
            try await world.until("rolled back") { world.phase(Planet.api) == .rolledBack }
            world.source.push("six", Self.commit(staging: "staging-4", production: "4", level: "six"))
            try await Self.untilOpen(world, to: "six")
        }
    }

    @Test("What failed for something else, and was well there since, opens whatever runs there by now")
    func wellSince() throws {
        try World.run { world in
            try await Self.begin(world, Self.commit(staging: "1", production: "1"))
            world.source.push("two", Self.commit(staging: "late", production: "late"))
            try await world.until("rolled back") { world.phase(Planet.api) == .rolledBack }
            world.source.push("three", Self.commit(staging: "1", production: "late"))
            try await Self.untilClosed(world, at: "one")
            world.cluster.push("registry.example.com/api:late")
            world.source.push("four", Self.commit(staging: "late", production: "late", stagingLevel: "four"))
            try await world.until("is well there") { world.status(Planet.api)?.revision == "four" }
            #expect(world.status(Self.production)?.revision == "one", "it soaks")
            world.source.push("five", Self.commit(staging: "5", production: "late"))
            try await world.until("five") { world.status(Planet.api)?.revision == "five" }
            try await world.until("through", within: .seconds(1200)) {
                GateScenarioTests.images(world).last == "registry.example.com/api:late"
            }
        }
    }

    // MARK: Who holds it up there

    @Test("Where a person set it aside there, it is said by whom and why", arguments: [false, true])
    func setAside(isUnderWay: Bool) throws {
        try World.run { world in
            try await Self.begin(world, Self.commit(staging: "1", production: "1"))
            let scope = Suspension.Scope(environment: "staging")
            let two = Self.commit(staging: "slow", production: "slow")
            if isUnderWay {
                world.source.push("two", two)
                try await world.until("under way") { Self.waits(world, "two is being rolled out there") }
            }
            try await world.ask(.suspend(scope, reason: "moving the database"))
            if !isUnderWay { world.source.push("two", two) }
            try await world.until("says so") { Self.waits(world, "there it is suspended by ada since ") }
            #expect(Self.waits(world, ": moving the database"))
            try await world.ask(.resume(scope))
            try await Self.untilOpen(world, to: "two")
            let listed = try await world.ask(.destroy(scope, phrase: nil, reason: "no longer paid for"))
            try await world.ask(.destroy(scope, phrase: listed.code, reason: "no longer paid for"))
            world.source.push("three", Self.commit(staging: "3", production: "3"))
            try await world.until("says so") { Self.waits(world, "there it is destroyed by ada since ") }
        }
    }

    // MARK: What is looked at there

    @Test("A commit that was pushed over is part of the head that asks for the same here")
    func pushedOver() throws {
        try World.run { world in
            try await Self.begin(world, Self.commit(staging: "1", production: "1"))
            world.source.push("two", Self.commit(staging: "2", production: "2"))
            try await world.until("soaks") { Self.waits(world, "which it has been since") }
            world.source.disown("two")
            world.source.push("three", Self.commit(staging: "3", production: "2"))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            try await world.until("through", within: .seconds(1200)) {
                GateScenarioTests.images(world).last == "registry.example.com/api:2"
            }
        }
    }

    @Test("While another is being rolled out there, it is not healthy to who waits for all")
    func underWayThere() throws {
        try World.run { world in
            func commit(_ nats: String, _ api: String) -> FakeSource.Commit {
                var staging = Planet.staging
                staging.requires = [.init(environment: "infrastructure")]
                return Planet.commit(
                    [
                        (
                            Planet.application("nats", in: ["infrastructure"]),
                            [Planet.deployment("nats", tag: nats)]
                        ), (Planet.application("api"), [Planet.deployment("api", tag: api)]),
                    ], environments: [Planet.infrastructure, staging])
            }
            try await world.begin(with: commit("1", "1"), untilWell: Planet.nats, Planet.api)
            try await world.pass(.seconds(300))
            world.source.push("two", commit("slow", "1"))
            try await world.until("under way") { world.phase(Planet.nats) == .progressing }
            world.source.push("three", commit("slow", "2"))
            try await world.until("waits") {
                world.status(Planet.api)?.waits.first?.message == "infrastructure healthy: nats is not"
            }
            #expect(world.phase(Planet.nats) == .progressing)
            try await world.until("both") {
                world.phase(Planet.nats) == .succeeded && world.status(Planet.api)?.revision == "three"
            }
        }
    }

    @Test("The commit that is said to run there is the newest that asks for it")
    func newestThere() throws {
        try World.run { world in
            func commit(asks: Bool) -> FakeSource.Commit {
                var commit = Self.commit(staging: "1", production: "1")
                if !asks { commit.files["apps/staging"] = .success([]) }
                commit.changePipeline { $0.environments[0].branch = "develop" }
                return commit
            }
            world.source.push("one", commit(asks: false), to: "develop")
            world.source.push("newer", commit(asks: false), to: "side")
            world.source.push("merge", commit(asks: true))
            world.start()
            try await world.until("waits") { Self.waits(world, "there runs one") }
            world.source.move("develop", to: "newer")
            try await world.until("the newer") { Self.waits(world, "there runs newer") }
        }
    }
}
