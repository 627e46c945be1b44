// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Objects that are marked, wrong, or of a kind that is not there yet")
struct MarkScenarioTests {
    private static let id = Planet.id("ConfigMap", "settings")

    private func settings(_ value: String, _ marks: [(String, String)] = []) -> Object {
        var map = Planet.configMap("settings", [("a", value)])
        for (key, word) in marks { map.set(.string(word), at: "metadata", "annotations", key) }
        return map
    }

    private func value(_ world: World) -> Value? { world.cluster.object(Self.id)?.value(at: "data", "a") }

    /// As a person makes it.
    private func put(_ world: World, _ object: Object) {
        var object = object
        object.set("staging", at: "metadata", "namespace")
        world.cluster.put(object)
    }

    private func applies(_ world: World) -> Int { world.cluster.mutations.count { $0.object == Self.id } }

    @Test("IfNotPresent makes what is not there, and then leaves it alone")
    func ifNotPresent() throws {
        try World.run { world in
            try await world.begin(
                with: Planet.api("1", [settings("1", [("mainstay.dev/apply", "IfNotPresent")])]), untilWell: Planet.api)
            #expect(value(world) == "1")
            world.source.push("two", Planet.api("2", [settings("2", [("mainstay.dev/apply", "IfNotPresent")])]))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(value(world) == "1")
            #expect(applies(world) == 1)
            let notes = world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
            #expect(notes.contains { $0.contains("settings was left alone") })
            #expect(world.store.inventory(of: Planet.api).contains { $0.object == Self.id })
        }
    }

    @Test("Ignore never applies, and nobody waits for it")
    func ignore() throws {
        try World.run { world in
            put(world, settings("theirs"))
            try await world.begin(
                with: Planet.api("1", [settings("1", [("kustomize.toolkit.fluxcd.io/ssa", "Ignore")])]),
                untilWell: Planet.api)
            #expect(value(world) == "theirs")
            #expect(applies(world) == 0)
            #expect(!world.store.inventory(of: Planet.api).contains { $0.object == Self.id })
            try await world.pass(.seconds(300))
            #expect(world.status(Planet.api)?.health == .healthy)
        }
    }

    @Test("reconcile: disabled in the cluster holds for as long as it is there")
    func suspended() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", [settings("1")]), untilWell: Planet.api)
            var live = try #require(world.cluster.object(Self.id))
            live.set("disabled", at: "metadata", "annotations", "mainstay.dev/reconcile")
            world.cluster.put(live)
            world.source.push("two", Planet.api("2", [settings("2")]))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(value(world) == "1")
            world.source.push("three", Planet.api("3"))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(value(world) == "1")
            // Somebody works on it meanwhile: it is looked at now and then, and not again and again.
            live = try #require(world.cluster.object(Self.id))
            live["data"] = ["level": "by hand"]
            world.cluster.put(live)
            let gets = world.cluster.calls.count { $0.verb == .get && $0.object == Self.id }
            try await world.pass(.seconds(600))
            #expect(world.cluster.object(Self.id)?["data"]?["level"] == "by hand")
            #expect(world.cluster.calls.count { $0.verb == .get && $0.object == Self.id } - gets < 20)
            live = try #require(world.cluster.object(Self.id))
            live.set(nil, at: "metadata", "annotations", "mainstay.dev/reconcile")
            world.cluster.put(live)
            world.source.push("four", Planet.api("4", [settings("4")]))
            try await world.until("four") { world.status(Planet.api)?.revision == "four" }
            #expect(value(world) == "4")
        }
    }

    @Test("An object of a kind that is not there yet holds up nothing else, is named, and comes at once with its kind")
    func deferred() throws {
        try World.run { world in
            let kind = GroupKind(group: "example.com", kind: "Widget")
            world.cluster.setServed(kind, false)
            let widget: Object = [
                "apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "w"], "spec": [:],
            ]
            world.source.push("one", Planet.api("1", [widget]))
            world.start()
            try await world.until("the rest serves") { world.cluster.isServing(Planet.apiDeployment) }
            try await world.pass(.seconds(1800))
            #expect(world.phase(Planet.api) == .blocked)
            #expect(world.status(Planet.api)?.cause?.reason == "KindNotServed")
            #expect(world.status(Planet.api)?.cause?.object?.kind == "Widget")
            let tries = world.cluster.calls.count { $0.verb == .apply && $0.object?.kind == "Widget" }
            #expect(tries < 120)
            world.cluster.setServed(kind, true)
            try await world.until("well", within: .seconds(60)) { world.phase(Planet.api) == .succeeded }
        }
    }

    @Test("A definition that another application brings has what was deferred tried at once")
    func kindComes() throws {
        try World.run(allow: AllowRules(kinds: ["CustomResourceDefinition"])) { world in
            let kind = GroupKind(group: "example.com", kind: "Widget")
            world.cluster.setServed(kind, false)
            let widget: Object = [
                "apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "w"], "spec": [:],
            ]
            let api = (Planet.application("api"), [Planet.deployment("api", tag: "1"), widget])
            world.source.push("one", Planet.commit([api]))
            world.start()
            try await world.pass(.seconds(1800))
            #expect(world.status(Planet.api)?.cause?.reason == "KindNotServed")
            world.cluster.setServed(kind, true)
            let definition: Object = [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": "operators.example.org"],
            ]
            world.source.push("two", Planet.commit([api, (Planet.application("worker"), [definition])]))
            world.poll()
            try await world.until("well", within: .seconds(60)) { world.phase(Planet.api) == .succeeded }
            func lastApply(_ kind: String) throws -> Duration {
                try #require(world.cluster.calls.last { $0.verb == .apply && $0.object?.kind == kind }?.at)
            }
            #expect(try lastApply("Widget") - lastApply("CustomResourceDefinition") < .seconds(2))
        }
    }

    // MARK: Mistakes

    private var wrong: Object {
        var map = settings("1")
        map.set(5, at: "data", "number")
        return map
    }

    @Test("A mistake fails the rollout before anything is applied, and says where it is")
    func mistake() throws {
        try World.run { world in
            world.cluster.refuse { call in
                call.verb == .dryRun ? ClusterFailure(code: .invalid, message: "no") : nil
            }
            world.source.push("one", Planet.api("1", [wrong]))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            #expect(world.cluster.mutations.isEmpty)
            let cause = try #require(world.store.rollouts(of: Planet.api).first?.verdict?.cause)
            #expect(cause.reason == "ManifestInvalid")
            #expect(cause.object == Self.id)
            #expect(cause.message.contains("apps/api:1: ConfigMap staging/settings: data.number: must be a text"))
            #expect(world.store.quarantines(of: Planet.api).count == 1)
        }
    }

    @Test("A custom object is looked at by the definition that another application brought", arguments: [false, true])
    func definitionElsewhere(isChanging: Bool) throws {
        try World.run(allow: AllowRules(kinds: ["CustomResourceDefinition"])) { world in
            world.cluster.setServed(
                GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"), true, isClusterScoped: true)
            func definition(_ field: String) -> Object {
                let schema: Value = [
                    "type": "object",
                    "properties": ["spec": ["type": "object", "properties": .object([field: ["type": "integer"]])]],
                ]
                return [
                    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                    "metadata": ["name": "widgets.example.com"],
                    "spec": [
                        "group": "example.com", "names": ["kind": "Widget", "plural": "widgets"],
                        "versions": [["name": "v1", "schema": ["openAPIV3Schema": schema]]],
                    ],
                ]
            }
            let widget: Object = [
                "apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "w"], "spec": ["sise": 3],
            ]
            let worker = Planet.application("worker")
            try await world.begin(with: Planet.commit([(worker, [definition("size")])]), untilWell: Planet.worker)
            world.cluster.refuse { call in
                call.verb == .dryRun ? ClusterFailure(code: .invalid, message: "no") : nil
            }
            let definitionNow = definition(isChanging ? "sise" : "size")
            world.source.push(
                "two", Planet.commit([(Planet.application("api"), [widget]), (worker, [definitionNow])]))
            try await world.until("judged") { world.store.rollouts(of: Planet.api).last?.verdict != nil }
            let verdict = try #require(world.store.rollouts(of: Planet.api).last?.verdict)
            // One that is about to change says nothing yet.
            #expect(verdict.outcome == (isChanging ? .healthy : .failed))
            #expect(isChanging || verdict.cause?.message.contains("spec.sise") == true)
        }
    }

    @Test("The server has the last word: what it takes is applied")
    func serverKnowsBetter() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", [wrong]), untilWell: Planet.api)
            #expect(applies(world) == 1)
        }
    }

    @Test("Where the server cannot tell yet, what is certain counts; where it does not answer, the apply will tell")
    func untold() throws {
        func play(_ code: ClusterFailure.Code) throws -> RolloutPhase? {
            try World.run { world in
                world.cluster.refuse { call in
                    call.verb == .dryRun ? ClusterFailure(code: code, message: "no") : nil
                }
                world.source.push("one", Planet.api("1", [wrong]))
                world.start()
                try await world.pass(.seconds(60))
                return world.phase(Planet.api)
            }
        }
        #expect(try play(.namespaceMissing) == .failed)
        #expect(try play(.unavailable) == .succeeded)
    }

    // MARK: Refusals with a 500

    @Test("A 500 that repeats for this manifest alone is the manifest's; one that goes on for all is the server's")
    func serverErrors() throws {
        func play(isForAll: Bool) throws -> RolloutPhase? {
            try World.run { world in
                let dryRuns = Counter()
                world.cluster.refuse { call in
                    guard call.object == Self.id, call.verb == .apply || call.verb == .dryRun else { return nil }
                    // The second is of next to nothing of the object.
                    if call.verb == .dryRun, dryRuns.next() % 2 == 0, !isForAll { return nil }
                    return ClusterFailure(code: .serverError, message: "500")
                }
                world.source.push("one", Planet.api("1", [settings("1")]))
                world.start()
                try await world.pass(.seconds(120))
                return world.phase(Planet.api)
            }
        }
        #expect(try play(isForAll: false) == .failed)
        #expect(try play(isForAll: true) == .blocked)
    }
}
