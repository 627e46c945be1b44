// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

/// `other` is a workload of the same application, which no commit here touches.
@Suite("What was not well before a rollout, and the hooks that come before or after it")
struct EarlierStateHookTests {
    private static let other = Planet.id("Deployment", "other")

    /// - Parameter needs: the Job has the address of `other`.
    private static func commit(
        _ tag: String, _ phase: Hook.Phase = .after, job: String, needs: Bool = false
    ) -> FakeSource.Commit {
        var container: Object = ["name": "main", "image": .string("registry.example.com/job:\(job)")]
        if needs { container["env"] = [["name": "OTHER", "value": "nats://other.staging.svc.cluster.local:4222"]] }
        let smoke: Object = [
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": [
                "name": "smoke", "annotations": ["mainstay.dev/hook": .string(phase.rawValue)],
            ],
            "spec": ["template": ["spec": ["restartPolicy": "Never", "containers": [.object(container)]]]],
        ]
        let objects = [Planet.deployment("other", tag: "1"), Planet.service("other"), smoke]
        return Planet.api(tag, objects) { if phase == .after { $0.verify = [Application.Check(.job("smoke"))] } }
    }

    /// `other` crashes since long.
    private static func begin(_ world: World, _ commit: FakeSource.Commit) async throws {
        try await world.begin(with: commit, untilWell: Planet.api)
        try await world.pass(.seconds(1000))
        world.cluster.breakPods(of: other)
        try await world.until("broken") { world.store.healthMark(of: Planet.api)?.isHealthy == false }
    }

    private static func ran(_ world: World, _ job: String) -> Bool {
        world.cluster.mutations.contains { $0.image == "registry.example.com/job:\(job)" }
    }

    private static func isNoted(_ world: World) -> Bool {
        world.store.rollouts(of: Planet.api).last?.verdict?.notes.contains { $0.contains("as before this rollout") }
            == true
    }

    @Test(
        "A check's Job does not wait for it, also where the daemon is killed while that runs", arguments: [false, true])
    func afterwards(withRestart: Bool) throws {
        try World.run { world in
            try await Self.begin(world, Self.commit("1", job: "1"))
            world.source.push("two", Self.commit("2", job: "long-2"))
            try await world.until("runs") { Self.ran(world, "long-2") }
            if withRestart {
                try await world.pass(.seconds(5))
                await world.restart()
            }
            try await world.until("two", within: .seconds(300)) { world.status(Planet.api)?.revision == "two" }
            #expect(world.phase(Planet.api) == .succeeded)
            #expect(Self.isNoted(world))
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
        }
    }

    @Test("A Job that needs it waits for it, and that is the revision's failure as ever")
    func needed() throws {
        try World.run { world in
            try await Self.begin(world, Self.commit("1", job: "1", needs: true))
            world.source.push("two", Self.commit("2", job: "2", needs: true))
            try await world.until("fails") { world.store.quarantines(of: Planet.api).map(\.revision) == ["two"] }
            #expect(!Self.ran(world, "2"))
        }
    }

    @Test("What fails is taken back, though its hook came after it", arguments: [false, true])
    func takenBack(withRestart: Bool) throws {
        try World.run { world in
            try await Self.begin(world, Self.commit("1", job: "1"))
            world.source.push("two", Self.commit("bad", job: "2"))
            if withRestart {
                try await world.until("is taken back") { world.phase(Planet.api) == .rollingBack }
                try await world.pass(.seconds(1))
                await world.restart()
            }
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.store.rollouts(of: Planet.api)[1].verdict?.cause?.reason == "ImagePullBackOff")
            #expect(Self.isNoted(world))
            #expect(!Self.ran(world, "2"))
        }
    }

    @Test("A hook that comes first is nothing that it needs: it is excused though that is another")
    func beforehand() throws {
        try World.run { world in
            try await Self.begin(world, Self.commit("1", .before, job: "1"))
            world.source.push("two", Self.commit("2", .before, job: "2"))
            try await world.until("two", within: .seconds(300)) { world.status(Planet.api)?.revision == "two" }
            #expect(world.phase(Planet.api) == .succeeded && Self.ran(world, "2"))
            #expect(Self.isNoted(world))
        }
    }
}
