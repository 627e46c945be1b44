// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import TestSupport
import Testing

@testable import Reconciler

/// Between the first look at the cluster and a request, an object can become somebody else's.
@Suite("Whose an object is at the moment of sending")
struct OwnershipAtSendTests {
    private static let settings = Planet.id("ConfigMap", "settings")
    private static let moon = "https://git.example.com/moon.git#main"

    /// What may happen to an object of ours: the other has our manager's name, so that no conflict tells of it.
    enum Thief: CaseIterable, Sendable {
        case application, daemon

        func take(_ object: Object) -> Object {
            var object = object
            let owner = self == .application ? Planet.worker : Planet.api
            object.set(
                .string(OwnerLabel.value(target: owner, id: object.objectID)), at: "metadata", "labels", OwnerLabel.key)
            let mark = self == .application ? World.mark : OwnershipAtSendTests.moon
            object.set(.string(mark), at: "metadata", "annotations", SourceMark.key)
            if object["data"] != nil { object["data"] = ["level": "theirs"] }
            return object
        }

        var reason: String { self == .application ? "OwnedByOther" : "OwnedByOtherSource" }
    }

    private static func manifest(_ object: Object) -> Manifest {
        var object = object
        object.set("staging", at: "metadata", "namespace")
        object.set(
            .string(OwnerLabel.value(target: Planet.api, id: object.objectID)), at: "metadata", "labels", OwnerLabel.key
        )
        object.set(.string(World.mark), at: "metadata", "annotations", SourceMark.key)
        return Manifest(object: object, origin: Origin(file: "k8s/x.yaml"))
    }

    private static func map(_ level: String) -> Manifest { manifest(Planet.configMap("settings", [("level", level)])) }

    private static func job(_ tag: String) -> Manifest {
        manifest([
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "migrate"],
            "spec": [
                "template": [
                    "spec": [
                        "restartPolicy": "Never",
                        "containers": [["name": "main", "image": .string("registry.example.com/migrate:\(tag)")]],
                    ]
                ]
            ],
        ])
    }

    /// Runs something with an applier, and answers why it was blocked.
    private func attempt(
        _ manifests: [Manifest], stolenAt isMoment: @escaping @Sendable (FakeCluster.Call) -> Bool, by thief: Thief,
        prepare: @escaping @Sendable (World) -> Void = { _ in },
        _ body: @escaping @Sendable (ObjectApplier, World) async throws -> Void
    ) throws -> (reason: String?, world: World) {
        try World.run { world in
            let once = Counter()
            world.cluster.meddle { call, state in
                guard isMoment(call), let id = call.object, once.next() == 1, let live = state.objects[id] else {
                    return
                }
                _ = state.store(thief.take(live), isApply: false, now: world.cluster.now)
            }
            prepare(world)
            let applier = ObjectApplier(
                cluster: ClusterPort(cluster: world.cluster, life: Life()), manifests: manifests,
                claim: AnotherObjectTests.claim, policy: ConflictPolicy(action: .force)
            ) { _ in }
            do {
                try await body(applier, world)
                return (nil, world)
            } catch let problem as ApplyProblem {
                return (problem.cause.reason, world)
            }
        }
    }

    @Test("What is taken over first is taken from nobody who has it by then", arguments: Thief.allCases)
    func takeOver(thief: Thief) throws {
        var plain = Self.map("by hand").object
        plain.set(nil, at: "metadata", "labels")
        plain.set(nil, at: "metadata", "annotations")
        let found = plain
        // Before it is read, and after it was.
        for verb in [FakeCluster.Call.Verb.get, .apply] {
            let (reason, world) = try attempt(
                [Self.map("new")], stolenAt: { $0.verb == verb }, by: thief, prepare: { $0.cluster.put(found) }
            ) { applier, world in
                _ = try await applier.apply(Self.map("new"), watched: world.cluster.object(Self.settings))
            }
            #expect(reason == thief.reason, "at \(verb)")
            #expect(world.cluster.object(Self.settings)?.value(at: "data", "level") == "theirs", "at \(verb)")
        }
    }

    @Test("Undoing drift by force takes nothing that is another's since it was read", arguments: Thief.allCases)
    func drift(thief: Thief) throws {
        let (reason, world) = try attempt(
            [Self.map("new")], stolenAt: { $0.verb == .apply }, by: thief,
            prepare: { $0.cluster.put(Self.map("old").object) }
        ) { applier, world in
            _ = try await applier.force(Self.map("new"), over: world.cluster.object(Self.settings))
        }
        #expect(reason == thief.reason)
        #expect(world.cluster.object(Self.settings)?.value(at: "data", "level") == "theirs")
    }

    @Test("A status that is written meanwhile is no reason not to undo drift")
    func status() throws {
        try World.run { world in
            world.cluster.put(Self.map("old").object)
            let once = Counter()
            world.cluster.meddle { call, state in
                guard call.verb == .apply, once.next() == 1, var live = state.objects[Self.settings] else { return }
                live["status"] = ["seen": true]
                _ = state.store(live, isApply: false, now: world.cluster.now)
            }
            let applier = ObjectApplier(
                cluster: ClusterPort(cluster: world.cluster, life: Life()), manifests: [Self.map("new")],
                claim: AnotherObjectTests.claim
            ) { _ in }
            _ = try await applier.force(Self.map("new"), over: world.cluster.object(Self.settings))
            #expect(world.cluster.object(Self.settings)?.value(at: "data", "level") == "new")
            #expect(world.cluster.calls.count { $0.verb == .apply } == 2)
        }
    }

    @Test("A conflict that the policy would force is no way to what is another's by then", arguments: Thief.allCases)
    func conflict(thief: Thief) throws {
        let (reason, world) = try attempt(
            [Self.map("new")], stolenAt: { $0.verb == .get }, by: thief,
            prepare: { world in
                world.cluster.put(Self.map("old").object)
                world.cluster.refuse { call in
                    guard call.verb == .apply, !call.isForced else { return nil }
                    return ClusterFailure(
                        code: .fieldConflict, message: "conflict",
                        conflicts: [FieldConflict(field: ".data.level", manager: "kubectl-edit")])
                }
            }
        ) { applier, world in
            _ = try await applier.apply(Self.map("new"), watched: world.cluster.object(Self.settings))
        }
        #expect(reason == thief.reason)
        #expect(world.cluster.object(Self.settings)?.value(at: "data", "level") == "theirs")
    }

    @Test("What is to be made anew is not deleted where it is another's by then", arguments: Thief.allCases)
    func replacement(thief: Thief) throws {
        let (reason, world) = try attempt(
            [Self.job("2")], stolenAt: { $0.verb == .get }, by: thief,
            prepare: { $0.cluster.put(Self.job("1").object) }
        ) { applier, world in
            _ = try await applier.apply(Self.job("2"), watched: world.cluster.object(Planet.id("Job", "migrate")))
        }
        #expect(reason == thief.reason)
        #expect(!world.cluster.calls.contains { $0.verb == .delete })
        #expect(world.cluster.image(of: Planet.id("Job", "migrate")) == "registry.example.com/migrate:1")
    }

    @Test("An autoscaled workload is not even handed its replicas where it is another's by then")
    func handover() throws {
        let deployment = Self.manifest(Planet.deployment("api", tag: "2"))
        let scaler: Object = [
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "api"],
            "spec": ["scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "api"]],
        ]
        let (reason, world) = try attempt(
            [deployment, Self.manifest(scaler)], stolenAt: { $0.verb == .get }, by: .daemon,
            prepare: { $0.cluster.put(Self.manifest(Planet.deployment("api", tag: "1")).object) }
        ) { applier, world in
            _ = try await applier.apply(deployment, watched: world.cluster.object(Planet.apiDeployment))
        }
        #expect(reason == "OwnedByOtherSource")
        #expect(!world.cluster.calls.contains { $0.verb == .apply })
    }

    @Test("What waits in a rollout for something else, and is taken meanwhile, is not touched when its turn comes")
    func waiting() throws {
        try World.run { world in
            func commit(_ tag: String) -> FakeSource.Commit {
                var late = Planet.configMap("settings", [("level", .init(tag))])
                late.set(
                    "apps/namespaces/staging/Deployment/api", at: "metadata", "annotations",
                    "config.kubernetes.io/depends-on")
                return Planet.api(tag, [late])
            }
            try await world.begin(with: commit("1"), untilWell: Planet.api)
            world.source.push("two", commit("slow2"))
            try await world.until("on its way") {
                world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:slow2"
            }
            // The survey of the rollout is over: it waits for two minutes.
            try await world.pass(.seconds(10))
            world.cluster.put(Thief.daemon.take(try #require(world.cluster.object(Self.settings))))
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "OwnedByOtherSource" }
            try await world.pass(.seconds(60))
            #expect(world.cluster.object(Self.settings)?.value(at: "data", "level") == "theirs")
            let message = world.status(Planet.api)?.cause?.message ?? ""
            #expect(message.contains(Self.moon) && message.contains(World.mark))
        }
    }

    @Test("An object that the ledger knows is another daemon's all the same once that has marked it")
    func knownUID() throws {
        try World.run { world in
            try await world.begin(
                with: Planet.api("1", [Planet.configMap("settings", [("level", "1")])]), untilWell: Planet.api)
            world.cluster.put(Thief.daemon.take(try #require(world.cluster.object(Self.settings))))
            world.source.push("two", Planet.api("2", [Planet.configMap("settings", [("level", "2")])]))
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "OwnedByOtherSource" }
            try await world.pass(.seconds(60))
            #expect(world.cluster.object(Self.settings)?.value(at: "data", "level") == "theirs")
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
        }
    }
}
