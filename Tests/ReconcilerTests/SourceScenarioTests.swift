// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

@Suite("What the repository may do to the daemon")
struct SourceScenarioTests {
    private static func broken(_ message: String) -> FakeSource.Commit {
        FakeSource.Commit(
            pipeline: .failure(SourceFailure(code: .pipeline, message: message, isTransient: false)), files: [:])
    }

    @Test("A broken pipeline at the head leaves the last good one in force, and removes nothing")
    func brokenPipeline() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Self.broken("mainstay.yaml:3:1: unknown field"))
            try await world.until("said") { world.daemonStatus?.pipeline.error != nil }
            try await world.pass(.seconds(600))
            #expect(
                world.daemonStatus?.pipeline.error?.contains("unknown field; the one of one stays in force") == true)
            #expect(world.daemonStatus?.pipeline.revision == "one")
            #expect(world.cluster.object(Planet.apiDeployment) != nil)
            #expect(!world.cluster.calls.contains { $0.verb == .delete })
            world.source.push("three", Planet.api("3"))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(world.daemonStatus?.pipeline.error == nil)
        }
    }

    @Test("A revision that was rolled out beside a broken pipeline can be gone back to")
    func backToBrokenPipeline() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            var beside = Planet.api("2")
            beside.pipeline = Self.broken("mainstay.yaml:3:1: unknown field").pipeline
            world.source.push("two", beside)
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            world.source.push("three", Planet.api("bad"))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:2")
        }
    }

    @Test("It is gone back to with the hooks that it has, of those that the pipeline names by now")
    func backBeforeHooks() throws {
        try World.run { world in
            func job(_ name: String) -> Object {
                [
                    "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)],
                    "spec": ["template": ["spec": ["containers": [["name": "main", "image": "job:1"]]]]],
                ]
            }
            world.source.push("one", Planet.api("1", [job("backup")]))
            world.start()
            try await world.untilWell(Planet.api)
            var beside = Planet.api("2", [job("backup")])
            beside.pipeline = Self.broken("mainstay.yaml:3:1: unknown field").pipeline
            world.source.push("two", beside)
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            let hooks = ["backup", "migrate"].map { Application.StatedHook(phase: .before, name: $0) }
            world.source.push("three", Planet.api("bad", [job("backup"), job("migrate")]) { $0.hooks = hooks })
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:2")
            #expect(world.store.rollouts(of: Planet.api).last?.verdict?.outcome == .healthy)
        }
    }

    @Test("Killed while the pipeline at the head is broken, what is under way is judged by the one that was in force")
    func brokenPipelineAfterKill() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Planet.api("bad"))
            try await world.until("two") { world.phase(Planet.api) == .progressing }
            // The files of the application are as they were.
            var broken = Planet.api("bad")
            broken.pipeline = Self.broken("mainstay.yaml:3:1: unknown field").pipeline
            world.source.push("three", broken)
            world.poll()
            try await world.until("said") { world.daemonStatus?.pipeline.error != nil }
            await world.restart()
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            #expect(
                world.daemonStatus?.pipeline.error?.contains("unknown field; the one of two stays in force") == true)
        }
    }

    @Test(
        "Killed while an application's manifests are broken, what is under way is judged, and what runs is kept as it is",
        arguments: [true, false])
    func brokenManifestsAfterKill(isUnderWay: Bool) throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            if isUnderWay {
                world.source.push("two", Planet.api("bad"))
                try await world.until("two") { world.phase(Planet.api) == .progressing }
            }
            var broken = Planet.api("3") { $0.timeout = .seconds(5) }
            broken.breakFiles(of: "api")
            world.source.push("three", broken)
            world.poll()
            try await world.until("said") { world.status(Planet.api)?.problem != nil }
            await world.restart()
            if isUnderWay {
                try await world.until("taken back") {
                    world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1"
                }
                #expect(world.store.quarantines(of: Planet.api).map(\.revision) == ["two"])
            }
            try await world.until("health") { world.status(Planet.api)?.health == .healthy }
            world.cluster.remove(Planet.apiDeployment)
            try await world.until("healed") { world.cluster.object(Planet.apiDeployment) != nil }
            #expect(world.status(Planet.api)?.phase == .failed)
            #expect(world.status(Planet.api)?.cause?.message.contains("not YAML") == true)
            world.source.push("four", Planet.api("4"))
            try await world.until("mended") { world.status(Planet.api)?.revision == "four" }
        }
    }

    @Test("Manifests that cannot be read are named with their commit, beside what is held or waits at the gate")
    func brokenBeside() throws {
        func message(
            after first: FakeSource.Commit, _ isSeen: @escaping @Sendable (World) -> Bool
        ) throws -> String {
            try World.run { world in
                try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
                world.source.push("two", first)
                try await world.until("two") { isSeen(world) }
                var broken = first
                broken.breakFiles(of: "api")
                world.source.push("three", broken)
                try await world.until("said") { world.status(Planet.api)?.problem != nil }
                return world.status(Planet.api)?.message ?? ""
            }
        }
        let held = try message(after: Planet.api("bad")) { $0.phase(Planet.api) == .rolledBack }
        #expect(held.hasPrefix("ManifestsInvalid at three: ") && held.contains("not YAML"), "\(held)")
        #expect(held.contains("; meanwhile: holding at one, two quarantined because"), "\(held)")
        let plain = try message(after: Planet.api("2")) { $0.status(Planet.api)?.revision == "two" }
        #expect(plain.hasPrefix("ManifestsInvalid at three: ") && !plain.contains("meanwhile"), "\(plain)")
    }

    @Test("However often the daemon is started, what was good is read as the pipeline of its own time has it")
    func byItsOwnPipeline() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            var moved = Planet.api("2") { $0.path = "apps/elsewhere" }
            moved.files = [
                "apps/elsewhere": .failure(
                    SourceFailure(code: .manifests, message: "line 3: not YAML", isTransient: false))
            ]
            moved.changePipeline { $0.environments[0].namespace = "elsewhere" }
            world.source.push("two", moved)
            world.poll()
            try await world.until("said") { world.status(Planet.api)?.problem != nil }
            for _ in 0..<3 {
                await world.restart()
                try await world.until("health") { world.status(Planet.api)?.health == .healthy }
            }
            world.cluster.remove(Planet.apiDeployment)
            try await world.until("healed") { world.cluster.object(Planet.apiDeployment) != nil }
            #expect(world.cluster.object(Planet.id("Deployment", "api", in: "elsewhere")) == nil)
            #expect(world.store.rollouts(of: Planet.api).count == 1)
        }
    }

    @Test(
        "What was removed does not come back in its old form with manifests that are broken", arguments: [false, true])
    func removedBefore(withRestart: Bool) throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.commit([]))
            try await world.until("gone") { world.cluster.object(Planet.apiDeployment) == nil }
            try await world.until("forgotten") { world.status(Planet.api) == nil }
            if withRestart { await world.restart() }
            var broken = Planet.api("3")
            broken.breakFiles(of: "api")
            world.source.push("three", broken)
            world.poll()
            try await world.until("said") { world.status(Planet.api)?.problem != nil }
            try await world.pass(.seconds(300))
            #expect(world.cluster.object(Planet.apiDeployment) == nil)
        }
    }

    @Test("After a start, what was in force stays so, though a commit was seen since that git went back from")
    func notTheNewestSeen() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            // Pushed over.
            world.source.push("one", Planet.api("1"))
            try await world.until("one again") { world.status(Planet.api)?.revision == "one" }
            var broken = Planet.api("3")
            broken.pipeline = Self.broken("mainstay.yaml:3:1: unknown field").pipeline
            broken.breakFiles(of: "api")
            world.source.push("three", broken)
            world.poll()
            try await world.until("said") { world.daemonStatus?.pipeline.error != nil }
            await world.restart()
            let mutations = world.cluster.mutations.count
            try await world.until("health") { world.status(Planet.api)?.health == .healthy }
            try await world.pass(.seconds(600))
            #expect(world.cluster.mutations.count == mutations)
            #expect(world.daemonStatus?.pipeline.revision == "one")
            #expect(world.status(Planet.api)?.problem != nil)
        }
    }

    @Test("One application's broken manifests touch no other, and nothing that runs")
    func brokenManifests() throws {
        try World.run { world in
            func commit(_ tag: String) -> FakeSource.Commit {
                Planet.commit([
                    (Planet.application("api"), [Planet.deployment("api", tag: tag)]),
                    (Planet.application("worker"), [Planet.deployment("worker", tag: tag)]),
                ])
            }
            try await world.begin(with: commit("1"), untilWell: Planet.api, Planet.worker)
            var second = commit("2")
            second.files["apps/api"] = .failure(
                SourceFailure(code: .manifests, message: "apps/api:7:3: bad indentation", isTransient: false))
            world.source.push("two", second)
            try await world.until("worker") { world.status(Planet.worker)?.revision == "two" }
            #expect(world.phase(Planet.api) == .failed)
            #expect(world.status(Planet.api)?.cause?.message.contains("bad indentation") == true)
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            #expect(world.status(Planet.api)?.health == .healthy)
            world.source.push("three", commit("3"))
            try await world.until("api") { world.status(Planet.api)?.revision == "three" }
            #expect(world.status(Planet.api)?.cause == nil)
        }
    }

    @Test("A reading that fails for a moment is done again, without a new commit")
    func transient() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.source.failRendering("apps/api", times: 3)
            world.start()
            try await world.until("one", within: .seconds(180)) { world.phase(Planet.api) == .succeeded }
        }
    }

    @Test("With the remote down from the start, the mirror is enough to go on, rollback included")
    func remoteDown() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Planet.api("bad"))
            try await world.until("two") { world.phase(Planet.api) == .progressing }
            await world.stop()
            world.source.setRemoteDown(true)
            world.start()
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.daemonStatus?.source.error == "no route to host")
            world.source.setRemoteDown(false)
            world.source.push("three", Planet.api("3"))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(world.daemonStatus?.source.error == nil)
        }
    }

    @Test("An environment follows its own branch, known from the mirror while the remote is down")
    func branches() throws {
        try World.run { world in
            let environment = Environment(name: "staging", namespace: "staging", branch: "release")
            func commit(_ tag: String) -> FakeSource.Commit {
                Planet.commit(
                    [(Planet.application("api"), [Planet.deployment("api", tag: tag)])], environments: [environment])
            }
            world.source.push("main-1", commit("main"))
            world.start()
            try await world.until("no branch") { world.status(Planet.api)?.cause?.reason == "RevisionMissing" }
            world.source.push("release-1", commit("1"), to: "release")
            try await world.until("release") { world.status(Planet.api)?.revision == "release-1" }
            #expect(world.cluster.image(of: Planet.apiDeployment)?.hasSuffix(":1") == true)
            await world.stop()
            world.source.setRemoteDown(true)
            world.start()
            try await world.until("known", within: .seconds(30)) { world.phase(Planet.api) == .succeeded }
            try await world.pass(.seconds(60))
            #expect(world.status(Planet.api)?.cause == nil)
        }
    }

    static let gates: [Environment] = [
        Environment(name: "staging", namespace: "staging", deploy: .confirm, confirmPhrase: "yes"),
        Environment(name: "staging", namespace: "staging", deploy: .manual),
        Environment(name: "staging", namespace: "staging", approvals: .init(count: 1, groups: [])),
        Environment(name: "staging", namespace: "staging", cluster: "production"),
    ]

    @Test("An environment that asks for a person is never applied to; lifted, it is", arguments: gates)
    func gate(environment: Environment) throws {
        try World.run { world in
            let api = (Planet.application("api"), [Planet.deployment("api", tag: "1")])
            world.source.push("one", Planet.commit([api], environments: [environment]))
            world.start()
            try await world.pass(.seconds(600))
            #expect(world.cluster.mutations.isEmpty)
            #expect(world.store.rollouts.isEmpty)
            #expect(world.phase(Planet.api) == .blocked)
            #expect(world.status(Planet.api)?.waits.isEmpty == false)
            world.source.push("two", Planet.commit([api], environments: [Planet.staging]))
            try await world.until("lifted", within: .seconds(120)) { world.phase(Planet.api) == .succeeded }
        }
    }

    @Test("A gate that closes while a rollout is under way does not leave it open in the ledger")
    func gateCloses() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Planet.api("slow"))
            try await world.until("two") { world.phase(Planet.api) == .progressing }
            world.source.push(
                "three",
                Planet.commit(
                    [(Planet.application("api"), [Planet.deployment("api", tag: "3"), Planet.service("api")])],
                    environments: [Self.gates[1]]))
            try await world.pass(.seconds(600))
            #expect(world.store.rollouts(of: Planet.api).allSatisfy { $0.past.phase.isFinal })
            #expect(!world.cluster.mutations.contains { $0.image == "registry.example.com/api:3" })
            #expect(world.status(Planet.api)?.cause?.reason == "PromotionRequired")
        }
    }

    @Test("An application without objects is healthy; one that lost them all keeps what it had, and says so")
    func empty() throws {
        try World.run { world in
            try await world.begin(with: Planet.commit([(Planet.application("api"), [])]), untilWell: Planet.api)
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            world.source.push("three", Planet.commit([(Planet.application("api"), [])]))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(!world.cluster.desiredState.isEmpty)
            let notes = world.store.rollouts(of: Planet.api).last?.past.verdict?.notes ?? []
            #expect(notes.contains { $0.contains("renders nothing at all") })
        }
    }

    @Test("Where nothing is new a poll is one request, and nothing is rendered or written")
    func polls() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            try await world.pass(.seconds(60))
            let (polls, renders, effects) = (world.source.polls, world.source.renders.count, world.effects)
            try await world.pass(.seconds(3000))
            #expect(world.source.polls - polls == 100)
            #expect(world.source.renders.count == renders)
            #expect(world.effects == effects)
        }
    }

    private static func onRelease(_ tag: String, _ change: (inout Environment) -> Void = { _ in }) -> FakeSource.Commit
    {
        var environment = Environment(name: "staging", namespace: "staging", branch: "release")
        change(&environment)
        return Planet.commit(
            [(Planet.application("api"), [Planet.deployment("api", tag: tag)])], environments: [environment])
    }

    @Test("A branch that a new pipeline is the first to name is read with it, and is not said to be missing")
    func newBranch() throws {
        try World.run { world in
            world.source.push("release-1", Self.onRelease("1"), to: "release")
            world.source.push("main-1", Self.onRelease("main"))
            world.start()
            try await world.untilWell(Planet.api)
            #expect(world.status(Planet.api)?.revision == "release-1")
            #expect(world.errors.all == [])
            world.source.push("next-1", Self.onRelease("2"), to: "next")
            world.source.push("main-2", Self.onRelease("main") { $0.branch = "next" })
            try await world.until("next") { world.status(Planet.api)?.revision == "next-1" }
            #expect(world.errors.all == [])
            // One that is nowhere is.
            world.source.push("main-3", Self.onRelease("main") { $0.branch = "nowhere" })
            try await world.until("missing") { world.status(Planet.api)?.cause?.reason == "RevisionMissing" }
            #expect(world.errors.all.contains { $0.contains("nowhere") })
        }
    }

    @Test("A pipeline that is edited on a branch which only environments follow is said not to be read")
    func otherPipeline() throws {
        try World.run { world in
            world.source.push("release-1", Self.onRelease("1"), to: "release")
            world.source.push("main-1", Self.onRelease("main"))
            world.start()
            try await world.untilWell(Planet.api)
            #expect(world.daemonStatus?.pipeline.notes == [])
            world.source.push("release-2", Self.onRelease("2") { $0.deploy = .manual }, to: "release")
            try await world.until("two") { world.status(Planet.api)?.revision == "release-2" }
            #expect(
                world.daemonStatus?.pipeline.notes == [
                    "mainstay.yaml of the branch release differs from that of main, which alone is read: merge it there "
                        + "to have it count"
                ])
            world.source.push("main-2", Self.onRelease("main") { $0.deploy = .manual })
            try await world.until("merged") { world.daemonStatus?.pipeline.notes == [] }
        }
    }
}
