// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

/// `other` is a workload of the same application, which no commit here touches unless a test says so.
@Suite("What was not well before a rollout")
struct EarlierStateScenarioTests {
    private static let other = Planet.id("Deployment", "other")

    private static func commit(
        _ tag: String, other: String = "1", settings: String = "a", third: String = "1", migration: String? = nil,
        _ change: (inout Application) -> Void = { _ in }
    ) -> FakeSource.Commit {
        var workload = Planet.deployment("other", tag: other)
        workload.set(
            [["name": "settings", "configMap": ["name": "settings"]]],
            at: "spec", "template", "spec", "volumes")
        let needsIt = [("OTHER", "nats://other.staging.svc.cluster.local:4222")]
        return Planet.api(
            tag,
            [
                workload, Planet.service("other"), Planet.configMap("settings", [("level", settings)]),
                Planet.deployment("third", tag: third, env: needsIt),
            ] + (migration.map { [migrate($0)] } ?? []), change)
    }

    private static func migrate(_ tag: String) -> Object {
        [
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": ["name": "migrate", "annotations": ["mainstay.dev/hook": "before"]],
            "spec": [
                "template": [
                    "spec": [
                        "restartPolicy": "Never",
                        "containers": [["name": "main", "image": .string("registry.example.com/migrate:\(tag)")]],
                    ]
                ]
            ],
        ]
    }

    /// `other` crashes since long.
    private static func begin(
        _ world: World, _ change: (inout Application) -> Void = { _ in }
    ) async throws {
        try await world.begin(with: commit("1", change), untilWell: Planet.api)
        try await breakOther(world)
    }

    /// At rest.
    private static func breakOther(_ world: World) async throws {
        try await world.pass(.seconds(1000))
        world.cluster.breakPods(of: other)
        try await world.until("broken") { world.store.healthMark(of: Planet.api)?.isHealthy == false }
    }

    private static func untilRollbackFails(_ world: World) async throws {
        try await world.until("the rollback fails, too") {
            world.status(Planet.api)?.message.contains("left for a person") == true
        }
        let rollback = try #require(world.store.rollouts(of: Planet.api).last)
        #expect(rollback.start.trigger == .rollback && rollback.verdict?.outcome == .failed)
        #expect(rollback.verdict?.cause?.object == other)
    }

    private static func notes(_ world: World) -> [String] {
        world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
    }

    @Test("A revision that does not touch it is not blamed, says so, and stays as degraded as what runs")
    func untouched() throws {
        try World.run { world in
            try await Self.begin(world)
            world.source.push("two", Self.commit("2"))
            try await world.until("two", within: .seconds(300)) { world.status(Planet.api)?.revision == "two" }
            #expect(world.phase(Planet.api) == .succeeded)
            let note = try #require(Self.notes(world).first { $0.contains("as before this rollout") })
            #expect(note.hasPrefix("\(Self.other) is not well, as before this rollout (CrashLoopBackOff"), "\(note)")
            try await world.until("is shown as it is") { world.status(Planet.api)?.health != .healthy }
            try await world.pass(.seconds(600))
            #expect(world.status(Planet.api)?.health != .healthy)
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
        }
    }

    @Test("What a person says in the middle of a rollout takes nothing of that away")
    func interrupted() throws {
        try World.run { world in
            try await Self.begin(world)
            world.cluster.delay(Planet.apiDeployment, by: .seconds(20))
            world.source.push("two", Self.commit("2"))
            try await world.until("is under way") { world.phase(Planet.api) == .applying }
            let everything = Suspension.Scope(environment: Planet.api.environment)
            try await world.ask(.freeze(everything, until: nil, reason: "holidays"))
            try await world.until("two", within: .seconds(300)) { world.status(Planet.api)?.revision == "two" }
            #expect(world.phase(Planet.api) == .succeeded)
            #expect(Self.notes(world).contains { $0.contains("as before this rollout") })
        }
    }

    @Test("Killed in the middle of a rollout, the daemon excuses it as before", arguments: 1...3)
    func killed(restarts: Int) throws {
        try World.run { world in
            try await Self.begin(world)
            world.cluster.delay(Planet.apiDeployment, by: .seconds(20))
            world.source.push("two", Self.commit("2"))
            try await world.until("is under way") { world.phase(Planet.api) == .applying }
            for _ in 0..<restarts {
                try await world.pass(.seconds(8))
                await world.restart()
            }
            try await world.until("two", within: .seconds(300)) { world.status(Planet.api)?.revision == "two" }
            #expect(world.phase(Planet.api) == .succeeded)
            #expect(Self.notes(world).contains { $0.contains("as before this rollout") })
            #expect(world.store.rollouts(of: Planet.api).count == 2)
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
        }
    }

    @Test("A rollout that waits, and has done nothing yet when the daemon is killed, excuses it as well")
    func killedWhileBlocked() throws {
        try World.run { world in
            try await Self.begin(world)
            var two = Self.commit("2")
            let api = Planet.deployment("api", tag: "2", secret: "late")
            two.files["apps/api"] = two.files["apps/api"]?.map { objects in
                objects.map { $0.objectID == api.objectID ? api : $0 }
            }
            world.source.push("two", two)
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            await world.restart()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            world.cluster.put(Planet.secret("late"))
            try await world.until("two", within: .seconds(300)) { world.status(Planet.api)?.revision == "two" }
            #expect(Self.notes(world).contains { $0.contains("as before this rollout") })
        }
    }

    @Test("What the rollout changed before the daemon was killed is not excused after it, nor what breaks meanwhile")
    func killedAndTouched() throws {
        for breaksLater in [false, true] {
            try World.run { world in
                if breaksLater {
                    world.source.push("one", Self.commit("1"))
                    world.start()
                    try await world.untilWell(Planet.api)
                    try await world.pass(.seconds(1000))
                } else {
                    try await Self.begin(world)
                }
                // The settings that it reads change first; the rest takes its time.
                world.cluster.delay(Planet.apiDeployment, by: .seconds(20))
                world.source.push("two", Self.commit("2", settings: breaksLater ? "a" : "b"))
                try await world.until("is under way") { world.phase(Planet.api) == .applying }
                try await world.pass(.seconds(8))
                if breaksLater { world.cluster.breakPods(of: Self.other) }
                await world.restart()
                try await world.until("fails") { world.store.quarantines(of: Planet.api).map(\.revision) == ["two"] }
            }
        }
    }

    @Test("Where something that changes needs it, it is judged as ever")
    func dependent() throws {
        try World.run { world in
            try await Self.begin(world)
            world.source.push("two", Self.commit("2", third: "2"))
            try await world.until("fails") { world.store.quarantines(of: Planet.api).map(\.revision) == ["two"] }
            #expect(world.cluster.image(of: Planet.id("Deployment", "third")) == "registry.example.com/third:1")
            // It was unwell before: the rollback is not to blame.
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
        }
    }

    @Test(
        "What fails is taken back, and that does not fail for it either",
        arguments: [(false, false), (true, false), (false, true)])
    func takenBack(isInterrupted: Bool, withRestart: Bool) throws {
        try World.run { world in
            try await Self.begin(world)
            world.cluster.delay(Planet.apiDeployment, by: .seconds(20))
            world.source.push("two", Self.commit("bad"))
            if isInterrupted {
                try await world.until("is under way") { world.phase(Planet.api) == .applying }
                let everything = Suspension.Scope(environment: Planet.api.environment)
                try await world.ask(.freeze(everything, until: nil, reason: "holidays"))
            }
            if withRestart {
                try await world.until("is taken back") { world.phase(Planet.api) == .rollingBack }
                try await world.pass(.seconds(1))
                await world.restart()
            }
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.store.rollouts(of: Planet.api)[1].verdict?.cause?.reason == "ImagePullBackOff")
            #expect(Self.notes(world).contains { $0.contains("as before this rollout") })
        }
    }

    @Test("Nor does it fail where what came first was overtaken before its end")
    func takenBackAfterOvertaking() throws {
        try World.run { world in
            try await Self.begin(world)
            world.source.push("two", Self.commit("slow"))
            try await world.until("under way") { world.phase(Planet.api) == .progressing }
            world.source.push("three", Self.commit("bad"))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.store.quarantines(of: Planet.api).map(\.revision) == ["three"])
        }
    }

    @Test("A rollback that does not mend what its revision broke has failed, and is left for a person")
    func notMended() throws {
        try World.run { world in
            try await world.begin(with: Self.commit("1", migration: "1"), untilWell: Planet.api)
            try await world.pass(.seconds(1000))
            world.source.push("two", Self.commit("1", migration: "2"))
            try await world.until("migrates") {
                world.cluster.mutations.contains { $0.image == "registry.example.com/migrate:2" }
            }
            world.cluster.breakPods(of: Self.other)
            try await Self.untilRollbackFails(world)
            #expect(world.store.quarantines(of: Planet.api).map(\.revision) == ["two"])
        }
    }

    @Test("Rolled out once more, a revision answers for what broke since it came")
    func onceMore() throws {
        try World.run { world in
            try await world.begin(with: Self.commit("1"), untilWell: Planet.api)
            world.source.push("two", Self.commit("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            try await Self.breakOther(world)
            try await world.ask(.rollOutAgain(Planet.api, reason: "to see"))
            try await world.until("once more") {
                let rollouts = world.store.rollouts(of: Planet.api)
                return rollouts.count == 3 && rollouts.last?.verdict != nil
            }
            try await world.ask(.rollBack(Planet.api, to: nil, reason: nil))
            try await Self.untilRollbackFails(world)
        }
    }

    @Test("What breaks during the rollout is its failure, though its manifest is as it was")
    func newlyUnwell() throws {
        try World.run { world in
            try await world.begin(with: Self.commit("1"), untilWell: Planet.api)
            try await world.pass(.seconds(1000))
            world.source.push("two", Self.commit("slow"))
            try await world.until("under way") { world.phase(Planet.api) == .progressing }
            world.cluster.breakPods(of: Self.other)
            try await world.until("fails") { world.store.quarantines(of: Planet.api).map(\.revision) == ["two"] }
        }
    }

    @Test("What needs something that the rollout changes is not excused")
    func needsWhatChanges() throws {
        try World.run { world in
            try await Self.begin(world)
            world.source.push("two", Self.commit("1", settings: "b"))
            try await world.until("fails") { world.store.quarantines(of: Planet.api).map(\.revision) == ["two"] }
        }
    }

    @Test("What an earlier revision broke, and nobody took back, is not excused by the next")
    func brokenByRevision() throws {
        try World.run { world in
            let manual: (inout Application) -> Void = { $0.rollback = .manual }
            try await world.begin(with: Self.commit("1", manual), untilWell: Planet.api)
            world.source.push("two", Self.commit("1", other: "bad", manual))
            try await world.until("fails") { world.phase(Planet.api) == .failed }
            world.source.push("three", Self.commit("2", other: "bad", manual))
            try await world.until("fails, too") {
                world.store.quarantines(of: Planet.api).map(\.revision).sorted() == ["three", "two"]
            }
        }
    }

    @Test("While it bakes, what was excused is no relapse", arguments: [false, true])
    func bakes(withRestart: Bool) throws {
        try World.run { world in
            let bake: (inout Application) -> Void = {
                $0.bake = .seconds(600)
                $0.grace = .seconds(10)
            }
            try await Self.begin(world, bake)
            world.source.push("two", Self.commit("2", bake))
            try await world.until("two") { world.phase(Planet.api) == .succeeded && Self.notes(world) != [] }
            if withRestart { await world.restart() }
            try await world.pass(.seconds(3600))
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
            #expect(world.status(Planet.api)?.revision == "two")
            #expect(world.status(Planet.api)?.health != .healthy)
        }
    }
}
