// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Manifests
internal import Planning
internal import Sandbox
internal import TestSupport
internal import Testing
internal import Transport

@testable internal import Mainstay
@testable internal import Reconciler

@Suite("Plans of local files, without a daemon")
struct LocalPlanTests {
    typealias Place = DaemonHarness.Place

    private static let all = ["nats", "api", "worker"]

    private func repository(_ monorepo: Monorepo) throws -> TemporaryRepository {
        let repository = try TemporaryRepository()
        for (name, text) in monorepo.files.sorted(by: { $0.key < $1.key }) { try repository.write(text, to: name) }
        try repository.commit("all")
        return repository
    }

    @Test("What the daemon rolled out is unchanged; what left the files is found by its label, and pruned")
    func prune() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            let repository = try repository(monorepo)
            let fixture = PlanFixture(harness)
            let same = try await fixture.plan(of: repository.path)
            #expect(same.changes == [])
            #expect(same.count(.unchanged) == 6)
            #expect(fixture.dryRuns == [])

            try repository.remove("k8s/worker/settings.yaml")
            let changed = try await fixture.plan(of: repository.path)
            #expect(changed.changes == ["prune ConfigMap staging/settings"])
            #expect(try await fixture.plan(of: repository.path, revision: "HEAD").changes == [], "as it was committed")
            #expect(fixture.transport.writes.isEmpty)
        }
    }

    @Test(
        "What is left in the cluster that its environment named before holds it, and is told; of what moved nowhere nothing is"
    )
    func otherCluster() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            let east = SandboxCluster(
                clock: ContinuousClock(), now: SystemTime.now, random: SystemRandomNumberGenerator(), controllers: [])
            let client = KubernetesClient(
                endpoint: ClusterEndpoint(server: SandboxTransport.server),
                transport: SandboxTransport(cluster: east, clock: ContinuousClock()), clock: ContinuousClock(),
                now: SystemTime.now)
            _ = await east.respond(
                to: SandboxRequest(
                    method: "POST", path: "/api/v1/namespaces",
                    headers: [(name: "content-type", value: "application/json")],
                    body: JSON.bytes(
                        .object(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "staging"]]))))
            let fixture = PlanFixture(harness)
            let before = try repository(monorepo)
            let same = try await fixture.plan(of: before.path, further: [("east", client)])
            #expect(same.targets.allSatisfy { $0.held == nil } && same.changes == [])
            let pipeline = try #require(monorepo.files["mainstay.yaml"])
            monorepo.files["mainstay.yaml"] = pipeline.replacing(
                "namespace: staging}", with: "namespace: staging, cluster: east}")
            let after = try repository(monorepo)
            let moved = try await fixture.plan(of: after.path, further: [("east", client)])
            let held = Dictionary(moved.targets.map { ("\($0.target)", $0.held) }) { first, _ in first }
            #expect(held["nats in infrastructure"] == .some(nil))
            #expect(held["worker in staging"]??.reason == "ClusterChanged")
            let message = held["api in staging"]??.message ?? ""
            #expect(message.contains("left in the default cluster, where 2 objects stay"), "\(message)")
            #expect(message.contains("goes on in the cluster east"), "\(message)")
        }
    }

    @Test("Of a folder that is rendered by itself nothing is said to move: it is no application")
    func folderByItself() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.setImage(of: "worker", tag: "1.1.0")
            monorepo.files["k8s/worker/deployment.yaml"] = monorepo.files["k8s/worker/deployment.yaml"]?.replacing(
                "metadata: {name: worker", with: "metadata: {namespace: staging, name: worker")
            let repository = try repository(monorepo)
            let report = try await PlanFixture(harness).plan(of: repository.path + "/k8s/worker")
            #expect(report.entry("Deployment staging/worker")?.action == .configure, "\(report)")
            #expect(report.entry("Deployment staging/worker")?.reason.contains("moves here") == false)
        }
    }

    @Test("An application that left the pipeline goes, but only where all of the repository is planned")
    func removed() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.worker])
            let repository = try repository(monorepo)
            let fixture = PlanFixture(harness)
            let whole = try await fixture.plan(of: repository.path)
            #expect(whole.changes == ["prune Deployment staging/api", "prune Service staging/api"])
            #expect(whole.targets.last?.notes.last?.contains("onRemoval: orphan") == true)
            let one = try await fixture.plan(of: repository.path, application: "worker")
            #expect(one.changes == [])
        }
    }

    @Test("An object that moved to an application that is not planned is not pruned")
    func moved() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.files["k8s/api/settings.yaml"] = monorepo.files.removeValue(forKey: "k8s/worker/settings.yaml")
            let repository = try repository(monorepo)
            let report = try await PlanFixture(harness).plan(of: repository.path, application: "worker")
            #expect(report.changes == [])
        }
    }

    @Test("A folder that no pipeline names is compared as it is, and prunes nothing")
    func folder() async throws {
        try await DaemonHarness.run { harness in
            let directory = try TemporaryDirectory()
            try directory.write(Monorepo.configMap("a"), to: "a.yaml")
            try directory.write(Monorepo.service("s"), to: "b.yaml")
            let fixture = PlanFixture(harness)
            let report = try await fixture.plan(of: directory.path)
            #expect(report.changes == ["create ConfigMap default/a", "create Service default/s"])
            #expect(!PlanDocuments(report).unified.contains(OwnerLabel.key))

            try await harness.waitUntilHealthy(at: try harness.merge(Monorepo()), Self.all)
            try directory.write(
                Monorepo.service("api").replacing("name: api}", with: "name: api, namespace: staging}"), to: "b.yaml")
            let owned = try await fixture.plan(of: "\(directory.path)/b.yaml")
            #expect(owned.changes == [], "as the application that has it would apply it")
        }
    }

    @Test("Who may look into namespaces only gets the same plan")
    func namespaced() async throws {
        try await DaemonHarness.run { harness in
            let monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            let fixture = PlanFixture(harness)
            fixture.transport.add(
                Fault(Fault.status(403, "Forbidden", "deployments is forbidden: User \\\"ci\\\" cannot list")) {
                    request in
                    request.method == "GET" && request.url.contains("labelSelector")
                        && !request.url.contains("/namespaces/")
                })
            let repository = try repository(monorepo)
            let report = try await fixture.plan(of: repository.path)
            #expect(report.changes == [])
            #expect(report.count(.unchanged) == 5)
        }
    }

    @Test("Hundreds of unchanged objects take a list by itself, by the daemon nothing, and no dry run")
    func many() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline(["{name: many, environments: [staging], path: many}"])
            monorepo.files["many/all.yaml"] = (1...300).map { Monorepo.configMap("c\($0)") }.joined(separator: "---\n")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["many"])
            let fixture = PlanFixture(harness)
            let report = try await fixture.plan()
            #expect(report.count(.unchanged) == 300)
            #expect(fixture.dryRuns == [])
            #expect(fixture.transport.seen.filter { $0.path.contains("/configmaps") }.isEmpty)
            #expect(fixture.transport.seen.count < 8)

            let files = try repository(monorepo)
            let alone = try await fixture.plan(of: files.path)
            #expect(alone.count(.unchanged) == 300)
            #expect(fixture.dryRuns == [])
            #expect(fixture.transport.seen.filter { $0.path.contains("/configmaps") }.count == 1)
        }
    }
}
