// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("Fields that somebody else set to another value")
struct ConflictScenarioTests {
    typealias Place = DaemonHarness.Place

    /// The worker is scaled by a person, and then a new image is merged, under a policy.
    private func afterScaling(
        _ conflicts: String, _ check: (DaemonHarness, _ commit: String) async throws -> Void
    ) async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let worker = "{name: worker, environments: [staging], path: k8s/worker, grace: 2s\(conflicts)}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.api, worker])
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            try await harness.change(
                "PATCH", "\(Place.deployment("worker"))?fieldManager=kubectl-edit", ["spec": ["replicas": 2]])
            monorepo.setImage(of: "worker", tag: "1.1.0")
            try await check(harness, try harness.merge(monorepo))
        }
    }

    private func replicas(_ harness: DaemonHarness) async throws -> Int64? {
        try await harness.live(Place.deployment("worker"))?.value(at: "spec", "replicas")?.integer
    }

    private func notes(_ harness: DaemonHarness) async throws -> [String] {
        try await harness.rollouts("worker").last?.verdict?.verdict.notes ?? []
    }

    @Test("Are taken where the pipeline says force")
    func force() async throws {
        try await afterScaling(", conflicts: force, drift: [{action: report}]") { harness, commit in
            try await harness.waitUntilHealthy(at: commit, ["worker"])
            #expect(try await replicas(harness) == 1)
            #expect(
                try await notes(harness).contains { $0.contains("took from others") && $0.contains("kubectl-edit") })
        }
    }

    @Test("Are left where a rule says ignore, and everything else is applied")
    func ignore() async throws {
        let rule = ", conflicts: {rules: [{field: spec.replicas, kind: Deployment, then: ignore}]}"
        try await afterScaling(rule) { harness, commit in
            try await harness.waitUntilHealthy(at: commit, ["worker"])
            #expect(try await replicas(harness) == 2)
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.1.0")
            #expect(
                try await notes(harness).contains { $0.contains("left to others") && $0.contains(".spec.replicas") })
        }
    }

    @Test("Are left by the drift as well, also where something else of the object is undone")
    func leftByDrift() async throws {
        let field = "spec.template.spec.containers[name=worker].image"
        let rule = ", conflicts: {rules: [{field: \"\(field)\", then: ignore}]}"
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let worker = "{name: worker, environments: [staging], path: k8s/worker, grace: 2s\(rule)}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.api, worker])
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let path = Place.deployment("worker")
            let image: Object = [
                "spec": [
                    "template": ["spec": ["containers": [["name": "worker", "image": "example.com/worker:1.5.0"]]]]
                ]
            ]
            try await harness.change("PATCH", "\(path)?fieldManager=image-updater", image)
            // A rollout leaves it to the other, and so it is no field of ours after that.
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings")
            monorepo.files["k8s/worker/deployment.yaml"]?.replace("replicas: 1", with: "replicas: 2")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["worker"])
            try await harness.change("PATCH", "\(path)?fieldManager=kubectl-edit", ["spec": ["replicas": 5]])
            try await harness.wait(for: "the replicas are undone") { try await replicas(harness) == 2 }
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.5.0")
        }
    }

    @Test("Block under a rule about something else, and a new policy alone lets the rollout go on")
    func report() async throws {
        let rule = ", conflicts: {rules: [{field: spec.paused, then: force}]}, drift: [{action: report}]"
        try await afterScaling(rule) { harness, commit in
            try await harness.wait(for: "worker", "names the conflict") {
                $0.targetRevision == commit && $0.phase == .blocked && $0.cause?.reason == "FieldConflict"
            }
            var monorepo = Monorepo()
            monorepo.setImage(of: "worker", tag: "1.1.0")
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([
                Monorepo.nats, Monorepo.api,
                "{name: worker, environments: [staging], path: k8s/worker, grace: 2s, conflicts: force}",
            ])
            let next = try harness.merge(monorepo)
            try await harness.waitUntilTaken(next)
            try await harness.wait(for: "worker", "is rolled out") { $0.phase == .succeeded && $0.health == .healthy }
            #expect(try await replicas(harness) == 1)
        }
    }
}
