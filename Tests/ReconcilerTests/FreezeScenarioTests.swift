// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Freezes and windows")
struct FreezeScenarioTests {
    private typealias Gates = GateScenarioTests

    @Test("A freeze holds what would begin, lets finish what runs, and ends by itself or by a person")
    func freeze() throws {
        try World.run { world in
            let scope = Suspension.Scope(environment: "production")
            world.source.push("one", Gates.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Gates.production)
            try await world.ask(.freeze(scope, until: world.cluster.now + .seconds(3600), reason: "holidays"))
            world.source.push("two", Gates.commit("2") { _ in })
            try await world.until("frozen") { Gates.reasons(world) == [.frozen] }
            try await world.until("staging") { world.status(Planet.api)?.revision == "two" }
            await world.restart()
            try await world.pass(.seconds(3000))
            #expect(!Gates.images(world).contains("registry.example.com/api:2"))
            try await world.until("over", within: .seconds(700)) { world.status(Gates.production)?.revision == "two" }
            try await world.ask(.freeze(scope, until: nil, reason: "for ever"))
            world.source.push("three", Gates.commit("3") { _ in })
            try await world.until("frozen") { Gates.reasons(world) == [.frozen] }
            try await world.ask(.thaw(scope))
            try await world.until("thawed") { world.status(Gates.production)?.revision == "three" }
            #expect(try await world.refusal(of: .thaw(scope)) == "NotFrozen")
        }
    }

    @Test("Frozen again, it has another end and another reason, sooner or later than before, and is one freeze")
    func freezeAgain() throws {
        try World.run { world in
            let scope = Suspension.Scope(environment: "production")
            world.source.push("one", Gates.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Gates.production)
            let begin = world.cluster.now
            try await world.ask(.freeze(scope, until: begin + .seconds(600), reason: "a fair"))
            world.source.push("two", Gates.commit("2") { _ in })
            try await world.until("frozen") { Gates.reasons(world) == [.frozen] }
            let longer = begin + .seconds(7200)
            let answer = try await world.ask(.freeze(scope, until: longer, reason: "holidays"))
            #expect(
                answer.message.contains(
                    "changed the freeze of everything in production: no rollout begins there until "
                        + "\(longer.secondsDescription) (before: until \((begin + .seconds(600)).secondsDescription)), or until "
                        + "you end it"), "\(answer.message)")
            await world.restart()
            try await world.pass(.seconds(3600))
            let wait = try #require(world.status(Gates.production)?.waits.first)
            #expect(wait.message.contains("holidays") && !wait.message.contains("a fair") && wait.until == longer)
            let endless = try await world.ask(.freeze(scope, until: nil, reason: "for good"))
            #expect(
                endless.message.contains(
                    "no rollout begins there (before: until \(longer.secondsDescription)) until you"))
            let shorter = try await world.ask(
                .freeze(scope, until: world.cluster.now + .seconds(60), reason: "nearly done"))
            #expect(shorter.message.contains("(before: without an end)"))
            try await world.until("over", within: .seconds(120)) { world.status(Gates.production)?.revision == "two" }
            do {
                try await world.ask(.freeze(Suspension.Scope(), until: nil, reason: "all"))
                try await world.ask(.thaw(scope))
            } catch let refusal as ActionRefusal {
                #expect(refusal.message == "no freeze is of everything in production alone; what is frozen: everything")
            }
        }
    }

    @Test("A freeze that a clock which was set forward does not end is ended by a person")
    func freezeAndClock() throws {
        try World.run { world in
            let scope = Suspension.Scope(environment: "production")
            world.source.push("one", Gates.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Gates.production)
            try await world.ask(.freeze(scope, until: world.clock + .seconds(3600), reason: "holidays"))
            world.setClock(by: .seconds(86_400))
            world.source.push("two", Gates.commit("2") { _ in })
            try await world.until("frozen") { Gates.reasons(world) == [.frozen] }
            let again = try await world.ask(.freeze(scope, until: nil, reason: "again"))
            #expect(again.message.contains("(before: until "), "it is still in force: \(again.message)")
            try await world.ask(.thaw(scope))
            try await world.until("thawed") { world.status(Gates.production)?.revision == "two" }
        }
    }

    @Test("A window that is shut holds what would begin, and what fails in it is taken back all the same")
    func window() throws {
        try World.run { world in
            // The clock of these tests begins at 2027-01-15T08:00:00Z.
            let open = try #require(CronSchedule("0 12 * * *"))
            let gate: (inout Environment) -> Void = {
                $0.windows = [.init(kind: .allow, schedule: open, duration: .seconds(3600), timeZone: "UTC")]
            }
            world.source.push("one", Gates.commit("1", gate))
            world.start()
            try await world.until("waits") { Gates.reasons(world) == [.window] }
            try await world.until("opens", within: .seconds(86_400)) { world.phase(Gates.production) == .succeeded }
            #expect(world.cluster.now.description.contains("T12:00:"))
            world.source.push("two", Gates.commit("bad", staging: "1", gate))
            try await world.until("under way") { world.phase(Gates.production) == .progressing }
            try await world.until("taken back", within: .seconds(7200)) {
                world.phase(Gates.production) == .rolledBack
            }
        }
    }

    @Test("What waited for a Secret does not begin in a freeze that came meanwhile")
    func freezeWhileBlocked() throws {
        try World.run { world in
            let objects = [Planet.deployment("api", tag: "1", secret: "db")]
            world.source.push("one", Planet.commit([(Planet.application("api"), objects)]))
            world.start()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            let scope = Suspension.Scope(environment: "staging")
            try await world.ask(.freeze(scope, until: nil, reason: "audit"))
            world.cluster.put(Planet.secret("db"))
            try await world.pass(.seconds(300))
            #expect(world.cluster.mutations.isEmpty)
            #expect(world.status(Planet.api)?.cause?.reason == "Frozen")
            try await world.ask(.thaw(scope))
            try await world.untilWell(Planet.api)
        }
    }

    @Test("Drift that is undone while a rollout waits begins nothing of it in a freeze")
    func driftWhileFrozen() throws {
        try World.run { world in
            let application = Planet.application("api")
            let service = Planet.service("api")
            world.source.push("one", Planet.commit([(application, [Planet.deployment("api", tag: "1"), service])]))
            world.start()
            try await world.untilWell(Planet.api)
            let waiting = Planet.deployment("api", tag: "2", secret: "db")
            world.source.push("two", Planet.commit([(application, [waiting, service])]))
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            try await world.ask(.freeze(.init(environment: "staging"), until: nil, reason: "audit"))
            world.cluster.remove(Planet.id("Service", "api"))
            try await world.until("healed") { world.cluster.object(Planet.id("Service", "api")) != nil }
            world.cluster.put(Planet.secret("db"))
            await world.restart()
            try await world.pass(.seconds(300))
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            #expect(world.status(Planet.api)?.cause?.reason == "Frozen")
        }
    }
}
