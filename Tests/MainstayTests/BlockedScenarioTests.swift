// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("What a revision cannot help is waited for")
struct BlockedScenarioTests {
    @Test("A Secret that is missing is named, and its coming lets the rollout go on")
    func secret() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/api/deployment.yaml"] = Monorepo.deployment(
                "api", image: "example.com/api:1.0.0",
                environment: [
                    Monorepo.natsAddress,
                    "{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: planet-database, key: url}}}",
                ])
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "api", "is blocked by the Secret") {
                $0.phase == .blocked && $0.cause?.reason == "SecretMissing"
            }
            #expect(harness.status("api")?.message.contains("planet-database") == true)
            #expect(harness.status("api")?.message.contains("DATABASE_URL") == true)
            try await harness.wait(for: "worker", "is not delayed") { $0.phase == .succeeded }
            #expect(
                try await harness.live(DaemonHarness.Place.deployment("api")) == nil,
                "checked before anything is applied")

            try await harness.createSecret("planet-database")
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])
            #expect(try await harness.rollouts("api").count == 1, "it is the same rollout that goes on")
            #expect(!harness.log.lines.contains { $0.contains("hunter2") })
        }
    }

    @Test("A namespace that is missing is named, and its coming lets the rollout go on")
    func namespace() async throws {
        try await DaemonHarness.run(namespaces: ["infrastructure"]) { harness in
            let commit = try harness.merge(Monorepo())
            try await harness.wait(for: "api", "is blocked by the namespace") {
                $0.phase == .blocked && $0.message.contains("staging")
            }
            try await harness.wait(for: "nats", "is not delayed") { $0.phase == .succeeded }
            try await harness.createNamespace("staging")
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])
            #expect(try await harness.quarantines().isEmpty)
        }
    }

    @Test("What the operator did not allow is not applied, whatever the repository says")
    func allow() async throws {
        try await DaemonHarness.run(allow: AllowRules(namespaces: ["infrastructure"])) { harness in
            try harness.merge(Monorepo())
            try await harness.wait(for: "api", "is refused") {
                $0.phase == .blocked && $0.cause?.reason == "NotAllowed"
            }
            #expect(harness.status("api")?.message.contains("allow.namespaces") == true)
            try await harness.wait(for: "nats", "is up") { $0.phase == .succeeded }
            #expect(harness.transport.writes.allSatisfy { !$0.path.contains("/staging/") })
        }
    }

    @Test("A newer merge ends a rollout that waits for what will never come")
    func superseded() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/api/deployment.yaml"] = Monorepo.deployment(
                "api", image: "example.com/api:1.0.0",
                environment: ["{name: TOKEN, valueFrom: {secretKeyRef: {name: never, key: token}}}"])
            try harness.merge(monorepo)
            try await harness.wait(for: "api", "is blocked") { $0.cause?.reason == "SecretMissing" }

            monorepo.setImage(of: "api", tag: "1.0.1")
            let commit = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: commit, ["api"])
            #expect(try await harness.rollouts("api").map(\.phase) == [.superseded, .succeeded])
        }
    }
}
