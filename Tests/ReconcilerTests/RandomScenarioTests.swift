// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport
import Testing

/// Hours of commits, outages and kills at random, the same for the same seed. Whatever happened: what the design
/// promises held all the while, and the last good revision runs in the end.
@Suite("Hours of mishaps")
struct RandomScenarioTests {
    private static let names = ["nats", "api", "worker"]
    private static let tags = ["1", "2", "3", "4", "slow", "bad", "crash"]

    private static func commit(_ random: inout SplitMix, good number: Int? = nil) -> FakeSource.Commit {
        var applications: [(Application, [Object])] = []
        for name in names {
            // Now and then an application is not there.
            if number == nil, name == "worker", random.next() % 6 == 0 { continue }
            let tag = number.map { "good-\($0)" } ?? tags[Int(random.next() % UInt64(tags.count))]
            let environment = name == "nats" ? "infrastructure" : "staging"
            let address = name == "nats" ? [] : [("NATS", "nats://nats.infrastructure:4222")]
            var objects = [Planet.deployment(name, tag: tag, env: address), Planet.service(name)]
            for map in 0..<4 where random.next() % 2 == 0 { objects.append(Planet.configMap("\(name)-\(map)")) }
            applications.append(
                (
                    Planet.application(name, in: [environment]) {
                        $0.timeout = .seconds(300)
                        $0.verify = name == "api" ? [.init(http: .init(service: "api", port: "80", path: "/"))] : []
                    }, objects
                ))
        }
        return Planet.commit(applications)
    }

    @Test("End with the last good revision, and nothing of any other", arguments: 1...40)
    func endsWell(seed: Int) throws {
        try World.run { world in
            var random = SplitMix(state: UInt64(seed))
            var commits = 0
            world.source.push("start", Self.commit(&random, good: 0))
            world.start()
            for _ in 0..<30 {
                switch random.next() % 12 {
                case 0...4:
                    commits += 1
                    world.source.push("c\(commits)", Self.commit(&random))
                    world.poll()
                case 5: await world.restart()
                case 6: world.cluster.goDown()
                case 7: world.cluster.comeBack()
                case 8: world.cluster.closeWatches(throwing: ClusterFailure(code: .expired, message: "410"))
                case 9: world.store.setFailing(random.next() % 2 == 0)
                case 10: world.source.setRemoteDown(random.next() % 2 == 0)
                default: world.cluster.setProbe("api", status: random.next() % 2 == 0 ? 503 : 200)
                }
                try await world.pass(.milliseconds(Int64(1 << (random.next() % 18))))
            }
            world.cluster.comeBack()
            world.store.setFailing(false)
            world.source.setRemoteDown(false)
            world.cluster.setProbe("api", status: 200)
            let last = Self.commit(&random, good: 1)
            world.source.push("last", last)
            try await world.until("the last revision runs") {
                [Planet.nats, Planet.api, Planet.worker].allSatisfy {
                    world.phase($0) == .succeeded && world.status($0)?.targetRevision == "last"
                }
            }
            try await world.pass(.seconds(120))
            Self.expectOnly(last, in: world)
            Self.expectPromises(world.store)
        }
    }

    /// The cluster holds what the commit says: no object more or less, each as its application's own.
    private static func expectOnly(_ commit: FakeSource.Commit, in world: World) {
        let live = world.cluster.state.withLock { $0.objects.values.filter { $0.controllerUID == nil } }
        let wanted = names.flatMap { name in (try? commit.files["apps/\(name)"]?.get()) ?? [] }
        #expect(
            live.map { "\($0.kind) \($0.name) \($0.firstImage ?? "")" }.sorted()
                == wanted.map { "\($0.kind) \($0.name) \($0.firstImage ?? "")" }.sorted())
        for object in live {
            guard let owner = Ownership.claimedTarget(of: object) else {
                Issue.record("nobody's: \(object.objectID)")
                continue
            }
            #expect(world.store.inventory(of: owner).contains { $0.object == object.objectID && $0.uid == object.uid })
        }
        for target in [Planet.nats, Planet.api, Planet.worker] {
            #expect(world.store.inventory(of: target).allSatisfy { world.cluster.object($0.object) != nil })
        }
    }

    /// What the journal shows: one rollout at a time, none of a quarantined digest, no rollback after a rollback but
    /// where the first was cut off.
    private static func expectPromises(_ store: MemoryStore) {
        var starts: [String: RolloutStart] = [:]
        var open: [TargetID: String] = [:]
        var quarantined: [TargetID: Set<String>] = [:]
        var last: [TargetID: (trigger: RolloutTrigger, phase: RolloutPhase)] = [:]
        for entry in store.state.withLock(\.journal) {
            switch entry {
            case .began(let start):
                starts[start.id] = start
                #expect(open[start.target] == nil, "\(start.target): two rollouts at once")
                open[start.target] = start.id
                #expect(quarantined[start.target]?.contains(start.digest) != true, "\(start) begun in quarantine")
                if start.trigger == .rollback, let last = last[start.target], last.trigger == .rollback {
                    #expect(last.phase == .superseded, "\(start.target): a rollback too many")
                }
                last[start.target] = (start.trigger, .queued)
            case .phase(let phase, let id, _):
                guard phase.isFinal, let start = starts[id] else { continue }
                open[start.target] = nil
                last[start.target] = (start.trigger, phase)
            case .verdict(let verdict, let start, let quarantines):
                open[start.target] = nil
                if quarantines { quarantined[start.target, default: []].insert(start.digest) }
                last[start.target] = (start.trigger, verdict.outcome == .healthy ? .rolledBack : .failed)
            case .intents(let intents, let id):
                guard let start = starts[id] else { continue }
                #expect(open[start.target] == id, "\(start.target): changes outside its rollout")
                #expect(
                    quarantined[start.target]?.contains(start.digest) != true, "\(intents) of a quarantined digest")
            case .revision, .outcomes, .inventory, .audit, .completions: continue
            }
        }
        #expect(open.isEmpty)
    }
}
