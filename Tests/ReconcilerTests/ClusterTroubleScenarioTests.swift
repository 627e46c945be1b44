// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

@Suite("A cluster in trouble")
struct ClusterTroubleScenarioTests {
    @Test("While the API server is down no time is used up; then the rollout goes on and ends well")
    func down() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1") { $0.timeout = .seconds(180) }, untilWell: Planet.api)
            world.source.push("two", Planet.api("slow") { $0.timeout = .seconds(180) })
            try await world.until("two is on its way") { world.phase(Planet.api) == .progressing }
            world.cluster.goDown()
            try await world.until("said", within: .seconds(60)) { world.phase(Planet.api) == .blocked }
            #expect(world.status(Planet.api)?.cause?.reason == "ClusterUnavailable")
            try await world.pass(.seconds(3600))
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
            #expect(world.daemonStatus?.isReady == false)
            world.cluster.comeBack()
            try await world.until("two", within: .seconds(300)) { world.status(Planet.api)?.revision == "two" }
            #expect(world.phase(Planet.api) == .succeeded)
        }
    }

    @Test("At rest nothing is asked while the watches hear of the cluster, but its version once an hour")
    func quiet() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            let before = world.cluster.calls.count
            for _ in 0..<59 {
                try await world.pass(.seconds(60))
                world.cluster.bookmark()
            }
            #expect(world.cluster.calls.dropFirst(before).map(\.verb).filter { $0 != .kind } == [])
            for _ in 0..<10 {
                try await world.pass(.seconds(60))
                world.cluster.bookmark()
            }
            #expect(world.cluster.calls.dropFirst(before).map(\.verb).filter { $0 != .kind } == [.version])
            #expect(world.daemonStatus?.isReady == true)
        }
    }

    @Test("A cluster that stops answering at rest is noticed, though no watch breaks, and since when is said")
    func silence() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            try await world.pass(.seconds(60))
            world.cluster.bookmark()
            world.cluster.fallSilent()
            let silentSince = world.clock
            try await world.until("not ready", within: .seconds(120)) { world.daemonStatus?.isReady == false }
            let since = try #require(world.daemonStatus?.cluster.failingSince)
            #expect(since <= silentSince && since > silentSince + .seconds(-5))
            try await world.pass(.seconds(300))
            #expect(world.daemonStatus?.cluster.failingSince == since)
            world.cluster.comeBack()
            try await world.until("ready", within: .seconds(60)) { world.daemonStatus?.isReady == true }
            #expect(world.daemonStatus?.cluster.failingSince == nil)
        }
    }

    @Test("A broken watch has the cluster asked at once, and so has one that is back")
    func brokenWatch() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.cluster.goDown()
            try await world.until("not ready", within: .seconds(2)) { world.daemonStatus?.isReady == false }
        }
    }

    @Test(
        "A change that the watch is never told of takes no good rollout back: what is not well is read before it fails")
    func lostEvent() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1") { $0.timeout = .seconds(180) }, untilWell: Planet.api)
            let id = Planet.apiDeployment
            world.cluster.lose { object in
                object.objectID == id && object.firstImage?.hasSuffix(":2") == true
                    && HealthRules.health(of: object, appliedGeneration: object.generation, now: world.cluster.now)
                        .status == .healthy
            }
            world.source.push("two", Planet.api("2") { $0.timeout = .seconds(180) })
            try await world.until("two", within: .seconds(300)) { world.status(Planet.api)?.revision == "two" }
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
            #expect(world.cluster.calls.count { $0.verb == .get && $0.object == id } == 1)
        }
    }

    @Test("A commit that comes while the API server is down is applied when it is back")
    func commitWhileDown() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.cluster.goDown()
            world.source.push("two", Planet.api("2"))
            try await world.pass(.seconds(7200))
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
            #expect(world.phase(Planet.api) == .blocked)
            #expect(world.cluster.calls.count { $0.at > .seconds(3600) && $0.at < .seconds(4200) } < 200)
            world.cluster.comeBack()
            try await world.until("two", within: .seconds(120)) { world.status(Planet.api)?.revision == "two" }
        }
    }

    @Test("A start with the API server down goes on as soon as it is there")
    func startsDown() throws {
        try World.run { world in
            world.cluster.goDown()
            world.source.push("one", Planet.api("1"))
            world.start()
            try await world.pass(.seconds(600))
            #expect(world.phase(Planet.api) == .blocked)
            world.cluster.comeBack()
            try await world.until("one", within: .seconds(120)) { world.phase(Planet.api) == .succeeded }
        }
    }

    @Test("Down in the moment of pruning: what git no longer has goes when it is back")
    func downWhilePruning() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", [Planet.configMap("old")]), untilWell: Planet.api)
            world.cluster.refuse { call in
                guard call.object?.name == "old", call.verb == .get || call.verb == .delete else { return nil }
                return FakeCluster.unavailable
            }
            world.source.push("two", Planet.api("2"))
            try await world.pass(.seconds(900))
            #expect(world.cluster.object(Planet.id("ConfigMap", "old")) != nil)
            world.cluster.refuseNothing()
            try await world.until("gone", within: .seconds(120)) {
                world.cluster.object(Planet.id("ConfigMap", "old")) == nil && world.phase(Planet.api) == .succeeded
            }
            #expect(world.store.inventory(of: Planet.api).count == 2)
        }
    }

    enum Break: CaseIterable { case closed, expired, unavailable, compacted }

    @Test("A broken watch is mended, and what happened meanwhile is seen", arguments: Break.allCases)
    func watches(kind: Break) throws {
        try World.run { world in
            // Seen, and left as it is: what is put in its place is seen as well.
            try await world.begin(
                with: Planet.api("1") { $0.drift = DriftRules([DriftRule(action: .report)]) }, untilWell: Planet.api)
            try await world.pass(.seconds(60))
            for _ in 1...5 {
                switch kind {
                case .closed: world.cluster.closeWatches()
                case .expired: world.cluster.closeWatches(throwing: ClusterFailure(code: .expired, message: "410"))
                case .unavailable: world.cluster.closeWatches(throwing: FakeCluster.unavailable)
                case .compacted:
                    world.cluster.closeWatches()
                    world.cluster.compact()
                }
                world.cluster.remove(Planet.apiDeployment)
                try await world.pass(.seconds(90))
                #expect(world.status(Planet.api)?.health == .missing)
                world.cluster.put(Planet.deployment("api", tag: "1", namespace: "staging"))
                try await world.pass(.seconds(90))
                #expect(world.status(Planet.api)?.health == .progressing)
            }
        }
    }

    @Test(
        "Watches that end at once, or are always too old, are not asked for in a tight loop", arguments: [true, false])
    func noTightLoop(isExpired: Bool) throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.cluster.refuse { call in
                guard call.verb == .watch else { return nil }
                return ClusterFailure(code: isExpired ? .expired : .unauthorized, message: "no")
            }
            world.start()
            try await world.pass(.seconds(600))
            #expect(world.cluster.calls.count { $0.verb == .watch } < 400)
            world.cluster.refuseNothing()
            try await world.until("one", within: .seconds(600)) { world.phase(Planet.api) == .succeeded }
        }
    }

    static let hindrances: [ClusterFailure.Code] = [
        .unavailable, .unauthorized, .forbidden, .quotaExceeded, .namespaceMissing, .namespaceTerminating, .stale,
        .kindNotServed, .fieldConflict, .serverError,
    ]

    @Test("A refusal that is not the revision's doing blocks, and ends by itself", arguments: hindrances)
    func blocks(code: ClusterFailure.Code) throws {
        try World.run { world in
            world.source.push("one", Planet.api("1"))
            world.cluster.refuse { call in
                guard call.verb == .apply, call.object?.kind == "Deployment" else { return nil }
                return ClusterFailure(code: code, message: "not now", retryAfter: .seconds(2))
            }
            world.start()
            try await world.until("blocked") { world.phase(Planet.api) == .blocked }
            try await world.pass(.seconds(3600))
            let status = try #require(world.status(Planet.api))
            #expect(status.phase == .blocked)
            #expect(status.cause?.reason == code.rawValue)
            #expect(world.store.quarantines(of: Planet.api).isEmpty)
            #expect(world.cluster.mutations.count < 300)
            world.cluster.refuseNothing()
            try await world.until("applied", within: .seconds(60)) { world.phase(Planet.api) == .succeeded }
        }
    }

    static let refusals: [(ClusterFailure.Code, String)] = [
        (.admissionDenied, "AdmissionDenied"), (.other, "Refused"), (.invalid, "ManifestInvalid"),
    ]

    @Test("A refusal of the manifest itself fails the revision, which is taken back", arguments: refusals)
    func fails(code: ClusterFailure.Code, reason: String) throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.cluster.refuse { call in
                guard call.verb == .apply || call.verb == .dryRun, call.image == "registry.example.com/api:2" else {
                    return nil
                }
                return ClusterFailure(code: code, message: "no")
            }
            world.source.push("two", Planet.api("2"))
            try await world.until("back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.store.quarantines(of: Planet.api).first?.cause.reason == reason)
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
        }
    }

    @Test("A field that another manager owns is taken where taking it changes nothing")
    func spelling() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            let applied = world.cluster.mutations.count
            world.cluster.refuse { call in
                guard call.verb == .apply, call.object?.kind == "Service", !call.isForced else { return nil }
                return ClusterFailure(code: .fieldConflict, message: "conflict with kubectl")
            }
            // What the last apply left is not known any more, so that it is applied once more.
            world.store.forgetBaselines()
            await world.restart()
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(world.cluster.mutations.dropFirst(applied).contains { $0.isForced })
        }
    }

    @Test("A field that another manager owns is waited for, and taken where the object says so")
    func force() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.cluster.refuse { call in
                guard call.verb == .apply, call.object?.kind == "Deployment", !call.isForced else { return nil }
                return ClusterFailure(code: .fieldConflict, message: "conflict with kubectl")
            }
            world.source.push("two", Planet.api("2"))
            try await world.until("blocked") { world.phase(Planet.api) == .blocked }
            #expect(world.status(Planet.api)?.cause?.message.contains("mainstay.dev/force") == true)
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            var deployment = Planet.deployment("api", tag: "2")
            deployment.set("allowed", at: "metadata", "annotations", "mainstay.dev/force")
            world.source.push(
                "three", Planet.commit([(Planet.application("api"), [deployment, Planet.service("api")])]))
            try await world.until("taken") { world.status(Planet.api)?.revision == "three" }
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:2")
        }
    }

    @Test("A Secret made elsewhere is waited for, by name, without using up time")
    func secretMissing() throws {
        try World.run { world in
            let application = Planet.application("api") { $0.timeout = .seconds(60) }
            world.source.push(
                "one", Planet.commit([(application, [Planet.deployment("api", tag: "1", secret: "database")])]))
            world.start()
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            try await world.pass(.seconds(3600))
            #expect(world.cluster.mutations.isEmpty)
            #expect(world.status(Planet.api)?.cause?.message.contains("database") == true)
            world.cluster.put(Planet.secret("database", [("url", "aHVudGVyMg==")]))
            try await world.until("goes on", within: .seconds(30)) { world.phase(Planet.api) == .succeeded }
            #expect(world.store.rollouts(of: Planet.api).count == 1)
        }
    }

    @Test("While a rollout waits with nothing applied, what runs is shown as well as it is, over a restart")
    func healthWhileBlocked() throws {
        try World.run { world in
            let application = Planet.application("api")
            try await world.begin(
                with: Planet.commit([(application, [Planet.deployment("api", tag: "1")])]), untilWell: Planet.api)
            world.source.push(
                "two", Planet.commit([(application, [Planet.deployment("api", tag: "2", secret: "database")])]))
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            #expect(world.status(Planet.api)?.health == .healthy)
            await world.restart()
            try await world.pass(.seconds(60))
            #expect(world.phase(Planet.api) == .blocked && world.status(Planet.api)?.health == .healthy)
            world.cluster.remove(Planet.apiDeployment)
            try await world.pass(.seconds(120))
            #expect(world.status(Planet.api)?.health == .missing)
            world.cluster.put(Planet.secret("database", [("url", "aHVudGVyMg==")]))
            try await world.untilWell(Planet.api)
            #expect(world.status(Planet.api)?.health == .healthy)
        }
    }

    @Test("An image that CI pushes late blocks as long as the pipeline allows")
    func lateImage() throws {
        try World.run { world in
            let image = Application.Image(name: "registry.example.com/api", wait: .seconds(1200))
            world.source.push("one", Planet.api("late") { $0.images = [image] })
            world.start()
            try await world.until("blocked") { world.phase(Planet.api) == .blocked }
            try await world.pass(.seconds(900))
            #expect(world.phase(Planet.api) == .blocked)
            world.cluster.push("registry.example.com/api:late")
            try await world.until("goes on", within: .seconds(30)) { world.phase(Planet.api) == .succeeded }
        }
    }

    @Test("A kind of Kubernetes' own that is not served is waited for, before anything is applied")
    func kindNotServed() throws {
        try World.run { world in
            let kind = GroupKind(group: "", kind: "ConfigMap")
            world.cluster.setServed(kind, false)
            world.source.push("one", Planet.api("1", [Planet.configMap("later")]))
            world.start()
            try await world.until("blocked") { world.phase(Planet.api) == .blocked }
            try await world.pass(.seconds(1200))
            #expect(world.status(Planet.api)?.cause?.reason == "KindNotServed")
            #expect(world.cluster.object(Planet.apiDeployment) == nil)
            world.cluster.setServed(kind, true)
            try await world.until("goes on", within: .seconds(120)) { world.phase(Planet.api) == .succeeded }
        }
    }
}
