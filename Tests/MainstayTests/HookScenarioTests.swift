// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("Hooks in rollouts")
struct HookScenarioTests {
    typealias Place = DaemonHarness.Place
    private static let jobs = "/apis/batch/v1/namespaces/staging/jobs"

    private func hook(
        _ name: String, _ annotations: String, image: String = "example.com/migrate:1", spec: String = ""
    ) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: \(name), annotations: {\(annotations)}}
        spec:
          backoffLimit: 0
        \(spec.isEmpty ? "" : "  \(spec)\n")  template:
            spec: {restartPolicy: Never, containers: [{name: main, image: "\(image)"}]}

        """
    }

    private func jobNames(_ harness: DaemonHarness) async throws -> [String] {
        try await harness.items(Self.jobs).map(\.name).sorted()
    }

    private func notes(_ harness: DaemonHarness, _ place: Int = -1) async throws -> [String] {
        let all = try await harness.rollouts("api")
        return all[place < 0 ? all.count + place : place].verdict?.verdict.notes ?? []
    }

    @Test("Run before and after the workload, once for each digest, and the earlier runs go")
    func oncePerDigest() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/api/migrate.yaml"] = hook("migrate", "mainstay.dev/hook: before")
            monorepo.files["k8s/api/smoke.yaml"] = hook("smoke", "argocd.argoproj.io/hook: PostSync")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let first = try await jobNames(harness)
            #expect(first.count == 2)
            let applied = harness.transport.writes.filter { $0.method == "PATCH" }.map(\.path)
            let places = ["jobs/migrate-", "deployments/api", "jobs/smoke-"].map { part in
                applied.firstIndex { $0.contains(part) }
            }
            #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted() && !places.contains(nil))

            monorepo.setImage(of: "api", tag: "1.1.0")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["api"])
            let second = try await jobNames(harness)
            #expect(second.count == 2)
            #expect(Set(second).isDisjoint(with: first))
        }
    }

    @Test(
        "Jobs without annotations are hooks where the pipeline says so, in its order; one that is not there is an error"
    )
    func ofThePipeline() async throws {
        func pipeline(_ hooks: String) -> String {
            Monorepo.pipeline([
                Monorepo.nats, Monorepo.worker,
                "{name: api, environments: [staging], path: k8s/api, hooks: \(hooks)}",
            ])
        }
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/api/archive.yaml"] = hook("archive", "a: b")
            monorepo.files["k8s/api/backup.yaml"] = hook("backup", "a: b")
            monorepo.files["k8s/api/aftermath.yaml"] = hook("aftermath", "a: b")
            monorepo.files["mainstay.yaml"] = pipeline("{before: [backup, archive], after: [aftermath]}")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            func applied() -> [Int?] {
                let paths = harness.transport.writes.filter { $0.method == "PATCH" }.map(\.path)
                return ["jobs/backup-", "jobs/archive-", "deployments/api", "jobs/aftermath-"].map { part in
                    paths.lastIndex { $0.contains(part) }
                }
            }
            #expect(applied().compactMap { $0 } == applied().compactMap { $0 }.sorted() && !applied().contains(nil))
            let first = try await jobNames(harness)

            // The pipeline's entry alone moves: another order is another revision's work.
            monorepo.files["mainstay.yaml"] = pipeline("{before: [archive, backup], after: [aftermath]}")
            let turned = try harness.merge(monorepo)
            try await harness.wait(for: "api", "is rolled out") { $0.revision == turned && $0.phase == .succeeded }
            #expect(try await Set(jobNames(harness)).isDisjoint(with: first))
            #expect(applied()[1] ?? 0 < applied()[0] ?? 0)

            let wrong = pipeline("{before: [archive, backups]}")
            monorepo.files["mainstay.yaml"] = wrong
            try harness.merge(monorepo)
            let message = "hooks.before[1]: no manifest is a Job or Pod named \"backups\"; did you mean \"backup\"?"
            try await harness.wait(for: "api", "tells of the hook") { status in
                status.message.contains(message)
            }
        }
    }

    @Test("A hook that fails before the workload fails the rollout, which has changed no workload")
    func failsBefore() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/api/migrate.yaml"] = hook("migrate", "mainstay.dev/hook: before")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let ran = try await jobNames(harness)
            let uid = try await harness.items(Self.jobs).first?.uid

            monorepo.files["k8s/api/migrate.yaml"] = hook(
                "migrate", "mainstay.dev/hook: before", image: "example.com/migrate:fail")
            monorepo.files["k8s/api/alarm.yaml"] = hook("alarm", "mainstay.dev/hook: on-failure")
            monorepo.setImage(of: "api", tag: "1.1.0")
            try harness.merge(monorepo)
            try await harness.wait(for: "api", "is taken back") { $0.phase == .rolledBack && $0.quarantine != nil }
            #expect(try await harness.image(of: "api") == "example.com/api:1.0.0")
            let rollouts = try await harness.rollouts("api")
            let failed = try #require(rollouts.first { $0.phase == .failed })
            #expect(failed.verdict?.verdict.cause?.object?.kind == "Job")
            #expect(
                failed.verdict?.verdict.notes.contains {
                    $0.contains("the hook Job staging/alarm-") && $0.hasSuffix(" ran")
                } == true)
            #expect(try await notes(harness).contains { $0.contains("migrate-") && $0.contains("is not undone") })
            let kept = try await harness.hookRuns(of: rollouts)
            let told = rollouts.map { rollout in
                (kept[rollout.rollout.id] ?? []).map { run in
                    "\(run.object.name.prefix { $0 != "-" }) \(run.outcome) \(run.lines.last?.prefix(27) ?? "")"
                }
            }
            #expect(
                told == [
                    ["migrate succeeded sandbox: exited with code 0"],
                    ["migrate failed sandbox: exited with code 1", "alarm succeeded sandbox: exited with code 0"], [],
                ])
            // What ran for the digest that came back is not run again.
            if let job = try await harness.items(Self.jobs).first(where: { ran.contains($0.name) }) {
                #expect(job.uid == uid)
            }
            let creations = harness.transport.writes.filter { $0.method == "PATCH" && $0.path.contains(ran[0]) }
            #expect(creations.count <= 2)
        }
    }

    @Test("What is done is not done again, though nothing is left of it")
    func gone() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/api/seed.yaml"] = hook("seed", "a: b", spec: "ttlSecondsAfterFinished: 1")
            monorepo.files["k8s/api/migrate.yaml"] = hook(
                "migrate", "mainstay.dev/hook: before, mainstay.dev/hook-delete: succeeded")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            try await harness.wait(for: "the Jobs are gone") { try await jobNames(harness).isEmpty }
            let made = { harness.transport.writes.count { $0.method == "PATCH" && $0.path.contains("/jobs/seed") } }
            let before = made()

            monorepo.setImage(of: "api", tag: "1.1.0")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["api"])
            #expect(made() == before)
            #expect(try await notes(harness).contains { $0.contains("seed") && $0.contains("is not run again") })
            try await harness.wait(for: "the Jobs are gone") { try await jobNames(harness).isEmpty }
            #expect(harness.status("api")?.health == .healthy)
            try await harness.restart()
            try await harness.wait(for: "api", "is well") { $0.phase == .succeeded && $0.health == .healthy }
            #expect(try await jobNames(harness).isEmpty)
        }
    }
}
