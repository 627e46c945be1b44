// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

/// A daemon that comes back, with its own ledger, after another installation has ruled in its place.
@Suite("Back after another daemon")
struct SuccessionScenarioTests {
    private static let service = Planet.id("Service", "api")
    private static let other = Tenant(installation: "b", process: "1", name: "host-b")

    /// The other daemon has the record, does what it does, and is no more.
    private static func rule(of world: World, _ acts: () -> Void) throws {
        let record = TenancyRecord(source: World.mark, holder: other, since: world.cluster.now)
        world.cluster.put(record.object(in: "staging"))
        acts()
    }

    /// This one had brought the API, at the tag 1, and is gone.
    private static func begin(_ world: World) async throws {
        try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
        await world.stop()
    }

    private static func promote(_ world: World) async throws {
        try await world.until("it waits") { world.phase(Planet.api) == .blocked }
        try await world.ask(
            .promote(GateRequest(application: "api", environment: "staging", person: "ada"), phrase: nil))
        try await world.untilWell(Planet.api)
    }

    private static func run(image tag: String, in world: World) throws {
        var deployment = try #require(world.cluster.object(Planet.apiDeployment))
        deployment["spec"] = Planet.deployment("api", tag: tag)["spec"]
        world.cluster.put(deployment)
    }

    private static func tag(_ world: World) -> String? {
        world.cluster.image(of: Planet.apiDeployment)?.split(separator: ":").last.map(String.init)
    }

    private static func notes(_ world: World) -> [String] {
        (world.status(Planet.api)?.notes ?? []).filter { $0.contains("ledger is older") }
    }

    private static func told(of text: String, _ world: World) -> Int {
        (world.status(Planet.api)?.notes ?? []).count { $0.contains(text) }
    }

    private static func gated(_ tag: String) -> FakeSource.Commit {
        var staging = Planet.staging
        staging.deploy = .manual
        return Planet.commit(
            [(Planet.application("api"), [Planet.deployment("api", tag: tag), Planet.service("api")])],
            environments: [staging])
    }

    @Test("What differs from its older ledger is shown, and left, over restarts, until its next rollout")
    func waits() throws {
        try World.run(tenant: "host-a") { world in
            world.source.push("one", Self.gated("1"))
            world.start()
            try await Self.promote(world)
            await world.stop()
            try Self.rule(of: world) { world.cluster.remove(Self.service) }
            world.source.push("two", Self.gated("2"))
            world.start()
            try await world.pass(.seconds(20))
            #expect(world.phase(Planet.api) == .blocked && world.status(Planet.api)?.waits.isEmpty == false)
            #expect(Self.told(of: "two daemons follow", world) == 1)
            for _ in 1...2 {
                try await world.pass(.seconds(1800))
                #expect(world.cluster.object(Self.service) == nil)
                let notes = Self.notes(world)
                #expect(notes.count == 1 && notes.first?.contains("host-b") == true)
                let drift = try #require(world.status(Planet.api)?.drift.first)
                #expect(drift.object == Self.service && drift.action == .report)
                #expect(Self.told(of: "two daemons follow", world) == 0)
                await world.restart()
            }
            try await Self.promote(world)
            #expect(Self.tag(world) == "2" && world.cluster.object(Self.service) != nil)
            try await world.pass(.seconds(10))
            #expect(Self.notes(world).isEmpty)
            world.cluster.remove(Self.service)
            try await world.pass(.seconds(5))
            #expect(world.cluster.object(Self.service) != nil)
        }
    }

    @Test("Where git asks for what its ledger says ran, it is rolled out afresh, once, and healed from then on")
    func afresh() throws {
        try World.run(tenant: "host-a") { world in
            try await Self.begin(world)
            try Self.rule(of: world) { world.cluster.remove(Self.service) }
            world.start()
            try await world.pass(.seconds(50))
            #expect(world.cluster.object(Self.service) == nil)
            try await world.pass(.seconds(60))
            #expect(world.cluster.object(Self.service) != nil)
            #expect(world.store.rollouts.map(\.start.trigger) == [.revision, .resume])
            await world.restart()
            try await world.pass(.seconds(600))
            #expect(world.store.rollouts.count == 2 && Self.notes(world).isEmpty)
            world.cluster.remove(Self.service)
            try await world.pass(.seconds(5))
            #expect(world.cluster.object(Self.service) != nil && world.store.rollouts.count == 2)
        }
    }

    @Test("What it had quarantined, and the other runs, is not taken back to what it ran itself")
    func quarantined() throws {
        try World.run(tenant: "host-a") { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Planet.api("bad2"))
            try await world.until("rolled back") { world.phase(Planet.api) == .rolledBack }
            try await world.pass(.seconds(60))
            let count = world.store.rollouts.count
            await world.stop()
            try Self.rule(of: world) { try? Self.run(image: "bad2", in: world) }
            world.start()
            try await world.pass(.seconds(3600))
            #expect(Self.tag(world) == "bad2" && world.store.rollouts.count == count)
            #expect(Self.notes(world).count == 1)
        }
    }

    @Test("What a person had rolled back before is left, until they say it again; then it is healed")
    func held() throws {
        try World.run(tenant: "host-a") { world in
            for tag in ["1", "2"] {
                world.source.push("commit-\(tag)", Planet.api(tag))
                if tag == "1" { world.start() }
                try await world.until("it runs") {
                    world.status(Planet.api)?.revision == "commit-\(tag)" && world.phase(Planet.api) == .succeeded
                }
            }
            try await world.ask(.rollBack(Planet.api, to: "commit-1", reason: "slow"))
            try await world.until("rolled back") { world.phase(Planet.api) == .rolledBack }
            #expect(try await world.refusal(of: .rollBack(Planet.api, to: "commit-1", reason: nil)) == "AlreadyThere")
            await world.stop()
            try Self.rule(of: world) { try? Self.run(image: "2", in: world) }
            world.start()
            try await world.pass(.seconds(3600))
            #expect(Self.tag(world) == "2")
            let message = world.status(Planet.api)?.message ?? ""
            #expect(message.contains("said before the rule of another daemon"), "\(message)")
            #expect(message.contains("`mainstay rollback api -e staging --to commit-"), "\(message)")
            try await world.ask(.rollBack(Planet.api, to: "commit-1", reason: "slow"))
            try await world.until("rolled back") { Self.tag(world) == "1" && world.phase(Planet.api) == .rolledBack }
            try await world.pass(.seconds(10))
            #expect(Self.notes(world).isEmpty)
            world.cluster.remove(Self.service)
            try await world.until("healed", within: .seconds(10)) { world.cluster.object(Self.service) != nil }
            #expect(world.status(Planet.api)?.message.contains("the rule of") == false)
        }
    }

    @Test("What the other made, and git no longer asks for, is found and goes")
    func search() throws {
        try World.run(tenant: "host-a") { world in
            try await Self.begin(world)
            var map = Planet.configMap("extra")
            map.set("staging", at: "metadata", "namespace")
            map.set(
                .string(OwnerLabel.value(target: Planet.api, id: map.objectID)), at: "metadata", "labels",
                OwnerLabel.key)
            map.set(.string(World.mark), at: "metadata", "annotations", SourceMark.key)
            map.set([["manager": "mainstay", "operation": "Apply"]], at: "metadata", "managedFields")
            try Self.rule(of: world) { world.cluster.put(map) }
            world.start()
            try await world.until("gone") { world.cluster.object(map.objectID) == nil }
        }
    }
}
