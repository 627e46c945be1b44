// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Deleted by others")
struct DriftScenarioTests {
    private static let service = Planet.id("Service", "api")

    @Test("What is deleted by hand is back within a second, under the rollout in force")
    func comesBack() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            try await world.pass(.seconds(60))
            for _ in 1...3 {
                world.cluster.remove(Planet.apiDeployment)
                world.cluster.remove(Self.service)
                try await world.pass(.seconds(1))
                #expect(world.cluster.object(Planet.apiDeployment) != nil && world.cluster.object(Self.service) != nil)
                // Longer than any fight is remembered.
                try await world.pass(.seconds(7200))
            }
            #expect(world.store.rollouts.count == 1)
            #expect(world.status(Planet.api)?.drift == [])
        }
    }

    @Test("Whoever deletes it again and again is given longer and longer, and shown")
    func fight() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            try await world.pass(.seconds(60))
            let before = world.cluster.mutations.count
            for _ in 1...1200 {
                world.cluster.remove(Self.service)
                try await world.pass(.milliseconds(500))
            }
            let applies = world.cluster.mutations.count - before
            #expect((5...10).contains(applies), "\(applies)")
            let drift = try #require(world.status(Planet.api)?.drift.first)
            #expect(drift.change == "gone" && drift.action == .heal && drift.rounds == applies)
            #expect(drift.message.contains("fought \(applies) times"))
            // A new digest begins anew.
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            world.cluster.remove(Self.service)
            try await world.pass(.seconds(1))
            #expect(world.cluster.object(Self.service) != nil)
        }
    }

    @Test("What was deleted while no daemon ran is found and made again, and nothing else is written")
    func whileDown() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            try await world.pass(.seconds(60))
            await world.stop()
            world.cluster.remove(Self.service)
            let before = world.cluster.mutations.count
            world.start()
            try await world.until("back", within: .seconds(30)) { world.cluster.object(Self.service) != nil }
            try await world.pass(.seconds(600))
            #expect(world.cluster.mutations.dropFirst(before).map(\.object) == [Self.service])
            await world.stop()
            world.start()
            try await world.pass(.seconds(600))
            #expect(world.cluster.mutations.count == before + 1)
        }
    }

    @Test("An event of a deletion that never was is found out by asking, and nothing is written")
    func lateDeletion() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            try await world.pass(.seconds(60))
            let before = world.cluster.mutations.count
            world.cluster.tellOfDeletion(Self.service)
            try await world.pass(.seconds(60))
            #expect(world.cluster.mutations.count == before)
            #expect(world.cluster.calls.last { $0.object == Self.service }?.verb == .get)
        }
    }

    @Test("A quarantined digest is not applied again, whatever is deleted")
    func quarantined() throws {
        try World.run { world in
            world.source.push("one", Planet.api("crash"))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            try await world.pass(.seconds(60))
            let before = world.cluster.mutations.count
            world.cluster.remove(Planet.apiDeployment)
            try await world.pass(.seconds(600))
            #expect(world.cluster.mutations.count == before)
        }
    }

    @Test("Killed at any point of undoing, it is undone in the end, and once")
    func killed() throws {
        func play(killedAfter effect: Int?) throws -> (objects: [String], rollouts: Int, effects: Int) {
            try World.run { world in
                try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
                try await world.pass(.seconds(60))
                await world.stop()
                world.cluster.remove(Planet.apiDeployment)
                world.cluster.remove(Self.service)
                world.start(dyingAfterEffect: effect)
                try await world.pass(.seconds(60))
                let effects = world.effects
                if effect != nil { await world.restart() }
                try await world.pass(.seconds(600))
                return (world.cluster.desiredState, world.store.rollouts.count, effects)
            }
        }
        let undisturbed = try play(killedAfter: nil)
        #expect(undisturbed.objects.count == 2 && undisturbed.effects >= 8)
        for effect in 1...undisturbed.effects {
            let end = try play(killedAfter: effect)
            #expect(end.objects == undisturbed.objects && end.rollouts == 1, "killed after effect \(effect)")
        }
    }
}
