// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

/// Invariant 2: killed after any durable write or any change of the cluster, and started again, the daemon ends where
/// it would have ended.
@Suite("A daemon killed at any point")
struct CrashMatrixTests {
    /// What must be the same, however often the daemon was killed on its way.
    struct End: Sendable, Equatable {
        /// As JSON.
        var objects: [String]
        var quarantined: [String]
        var rollbacks: Int
        var inventory: [ObjectID]
        var phase: RolloutPhase?
        /// What a rollback would need.
        var pinned: [TargetID: String]
    }

    struct Story: Sendable, CustomTestStringConvertible {
        var name: String
        /// Rolled out, undisturbed, before.
        var before: [FakeSource.Commit]
        /// What happens while the daemon is killed.
        var commit: FakeSource.Commit
        var isSettled: @Sendable (World) -> Bool

        var testDescription: String { name }
    }

    static let stories = [
        Story(name: "first rollout", before: [], commit: Planet.api("1")) { $0.phase(Planet.api) == .succeeded },
        Story(
            name: "healthy change with a prune", before: [Planet.api("1", [Planet.configMap("old")])],
            commit: Planet.api("2")
        ) {
            $0.status(Planet.api)?.revision == "last" && $0.phase(Planet.api) == .succeeded
        },
        Story(name: "bad revision", before: [Planet.api("1")], commit: Planet.api("bad", [Planet.configMap("extra")])) {
            $0.phase(Planet.api) == .rolledBack
        },
        Story(
            name: "refused revision", before: [Planet.api("1")],
            commit: Planet.api("2", [Planet.configMap("refused"), Planet.configMap("extra")])
        ) { $0.phase(Planet.api) == .rolledBack },
        Story(name: "first rollout that fails", before: [], commit: Planet.api("crash")) {
            $0.phase(Planet.api) == .failed && !$0.store.quarantines(of: Planet.api).isEmpty
        },
        Story(
            name: "removal",
            before: [
                Planet.commit([
                    (Planet.application("api"), [Planet.deployment("api", tag: "1"), Planet.service("api")]),
                    (Planet.application("worker"), [Planet.deployment("worker", tag: "1")]),
                ])
            ],
            commit: Planet.commit([(Planet.application("worker"), [Planet.deployment("worker", tag: "1")])])
        ) { $0.status(Planet.api) == nil && $0.store.inventory(of: Planet.api).isEmpty },
        Story(
            name: "removal that lets go",
            before: [
                Planet.commit([
                    (Planet.application("api") { $0.onRemoval = .orphan }, [Planet.deployment("api", tag: "1")]),
                    (Planet.application("worker"), [Planet.configMap("w")]),
                ])
            ],
            commit: Planet.commit([(Planet.application("worker"), [Planet.configMap("w")])])
        ) { $0.status(Planet.api) == nil && $0.store.inventory(of: Planet.api).isEmpty },
        Story(
            name: "rename", before: [Planet.api("1")],
            commit: Planet.commit([
                (Planet.application("gateway"), [Planet.deployment("api", tag: "2"), Planet.service("api")])
            ])
        ) {
            $0.phase(TargetID(application: "gateway", environment: "staging")) == .succeeded
                && $0.store.inventory(of: Planet.api).isEmpty
        },
        Story(
            name: "job replaced", before: [Planet.commit([(Planet.application("api"), [job("1")])])],
            commit: Planet.commit([(Planet.application("api"), [job("2")])])
        ) { $0.status(Planet.api)?.revision == "last" && $0.phase(Planet.api) == .succeeded },
        Story(name: "hook of a new revision", before: [Planet.api("1", [hook])], commit: Planet.api("2", [hook])) {
            $0.status(Planet.api)?.revision == "last" && $0.phase(Planet.api) == .succeeded
        },
    ]

    private static var hook: Object {
        var hook = job("1")
        hook.set("before", at: "metadata", "annotations", "mainstay.dev/hook")
        return hook
    }

    private static func job(_ tag: String) -> Object {
        [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "migrate"],
            "spec": ["template": ["spec": ["containers": [["name": "main", "image": .string("m:\(tag)")]]]]],
        ]
    }

    @Test("Ends as one that was not killed", arguments: stories)
    func endsTheSame(story: Story) throws {
        let (undisturbed, effects) = try play(story, killedAfter: nil)
        #expect(effects > 4)
        for effect in 1...effects {
            let (end, _) = try play(story, killedAfter: effect)
            #expect(end == undisturbed, "\(story.name), killed after effect \(effect) of \(effects)")
            let (again, _) = try play(story, killedAfter: effect, killsAgain: true)
            #expect(again == undisturbed, "\(story.name), killed after effect \(effect), and once more")
        }
    }

    @Test("Leaves nothing behind of a revision that was overtaken while the daemon was dead")
    func leavesNothingBehind() throws {
        let overtaken = Planet.api("2", [Planet.configMap("passing"), Planet.configMap("passing-too")])
        func play(killedAfter effect: Int?) throws -> (objects: [String], effects: Int) {
            try World.run { world in
                world.source.push("one", Planet.api("1"))
                world.start()
                try await world.untilWell(Planet.api)
                await world.stop()
                world.source.push("two", overtaken)
                world.start(dyingAfterEffect: effect)
                if effect == nil {
                    try await world.until("two") { world.status(Planet.api)?.revision == "two" }
                } else {
                    try await world.until("killed") { world.life?.isOver == true }
                    await world.life?.wait()
                }
                let effects = world.effects
                world.source.push("three", Planet.api("3"))
                if effect != nil { world.start() }
                try await world.until("three") { world.status(Planet.api)?.revision == "three" }
                return (world.cluster.desiredState, effects)
            }
        }
        let undisturbed = try play(killedAfter: nil)
        #expect(undisturbed.objects.count == 2)
        for effect in 1...undisturbed.effects {
            let objects = try play(killedAfter: effect).objects
            #expect(objects == undisturbed.objects, "killed after effect \(effect)")
        }
    }

    private func play(
        _ story: Story, killedAfter effect: Int?, killsAgain: Bool = false
    ) throws -> (End, effects: Int) {
        try World.run { world in
            world.cluster.refuse { call in
                guard call.object?.name == "refused", call.verb == .apply || call.verb == .dryRun else { return nil }
                return ClusterFailure(code: .admissionDenied, message: "admission webhook denied the request")
            }
            for (number, commit) in story.before.enumerated() {
                world.source.push("before-\(number)", commit)
                world.start()
                try await world.until("the time before") { world.phase(Planet.api) == .succeeded }
                try await world.pass(.seconds(40))
                await world.stop()
            }
            world.source.push("last", story.commit)
            world.start(dyingAfterEffect: effect)
            if effect != nil {
                try await world.until("killed") { world.life?.isOver == true }
                await world.life?.wait()
                try await world.pass(.seconds(5))
                if killsAgain {
                    world.start(dyingAfterEffect: 3)
                    try await world.until("killed again") { world.life?.isOver == true || story.isSettled(world) }
                    await world.stop()
                }
                world.start()
            }
            try await world.until("settled") { story.isSettled(world) }
            try await world.pass(.seconds(600))
            let targets = Set(world.store.rollouts.map(\.start.target)).sorted()
            let end = End(
                objects: world.cluster.desiredState,
                quarantined: targets.flatMap { world.store.quarantines(of: $0).map(\.digest) },
                rollbacks: world.store.rollouts.count { $0.start.trigger == .rollback },
                inventory: targets.flatMap { world.store.inventory(of: $0).map(\.object) },
                phase: world.phase(Planet.api), pinned: world.source.pins)
            return (end, world.effects)
        }
    }
}
