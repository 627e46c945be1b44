// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Quarantine, rollback, hold and release")
struct QuarantineScenarioTests {
    @Test("A first rollout that fails has nothing to go back to: it stays, quarantined and named")
    func firstFails() throws {
        try World.run { world in
            world.cluster.setLog(["starting", "panic: no database at postgres://u:hunter2@db/x"])
            world.source.push("one", Planet.api("crash"))
            world.start()
            try await world.until("failed") { !world.store.quarantines(of: Planet.api).isEmpty }
            try await world.pass(.seconds(3600))
            #expect(world.store.rollouts(of: Planet.api).count == 1)
            #expect(world.phase(Planet.api) == .failed)
            let verdict = try #require(world.store.rollouts(of: Planet.api).first?.verdict)
            #expect(verdict.cause?.exitCode == 1)
            #expect(verdict.cause?.logLines == ["starting", "panic: no database at postgres://[secret]@db/x"])
            let message = world.status(Planet.api)?.message ?? ""
            #expect(message.contains("quarantined because"))
            #expect(
                message.contains("there is nothing to go back to")
                    && message.contains("mainstay release api -e staging"),
                "\(message)")
            world.source.push("two", Planet.api("2"))
            try await world.until("mended") { world.phase(Planet.api) == .succeeded }
            #expect(world.status(Planet.api)?.quarantine == nil)
        }
    }

    @Test("A rollback that fails is left for a person, not tried again")
    func rollbackFails() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.cluster.refuse { call in
                guard call.verb == .apply, call.image == "registry.example.com/api:1" else { return nil }
                return ClusterFailure(code: .admissionDenied, message: "images of last year are denied")
            }
            world.source.push("two", Planet.api("bad"))
            try await world.until("rollback failed") {
                world.store.rollouts(of: Planet.api).last?.verdict?.outcome == .failed
                    && world.store.rollouts(of: Planet.api).last?.start.trigger == .rollback
            }
            try await world.pass(.seconds(7200))
            #expect(world.store.rollouts(of: Planet.api).map(\.start.trigger) == [.revision, .revision, .rollback])
            #expect(world.store.quarantines(of: Planet.api).count == 1)
            await world.restart()
            try await world.pass(.seconds(3600))
            #expect(world.store.rollouts(of: Planet.api).count == 3)
        }
    }

    @Test("The same digest at another commit stays held; another one goes; the quarantined one never comes back")
    func holds() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Planet.api("bad"))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            let applies = world.cluster.mutations.count { $0.image == "registry.example.com/api:bad" }
            #expect(world.status(Planet.api)?.message.contains("nothing to go back to") == false)
            world.source.push("three", Planet.api("bad"))
            try await world.pass(.seconds(300))
            world.source.push("four", Planet.api("4"))
            try await world.until("four") { world.status(Planet.api)?.revision == "four" }
            world.source.push("five", Planet.api("bad"))
            try await world.pass(.seconds(300))
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:4")
            #expect(world.cluster.mutations.count { $0.image == "registry.example.com/api:bad" } == applies)
            #expect(world.status(Planet.api)?.message.contains("holding at four") == true)
            await world.restart()
            try await world.pass(.seconds(300))
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:4")
            #expect(world.status(Planet.api)?.message.contains("holding at four") == true)
        }
    }

    @Test("Where another revision is half done when a quarantined one comes back, the healthy one returns")
    func quarantinedWhileRolling() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Planet.api("bad"))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            world.source.push("three", Planet.api("slow"))
            try await world.until("three") { world.phase(Planet.api) == .progressing }
            world.source.push("four", Planet.api("bad"))
            try await world.pass(.seconds(600))
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            #expect(
                world.store.rollouts(of: Planet.api).map(\.past.phase) == [
                    .succeeded, .failed, .rolledBack, .superseded, .rolledBack,
                ])
        }
    }

    @Test("A released digest is rolled out again")
    func release() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Planet.api("late"))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            world.cluster.push("registry.example.com/api:late")
            world.store.release(Planet.api)
            await world.restart()
            try await world.until("released") { world.status(Planet.api)?.revision == "two" }
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:late")
        }
    }

    @Test("A rollback brings back what was pruned, prunes what was added, keeps a definition, and says what a Job did")
    func rollbackOfEverything() throws {
        try World.run(allow: AllowRules(kinds: ["CustomResourceDefinition"])) { world in
            let crd: Object = [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": "things.example.com"], "spec": [:],
            ]
            let migration: Object = [
                "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "migrate"],
                "spec": ["template": ["spec": ["containers": [["name": "main", "image": "m:2"]]]]],
            ]
            world.cluster.setServed(
                GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"), true, isClusterScoped: true)
            try await world.begin(with: Planet.api("1", [Planet.configMap("only-old")]), untilWell: Planet.api)
            try await world.pass(.seconds(60))
            world.source.push("two", Planet.api("2", [Planet.configMap("only-new"), crd, migration]))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(world.cluster.object(Planet.id("ConfigMap", "only-old")) == nil)
            try await world.ask(.rollBack(Planet.api, to: "one", reason: nil))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.cluster.object(Planet.id("ConfigMap", "only-old")) != nil, "comes back")
            #expect(world.cluster.object(Planet.id("ConfigMap", "only-new")) == nil, "goes")
            #expect(world.cluster.object(Planet.id("Job", "migrate")) == nil, "goes")
            let definition = ObjectID(
                group: "apiextensions.k8s.io", kind: "CustomResourceDefinition", namespace: "",
                name: "things.example.com")
            #expect(world.cluster.object(definition) != nil)
            let notes = world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
            #expect(notes.contains { $0.contains("things.example.com") && $0.contains("stays") })
            #expect(notes.contains { $0.contains("migrate ran with two") && $0.contains("not undone") })
        }
    }

    @Test("With rollback: manual, a failed revision stays as it is")
    func manual() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1") { $0.rollback = .manual }, untilWell: Planet.api)
            world.source.push("two", Planet.api("bad") { $0.rollback = .manual })
            try await world.until("failed") { !world.store.quarantines(of: Planet.api).isEmpty }
            try await world.pass(.seconds(3600))
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:bad")
            #expect(world.store.rollouts(of: Planet.api).count == 2)
        }
    }

    @Test("A failed check after a healthy start is a failure like another")
    func verify() throws {
        try World.run { world in
            let change: (inout Application) -> Void = {
                $0.verify = [.init(http: .init(service: "api", port: "80", path: "/health"))]
                $0.namespace = "elsewhere"
            }
            var service = Planet.service("api")
            service.set("elsewhere", at: "metadata", "namespace")
            world.cluster.put(service)
            try await world.begin(with: Planet.api("1", [], change), untilWell: Planet.api)
            world.cluster.setProbe("api", status: 503)
            world.source.push("two", Planet.api("2", [], change))
            try await world.until("failed") { !world.store.quarantines(of: Planet.api).isEmpty }
            world.cluster.setProbe("api", status: 200)
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.store.quarantines(of: Planet.api).first?.cause.reason == "VerifyFailed")
            // In the application's own namespace.
            #expect(Set(world.cluster.calls.filter { $0.verb == .probe }.map(\.object?.namespace)) == ["elsewhere"])
        }
    }

    @Test("What was healthy once and is quarantined by now is not what a rollback brings back")
    func quarantinedHealthy() throws {
        try World.run { world in
            world.source.push("one", Planet.api("late"))
            world.cluster.push("registry.example.com/api:late")
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.api("slow"))
            try await world.until("two") { world.phase(Planet.api) == .progressing }
            world.cluster.unpush("registry.example.com/api:late")
            world.source.push("three", Planet.api("late"))
            try await world.until("late fails now") { !world.store.quarantines(of: Planet.api).isEmpty }
            let applies = world.cluster.mutations.count { $0.image == "registry.example.com/api:late" }
            world.source.push("four", Planet.api("bad"))
            try await world.until("bad fails") { world.store.quarantines(of: Planet.api).count == 2 }
            try await world.pass(.seconds(3600))
            #expect(world.cluster.mutations.count { $0.image == "registry.example.com/api:late" } == applies)
            #expect(!world.store.rollouts(of: Planet.api).contains { $0.start.trigger == .rollback })
        }
    }

    @Test("An application that left and came back does not go back to before it left")
    func cameBack() throws {
        try World.run { world in
            let rest = (Planet.application("worker"), [Planet.deployment("worker", tag: "1")])
            func commit(_ tag: String) -> FakeSource.Commit {
                Planet.commit([
                    (Planet.application("api") { $0.rollback = .manual }, [Planet.deployment("api", tag: tag)]), rest,
                ])
            }
            try await world.begin(with: commit("1"), untilWell: Planet.api)
            world.source.push("two", commit("bad"))
            try await world.until("two fails") { world.store.quarantines(of: Planet.api).count == 1 }
            world.source.push("three", Planet.commit([rest]))
            try await world.until("gone") {
                world.store.inventory(of: Planet.api).isEmpty && world.status(Planet.api) == nil
            }
            #expect(world.cluster.object(Planet.apiDeployment) == nil)
            let applies = world.cluster.mutations.count { $0.image == "registry.example.com/api:bad" }
            world.source.push(
                "four", Planet.commit([(Planet.application("api"), [Planet.deployment("api", tag: "crash")]), rest]))
            try await world.until("four fails") { world.store.quarantines(of: Planet.api).count == 2 }
            try await world.pass(.seconds(3600))
            #expect(world.cluster.mutations.count { $0.image == "registry.example.com/api:bad" } == applies)
            #expect(world.store.rollouts(of: Planet.api).last?.start.trigger == .revision)
        }
    }
}
