// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

/// Each environment has a file of its own: nothing but what became of it tells whether staging had what production waits
/// for.
@Suite("What another environment has to show first")
struct RequirementScenarioTests {
    private static let production = GateScenarioTests.production
    private static let soak = Duration.seconds(600)

    private static func gate(_ environment: inout Environment) {
        environment.requires = [.init(environment: "staging", healthyFor: soak)]
    }

    /// Both run the same image, unless staging's is named; `level` is all that moves in production.
    private static func commit(staging: String, level: String, bake: Duration = .zero) -> FakeSource.Commit {
        var commit = GateScenarioTests.commit("1", staging: staging, gate)
        commit.files["apps/production"] = .success([Planet.deployment("api", tag: "1", env: [("LEVEL", level)])])
        commit.changePipeline { $0.applications[0].bake = bake }
        return commit
    }

    private static func begin(_ world: World, bake: Duration = .zero) async throws {
        world.source.push("one", commit(staging: "1", level: "one", bake: bake))
        world.start()
        try await world.until("both are well", within: .seconds(8000)) {
            world.phase(Planet.api) == .succeeded && world.phase(production) == .succeeded
        }
        try await world.pass(soak)
    }

    private static func waits(_ world: World, _ text: String) -> Bool {
        world.status(production)?.waits.contains { $0.message.contains(text) } == true
    }

    @Test(
        "What failed there and was rolled back opens no gate, however long what it went back to is well; a revert does",
        arguments: [false, true])
    func rolledBack(withRestart: Bool) throws {
        try World.run { world in
            try await Self.begin(world)
            world.source.push("two", Self.commit(staging: "bad", level: "two"))
            try await world.until("waits for it") { Self.waits(world, "two is being rolled out there") }
            try await world.until("rolled back") { world.phase(Planet.api) == .rolledBack }
            if withRestart { await world.restart() }
            try await world.until("says so") { Self.waits(world, "two failed there and is quarantined") }
            try await world.pass(.seconds(7200))
            #expect(world.status(Self.production)?.revision == "one")
            #expect(world.phase(Self.production) == .blocked)
            #expect(Self.waits(world, "staging healthy for 10m: two failed there and is quarantined"))
            // Staging's file as it was: what is asked for there is what it went back to, which has been well for long.
            world.source.push("three", Self.commit(staging: "1", level: "two"))
            try await world.until("through", within: .seconds(120)) {
                world.phase(Self.production) == .succeeded && world.status(Self.production)?.waits == []
            }
            #expect(world.status(Self.production)?.revision != "one")
        }
    }

    @Test("What a person rolled back there opens no gate")
    func takenBack() throws {
        try World.run { world in
            try await Self.begin(world)
            world.source.push("two", Self.commit(staging: "2", level: "two"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            try await world.ask(
                .rollBack(Planet.api, to: "one", reason: "slow"))
            try await world.until("says so") { Self.waits(world, "two was rolled back there by a person") }
            try await world.pass(.seconds(7200))
            #expect(world.status(Self.production)?.revision == "one")
        }
    }

    @Test("What is held up there itself opens no gate: at a freeze, or where it cannot be rendered")
    func heldUp() throws {
        try World.run { world in
            try await Self.begin(world)
            let scope = Suspension.Scope(environment: "staging")
            try await world.ask(.freeze(scope, until: nil, reason: "audit"))
            world.source.push("two", Self.commit(staging: "2", level: "two"))
            try await world.until("says so") { Self.waits(world, "two waits there, too") }
            try await world.pass(.seconds(7200))
            #expect(world.status(Self.production)?.revision == "one")
            var three = Self.commit(staging: "2", level: "two")
            three.files["apps/staging"] = .failure(
                SourceFailure(code: .manifests, message: "line 3: not YAML", isTransient: false))
            world.source.push("three", three)
            try await world.ask(.thaw(scope))
            try await world.until("says so") {
                Self.waits(world, "three cannot be rolled out there: line 3: not YAML")
            }
            try await world.pass(.seconds(7200))
            #expect(world.status(Self.production)?.revision == "one")
            world.source.push("four", Self.commit(staging: "2", level: "two"))
            try await world.until("through") { world.phase(Self.production) == .succeeded }
        }
    }

    @Test("What bakes there is not shown yet, and what it relapses from never is", arguments: [false, true])
    func bakes(relapses: Bool) throws {
        try World.run { world in
            try await Self.begin(world, bake: .seconds(3600))
            try await world.pass(.seconds(3600))
            world.source.push("two", Self.commit(staging: "2", level: "two", bake: .seconds(3600)))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            try await world.pass(.seconds(3000))
            #expect(world.status(Self.production)?.revision == "one", "longer than the soak, shorter than the bake")
            guard relapses else {
                return try await world.until("through", within: .seconds(700)) {
                    world.status(Self.production)?.revision == "two"
                }
            }
            world.cluster.breakPods(of: Planet.apiDeployment)
            try await world.until("relapsed") { Self.waits(world, "two failed there and is quarantined") }
            try await world.pass(.seconds(7200))
            #expect(world.status(Self.production)?.revision == "one")
        }
    }

    /// Staging's file holds no object.
    private static func withoutStaging(_ level: String, branch: String? = nil) -> FakeSource.Commit {
        var commit = Self.commit(staging: "1", level: level)
        commit.files["apps/staging"] = .success([])
        commit.changePipeline { $0.environments[0].branch = branch }
        return commit
    }

    @Test("What git asks nothing of there is healthy there, and soaks as any other", arguments: [false, true])
    func nothingThere(withRestart: Bool) throws {
        try World.run { world in
            world.source.push("one", Self.withoutStaging("one"))
            world.start()
            try await world.until("soaks") { Self.waits(world, "which it has been since") }
            if withRestart { await world.restart() }
            try await world.pass(.seconds(540))
            #expect(world.phase(Self.production) == .blocked)
            try await world.until("through", within: .seconds(120)) { world.phase(Self.production) == .succeeded }
            // Nothing changes there.
            world.source.push("two", Self.withoutStaging("two"))
            try await world.until("at once", within: .seconds(120)) {
                world.status(Self.production)?.revision == "two"
            }
        }
    }

    @Test("Who does not run there waits for no application that git asks nothing of there")
    func nothingOfOthers() throws {
        try World.run { world in
            let nats = (Planet.application("nats", in: ["infrastructure"]), [Object]())
            var staging = Planet.staging
            staging.requires = [.init(environment: "infrastructure")]
            let api = (Planet.application("api"), [Planet.deployment("api", tag: "1")])
            world.source.push("one", Planet.commit([nats, api], environments: [Planet.infrastructure, staging]))
            world.start()
            try await world.untilWell(Planet.api)
        }
    }

    @Test("On another branch, what waits has to ask nothing there either", arguments: [false, true])
    func nothingOnOtherBranch(asksLater: Bool) throws {
        try World.run { world in
            world.source.push("one", Self.withoutStaging("one", branch: "develop"), to: "develop")
            var merge = Self.withoutStaging("one", branch: "develop")
            if asksLater { merge.files["apps/staging"] = .success([Planet.deployment("api", tag: "1")]) }
            world.source.push("merge", merge)
            world.start()
            try await world.until("waits") { world.status(Self.production)?.waits.isEmpty == false }
            try await world.pass(.seconds(7200))
            #expect(world.phase(Self.production) == (asksLater ? .blocked : .succeeded))
        }
    }

    @Test("A merge of a branch that failed in the environment of that branch waits, with the same images and files too")
    func otherBranch() throws {
        try World.run { world in
            func commit(_ staging: String, _ level: String) -> FakeSource.Commit {
                var commit = Self.commit(staging: staging, level: level)
                commit.changePipeline { $0.environments[0].branch = "develop" }
                return commit
            }
            world.source.push("one", commit("1", "one"), to: "develop")
            world.source.push("merge", commit("1", "one"))
            world.start()
            try await world.until("both are well") {
                world.phase(Planet.api) == .succeeded && world.phase(Self.production) == .succeeded
            }
            world.source.push("two", commit("bad", "one"), to: "develop")
            try await world.until("rolled back") { world.phase(Planet.api) == .rolledBack }
            world.source.push("merge two", commit("bad", "two"))
            try await world.until("says so") { Self.waits(world, "two failed there") }
            try await world.pass(.seconds(7200))
            #expect(world.phase(Self.production) == .blocked)
        }
    }
}
