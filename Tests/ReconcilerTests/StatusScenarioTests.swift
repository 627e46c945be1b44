// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What the status tells besides how things are")
struct StatusScenarioTests {
    @Test("Until when a rollout bakes, as long as it does")
    func baking() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1") { $0.bake = .seconds(600) })
            world.start()
            try await world.untilWell(Planet.api)
            try await world.until("baking") { world.status(Planet.api)?.bakesUntil != nil }
            let end = try #require(world.status(Planet.api)?.bakesUntil)
            #expect(world.store.rollouts(of: Planet.api).last?.past.phaseSince == end + .seconds(-600))
            try await world.pass(.seconds(700))
            #expect(world.status(Planet.api)?.bakesUntil == nil)
        }
    }

    @Test("How often drift was undone, since the last rollout")
    func undone() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.pass(.seconds(60))
            #expect(world.status(Planet.api)?.undone == nil)
            for _ in 1...2 {
                world.cluster.remove(Planet.id("Service", "api"))
                try await world.pass(.seconds(30))
            }
            let undone = try #require(world.status(Planet.api)?.undone)
            #expect(undone.count == 2)
            #expect(undone.message.contains("Service staging/api") && undone.message.contains("was deleted"))
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            try await world.pass(.seconds(60))
            #expect(world.status(Planet.api)?.undone == nil)
        }
    }

    @Test("What the last verdict left alone, and not while the next is under way")
    func notes() throws {
        try World.run { world in
            var map = Planet.configMap("kept")
            map.set("disabled", at: "metadata", "annotations", ObjectMarks.reconcileKey)
            world.source.push("one", Planet.api("1", [map]))
            world.start()
            try await world.untilWell(Planet.api)
            try await world.until("told") {
                world.status(Planet.api)?.notes.contains { $0.contains("ConfigMap staging/kept was left alone") }
                    == true
            }
            world.source.push("two", Planet.api("slow", [map]))
            try await world.until("under way") { world.phase(Planet.api) == .progressing }
            #expect(world.status(Planet.api)?.notes == [])
        }
    }

    @Test("Where a rollback that waits goes back to, and for what it waits")
    func blockedRollback() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.cluster.refuse { call in
                guard call.verb == .apply, call.object == Planet.apiDeployment,
                    call.image == "registry.example.com/api:1"
                else { return nil }
                return ClusterFailure(code: .forbidden, message: "somebody took the right away")
            }
            world.source.push("two", Planet.api("bad"))
            try await world.until("it waits") {
                world.phase(Planet.api) == .rollingBack && world.status(Planet.api)?.cause != nil
            }
            let message = try #require(world.status(Planet.api)?.message)
            #expect(message.hasPrefix("rolling back to one: Deployment staging/api: Forbidden: "), "\(message)")
        }
    }

    @Test("While others wait for a workload whose pod is not ready, the pod's own reason is shown")
    func unreadyPod() throws {
        try World.run { world in
            var after = Planet.configMap("after")
            after.set(
                .string("apps/namespaces/staging/Deployment/api"), at: "metadata", "annotations",
                "config.kubernetes.io/depends-on")
            world.source.push("one", Planet.api("hang", [after]))
            world.start()
            try await world.until("shown", within: .seconds(60)) {
                world.status(Planet.api)?.cause?.message.contains("readiness probe") == true
            }
            let status = try #require(world.status(Planet.api))
            #expect(status.cause?.reason == "Unready")
            #expect(status.cause?.object == Planet.apiDeployment)
            #expect(status.phase == .applying)
        }
    }

    @Test("Once git asks for what was gone back to, it counts as rolled out, restarts included")
    func cameBack() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.api("bad"))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            try await world.pass(.seconds(300))
            #expect(world.phase(Planet.api) == .rolledBack, "git still asks for two")
            world.source.push("revert", Planet.api("1"))
            try await world.until("as git says", within: .seconds(120)) { world.phase(Planet.api) == .succeeded }
            await world.restart()
            try await world.pass(.seconds(120))
            #expect(world.phase(Planet.api) == .succeeded)
            #expect(world.status(Planet.api)?.health == .healthy)
            #expect(world.store.rollouts(of: Planet.api).count == 3, "nothing is done for it")
        }
    }
}
