// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Waiting for Secrets that are made of something")
struct MadeSecretScenarioTests {
    private static let base = TargetID(application: "base", environment: "staging")
    private static let secret = Planet.id("Secret", "database")

    private static func maker(after dependency: String? = nil) -> Object {
        var object: Object = [
            "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": ["name": "database"],
            "spec": ["secretStoreRef": ["name": "vault"]],
        ]
        if let dependency {
            object.set(.string(dependency), at: "metadata", "annotations", "config.kubernetes.io/depends-on")
        }
        return object
    }

    private static func commit(_ more: [Object], tag: String = "1") -> FakeSource.Commit {
        Planet.commit([
            (Planet.application("api"), [Planet.deployment("api", tag: tag, secret: "database")] + more)
        ])
    }

    private static func isMissing(_ world: World) -> Bool { world.status(Planet.api)?.cause?.reason == "SecretMissing" }

    @Test("Before what makes it is applied, that is waited for, and no Secret is missed")
    func notYet() throws {
        try World.run { world in
            let more = [
                Self.maker(after: "apps/namespaces/staging/Deployment/vault"), Planet.deployment("vault", tag: "slow1"),
            ]
            world.source.push("one", Self.commit(more))
            world.start()
            try await world.until("applied") { world.cluster.object(Planet.id("Deployment", "vault")) != nil }
            for _ in 1...10 {
                try await world.pass(.seconds(10))
                #expect(!Self.isMissing(world))
                #expect(world.phase(Planet.api) != .blocked)
            }
            try await world.until("missed") { Self.isMissing(world) }
            world.cluster.put(Planet.secret("database"))
            try await world.untilWell(Planet.api)
        }
    }

    @Test("The moment that its controller is given is no block")
    func settling() throws {
        try World.run { world in
            world.source.push("one", Self.commit([Self.maker()]))
            world.start()
            try await world.until("missed") { Self.isMissing(world) }
            #expect(world.phase(Planet.api) == .applying)
            try await world.until("blocked") { world.phase(Planet.api) == .blocked }
            world.cluster.put(Planet.secret("database"))
            try await world.untilWell(Planet.api)
        }
    }

    @Test("Where nobody may look for Secrets, what makes it tells, or the pods do", arguments: [true, false])
    func forbidden(isMade: Bool) throws {
        try World.run { world in
            world.cluster.refuse { call in
                guard call.object?.kind == "Secret" else { return nil }
                return ClusterFailure(code: .forbidden, message: "may not get secrets")
            }
            world.source.push("one", Self.commit(isMade ? [Self.maker()] : []))
            world.start()
            try await world.untilWell(Planet.api)
        }
    }

    @Test("One that another application has made is waited for with that one's name")
    func another() throws {
        try World.run { world in
            let api = (Planet.application("api"), [Planet.deployment("api", tag: "1", secret: "database")])
            world.source.push("one", Planet.commit([(Planet.application("base"), [Self.maker()]), api]))
            world.start()
            try await world.until("missed") { Self.isMissing(world) && world.phase(Planet.api) == .blocked }
            try await world.pass(.seconds(60))
            #expect(
                world.status(Planet.api)?.message.contains("which is made by the ExternalSecret staging/database")
                    == true)
            #expect(world.phase(Self.base) == .succeeded)
            #expect(world.cluster.object(Planet.apiDeployment) == nil)
            world.cluster.put(Planet.secret("database"))
            try await world.untilWell(Planet.api)
        }
    }

    @Test("What is taken back waits for what its own revision has made, though the newer one has it no more")
    func rollback() throws {
        try World.run { world in
            world.source.push("one", Self.commit([Self.maker()]))
            world.start()
            try await world.until("missed") { Self.isMissing(world) }
            world.cluster.put(Planet.secret("database"))
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.api("bad1"))
            try await world.until("rolled out") {
                world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:bad1"
            }
            world.cluster.remove(Self.secret)
            try await world.until("missed again") { Self.isMissing(world) }
            try await world.pass(.seconds(300))
            #expect(world.status(Planet.api)?.message.contains("which is made by the ExternalSecret") == true)
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:bad1")
            world.cluster.put(Planet.secret("database"))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
        }
    }

    @Test("While what makes it is not well, that uses up none of the rollout's time")
    func unwell() throws {
        try World.run { world in
            let makerID = ObjectID(
                group: "external-secrets.io", kind: "ExternalSecret", namespace: "staging", name: "database")
            world.source.push("one", Self.commit([Self.maker()]))
            world.start()
            try await world.until("applied") { world.cluster.object(makerID) != nil }
            var live = try #require(world.cluster.object(makerID))
            live["status"] = ["conditions": [["type": "Ready", "status": "False", "reason": "SecretSyncedError"]]]
            world.cluster.put(live)
            try await world.pass(.seconds(7200))
            #expect(world.phase(Planet.api) == .blocked && Self.isMissing(world))
            #expect(world.store.rollouts(of: Planet.api).count == 1)
            #expect(world.store.rollouts(of: Planet.api).first?.verdict == nil)
            live["status"] = ["conditions": [["type": "Ready", "status": "True", "reason": "SecretSynced"]]]
            world.cluster.put(live)
            world.cluster.put(Planet.secret("database"))
            try await world.untilWell(Planet.api)
        }
    }
}
