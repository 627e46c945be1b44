// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("What leaves the repository leaves the cluster")
struct PruneScenarioTests {
    typealias Place = DaemonHarness.Place

    @Test("A file removed from a folder is pruned, and nothing else is touched")
    func file() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("worker-settings")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let before = try await harness.versions()
            #expect(before["/api/v1/configmaps staging/worker-settings"] != nil)

            monorepo.files["k8s/worker/settings.yaml"] = nil
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is rolled out") { $0.revision == commit && $0.phase == .succeeded }

            #expect(try await harness.live(Place.configMap("worker-settings")) == nil)
            var expected = before
            expected["/api/v1/configmaps staging/worker-settings"] = nil
            #expect(try await harness.versions() == expected)
            let delete = harness.transport.writes.filter { $0.method == "DELETE" }
            #expect(delete.map(\.shortPath) == ["configmaps/worker-settings"])
            #expect(delete.first?.body.contains("uid") == true, "only the object that was recorded may go")
        }
    }

    @Test("A finalizer that blocks is named with who set it, and waited for")
    func finalizer() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("worker-settings")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let path = Place.configMap("worker-settings")
            try await harness.change("PATCH", path, ["metadata": ["finalizers": ["example.com/cleanup"]]])

            monorepo.files["k8s/worker/settings.yaml"] = nil
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "names the finalizer") { status in
                status.phase == .blocked && status.cause?.reason == "DeletionBlocked"
                    && status.cause?.message.contains("example.com/cleanup (set by person") == true
            }
            #expect(try await harness.live(path) != nil)
            try await harness.change("PATCH", path, ["metadata": ["finalizers": .null]])
            try await harness.wait(for: "worker", "is rolled out") { $0.revision == commit && $0.phase == .succeeded }
            #expect(try await harness.live(path) == nil)
        }
    }

    @Test("An application that is let go of keeps its objects and pods, and is adopted again as it is")
    func orphan() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let api = "{name: api, environments: [staging], path: k8s/api, grace: 2s, onRemoval: orphan}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, api, Monorepo.worker])
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let before = try await harness.live(Place.deployment("api"))

            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.worker])
            try harness.merge(monorepo)
            try await harness.wait(for: "api is let go of") { harness.status("api") == nil }
            let orphan = try await harness.live(Place.deployment("api"))
            #expect(orphan?.labels[OwnerLabel.key] == nil)
            #expect(orphan?.generation == before?.generation)
            #expect(harness.transport.writes.allSatisfy { $0.method != "DELETE" })

            monorepo.files["mainstay.yaml"] = Monorepo.pipeline()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let adopted = try await harness.live(Place.deployment("api"))
            #expect(adopted?.labels[OwnerLabel.key] != nil)
            #expect(adopted?.uid == before?.uid)
            #expect(adopted?.generation == before?.generation, "no pod is restarted")
        }
    }

    @Test("An application removed from the pipeline is pruned whole, and nothing of the others")
    func application() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            try await harness.change(
                "POST", "/api/v1/namespaces/staging/configmaps",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "by-hand"]])
            let before = try await harness.versions()

            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.worker])
            try harness.merge(monorepo)
            try await harness.wait(for: "api is gone") { harness.status("api") == nil }

            #expect(try await harness.live(Place.deployment("api")) == nil)
            #expect(try await harness.live(Place.service("api")) == nil)
            #expect(try await harness.live(Place.configMap("by-hand")) != nil)
            #expect(try await harness.versions() == before.filter { !$0.key.hasSuffix("staging/api") })
            #expect(try await harness.rollouts("api").last?.rollout.trigger == .removal)
        }
    }

    @Test("An application that comes back is rolled out anew")
    func comesBack() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.worker])
            try harness.merge(monorepo)
            try await harness.wait(for: "api is gone") { harness.status("api") == nil }

            monorepo.files["mainstay.yaml"] = Monorepo.pipeline()
            let commit = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])
            #expect(try await harness.live(Place.deployment("api")) != nil)
        }
    }

    @Test("After the ledger was deleted, what left git goes, and nothing that others made, copied or took over")
    func deletedLedger() async throws {
        let mark = "https://git.example.com/planet.git#main"
        try await DaemonHarness.run(mark: mark) { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("worker-settings")
            monorepo.files["k8s/worker/taken.yaml"] = Monorepo.configMap("taken")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let uid = try await harness.live(Place.deployment("api"))?.uid
            await harness.kill()
            try harness.loseLedger()

            let hands = Hands(cluster: harness.cluster)
            let labels = try #require(try await harness.live(Place.configMap("worker-settings"))?.metadata["labels"])
            // Made with the labels and marks of one of ours, applied under our own name by somebody who copied it.
            try await hands.patch(
                Place.configMap("copied"), as: "mainstay", .apply,
                [
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": ["name": "copied", "labels": labels, "annotations": [SourceMark.key: .string(mark)]],
                ])
            try await hands.post(
                "/api/v1/namespaces/staging/configmaps", as: "person",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "by-hand"]])
            try await hands.patch(
                Place.configMap("taken"), as: "person",
                ["metadata": ["annotations": [SourceMark.key: "https://git.example.com/moon.git#main"]]])

            monorepo.files["k8s/worker/settings.yaml"] = nil
            monorepo.files["k8s/worker/taken.yaml"] = nil
            try harness.merge(monorepo)
            try harness.start()
            try await harness.wait(for: "it is gone") {
                try await harness.live(Place.configMap("worker-settings")) == nil
            }
            try await harness.wait(for: "worker", "is well again") { $0.phase == .succeeded && $0.health == .healthy }
            let deletes = harness.transport.writes.filter { $0.method == "DELETE" }
            #expect(deletes.map(\.shortPath) == ["configmaps/worker-settings"])
            #expect(try await harness.live(Place.deployment("api"))?.uid == uid)
            let told = try await harness.life.ledger.auditEntries(after: 0, limit: 100)
            let text = told.filter { $0.kind == "inventory.taken-up" }.map(\.text).joined(separator: "\n")
            #expect(text.contains("worker-settings") && !text.contains("copied") && !text.contains("staging/taken"))
            #expect(!text.contains("EndpointSlice") && !text.contains("by-hand"))
        }
    }

    @Test("An object that moves to another application is handed over, never deleted")
    func handOver() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("shared-settings")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let uid = try await harness.live(Place.configMap("shared-settings"))?.uid

            monorepo.files["k8s/api/settings.yaml"] = monorepo.files.removeValue(forKey: "k8s/worker/settings.yaml")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is rolled out") { $0.revision == commit && $0.phase == .succeeded }
            try await harness.wait(for: "api", "is rolled out") { $0.revision == commit && $0.phase == .succeeded }

            #expect(harness.transport.writes.allSatisfy { $0.method != "DELETE" })
            #expect(try await harness.live(Place.configMap("shared-settings"))?.uid == uid)
        }
    }
}
