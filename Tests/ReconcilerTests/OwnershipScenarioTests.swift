// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport
import Testing

@Suite("Whose objects are whose")
struct OwnershipScenarioTests {
    private static let gateway = TargetID(application: "gateway", environment: "staging")

    @Test("A renamed application takes its objects along: nothing is deleted, even of many")
    func rename() throws {
        try World.run { world in
            let maps = (1...9).map { Planet.configMap("map-\($0)") }
            try await world.begin(with: Planet.api("1", maps), untilWell: Planet.api)
            let uid = try #require(world.cluster.object(Planet.apiDeployment)?.uid)
            world.source.push(
                "two",
                Planet.commit([
                    (Planet.application("gateway"), [Planet.deployment("api", tag: "1"), Planet.service("api")] + maps)
                ]))
            try await world.until("gateway") { world.phase(Self.gateway) == .succeeded }
            try await world.pass(.seconds(300))
            #expect(world.cluster.object(Planet.apiDeployment)?.uid == uid)
            #expect(!world.cluster.calls.contains { $0.verb == .delete })
            #expect(world.store.inventory(of: Planet.api).isEmpty)
            #expect(world.store.inventory(of: Self.gateway).count == 11)
            #expect(world.status(Planet.api) == nil)
        }
    }

    @Test("An object moves from one application to another", arguments: [true, false])
    func moves(ownerComesFirst: Bool) throws {
        try World.run { world in
            func commit(_ api: [Object], _ worker: [Object]) -> FakeSource.Commit {
                let pair = [(Planet.application("api"), api), (Planet.application("worker"), worker)]
                return Planet.commit(ownerComesFirst ? pair : pair.reversed())
            }
            let (shared, other) = (Planet.configMap("shared", [("a", "b")]), Planet.configMap("other"))
            let (api, worker) = (Planet.deployment("api", tag: "1"), Planet.deployment("worker", tag: "1"))
            try await world.begin(with: commit([api, shared, other], [worker]), untilWell: Planet.api, Planet.worker)
            let uid = try #require(world.cluster.object(Planet.id("ConfigMap", "shared"))?.uid)
            world.source.push("two", commit([api, other], [worker, shared]))
            try await world.until("moved", within: .seconds(300)) {
                world.store.inventory(of: Planet.worker).contains { $0.object.name == "shared" }
                    && !world.store.inventory(of: Planet.api).contains { $0.object.name == "shared" }
            }
            try await world.untilWell(Planet.api, Planet.worker)
            let moved = try #require(world.cluster.object(Planet.id("ConfigMap", "shared")))
            #expect(moved.uid == uid)
            #expect(Ownership.claimedTarget(of: moved) == Planet.worker)
        }
    }

    @Test("One object in two applications: the one that has it keeps it, the other says so", arguments: [true, false])
    func duplicates(ownerComesFirst: Bool) throws {
        try World.run { world in
            func commit(_ worker: [Object], _ tag: String) -> FakeSource.Commit {
                let pair = [
                    (
                        Planet.application("api"),
                        [Planet.deployment("api", tag: tag), Planet.configMap("shared", [("by", "api")])]
                    ),
                    (Planet.application("worker"), [Planet.deployment("worker", tag: tag)] + worker),
                ]
                return Planet.commit(ownerComesFirst ? pair : pair.reversed())
            }
            let shared = Planet.id("ConfigMap", "shared")
            try await world.begin(with: commit([], "1"), untilWell: Planet.api, Planet.worker)
            for (number, restarts) in [false, true].enumerated() {
                world.source.push(
                    "c\(number)", commit([Planet.configMap("shared", [("by", "worker")])], number == 0 ? "1" : "1"))
                if restarts { await world.restart() }
                try await world.pass(.seconds(600))
                #expect(world.cluster.object(shared)?.value(at: "data", "by") == "api")
                #expect(world.cluster.object(shared).flatMap(Ownership.claimedTarget) == Planet.api)
                let causes = [Planet.api, Planet.worker].map { world.status($0)?.cause?.reason }
                #expect(causes.contains("OwnedByOther"))
                #expect(world.cluster.isServing(Planet.apiDeployment))
                #expect(world.cluster.isServing(Planet.id("Deployment", "worker")))
            }
            #expect(!world.cluster.calls.contains { $0.verb == .delete })
            world.source.push("last", commit([], "2"))
            try await world.until("mended", within: .seconds(120)) {
                world.status(Planet.api)?.revision == "last" && world.status(Planet.worker)?.revision == "last"
            }
        }
    }

    @Test("An object of another daemon's pipeline is not touched, though it has the same names, and both are named")
    func anotherSource() throws {
        try World.run { world in
            var theirs = Planet.deployment("api", tag: "9", namespace: "staging")
            theirs.set(
                .string(OwnerLabel.value(target: Planet.api, id: theirs.objectID)), at: "metadata", "labels",
                OwnerLabel.key)
            theirs.set("https://git.example.com/moon.git#main", at: "metadata", "annotations", SourceMark.key)
            world.cluster.put(theirs)
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "OwnedByOtherSource" }
            let message = world.status(Planet.api)?.cause?.message ?? ""
            #expect(message.contains("https://git.example.com/moon.git#main") && message.contains(World.mark))
            try await world.pass(.seconds(600))
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:9")
            #expect(world.cluster.mutations.isEmpty)
            theirs.set(nil, at: "metadata", "annotations", SourceMark.key)
            world.cluster.put(theirs)
            try await world.untilWell(Planet.api)
        }
    }

    @Test("What another daemon has taken over meanwhile is not pruned; what says nothing of it is")
    func takenByAnotherSource() throws {
        try World.run { world in
            try await world.begin(
                with: Planet.api("1", [Planet.configMap("theirs"), Planet.configMap("ours")]), untilWell: Planet.api)
            let id = Planet.id("ConfigMap", "theirs")
            var taken = try #require(world.cluster.object(id))
            taken.set("https://git.example.com/moon.git#main", at: "metadata", "annotations", SourceMark.key)
            world.cluster.put(taken)
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(world.cluster.object(id) != nil)
            #expect(world.cluster.object(Planet.id("ConfigMap", "ours")) == nil)
            let notes = world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
            #expect(notes.contains { $0.contains("theirs") && $0.contains("moon.git") })
        }
    }

    @Test("What was marked before the repository had another address is still ours when it leaves git")
    func earlierAddress() throws {
        try World.run { world in
            try await world.begin(
                with: Planet.api("1", [Planet.configMap("early"), Planet.configMap("ours")]), untilWell: Planet.api)
            let sources = world.store.state.withLock(\.sources)
            #expect(sources == [World.mark])
            await world.stop()
            let id = Planet.id("ConfigMap", "early")
            var early = try #require(world.cluster.object(id))
            early.set("https://git.example.com/before.git#main", at: "metadata", "annotations", SourceMark.key)
            world.cluster.put(early)
            world.store.state.withLock { _ = $0.sources.insert("https://git.example.com/before.git#main") }
            world.source.push("two", Planet.api("2"))
            world.start()
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(world.cluster.object(id) == nil)
        }
    }

    @Test("A removed application is pruned, but for what must stay")
    func removal() throws {
        try World.run { world in
            let claim: Object = ["apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "data"]]
            var kept = Planet.configMap("kept")
            kept.set("keep", at: "metadata", "annotations", "helm.sh/resource-policy")
            let rest = (Planet.application("worker"), [Planet.deployment("worker", tag: "1")])
            world.source.push(
                "one",
                Planet.commit([(Planet.application("api"), [Planet.deployment("api", tag: "1"), claim, kept]), rest]))
            world.start()
            try await world.until("both") {
                world.cluster.isServing(Planet.apiDeployment) && world.phase(Planet.worker) == .succeeded
            }
            world.source.push("two", Planet.commit([rest]))
            try await world.until("gone") { world.cluster.object(Planet.apiDeployment) == nil }
            try await world.pass(.seconds(120))
            #expect(world.cluster.object(Planet.id("ConfigMap", "kept")) != nil)
            #expect(world.cluster.object(Planet.id("PersistentVolumeClaim", "data")) != nil)
        }
    }

    @Test("A removal that the cluster hinders is taken up again by itself")
    func removalHindered() throws {
        try World.run { world in
            let rest = (Planet.application("worker"), [Planet.deployment("worker", tag: "1")])
            world.source.push(
                "one", Planet.commit([(Planet.application("api"), [Planet.deployment("api", tag: "1")]), rest]))
            world.start()
            try await world.untilWell(Planet.api, Planet.worker)
            world.cluster.goDown()
            world.source.push("two", Planet.commit([rest]))
            try await world.pass(.seconds(900))
            #expect(world.phase(Planet.api) == .blocked)
            world.cluster.comeBack()
            try await world.until("gone", within: .seconds(120)) {
                world.cluster.object(Planet.apiDeployment) == nil && world.status(Planet.api) == nil
            }
            #expect(world.store.rollouts(of: Planet.api).allSatisfy { $0.past.phase.isFinal })
        }
    }

    @Test(
        "An application that comes back while, or after, it is removed runs again",
        arguments: [0, 10, 20, 30, 40, 60, 200, 2000])
    func comesBack(milliseconds: Int) throws {
        try World.run { world in
            let rest = (Planet.application("worker"), [Planet.deployment("worker", tag: "1")])
            let whole = Planet.commit([(Planet.application("api"), [Planet.deployment("api", tag: "1")]), rest])
            try await world.begin(with: whole, untilWell: Planet.api, Planet.worker)
            world.source.push("two", Planet.commit([rest]))
            try await world.until("removing") { world.store.rollouts(of: Planet.api).last?.start.trigger == .removal }
            world.source.push("three", whole)
            try await world.pass(.milliseconds(milliseconds))
            world.poll()
            try await world.until("back", within: .seconds(300)) {
                world.cluster.isServing(Planet.apiDeployment) && world.phase(Planet.api) == .succeeded
            }
        }
    }

    @Test("prune: manual leaves what git no longer has")
    func manualPrune() throws {
        try World.run { world in
            try await world.begin(
                with: Planet.api("1", [Planet.configMap("old")]) { $0.prune = .manual }, untilWell: Planet.api)
            world.source.push("two", Planet.api("2") { $0.prune = .manual })
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(world.cluster.object(Planet.id("ConfigMap", "old")) != nil)
            #expect(
                world.store.rollouts(of: Planet.api).last?.verdict?.notes.contains { $0.contains("prune is manual") }
                    == true)
        }
    }

    @Test("A prune above the limit deletes nothing")
    func aboveLimit() throws {
        try World.run { world in
            try await world.begin(
                with: Planet.api("1", (1...9).map { Planet.configMap("map-\($0)") }), untilWell: Planet.api)
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(!world.cluster.calls.contains { $0.verb == .delete })
            #expect(world.cluster.desiredState.count == 11)
        }
    }

    @Test("An object that a person made is adopted; one that somebody made anew is not pruned")
    func foreign() throws {
        try World.run { world in
            var map = Planet.configMap("old")
            map.set("staging", at: "metadata", "namespace")
            world.cluster.put(map)
            let reporting = DriftRules([DriftRule(action: .report)])
            try await world.begin(
                with: Planet.api("1", [Planet.configMap("old", [("a", "b")])]) { $0.drift = reporting },
                untilWell: Planet.api)
            #expect(world.cluster.object(map.objectID).flatMap(Ownership.claimedTarget) == Planet.api)
            world.cluster.remove(map.objectID)
            world.cluster.put(map)
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(world.cluster.object(map.objectID) != nil)
            #expect(world.store.inventory(of: Planet.api).count == 2)
        }
    }

    // MARK: What the operator allows

    @Test("Nothing outside the allowed namespaces, and nothing of such a revision, is applied")
    func namespaces() throws {
        try World.run(allow: AllowRules(namespaces: ["staging"])) { world in
            var elsewhere = Planet.configMap("elsewhere")
            elsewhere.set("kube-system", at: "metadata", "namespace")
            var other = Planet.configMap("other")
            other.set("kube-public", at: "metadata", "namespace")
            world.source.push("one", Planet.api("1", [elsewhere, other]))
            world.start()
            try await world.pass(.seconds(600))
            #expect(world.cluster.mutations.isEmpty)
            #expect(world.phase(Planet.api) == .blocked)
            let cause = try #require(world.status(Planet.api)?.cause)
            #expect(cause.reason == "NotAllowed")
            #expect(
                cause.description.contains("ConfigMap kube-system/elsewhere")
                    && cause.description.contains("; ConfigMap kube-public/other: the namespace kube-public is not"),
                "all of them at once: \(cause)")
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
        }
    }

    @Test("Cluster-scoped kinds are refused unless listed, whatever namespace their manifest claims")
    func clusterScoped() throws {
        let widget = GroupKind(group: "example.com", kind: "ClusterWidget")
        func play(kinds: [String]) throws -> Bool {
            try World.run(allow: AllowRules(kinds: kinds)) { world in
                world.cluster.setServed(widget, true, isClusterScoped: true)
                // The renderer does not know the kind, and takes it for a namespaced one.
                let object: Object = [
                    "apiVersion": "example.com/v1", "kind": "ClusterWidget", "metadata": ["name": "w"], "spec": [:],
                ]
                world.source.push("one", Planet.api("1", [object]))
                world.start()
                try await world.pass(.seconds(600))
                return world.cluster.mutations.contains { $0.object?.kind == "ClusterWidget" }
            }
        }
        #expect(try play(kinds: []) == false)
        #expect(try play(kinds: ["ClusterWidget.example.com"]) == true)
    }
}
