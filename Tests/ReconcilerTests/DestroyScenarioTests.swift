// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What a person has destroyed")
struct DestroyScenarioTests {
    private typealias Gates = GateScenarioTests

    @Test("A destruction that was cut off goes on after a restart")
    func destroyCutOff() throws {
        try World.run { world in
            let scope = Suspension.Scope(application: "api", environment: "production")
            world.source.push("one", Gates.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Gates.production)
            let object = ObjectID(group: "apps", kind: "Deployment", namespace: "production", name: "api")
            world.cluster.refuse { call in
                call.verb == .delete ? ClusterFailure(code: .unavailable, message: "later") : nil
            }
            let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(scope, phrase: listed.code, reason: nil))
            try await world.until("held") { world.phase(Gates.production) == .blocked }
            await world.restart()
            try await world.pass(.seconds(60))
            #expect(world.store.inventory(of: Gates.production).count == 1, "what is not gone is not forgotten")
            world.cluster.refuseNothing()
            try await world.until("gone") { world.store.inventory(of: Gates.production).isEmpty }
            #expect(world.cluster.object(object) == nil)
            let around = Suspension.Scope(environment: "staging")
            try await world.ask(.suspend(around, reason: "by hand"))
            let inside = Suspension.Scope(application: "api", environment: "staging")
            #expect(try await world.refusal(of: .destroy(inside, phrase: nil, reason: nil)) == "AlreadySuspended")
        }
    }

    @Test("The list of what a destruction deletes leaves out what stays, and says so, a StatefulSet's claims too")
    func whatStays() throws {
        try World.run { world in
            func object(_ kind: String, _ name: String, _ version: String = "v1") -> Object {
                ["apiVersion": .string(version), "kind": .string(kind), "metadata": ["name": .string(name)]]
            }
            var kept = object("ConfigMap", "kept")
            kept.set("keep", at: "metadata", "annotations", "helm.sh/resource-policy")
            var free = object("PersistentVolumeClaim", "free")
            free.set("allowed", at: "metadata", "annotations", ObjectMarks.pruneKey)
            var set = object("StatefulSet", "pg", "apps/v1")
            set.set([["metadata": ["name": "data"]]], at: "spec", "volumeClaimTemplates")
            var tidy = set
            tidy.set("tidy", at: "metadata", "name")
            tidy.set("Delete", at: "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted")
            world.source.push(
                "one",
                Planet.api("1", [object("PersistentVolumeClaim", "uploads"), free, kept, set, tidy]))
            world.start()
            try await world.until("made") { world.store.inventory(of: Planet.api).count == 7 }
            try await world.pass(.seconds(5))
            let scope = Suspension.Scope(application: "api", environment: "staging")
            let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            #expect(
                listed.items.sorted() == [
                    "Deployment staging/api", "PersistentVolumeClaim staging/free", "Service staging/api",
                    "StatefulSet staging/pg", "StatefulSet staging/tidy",
                ])
            #expect(listed.message.hasPrefix("5 objects of api in staging would be deleted"))
            for stays in [
                "ConfigMap staging/kept (", "PersistentVolumeClaim staging/uploads (",
                "the claims data of StatefulSet staging/pg;",
            ] { #expect(listed.message.contains(stays), "\(listed.message)") }
            #expect(!listed.message.contains("staging/free") && !listed.message.contains("staging/tidy"))
            #expect(listed.code?.hasPrefix("destroy 5 objects of api in staging, list ") == true)
        }
    }

    @Test("What is destroyed goes whole, stays away over a restart and other revisions, and comes back when resumed")
    func destroy() throws {
        try World.run { world in
            let scope = Suspension.Scope(application: "api", environment: "production")
            world.source.push("one", Gates.commit("1") { _ in })
            world.start()
            try await world.untilWell(Planet.api, Gates.production)
            let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            #expect(listed.items == ["Deployment production/api"])
            #expect(try await world.refusal(of: .destroy(scope, phrase: "destroy it", reason: nil)) == "WrongPhrase")
            let object = ObjectID(group: "apps", kind: "Deployment", namespace: "production", name: "api")
            #expect(world.cluster.object(object) != nil)
            try await world.ask(.destroy(scope, phrase: listed.code, reason: "moved"))
            try await world.until("gone") { world.cluster.object(object) == nil }
            await world.restart()
            world.source.push("two", Gates.commit("2") { _ in })
            try await world.until("staging") { world.status(Planet.api)?.revision == "two" }
            try await world.pass(.seconds(300))
            #expect(world.cluster.object(object) == nil)
            #expect(world.status(Gates.production)?.message.contains("destroyed by ada") == true)
            #expect(world.cluster.object(Planet.apiDeployment) != nil, "elsewhere nothing was touched")
            #expect(try await world.ask(.resume(scope)).message.contains("what was destroyed is made again"))
            try await world.until("back") { world.status(Gates.production)?.revision == "two" }
            #expect(world.cluster.object(object) != nil)
            #expect(world.store.rollouts(of: Gates.production).last?.start.trigger == .revision, "two was not here yet")

            let again = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(scope, phrase: again.code, reason: nil))
            try await world.until("gone again") { world.cluster.object(object) == nil }
            try await world.ask(.resume(scope))
            try await world.until("back again") {
                world.cluster.object(object) != nil && world.phase(Gates.production) == .succeeded
            }
            #expect(
                world.store.rollouts(of: Gates.production).last?.start.trigger == .resume, "nothing new is deployed")

            let last = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
            try await world.ask(.destroy(scope, phrase: last.code, reason: nil))
            try await world.until("gone a third time") { world.cluster.object(object) == nil }
            let count = world.store.rollouts(of: Gates.production).count
            // A commit that changes nothing of it, which the next daemon begins with.
            world.source.push("same", Gates.commit("2") { _ in })
            try await world.pass(.seconds(60))
            await world.restart()
            try await world.until("read") { world.status(Gates.production)?.message.contains("destroyed") == true }
            try await world.ask(.resume(scope))
            try await world.until("back for good") {
                world.store.rollouts(of: Gates.production).count > count && world.phase(Gates.production) == .succeeded
            }
            #expect(world.store.rollouts(of: Gates.production).last?.start.trigger == .resume, "nor after a restart")
        }
    }
}
