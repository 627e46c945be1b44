// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import TestSupport
internal import Testing
internal import Transport

@testable internal import Mainstay
@testable internal import Reconciler

@Suite("What a plan says before anything is done")
struct PlanScenarioTests {
    typealias Place = DaemonHarness.Place

    private static let all = ["nats", "api", "worker"]

    @Test("What was just rolled out is unchanged, and none of it is read")
    func unchanged() async throws {
        try await DaemonHarness.run { harness in
            try await harness.waitUntilHealthy(at: try harness.merge(Monorepo()), Self.all)
            let fixture = PlanFixture(harness)
            let report = try await fixture.plan()
            #expect(report.changes == [])
            #expect(report.count(.unchanged) == 5)
            #expect(report.outcome == .same)
            #expect(fixture.dryRuns == [])
            let objects = ["services", "deployments", "statefulsets"]
            #expect(fixture.transport.seen.filter { seen in objects.contains { seen.path.contains($0) } }.isEmpty)
        }
    }

    /// Everything that a plan can say of an object, on a branch that the daemon does not follow.
    @Test("Each kind of change is told, and nothing is written to find out")
    func actions() async throws {
        try await DaemonHarness.run(allow: AllowRules(kinds: ["Namespace", "CustomResourceDefinition"])) { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/job.yaml"] = Self.job(image: "example.com/migrate:1")
            monorepo.files["k8s/worker/kept.yaml"] = """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: kept, annotations: {mainstay.dev/prune: disabled}}
                """
            monorepo.files["k8s/worker/old.yaml"] = Monorepo.configMap("old")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)

            monorepo.files["k8s/worker/job.yaml"] = Self.job(image: "example.com/migrate:2")
            monorepo.files["k8s/worker/kept.yaml"] = nil
            monorepo.files["k8s/worker/old.yaml"] = nil
            monorepo.files["k8s/worker/new.yaml"] = Monorepo.configMap("new")
            monorepo.setImage(of: "worker", tag: "1.1.0")
            monorepo.files["k8s/worker/widgets.yaml"] = Self.widgets
            monorepo.files["k8s/worker/fresh.yaml"] = """
                apiVersion: v1
                kind: Namespace
                metadata: {name: fresh}
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: first, namespace: fresh}
                """
            try harness.merge(monorepo.files, branch: "feature")
            let fixture = PlanFixture(harness)
            let before = try await harness.versions()
            let report = try await fixture.plan(revision: "feature")

            #expect(
                report.changes == [
                    "configure Deployment staging/worker", "create ConfigMap fresh/first",
                    "create ConfigMap staging/new", "create CustomResourceDefinition widgets.example.com",
                    "create Namespace fresh", "deferred Widget staging/w", "leftAlone ConfigMap staging/kept",
                    "prune ConfigMap staging/old", "replace Job staging/migrate",
                ])
            #expect(
                report.entry("Deployment staging/worker")?.differences == [
                    ShownDifference(
                        path: #".spec.template.spec.containers[name="worker"].image"#,
                        old: #""example.com/worker:1.0.0""#, new: #""example.com/worker:1.1.0""#)
                ])
            let job = try #require(report.entry("Job staging/migrate"))
            #expect(job.immutableFields == [#".spec.template.spec.containers[name="migrate"].image"#])
            #expect(report.entry("ConfigMap staging/kept")?.reason.contains("mainstay.dev/prune: disabled") == true)
            #expect(report.entry("Widget staging/w")?.reason.contains("widgets.example.com") == true)
            #expect(report.outcome == .differs)

            let steps = report.order.waves.map { $0.map { "\($0.object)" } }
            #expect(steps.first?.contains("Namespace fresh") == true)
            #expect(steps.last == ["ConfigMap staging/old"], "what goes, goes last")

            #expect(fixture.transport.writes.map(\.path) == [], "a plan writes nothing")
            #expect(fixture.transport.seen.allSatisfy { $0.method == "GET" || $0.query.contains("dryRun=All") })
            #expect(try await harness.versions() == before)
        }
    }

    private static func job(image: String) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: migrate}
        spec: {template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "\(image)"}]}}}

        """
    }

    private static let widgets = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
          versions:
          - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
        ---
        apiVersion: example.com/v1
        kind: Widget
        metadata: {name: w}
        spec: {size: 3}

        """

    @Test("A refusal names its object and its cause, and hides no other change")
    func refusals() async throws {
        try await DaemonHarness.run(allow: AllowRules(namespaces: DaemonHarness.namespaces)) { harness in
            var monorepo = Monorepo()
            let worker = Monorepo.worker.dropLast() + ", drift: [{action: report}]}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.api, String(worker)])
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings", "level: info")
            monorepo.files["k8s/worker/service.yaml"] = Monorepo.service("worker")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            try await harness.change(
                "PATCH", Place.configMap("settings") + "?fieldManager=kubectl-edit", ["data": ["level": "debug"]])

            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings", "level: trace")
            monorepo.files["k8s/worker/service.yaml"]?.replace("port: 80,", with: "port: 0,")
            monorepo.files["k8s/worker/wrong.yaml"] = """
                apiVersion: v1
                kind: Service
                metadata: {name: wrong}
                spec: {ports: [{port: 0}]}
                """
            monorepo.files["k8s/worker/widget.yaml"] = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n"
            monorepo.files["k8s/worker/role.yaml"] = """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: {name: r}
                """
            monorepo.files["k8s/worker/deployment.yaml"]?.replace("app: worker}", with: "app: worker, tier: back}")
            monorepo.files["k8s/api/service.yaml"]?.replace("8080", with: "9090")
            monorepo.files["k8s/nats.yaml"] = "kind: [\n"
            try harness.merge(monorepo.files, branch: "feature")
            let fixture = PlanFixture(harness)
            let report = try await fixture.plan(revision: "feature")

            func code(_ name: String) -> String? { report.entry(name)?.code }
            #expect(code("ConfigMap staging/settings") == "FieldConflict")
            #expect(report.entry("ConfigMap staging/settings")?.reason.contains("kubectl-edit") == true)
            #expect(report.entry("ConfigMap staging/settings")?.differences.first?.path == ".data.level")
            #expect(code("Service staging/wrong") == "Invalid")
            #expect(report.entry("Service staging/wrong")?.reason.contains("spec.ports[0].port") == true)
            #expect(report.entry("Service staging/wrong")?.origin == "k8s/worker/wrong.yaml:1")
            #expect(code("Service staging/worker") == "ManifestInvalid", "no new object would be taken either")
            #expect(code("Widget staging/w") == "KindNotServed")
            #expect(code("Role staging/r") == "NotAllowed")
            #expect(code("Deployment staging/worker") == "ImmutableField")
            #expect(
                report.entry("Deployment staging/worker")?.immutableFields == [".spec.selector.matchLabels.tier"])
            #expect(report.entry("Service staging/api")?.action == .configure, "others' plans are not hidden")
            let nats = report.targets.first { $0.target.application == "nats" }
            #expect(nats?.problem?.message.contains("k8s/nats.yaml") == true)
            #expect(nats?.entries.isEmpty == true, "what cannot be rendered prunes nothing")
            #expect(report.outcome == .failed)
            #expect(fixture.transport.writes.isEmpty)
        }
    }

    @Test("No value of a Secret is in anything that a plan shows, whichever way it goes")
    func secrets() async throws {
        try await DaemonHarness.run { harness in
            func secret(_ word: String, _ more: String = "") -> String {
                """
                apiVersion: v1
                kind: Secret
                metadata: {name: login}
                stringData: {url: "postgres://planet:\(word)@postgres/planet"}
                data: {token: \(Base64.encode(Array("t-\(word)".utf8)))}
                \(more)
                """
            }
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/secret.yaml"] = secret("hunter2")
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings", "copy: t-hunter2, level: info")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            let fixture = PlanFixture(harness)

            monorepo.files["k8s/worker/secret.yaml"] = secret("hunter3")
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings", "copy: t-hunter3, level: debug")
            try harness.merge(monorepo.files, branch: "changed")
            let changed = try await fixture.plan(revision: "changed")
            let paths = changed.entry("Secret staging/login")?.differences.map(\.path)
            #expect(paths == [".data.token", ".data.url"] || paths == [".data.url", ".data.token"])
            #expect(
                changed.entry("Secret staging/login")?.differences.allSatisfy { $0.old != $0.new } == true,
                "hashes differ where values differ")

            monorepo.files["k8s/worker/secret.yaml"] = secret("hunter3", "immutable: yes-hunter3")
            try harness.merge(monorepo.files, branch: "refused")
            let refused = try await fixture.plan(revision: "refused")
            #expect(refused.entry("Secret staging/login")?.action == .refused)

            monorepo.files["k8s/worker/secret.yaml"] = nil
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings", "copy: t-hunter2, level: debug")
            try harness.merge(monorepo.files, branch: "pruned")
            let pruned = try await fixture.plan(revision: "pruned")
            #expect(pruned.entry("Secret staging/login")?.action == .prune)

            for report in [changed, refused, pruned] {
                let text = PlanFixture.everything(of: report)
                for word in ["hunter2", "hunter3"] {
                    #expect(!text.contains(word))
                    #expect(!text.contains(Base64.encode(Array("t-\(word)".utf8))))
                    #expect(!text.contains(Base64.encode(Array("postgres://planet:\(word)@postgres/planet".utf8))))
                }
            }
        }
    }

    @Test("A number of replicas that an autoscaler owns is no difference")
    func autoscaler() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/autoscaler.yaml"] = """
                apiVersion: autoscaling/v2
                kind: HorizontalPodAutoscaler
                metadata: {name: worker}
                spec:
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
                  minReplicas: 3
                  maxReplicas: 5
                """
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            try await harness.wait(for: "the autoscaler scales") {
                try await harness.live(Place.deployment("worker"))?.value(at: "spec", "replicas") == 3
            }
            let report = try await PlanFixture(harness).plan()
            #expect(report.changes == [])
        }
    }

    @Test("Marks leave an object alone")
    func marks() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            try await harness.change(
                "PATCH", Place.configMap("settings"),
                ["metadata": ["annotations": ["kustomize.toolkit.fluxcd.io/reconcile": "disabled"]]])
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings", "level: debug")
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            #expect(report.changes == ["leftAlone ConfigMap staging/settings"])
            #expect(report.outcome == .same)
        }
    }

    @Test("An object that moves to another application is changed there, and pruned nowhere")
    func move() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.files["k8s/api/settings.yaml"] = monorepo.files.removeValue(forKey: "k8s/worker/settings.yaml")
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            #expect(report.changes == ["configure ConfigMap staging/settings"])
            #expect(report.entry("ConfigMap staging/settings")?.reason == "moves here from worker in staging")
            let left = try await PlanFixture(harness).plan(application: "worker", revision: "feature")
            #expect(left.changes == [], "nor where the other application is not planned")
        }
    }

    @Test("An application that leaves the pipeline goes whole; more than may go waits for a person")
    func removed() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            for number in 1...7 { monorepo.files["k8s/worker/\(number).yaml"] = Monorepo.configMap("c\(number)") }
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.worker])
            for number in 1...7 { monorepo.files["k8s/worker/\(number).yaml"] = nil }
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            #expect(report.count(.prune) == 2)
            #expect(report.entry("Deployment staging/api")?.reason == "no longer rendered")
            #expect(report.count(.leftAlone) == 7, "nothing of it goes before somebody says so")
            let waiting = try #require(report.entry("ConfigMap staging/c1"))
            #expect(waiting.reason.contains("waits for a person"))
            let notes = report.targets.first { $0.target.application == "worker" }?.notes ?? []
            #expect(notes.contains { $0.hasSuffix("`mainstay approve worker -e staging --prune`") })
        }
    }

    @Test("Two applications that ask for one object are both named")
    func duplicate() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.files["k8s/worker/service.yaml"] = Monorepo.service("api")
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            let entry = report.targets.first { $0.target.application == "worker" }?.entries.first {
                $0.id.kind == "Service"
            }
            #expect(entry?.code == "OwnedByOther")
            #expect(entry?.reason.contains("api in staging") == true)
        }
    }

    @Test("A revision is named by its branch, its commit, or the beginning of that; an unknown one is refused")
    func revisions() async throws {
        try await DaemonHarness.run { harness in
            let commit = try harness.merge(Monorepo())
            try await harness.waitUntilHealthy(at: commit, Self.all)
            let fixture = PlanFixture(harness)
            #expect(try await fixture.plan(revision: "main").subject == "branch main at \(commit.prefix(7))")
            #expect(try await fixture.plan(revision: commit).subject == "commit \(commit.prefix(7))")
            #expect(try await fixture.plan(revision: String(commit.prefix(8))).subject == "commit \(commit.prefix(7))")
            #expect(try await fixture.plan(application: "api", environment: "staging").entries.count == 2)
            for (revision, application) in [("nowhere", nil), ("deadbeef", nil), ("main", "nothing")] {
                await #expect(throws: DaemonPlanner.Failure.self) {
                    _ = try await fixture.plan(application: application, revision: revision)
                }
            }
        }
    }

    @Test("A cluster that does not answer is an error, and no plan without differences")
    func outage() async throws {
        try await DaemonHarness.run { harness in
            try await harness.waitUntilHealthy(at: try harness.merge(Monorepo()), Self.all)
            let fixture = PlanFixture(harness)
            // A connection that broke before it was used again is no outage.
            fixture.transport.add(Fault(.failure(.closed), times: 1) { $0.url.hasSuffix("/version") })
            #expect(try await fixture.plan().outcome == .same)
            fixture.transport.add(Fault(.failure(.connect)))
            await #expect(throws: DaemonPlanner.Failure.self) { _ = try await fixture.plan() }
        }
    }
}
