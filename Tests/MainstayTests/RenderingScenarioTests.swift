// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("What applications are made of")
struct RenderingScenarioTests {
    typealias Place = DaemonHarness.Place

    @Test("A kustomization's generated ConfigMap gets a new name with its content, and the old one is pruned")
    func configMapGenerator() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/kustomization.yaml"] = """
                resources: [deployment.yaml]
                configMapGenerator:
                - {name: settings, literals: [LEVEL=info]}
                """
            monorepo.files["k8s/worker/deployment.yaml"] = Monorepo.deployment(
                "worker", image: "example.com/worker:1.0.0",
                environment: [
                    Monorepo.natsAddress, "{name: LEVEL, valueFrom: {configMapKeyRef: {name: settings, key: LEVEL}}}",
                ])
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let first = try await configMaps(of: harness)
            #expect(first.count == 1 && first[0].hasPrefix("settings-"))

            monorepo.files["k8s/worker/kustomization.yaml"]?.replace("info", with: "debug")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is rolled out") { $0.revision == commit && $0.phase == .succeeded }
            let second = try await configMaps(of: harness)
            #expect(second.count == 1 && second != first)
            let used = try await harness.live(Place.deployment("worker"))?
                .value(at: "spec", "template", "spec")?["containers"]?[0]?["env"]?.array?
                .compactMap { $0["valueFrom"]?["configMapKeyRef"]?["name"]?.string }
            #expect(used == second)
        }
    }

    private func configMaps(of harness: DaemonHarness) async throws -> [String] {
        try await harness.items("/api/v1/namespaces/staging/configmaps")
            .filter { $0.labels[OwnerLabel.key] != nil }.map(\.name)
    }

    @Test("A tag that follows a folder moves with the folder's last commit, and with nothing else")
    func lastCommit() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["apps/api/main.py"] = "print(1)\n"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([
                Monorepo.nats, Monorepo.worker,
                "{name: api, environments: [staging], path: k8s/api, "
                    + "images: [{name: example.com/api, tag: lastCommit, from: apps/api}]}",
            ])
            let first = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: first, ["nats", "api", "worker"])
            #expect(try await harness.image(of: "api") == "example.com/api:\(first)")

            monorepo.setImage(of: "worker", tag: "1.1.0")
            let second = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is rolled out") { $0.revision == second && $0.phase == .succeeded }
            #expect(try await harness.rollouts("api").count == 1)

            monorepo.files["apps/api/main.py"] = "print(2)\n"
            let third = try harness.merge(monorepo)
            try await harness.wait(for: "api", "follows its folder") { $0.revision == third && $0.phase == .succeeded }
            #expect(try await harness.image(of: "api") == "example.com/api:\(third)")
            #expect(try await harness.rollouts("worker").count == 2)
        }
    }

    @Test("Replicas that an autoscaler owns are left alone by later rollouts")
    func autoscaler() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/deployment.yaml"] = Monorepo.deployment(
                "worker", image: "example.com/worker:1.0.0", replicas: nil)
            monorepo.files["k8s/worker/autoscaler.yaml"] = """
                apiVersion: autoscaling/v2
                kind: HorizontalPodAutoscaler
                metadata: {name: worker}
                spec:
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
                  minReplicas: 3
                  maxReplicas: 5
                """
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            try await harness.wait(for: "the autoscaler has scaled") {
                try await harness.live(Place.deployment("worker"))?.value(at: "spec", "replicas")?.integer == 3
            }

            monorepo.files["k8s/worker/deployment.yaml"]?.replace("1.0.0", with: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is rolled out") {
                $0.revision == commit && $0.phase == .succeeded && $0.health == .healthy
            }
            #expect(try await harness.live(Place.deployment("worker"))?.value(at: "spec", "replicas")?.integer == 3)
        }
    }

    @Test("A check over HTTP passes once the Service answers, and the verdict waits for it")
    func verify() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([
                Monorepo.nats, Monorepo.worker,
                "{name: api, environments: [staging], path: k8s/api, "
                    + "verify: [{http: {service: api, port: http, path: /health, expect: 200, within: 30s}}]}",
            ])
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let probes = harness.transport.seen.filter { $0.path.contains("/proxy/") }
            #expect(
                probes.map(\.path).allSatisfy {
                    $0.hasPrefix("/api/v1/namespaces/staging/services/api") && $0.hasSuffix("/proxy/health")
                })
            #expect(!probes.isEmpty)
        }
    }

    @Test("A check over HTTP that does not pass fails the rollout, which is taken back")
    func verifyFails() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let entry =
                "{name: api, environments: [staging], path: k8s/api, "
                + "verify: [{http: {service: api, port: 80, path: /health, within: 5s}}]}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.worker, entry])
            let good = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: good, ["nats", "api", "worker"])

            // The Service no longer finds the pods: everything is healthy, and nothing answers.
            monorepo.files["k8s/api/service.yaml"]?.replace("selector: {app: api}", with: "selector: {app: apii}")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "api", "is taken back") { $0.phase == .rolledBack && $0.quarantine != nil }
            let failed = try #require(try await harness.rollouts("api").first { $0.rollout.revision == bad })
            let cause = try #require(failed.verdict?.verdict.cause)
            #expect(cause.reason == "VerifyFailed")
            #expect(cause.message.contains("status 503"))
            #expect(harness.status("api")?.revision == good)
        }
    }
}
