// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning
import TestSupport
import Testing

@testable import Reconciler

/// Looks at what changed alone: whatever happens, it says what one would say that looks at everything each time.
@Suite("The health of an application at rest")
struct HealthObserverTests {
    private static let names = ["api", "worker", "web"]
    private static let tags = ["1", "2", "slow", "bad", "crash", "hang"]

    /// Looks at everything each time.
    private struct Thorough {
        let view: ClusterView
        let ids: [ObjectID]
        var judge: Judge

        mutating func summary(now: Timestamp) async -> HealthObserver.Summary {
            for id in ids {
                if let failure = await view.failure(of: id) {
                    let cause = Cause(object: id, reason: failure.code.rawValue, message: failure.message)
                    return HealthObserver.Summary(status: .unknown, cause: cause)
                }
            }
            for id in ids where await !view.isSynced(id) { return HealthObserver.Summary(status: .unknown) }
            for id in ids { judge.observe(await view.observation(of: id), for: id, now: now) }
            var failure: Cause?
            if case .failed(let cause) = judge.judgement(now: now) { failure = cause }
            let restarts = await view.observations(of: ids).reduce(0) { $0 + $1.restarts }
            return HealthObserver.Summary(
                status: judge.health, cause: judge.healthCause, failure: failure,
                vitals: HealthObserver.Vitals(restarts: restarts))
        }
    }

    private static func run(_ body: @escaping @Sendable (FakeCluster, ClusterPort, ClusterView) async throws -> Void)
        throws
    {
        let time = VirtualTime()
        let cluster = FakeCluster(time: time)
        try time.run {
            let life = Life()
            let port = ClusterPort(cluster: cluster, life: life)
            let surroundings = Surroundings(
                clock: time.clock, now: { cluster.now }, makeID: { "id" }, random: { 0.5 },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let view = ClusterView(cluster: port, surroundings: surroundings)
            life.begin(Task(executorPreference: time) { await view.run() })
            try await body(cluster, port, view)
            life.end()
            await life.wait()
        }
    }

    private static func deployment(_ name: String, tag: String) -> Object {
        var deployment = Planet.deployment(name, tag: tag)
        deployment.set("staging", at: "metadata", "namespace")
        return deployment
    }

    private static func configMap(_ number: UInt64, _ data: [(String, String)] = []) -> Object {
        var map = Planet.configMap("map-\(number)", data)
        map.set("staging", at: "metadata", "namespace")
        return map
    }

    private static func manifest(_ object: Object) -> Manifest {
        Manifest(object: object, origin: Origin(file: "k8s/app.yaml"))
    }

    @Test("Is what looking at everything each time would show", arguments: 1...30)
    func sameAsThorough(seed: Int) throws {
        try Self.run { cluster, port, view in
            var random = SplitMix(state: UInt64(seed))
            var manifests = Self.names.map { Self.manifest(Self.deployment($0, tag: "1")) }
            manifests += (0..<20).map { Self.manifest(Self.configMap($0)) }
            for manifest in manifests {
                _ = try await port.apply(manifest.object, as: .mainstay, force: false, dryRun: false)
            }
            let settings = JudgeSettings(Planet.application("api"))
            var observer = HealthObserver(
                view: view, cluster: port, manifests: manifests, settings: settings, now: cluster.now)
            var thorough = Thorough(
                view: view, ids: manifests.map(\.id),
                judge: Judge(
                    settings: settings, objects: manifests.map { JudgedObject(id: $0.id) }, startedAt: cluster.now))
            await observer.begin()
            var shown: Set<HealthStatus> = []
            for _ in 0..<60 {
                let name = Self.names[Int(random.next() % 3)]
                let tag = Self.tags[Int(random.next() % UInt64(Self.tags.count))]
                switch random.next() % 10 {
                case 0...2:
                    // Refused while the cluster is away.
                    _ = try? await port.apply(
                        Self.deployment(name, tag: tag), as: .mainstay, force: true, dryRun: false)
                case 3: cluster.breakPods(of: Planet.id("Deployment", name))
                case 4: cluster.remove(Planet.id("Deployment", name))
                case 5: cluster.remove(Planet.id("ConfigMap", "map-\(random.next() % 20)"))
                case 6: cluster.put(Self.configMap(random.next() % 20, [("key", tag)]))
                case 7: cluster.goDown()
                case 8: cluster.closeWatches(throwing: ClusterFailure(code: .expired, message: "410"))
                default: cluster.comeBack()
                }
                try await cluster.time.clock.sleep(for: .milliseconds(Int64(1 << (random.next() % 17))))
                let summary = await observer.summary(now: cluster.now)
                let expected = await thorough.summary(now: cluster.now)
                #expect(summary == expected)
                shown.insert(summary.status)
            }
            #expect(shown.count > 1)
        }
    }

    @Test("Costs, for a change of one object, a look at that alone")
    func looksAtWhatChanged() throws {
        try Self.run { cluster, port, view in
            let manifests = (0..<50).map { Self.manifest(Self.configMap($0)) }
            for manifest in manifests {
                _ = try await port.apply(manifest.object, as: .mainstay, force: false, dryRun: false)
            }
            var observer = HealthObserver(
                view: view, cluster: port, manifests: manifests,
                settings: JudgeSettings(Planet.application("api")), now: cluster.now)
            await observer.begin()
            try await cluster.time.clock.sleep(for: .seconds(5))
            _ = await observer.summary(now: cluster.now)
            #expect(observer.looked == 50)
            _ = await observer.summary(now: cluster.now)
            #expect(observer.looked == 0)
            cluster.remove(Planet.id("ConfigMap", "map-7"))
            try await cluster.time.clock.sleep(for: .seconds(1))
            #expect(await observer.summary(now: cluster.now).status == .missing)
            #expect(observer.looked == 1)
        }
    }

    @Test("Counts restarts of the pods that are there, and knows how certificates stand")
    func vitals() throws {
        try Self.run { cluster, port, view in
            var certificate: Object = [
                "apiVersion": "cert-manager.io/v1", "kind": "Certificate",
                "metadata": ["name": "web", "namespace": "staging"],
            ]
            let manifests = [
                Self.manifest(Self.deployment("api", tag: "1")), Self.manifest(Self.deployment("web", tag: "1")),
                Self.manifest(certificate),
            ]
            for manifest in manifests {
                _ = try await port.apply(manifest.object, as: .mainstay, force: false, dryRun: false)
            }
            certificate["status"] = [
                "notAfter": "2027-03-01T00:00:00Z", "conditions": [["type": "Ready", "status": "True"]],
            ]
            cluster.put(certificate)
            var observer = HealthObserver(
                view: view, cluster: port, manifests: manifests,
                settings: JudgeSettings(Planet.application("api")), now: cluster.now)
            await observer.begin()
            try await cluster.time.clock.sleep(for: .seconds(5))
            let before = await observer.summary(now: cluster.now)
            let state = CertificateState(
                object: certificate.objectID, isReady: true, expiresAt: Timestamp("2027-03-01T00:00:00Z"))
            #expect(before.status == .healthy && before.vitals.restarts == 0 && before.vitals.certificates == [state])

            for name in ["api", "web"] { cluster.breakPods(of: Planet.id("Deployment", name)) }
            cluster.remove(certificate.objectID)
            try await cluster.time.clock.sleep(for: .seconds(1))
            let after = await observer.summary(now: cluster.now)
            #expect(after.vitals == HealthObserver.Vitals(restarts: 12, certificates: []))
        }
    }
}
