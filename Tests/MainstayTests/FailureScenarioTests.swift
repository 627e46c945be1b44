// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("A revision that is no good")
struct FailureScenarioTests {
    @Test("An image that is missing fails, is taken back, stays out, and the fix goes through")
    func missingImage() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let good = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: good, ["nats", "api", "worker"])

            monorepo.setImage(of: "worker", tag: "1.1.0-missing")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is rolled back and holds") {
                $0.phase == .rolledBack && $0.quarantine?.revision == bad && $0.message.hasPrefix("holding at")
            }

            let status = try #require(harness.status("worker"))
            #expect(status.revision == good)
            #expect(status.targetRevision == bad)
            #expect(status.message.hasPrefix("holding at \(good.prefix(7)), \(bad.prefix(7)) quarantined because"))
            let failed = try #require(try await harness.rollouts("worker").first { $0.rollout.revision == bad })
            let cause = try #require(failed.verdict?.verdict.cause)
            #expect(failed.phase == .failed)
            #expect(cause.reason == "ImagePullBackOff" || cause.reason == "ErrImagePull")
            #expect(cause.object?.description == "Deployment staging/worker")
            #expect(cause.image == "example.com/worker:1.1.0-missing")
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.0.0")
            #expect(try await harness.rollbacks("worker").map(\.rollout.revision) == [good])

            try await merges(of: harness, neverApply: "1.1.0-missing", &monorepo)

            monorepo.setImage(of: "worker", tag: "1.1.1")
            let fixed = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "runs the fix") {
                $0.revision == fixed && $0.phase == .succeeded && $0.health == .healthy && $0.quarantine == nil
            }
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.1.1")

            // Back to what failed: still quarantined, so that the fix keeps running.
            monorepo.setImage(of: "worker", tag: "1.1.0-missing")
            let again = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "holds again") {
                $0.targetRevision == again && $0.quarantine != nil && $0.message.hasPrefix("holding at")
            }
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.1.1")
            #expect(try await harness.rollbacks("worker").count == 1)
        }
    }

    /// Merges of other things, the quarantined digest being at the head all the while.
    private func merges(
        of harness: DaemonHarness, neverApply text: String, _ monorepo: inout Monorepo
    ) async throws {
        func applied() -> Int { harness.transport.writes.count { $0.body.contains(text) } }
        let before = applied()
        #expect(before == 1)
        for tag in ["1.0.1", "1.0.2"] {
            monorepo.files["README.md"] = "# planet \(tag)\n"
            monorepo.setImage(of: "api", tag: tag)
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "api", "runs \(tag)") { $0.revision == commit && $0.phase == .succeeded }
        }
        try await harness.restart()
        try await harness.wait(for: "worker", "holds after a restart") { $0.message.hasPrefix("holding at") }
        #expect(applied() == before)
        #expect(try await harness.rollbacks("worker").count == 1)
    }

    @Test("A container that crashes fails with its exit code and its last words")
    func crash() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])

            monorepo.setImage(of: "api", tag: "1.1.0-crash")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "api", "is rolled back") { $0.phase == .rolledBack && $0.quarantine != nil }

            let failed = try #require(try await harness.rollouts("api").first { $0.rollout.revision == bad })
            let cause = try #require(failed.verdict?.verdict.cause)
            #expect(cause.exitCode == 1)
            #expect(cause.container == "api")
            #expect(cause.logLines.contains { $0.contains("exited with code 1") })
        }
    }

    @Test("A first rollout that fails has nothing to go back to: it stays, quarantined and named")
    func firstRollout() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.setImage(of: "worker", tag: "1.0.0-missing")
            try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is quarantined") {
                $0.phase == .failed && $0.message.contains("quarantined because")
            }
            try await harness.wait(for: "api", "is well all the same") { $0.phase == .succeeded }
            #expect(try await harness.rollbacks("worker").isEmpty)
            #expect(try await harness.quarantines().map(\.target.application) == ["worker"])
        }
    }

    @Test("Who depends on what failed waits and says for what; the fix lets it go on")
    func dependentOfFailed() async throws {
        func nats(_ tag: String) -> String {
            Monorepo.service("nats") + "---\n" + Monorepo.deployment("nats", image: "nats:\(tag)", environment: [])
        }
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/nats.yaml"] = nats("2.10-missing")
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([
                "{name: nats, environments: [infrastructure], path: k8s/nats.yaml, grace: 2s}", Monorepo.api,
                Monorepo.worker,
            ])
            try harness.merge(monorepo)
            try await harness.wait(for: "nats", "fails") { $0.phase == .failed }
            try await harness.wait(for: "api", "is blocked by NATS") {
                $0.phase == .blocked && $0.message.contains("nats in infrastructure")
            }
            #expect(try await harness.live(DaemonHarness.Place.deployment("api")) == nil)

            monorepo.files["k8s/nats.yaml"] = nats("2.10")
            let fixed = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is up") { $0.phase == .succeeded }
            try await harness.wait(for: "api", "is up") { $0.phase == .succeeded }
            #expect(harness.status("nats")?.revision == fixed)
        }
    }

    // MARK: Ordered StatefulSets, whose controller never replaces a broken pod by itself

    @Test("A StatefulSet whose image is missing is taken back, and its pod runs again")
    func statefulSetTakenBack() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["mainstay.yaml"] = Self.quickNATS
            let good = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: good, ["nats", "api", "worker"])

            monorepo.files["k8s/nats.yaml"] = Monorepo.nats(image: "nats:2.11-missing")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "nats", "is rolled back") {
                $0.phase == .rolledBack && $0.health == .healthy && $0.quarantine?.revision == bad
            }

            #expect(try await Self.natsImage(in: harness) == "nats:2.10")
            let rollback = try #require(try await harness.rollbacks("nats").first)
            let notes = rollback.verdict?.verdict.notes ?? []
            #expect(notes.count { $0.hasPrefix("deleted Pod infrastructure/nats-0 of an earlier revision") } == 1)
            let pod = ObjectID(group: "", kind: "Pod", namespace: "infrastructure", name: "nats-0")
            let detail = try #require(try await harness.life.ledger.rollout(rollback.rollout.id))
            let deletions = detail.actions.filter { $0.intent.object == pod }
            #expect(deletions.map(\.intent.action) == [.replace])
            #expect(deletions.first?.outcome?.succeeded == true)
        }
    }

    @Test("A StatefulSet that never ran comes up with the fix")
    func statefulSetMended() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["mainstay.yaml"] = Self.quickNATS
            monorepo.files["k8s/nats.yaml"] = Monorepo.nats(image: "nats:2.10-missing")
            try harness.merge(monorepo)
            try await harness.wait(for: "nats", "fails") { $0.phase == .failed }

            monorepo.files["k8s/nats.yaml"] = Monorepo.nats()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            #expect(try await Self.natsImage(in: harness) == "nats:2.10")
        }
    }

    private static let quickNATS = Monorepo.pipeline([
        "{name: nats, environments: [infrastructure], path: k8s/nats.yaml, grace: 2s}", Monorepo.api, Monorepo.worker,
    ])

    private static func natsImage(in harness: DaemonHarness) async throws -> String? {
        let pod = try await harness.live("/api/v1/namespaces/infrastructure/pods/nats-0")
        return pod?.value(at: "spec")?["containers"]?[0]?["image"]?.string
    }
}
