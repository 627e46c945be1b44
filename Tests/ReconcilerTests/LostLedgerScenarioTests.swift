// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport
import Testing

/// Design, 6.7: a lost database orphans nothing, and prunes nothing foreign.
@Suite("A ledger that was lost")
struct LostLedgerScenarioTests {
    private static let worker = (Planet.application("worker"), [Planet.configMap("w")])

    private static func maps(_ numbers: Range<Int>) -> [Object] { numbers.map { Planet.configMap("map-\($0)") } }

    private func names(_ world: World, _ kind: String = "ConfigMap") -> [String] {
        world.cluster.state.withLock { $0.objects.keys.filter { $0.kind == kind }.map(\.name).sorted() }
    }

    /// An object that looks like one of ours in the application `api`, but for what is changed.
    private static func alike(_ name: String, _ change: (inout Object) -> Void) -> Object {
        var object = Planet.configMap(name)
        object.set("staging", at: "metadata", "namespace")
        object.set(
            .string(OwnerLabel.value(target: Planet.api, id: object.objectID)), at: "metadata", "labels",
            OwnerLabel.key)
        object.set(.string(World.mark), at: "metadata", "annotations", SourceMark.key)
        object.set([["manager": "mainstay", "operation": "Apply"]], at: "metadata", "managedFields")
        change(&object)
        return object
    }

    /// What is not ours, however much it looks so.
    static let foreign: [(name: String, change: @Sendable (inout Object) -> Void)] = [
        ("by-hand", { $0.set(nil, at: "metadata", "labels", OwnerLabel.key) }),
        (
            "copied-label",
            {
                let other = Planet.id("Service", "api")
                $0.set(
                    .string(OwnerLabel.value(target: Planet.api, id: other)), at: "metadata", "labels", OwnerLabel.key)
            }
        ),
        (
            "other-field-manager",
            { $0.set([["manager": "helm", "operation": "Apply"]], at: "metadata", "managedFields") }
        ),
        (
            "controlled",
            {
                $0.set(
                    [["kind": "Database", "name": "db", "uid": "1", "controller": true]], at: "metadata",
                    "ownerReferences")
            }
        ),
        (
            "other-daemon",
            { $0.set("https://git.example.com/moon.git#main", at: "metadata", "annotations", SourceMark.key) }
        ),
        (
            "other-branch",
            { $0.set("https://git.example.com/planet.git#next", at: "metadata", "annotations", SourceMark.key) }
        ),
        ("unmarked", { $0.set(nil, at: "metadata", "annotations", SourceMark.key) }),
        ("held", { $0.set("disabled", at: "metadata", "annotations", ObjectMarks.pruneKey) }),
    ]

    @Test("What left git while it was lost goes, and nothing that is not ours")
    func leftGit() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", Self.maps(0..<3)), untilWell: Planet.api)
            await world.stop()
            world.store.lose()
            for (name, change) in Self.foreign { world.cluster.put(Self.alike(name, change)) }
            let uid = try #require(world.cluster.object(Planet.apiDeployment)?.uid)
            world.source.push("two", Planet.api("1", Self.maps(0..<2)))
            world.start()
            try await world.until("gone") { !names(world).contains("map-2") }
            try await world.pass(.seconds(7200))
            #expect(names(world) == (["map-0", "map-1"] + Self.foreign.map(\.name)).sorted())
            #expect(world.cluster.object(Planet.apiDeployment)?.uid == uid)
            #expect(world.status(Planet.api)?.health == .healthy)
            let search = try #require(world.daemonStatus?.search)
            #expect(search.finishedAt != nil && search.error == nil)
            #expect(search.takenUp > 0)
            // The one that is ours, and kept by its mark, stays known.
            #expect(world.store.inventory(of: Planet.api).contains { $0.object.name == "held" })
            let foreign = Set(Self.foreign.map(\.name)).subtracting(["held"])
            #expect(!world.store.inventory(of: Planet.api).contains { foreign.contains($0.object.name) })
        }
    }

    @Test("The cluster is searched once: not again at the next start, nor where nothing was lost")
    func once() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", Self.maps(0..<2)), untilWell: Planet.api)
            await world.restart()
            try await world.pass(.seconds(600))
            let searches = world.store.state.withLock { state in
                state.journal.count { if case .search = $0 { true } else { false } }
            }
            #expect(searches == 1)
            #expect(world.daemonStatus?.search == nil)
        }
    }

    @Test("An application that left the pipeline meanwhile goes", arguments: [Application.Removal.prune, .orphan])
    func leftPipeline(_ policy: Application.Removal) throws {
        try World.run { world in
            let api = (Planet.application("api"), [Planet.deployment("api", tag: "1"), Planet.configMap("a")])
            try await world.begin(with: Planet.commit([api, Self.worker]), untilWell: Planet.api, Planet.worker)
            await world.stop()
            world.store.lose()
            world.source.loseMirror()
            var staging = Planet.staging
            staging.onRemoval = policy
            world.source.push("two", Planet.commit([Self.worker], environments: [staging, Planet.infrastructure]))
            world.start()
            try await world.until("done with") {
                world.store.rollouts(of: Planet.api).last?.verdict != nil
                    && world.store.inventory(of: Planet.api).isEmpty
            }
            #expect(names(world) == (policy == .prune ? ["w"] : ["a", "w"]))
            #expect((world.cluster.object(Planet.apiDeployment) == nil) == (policy == .prune))
            if policy == .orphan {
                #expect(world.cluster.object(Planet.apiDeployment)?.labels[OwnerLabel.key] == nil)
            }
        }
    }

    @Test("More than goes without a person waits for one")
    func aboveLimit() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", Self.maps(0..<12)), untilWell: Planet.api)
            await world.stop()
            world.store.lose()
            world.source.push("two", Planet.api("1", Self.maps(0..<1)))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.pass(.seconds(3600))
            #expect(names(world).count == 12)
            let listed = try await world.ask(.approvePrune(Planet.api, code: nil))
            #expect(listed.items.count == 11)
            try await world.ask(.approvePrune(Planet.api, code: listed.code))
            try await world.until("gone") { names(world) == ["map-0"] }
        }
    }

    @Test("Nothing goes where the application renders nothing, or another cannot be read", arguments: [true, false])
    func nothingGoes(rendersNothing: Bool) throws {
        try World.run { world in
            try await world.begin(
                with: Planet.commit([(Planet.application("api"), Self.maps(0..<3)), Self.worker]),
                untilWell: Planet.api, Planet.worker)
            await world.stop()
            world.store.lose()
            let rest = rendersNothing ? [] : Self.maps(0..<2)
            var commit = Planet.commit([(Planet.application("api"), rest), Self.worker])
            if !rendersNothing {
                commit.files["apps/worker"] = .failure(
                    SourceFailure(code: .manifests, message: "half a file", isTransient: false))
            }
            world.source.push("two", commit)
            world.start()
            try await world.until("searched") { world.daemonStatus?.search?.finishedAt != nil }
            try await world.pass(.seconds(7200))
            #expect(names(world) == ["map-0", "map-1", "map-2", "w"])
        }
    }

    @Test("An application that was renamed meanwhile takes its objects along")
    func renamed() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", Self.maps(0..<8)), untilWell: Planet.api)
            await world.stop()
            world.store.lose()
            let gateway = TargetID(application: "gateway", environment: "staging")
            let objects = [Planet.deployment("api", tag: "1"), Planet.service("api")] + Self.maps(0..<8)
            world.source.push("two", Planet.commit([(Planet.application("gateway"), objects)]))
            world.start()
            try await world.untilWell(gateway)
            try await world.pass(.seconds(3600))
            #expect(!world.cluster.calls.contains { $0.verb == .delete })
            #expect(names(world).count == 8)
            #expect(world.store.inventory(of: Planet.api).isEmpty)
            #expect(world.status(Planet.api) == nil)
        }
    }

    @Test("Only what the configuration allows is looked for")
    func allowed() throws {
        try World.run(allow: AllowRules(namespaces: ["staging"])) { world in
            for namespace in ["staging", "elsewhere"] {
                world.cluster.put(
                    Self.alike("left") { object in
                        object.set(.string(namespace), at: "metadata", "namespace")
                        object.set(
                            .string(OwnerLabel.value(target: Planet.api, id: object.objectID)), at: "metadata",
                            "labels", OwnerLabel.key)
                    })
            }
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.until("gone") { world.cluster.object(Planet.id("ConfigMap", "left")) == nil }
            try await world.pass(.seconds(600))
            #expect(world.cluster.object(Planet.id("ConfigMap", "left", in: "elsewhere")) != nil)
            #expect(
                !world.cluster.calls.contains {
                    $0.verb == .list && $0.object?.kind == "ConfigMap" && $0.object?.namespace != "staging"
                })
        }
    }

    @Test("A list that fails is tried again, and said; what was found by others goes meanwhile")
    func failingList() throws {
        try World.run { world in
            try await world.begin(
                with: Planet.api("1", Self.maps(0..<2) + [Planet.service("old")]), untilWell: Planet.api)
            await world.stop()
            world.store.lose()
            let isMended = Counter()
            world.cluster.refuse { call in
                guard call.verb == .list, call.object?.kind == "Service", call.object?.namespace == "",
                    isMended.value == 0
                else { return nil }
                return ClusterFailure(code: .serverError, message: "no Services today")
            }
            world.source.push("two", Planet.api("1", Self.maps(0..<1)))
            world.start()
            try await world.until("gone") { names(world) == ["map-0"] }
            try await world.until("said") { world.daemonStatus?.search?.error?.contains("no Services") == true }
            #expect(names(world, "Service") == ["api", "old"])
            _ = isMended.next()
            try await world.until("gone too") { names(world, "Service") == ["api"] }
            #expect(world.daemonStatus?.search?.error == nil)
        }
    }

    @Test("A daemon that is killed over it ends where it would have ended")
    func killed() throws {
        func play(killedAfter effect: Int?) throws -> (objects: [String], inventory: [ObjectID], effects: Int) {
            try World.run { world in
                try await world.begin(with: Planet.api("1", Self.maps(0..<3)), untilWell: Planet.api)
                await world.stop()
                world.store.lose()
                world.source.push("two", Planet.api("2", Self.maps(0..<2)))
                world.start(dyingAfterEffect: effect)
                if effect != nil {
                    try await world.until("killed") { world.life?.isOver == true }
                    await world.life?.wait()
                    world.start()
                }
                try await world.until("two") { world.phase(Planet.api) == .succeeded && names(world).count == 2 }
                let effects = world.effects
                try await world.pass(.seconds(3600))
                return (world.cluster.desiredState, world.store.inventory(of: Planet.api).map(\.object), effects)
            }
        }
        let undisturbed = try play(killedAfter: nil)
        #expect(undisturbed.effects > 6)
        for effect in 1...undisturbed.effects {
            let end = try play(killedAfter: effect)
            #expect(end.objects == undisturbed.objects, "killed after effect \(effect)")
            #expect(end.inventory == undisturbed.inventory, "killed after effect \(effect)")
        }
    }
}
