// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Images that CI is still building")
struct ImageScenarioTests {
    private static let image = Application.Image(name: "registry.example.com/api", wait: .seconds(1200))

    private static func api(_ tag: String, _ more: [Object] = []) -> FakeSource.Commit {
        Planet.api(tag, more) { $0.images = [image] }
    }

    private static func cause(_ world: World) -> Cause? { world.status(Planet.api)?.cause }

    @Test(
        "An image that comes after three minutes is waited for with nothing applied, and the rollout goes on by itself")
    func comes() throws {
        let registry = FakeRegistry()
        try World.run(registry: registry) { world in
            world.source.push("one", Self.api("1"))
            world.start()
            try await world.until("blocked") { world.phase(Planet.api) == .blocked }
            #expect(Self.cause(world)?.reason == "ImageMissing")
            #expect(Self.cause(world)?.object == Planet.apiDeployment)
            let message = Self.cause(world)?.message ?? ""
            #expect(message.contains("registry.example.com/api:1") && message.contains("fails at 2027-"), "\(message)")
            try await world.pass(.seconds(180))
            #expect(world.cluster.mutations.isEmpty)
            #expect((6...30).contains(registry.questions.count), "asked ever more rarely: \(registry.questions.count)")
            registry.push("registry.example.com/api:1")
            try await world.until("goes on", within: .seconds(50)) { world.phase(Planet.api) == .succeeded }
            #expect(world.store.rollouts(of: Planet.api).count == 1, "it is the same rollout that goes on")
            let asked = registry.questions.count
            try await world.pass(.seconds(3600))
            #expect(registry.questions.count == asked, "what is there is not asked for again")
        }
    }

    @Test(
        "An image that never comes fails the rollout when the wait is over, with nothing applied, and names all of it")
    func never() throws {
        try World.run(registry: FakeRegistry()) { world in
            world.source.push("one", Self.api("1"))
            world.start()
            try await world.until("blocked") { world.phase(Planet.api) == .blocked }
            try await world.pass(.seconds(1190))
            #expect(world.phase(Planet.api) == .blocked)
            try await world.until("failed", within: .seconds(25)) { world.phase(Planet.api) == .failed }
            let cause = try #require(world.store.rollouts(of: Planet.api).last?.verdict?.cause)
            #expect(cause.reason == "ImageMissing")
            #expect(cause.image == "registry.example.com/api:1")
            #expect(cause.message.contains("not in the registry registry.example.com, 20m after"), "\(cause.message)")
            #expect(cause.message.contains("mainstay release api -e staging"))
            #expect(world.cluster.mutations.isEmpty)
            #expect(world.store.quarantines(of: Planet.api).count == 1)
        }
    }

    @Test(
        "A Secret that comes after the wait leaves the image its time: no registry was asked before",
        arguments: [false, true])
    func lateSecret(withRestarts: Bool) throws {
        let registry = FakeRegistry()
        try World.run(registry: registry) { world in
            let application = Planet.application("api") { $0.images = [Self.image] }
            world.source.push(
                "one", Planet.commit([(application, [Planet.deployment("api", tag: "1", secret: "late")])]))
            world.start()
            try await world.until("blocked") { Self.cause(world)?.reason == "SecretMissing" }
            try await world.pass(.seconds(1300))
            if withRestarts { await world.restart() }
            world.cluster.put(Planet.secret("late"))
            try await world.until("asks") { Self.cause(world)?.reason == "ImageMissing" }
            try await world.pass(.seconds(550))
            if withRestarts { await world.restart() }
            try await world.pass(.seconds(550))
            #expect(world.phase(Planet.api) == .blocked)
            try await world.until("failed", within: .seconds(130)) { world.phase(Planet.api) == .failed }
            let cause = try #require(world.store.rollouts(of: Planet.api).last?.verdict?.cause)
            #expect(cause.message.contains("20m after nothing else was missing"), "\(cause.message)")
        }
    }

    @Test("A newer commit takes the place of what waits for its image")
    func superseded() throws {
        let registry = FakeRegistry()
        try World.run(registry: registry) { world in
            world.source.push("one", Self.api("1"))
            world.start()
            try await world.until("blocked") { world.phase(Planet.api) == .blocked }
            registry.push("registry.example.com/api:2")
            world.source.push("two", Self.api("2"))
            try await world.untilWell(Planet.api)
            #expect(world.store.rollouts(of: Planet.api).map { $0.phases.last } == [.superseded, .succeeded])
            #expect(world.cluster.mutations.allSatisfy { $0.image != "registry.example.com/api:1" })
        }
    }

    @Test("A restart in the middle makes the wait no longer")
    func restart() throws {
        try World.run(registry: FakeRegistry()) { world in
            world.source.push("one", Self.api("1"))
            world.start()
            try await world.until("blocked") { world.phase(Planet.api) == .blocked }
            try await world.pass(.seconds(1100))
            await world.restart()
            try await world.until("failed", within: .seconds(130)) { world.phase(Planet.api) == .failed }
            #expect(world.store.rollouts(of: Planet.api).count == 1)
        }
    }

    @Test("A registry that cannot be asked holds up nothing: it is tried, noted, and the pods tell")
    func deaf() throws {
        let registry = FakeRegistry()
        registry.setTrouble(.unknown("no connection", isTransient: true))
        try World.run(registry: registry) { world in
            world.source.push("one", Self.api("1"))
            world.start()
            try await world.until("goes on", within: .seconds(40)) { world.phase(Planet.api) == .succeeded }
            #expect(registry.questions.count == 3)
            #expect(
                world.store.rollouts(of: Planet.api).last?.verdict?.notes.contains { $0.contains("no connection") }
                    == true)
            registry.setTrouble(.unknown("it refuses the credentials that there are", isTransient: false))
            world.source.push("two", Self.api("2"))
            try await world.until("goes on at once", within: .seconds(60)) {
                world.store.rollouts(of: Planet.api).last?.start.revision == "two"
                    && world.phase(Planet.api) == .succeeded
            }
            #expect(registry.questions.count == 4)
        }
    }

    @Test("Once a registry said that it is missing, trouble in between does not let the rollout go")
    func troubleBetween() throws {
        let registry = FakeRegistry()
        try World.run(registry: registry) { world in
            world.source.push("one", Self.api("1"))
            world.start()
            try await world.until("blocked") { Self.cause(world)?.reason == "ImageMissing" }
            registry.setTrouble(.unknown("status 503", isTransient: true))
            try await world.pass(.seconds(600))
            #expect(world.phase(Planet.api) == .blocked)
            #expect(world.cluster.mutations.isEmpty)
            registry.setTrouble(nil)
            registry.push("registry.example.com/api:1")
            try await world.until("goes on", within: .seconds(50)) { world.phase(Planet.api) == .succeeded }
        }
    }

    @Test("Nor does it where the daemon was killed in between, and let go once the wait is over")
    func troubleAfterRestart() throws {
        let registry = FakeRegistry()
        try World.run(registry: registry) { world in
            world.source.push("one", Self.api("1"))
            world.start()
            try await world.until("blocked") { Self.cause(world)?.reason == "ImageMissing" }
            registry.setTrouble(.unknown("status 503", isTransient: true))
            for _ in 0..<2 {
                await world.restart()
                try await world.pass(.seconds(500))
                #expect(world.phase(Planet.api) == .blocked)
                #expect(world.cluster.mutations.isEmpty)
            }
            try await world.until("goes on", within: .seconds(260)) { !world.cluster.mutations.isEmpty }
        }
    }

    @Test("Neither an image of another registry, nor one without a wait, nor one that runs already is asked for")
    func notAsked() throws {
        let registry = FakeRegistry()
        try World.run(registry: registry) { world in
            // A wait for another image than the one that runs.
            let foreign = Application.Image(name: "elsewhere.example.org/api", wait: .seconds(1200))
            world.source.push("one", Planet.api("1") { $0.images = [foreign] })
            world.start()
            try await world.untilWell(Planet.api)
            #expect(registry.questions.isEmpty)
            // The pipeline's entry changes, and a ConfigMap: what the pods run was pulled long ago.
            world.source.push("two", Self.api("1", [Planet.configMap("settings")]))
            try await world.until("two") { world.cluster.object(Planet.id("ConfigMap", "settings")) != nil }
            try await world.untilWell(Planet.api)
            #expect(registry.questions.isEmpty)
        }
    }

    @Test(
        "Of a registry that the operator did not list, and of an image that names none, nobody is asked",
        arguments: ["elsewhere.example.org/api", "team/api", "api"])
    func unlisted(name: String) throws {
        let registry = FakeRegistry()
        try World.run(registry: registry) { world in
            var application = Planet.application("api")
            application.images = [Application.Image(name: name, wait: .seconds(1200))]
            var object = Planet.deployment("api", tag: "1")
            object.set(
                [["name": "api", "image": .string("\(name):1")]], at: "spec", "template", "spec", "containers")
            world.source.push("one", Planet.commit([(application, [object])]))
            world.start()
            try await world.untilWell(Planet.api)
            #expect(world.cluster.image(of: Planet.apiDeployment) == "\(name):1")
            #expect(registry.questions.isEmpty)
        }
    }

    @Test("What is brought back is not held up by a registry that lost it")
    func rollback() throws {
        let registry = FakeRegistry()
        registry.push("registry.example.com/api:1")
        registry.push("registry.example.com/api:crash")
        try World.run(registry: registry) { world in
            world.source.push("one", Self.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            registry.lose("registry.example.com/api:1")
            world.source.push("two", Self.api("crash"))
            try await world.until("taken back", within: .seconds(600)) { world.phase(Planet.api) == .rolledBack }
        }
    }

    @Test("It is asked with the pod's pull secrets, from git or the cluster, or else its service account's")
    func credentials() throws {
        @Sendable func secret(_ name: String, _ user: String) -> Object {
            var secret = Planet.secret(name)
            let text = #"{"auths": {"registry.example.com": {"username": "\#(user)", "password": "hunter2"}}}"#
            secret["data"] = [".dockerconfigjson": .string(Base64.encode(Array(text.utf8)))]
            return secret
        }
        let registry = FakeRegistry()
        try World.run(registry: registry) { world in
            world.cluster.put(secret("live", "bob"))
            world.cluster.put(Planet.secret("other"))
            world.cluster.put(secret("account", "carol"))
            world.cluster.put([
                "apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default", "namespace": "staging"],
                "imagePullSecrets": [["name": "account"]],
            ])
            var deployment = Planet.deployment("api", tag: "1")
            deployment.set(
                [["name": "written"], ["name": "live"], ["name": "other"], ["name": "absent"]],
                at: "spec", "template", "spec", "imagePullSecrets")
            let application = Planet.application("api") { $0.images = [Self.image] }
            world.source.push("one", Planet.commit([(application, [deployment, secret("written", "ada")])]))
            world.start()
            try await world.until("blocked") { Self.cause(world)?.reason == "ImageMissing" }
            #expect(registry.questions.last?.users == ["ada", "bob"])
            world.source.push("two", Self.api("2"))
            try await world.until("asks for the other") { registry.questions.last?.image.hasSuffix(":2") == true }
            #expect(registry.questions.last?.users == ["carol"])
            registry.push("registry.example.com/api:2")
            try await world.untilWell(Planet.api)
        }
    }
}
