// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import TestSupport
internal import Testing
internal import Transport

@testable internal import Mainstay
@testable internal import Reconciler

@Suite("A plan by the daemon knows what the ledger and people say")
struct PlanKnowledgeTests {
    typealias Place = DaemonHarness.Place

    private static let all = ["nats", "api", "worker"]
    private static let worker = TargetID(application: "worker", environment: "staging")

    private func target(_ report: PlanReport, _ name: String = "worker") -> TargetPlan? {
        report.targets.first { $0.target.application == name }
    }

    // MARK: Held back

    @Test("Of what is suspended nothing would be done, and what would be otherwise is told")
    func suspended() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            let scope = Suspension.Scope(application: "worker", environment: "staging")
            _ = try await harness.life.reconciler.perform(.suspend(scope, reason: "migrating by hand"), by: "ada")
            monorepo.setImage(of: "worker", tag: "1.1.0")
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            let held = try #require(target(report)?.held)
            #expect(held.reason == "Suspended")
            #expect(held.message.contains("by ada") && held.message.contains("migrating by hand"))
            #expect(held.message.hasSuffix("`mainstay resume worker -e staging`"))
            #expect(report.changes == ["leftAlone Deployment staging/worker"])
            #expect(report.entry("Deployment staging/worker")?.reason == "held back; would be changed")
            #expect(report.entry("Deployment staging/worker")?.differences.count == 1)
            // There is a difference, though nothing would be done about it now.
            #expect(report.outcome == .differs && report.order.waves.isEmpty)
            #expect(PlanText(report: report).text(on: .none).contains("  = held back: suspended by ada"))

            _ = try await harness.life.reconciler.perform(.resume(scope), by: "ada")
            let resumed = try await PlanFixture(harness).plan(revision: "feature")
            #expect(target(resumed)?.held == nil)
            #expect(resumed.changes == ["configure Deployment staging/worker"])
        }
    }

    @Test("An object that is suspended is left alone, changed or no longer rendered")
    func suspendedObject() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/old.yaml"] = Monorepo.configMap("old")
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            for name in ["ConfigMap/old", "ConfigMap/settings"] {
                let scope = Suspension.Scope(
                    application: "worker", environment: "staging", object: Suspension.ObjectName(name))
                _ = try await harness.life.reconciler.perform(.suspend(scope, reason: "by hand"), by: "ada")
            }
            monorepo.files["k8s/worker/old.yaml"] = nil
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings", "level: debug")
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            #expect(report.changes == ["leftAlone ConfigMap staging/old", "leftAlone ConfigMap staging/settings"])
            for name in ["old", "settings"] {
                #expect(report.entry("ConfigMap staging/\(name)")?.reason.contains("suspended by ada") == true)
            }
            #expect(target(report)?.held == nil, "the rest goes on")
        }
    }

    @Test("What was quarantined would not be applied, and the word that lets it go is told")
    func quarantined() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.setImage(of: "worker", tag: "1.1.0-crash")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is rolled back") { $0.phase == .rolledBack && $0.quarantine != nil }
            let report = try await PlanFixture(harness).plan()
            let held = try #require(target(report)?.held)
            #expect(held.reason == "Quarantined")
            #expect(held.message.contains("Deployment staging/worker"))
            #expect(held.message.hasSuffix("`mainstay release worker -e staging \(bad.prefix(7))`"))
            #expect(report.changes == ["leftAlone Deployment staging/worker"])
            #expect(report.outcome == .differs)

            monorepo.setImage(of: "worker", tag: "1.1.1")
            try harness.merge(monorepo.files, branch: "fix")
            let fix = try await PlanFixture(harness).plan(revision: "fix")
            #expect(fix.changes == ["configure Deployment staging/worker"], "another digest is free")
        }
    }

    @Test("What a person rolled back stays where it is")
    func rolledBack() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.setImage(of: "worker", tag: "1.1.0")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["worker"])
            let action = OperatorAction.rollBack(Self.worker, to: nil, reason: "it is slow")
            _ = try await harness.life.reconciler.perform(action, by: "ada")
            try await harness.wait(for: "worker", "is rolled back") { $0.phase == .rolledBack && $0.hold != nil }
            let held = try #require(target(try await PlanFixture(harness).plan())?.held)
            #expect(held.reason == "RolledBack")
            #expect(held.message.contains("ada rolled back: it is slow"))
            #expect(held.message.hasSuffix("`mainstay release worker -e staging`"))
        }
    }

    // MARK: Prunes

    @Test("A prune that a person approved is planned, for exactly these objects")
    func approved() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            for number in 1...7 { monorepo.files["k8s/worker/\(number).yaml"] = Monorepo.configMap("c\(number)") }
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            var entries: [PruneReport.Entry] = []
            for number in 1...7 {
                let live = try #require(try await harness.live(Place.configMap("c\(number)")))
                entries.append(PruneReport.Entry(id: live.objectID, uid: live.uid, decision: .prune))
                monorepo.files["k8s/worker/\(number).yaml"] = nil
            }
            try harness.merge(monorepo.files, branch: "feature")
            let store = await harness.life.reconciler.context.store
            let code = PruneReport(entries: entries).code
            try await store.recordApproval(
                Approval(kind: .prune, target: Self.worker, subject: "other", actor: "ada", at: SystemTime.now()))
            #expect(try await PlanFixture(harness).plan(revision: "feature").count(.prune) == 0)
            try await store.recordApproval(
                Approval(kind: .prune, target: Self.worker, subject: code, actor: "ada", at: SystemTime.now()))
            #expect(try await PlanFixture(harness).plan(revision: "feature").count(.prune) == 7)
        }
    }

    @Test("Nothing is pruned while another application cannot be read, planned or not", arguments: [nil, "worker"])
    func unread(application: String?) async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/old.yaml"] = Monorepo.configMap("old")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.files["k8s/worker/old.yaml"] = nil
            monorepo.files["k8s/nats.yaml"] = "kind: [\n"
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(application: application, revision: "feature")
            let entry = try #require(report.entry("ConfigMap staging/old"))
            #expect(entry.action == .leftAlone)
            #expect(entry.reason.contains("nats in infrastructure cannot be read"))
        }
    }

    @Test("An application that leaves the pipeline with onRemoval: orphan is let go of, and not pruned")
    func orphaned() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let worker = Monorepo.worker.dropLast() + ", onRemoval: orphan}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.api, String(worker)])
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats])
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            #expect(
                report.changes == [
                    "orphan Deployment staging/worker", "prune Deployment staging/api", "prune Service staging/api",
                ])
            let entry = try #require(report.entry("Deployment staging/worker"))
            #expect(entry.reason.contains("onRemoval: orphan"))
            #expect(entry.differences.map(\.path) == [#".metadata.labels["mainstay.dev/owner"]"#])
            #expect(report.summary.contains("1 to let go of") && report.outcome == .differs)
        }
    }

    // MARK: Jobs

    private static func job(_ image: String) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: migrate}
        spec:
          backoffLimit: 0
          template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "\(image)"}]}}

        """
    }

    @Test("A Job that ran to its end is not run again, though nothing is left of it")
    func completed() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/job.yaml"] = Self.job("example.com/migrate:1")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            try await harness.change("DELETE", "/apis/batch/v1/namespaces/staging/jobs/migrate")
            try await harness.wait(for: "the Job is gone") {
                try await harness.live("/apis/batch/v1/namespaces/staging/jobs/migrate") == nil
            }
            monorepo.setImage(of: "worker", tag: "1.1.0")
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            #expect(report.changes == ["configure Deployment staging/worker"])
            #expect(report.entry("Job staging/migrate")?.reason.contains("is not run again") == true)

            monorepo.files["k8s/worker/job.yaml"] = Self.job("example.com/migrate:2")
            try harness.merge(monorepo.files, branch: "other")
            let other = try await PlanFixture(harness).plan(revision: "other")
            #expect(other.entry("Job staging/migrate")?.action == .create, "another manifest is other work")
        }
    }

    @Test("A Job that failed is made anew by the next rollout")
    func failed() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let worker = Monorepo.worker.dropLast() + ", rollback: manual}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.api, String(worker)])
            monorepo.files["k8s/worker/job.yaml"] = Self.job("example.com/migrate:fail")
            try harness.merge(monorepo)
            try await harness.wait(for: "worker", "has failed") { $0.phase == .failed && $0.quarantine != nil }
            let held = try await PlanFixture(harness).plan()
            let again = "it failed: it is deleted, and run again"
            #expect(held.entry("Job staging/migrate")?.reason == "held back; would be replaced: \(again)")

            monorepo.setImage(of: "worker", tag: "1.1.0")
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            let entry = try #require(report.entry("Job staging/migrate"))
            #expect(entry.action == .replace && entry.reason == again)
        }
    }

    // MARK: Ownership

    @Test("Another daemon's object is refused, and both are named")
    func foreignSource() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings")
            monorepo.files["k8s/worker/old.yaml"] = Monorepo.configMap("old")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            let moon = "https://git.example.com/moon.git#main"
            var theirs: Object = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "theirs"]]
            theirs.set(.string(moon), at: "metadata", "annotations", SourceMark.key)
            try await harness.change("POST", "/api/v1/namespaces/staging/configmaps", theirs)
            for name in ["old", "settings"] {
                try await harness.change(
                    "PATCH", Place.configMap(name), ["metadata": ["annotations": [SourceMark.key: .string(moon)]]])
            }
            monorepo.files["k8s/worker/old.yaml"] = nil
            monorepo.files["k8s/worker/theirs.yaml"] = Monorepo.configMap("theirs")
            try harness.merge(monorepo.files, branch: "feature")
            let planet = "https://git.example.com/planet.git#main"
            let report = try await PlanFixture(harness).plan(revision: "feature", source: planet)
            let entry = try #require(report.entry("ConfigMap staging/theirs"))
            #expect(entry.action == .refused && entry.code == "OwnedByOtherSource")
            #expect(entry.reason.contains(moon) && entry.reason.contains(planet))
            #expect(report.entry("ConfigMap staging/settings")?.action == .refused, "though it was ours")
            #expect(report.entry("ConfigMap staging/old")?.action == .leftAlone, "as a prune leaves it")
            #expect(target(report)?.notes.contains { $0.contains("nothing of it is applied") } == true)
        }
    }

    @Test("Whose repository it is makes no difference by itself, on what is ours")
    func sourceMark() throws {
        let preparation = PlanPreparation(scaled: [])
        var object: Object = ["apiVersion": "v1", "kind": "ConfigMap"]
        object.set("settings", at: "metadata", "name")
        object.set("staging", at: "metadata", "namespace")
        var live = object
        object.set("new#main", at: "metadata", "annotations", SourceMark.key)
        let manifest = Manifest(object: object, origin: Origin(file: "a.yaml"))
        #expect(preparation.prepared(manifest, over: live).object.annotations[SourceMark.key] == "new#main")
        live.set(
            .string(OwnerLabel.value(target: Self.worker, id: live.objectID)), at: "metadata", "labels", OwnerLabel.key)
        #expect(preparation.prepared(manifest, over: live).object.annotations[SourceMark.key] == nil)
        live.set("old#main", at: "metadata", "annotations", SourceMark.key)
        #expect(preparation.prepared(manifest, over: live).object.annotations[SourceMark.key] == "old#main")
    }

    /// The worker as `kubectl apply` makes it, and something besides.
    private func applyByKubectl(_ harness: DaemonHarness, _ monorepo: Monorepo) async throws {
        let text = try #require(monorepo.files["k8s/worker/deployment.yaml"])
        var worker = try #require(try ManifestReader.manifests(Array(text.utf8), file: "a.yaml").first).object
        worker.set("{}", at: "metadata", "annotations", SentForm.lastApplied)
        worker.set("old", at: "metadata", "labels", "left")
        worker.set(3, at: "spec", "minReadySeconds")
        try await harness.change(
            "POST", "/apis/apps/v1/namespaces/staging/deployments?fieldManager=kubectl-client-side-apply", worker)
    }

    @Test("What kubectl applied is planned as it is taken over: what git does not have goes, and the rest stays")
    func takeOver() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await applyByKubectl(harness, monorepo)
            monorepo.setImage(of: "worker", tag: "1.1.0")
            try harness.merge(monorepo.files, branch: "feature")
            try harness.merge(["mainstay.yaml": Monorepo.pipeline([Monorepo.nats]), "k8s/nats.yaml": Monorepo.nats()])
            try await harness.wait(for: "nats", "is there") { $0.phase == .succeeded }
            let fixture = PlanFixture(harness)
            let report = try await fixture.plan(application: "worker", revision: "feature")
            let entry = try #require(report.entry("Deployment staging/worker"))
            #expect(entry.action == .configure)
            #expect(entry.reason == "takes over the fields that kubectl-client-side-apply holds")
            #expect(
                Set(entry.differences.map(\.path)) == [
                    ".metadata.labels.left", #".metadata.labels["mainstay.dev/owner"]"#,
                    #".metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]"#,
                    ".spec.minReadySeconds", #".spec.template.spec.containers[name="worker"].image"#,
                ])
            #expect(fixture.transport.writes.isEmpty)

            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            let live = try #require(try await harness.live(Place.deployment("worker")))
            var planned = try #require(entry.after)
            var actual = live.withoutServerFields
            // The controller's own.
            for key in ["deployment.kubernetes.io/revision"] {
                planned.set(nil, at: "metadata", "annotations", key)
                actual.set(nil, at: "metadata", "annotations", key)
            }
            #expect(ObjectComparison.differences(from: planned, to: actual).map(\.pathText) == [])
        }
    }

    @Test("A field that drift's rules leave to others is no difference, and shows in none")
    func ignoredDrift() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let rules = #"drift: [{fields: [".spec.replicas", ".data.level"], action: ignore}]"#
            let worker = Monorepo.worker.dropLast() + ", \(rules)}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.api, String(worker)])
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("settings", "level: info, size: big")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            try await harness.change(
                "PATCH", Place.deployment("worker") + "?fieldManager=scaler", ["spec": ["replicas": 3]])
            try await harness.change(
                "PATCH", Place.configMap("settings") + "?fieldManager=kubectl-edit", ["data": ["level": .null]])
            try await harness.wait(for: "the changes are seen") {
                let board = await harness.life.reconciler.context.drift
                return ["Deployment", "ConfigMap"].allSatisfy { kind in
                    let group = kind == "Deployment" ? "apps" : ""
                    let name = kind == "Deployment" ? "worker" : "settings"
                    return !board.differences(
                        of: ObjectID(group: group, kind: kind, namespace: "staging", name: name)
                    ).isEmpty
                }
            }
            #expect(try await PlanFixture(harness).plan().changes == [])
            monorepo.setImage(of: "worker", tag: "1.1.0")
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            #expect(report.changes == ["configure Deployment staging/worker"])
            #expect(
                report.entry("Deployment staging/worker")?.differences.map(\.path) == [
                    #".spec.template.spec.containers[name="worker"].image"#
                ])

            // Without the daemon the conflict says the same of a field that another manager holds.
            let repository = try TemporaryRepository()
            for (name, text) in monorepo.files.sorted(by: { $0.key < $1.key }) { try repository.write(text, to: name) }
            try repository.commit("all")
            let direct = try await PlanFixture(harness).plan(of: repository.path, application: "worker")
            let entry = try #require(direct.entry("Deployment staging/worker"))
            #expect(entry.differences.map(\.path) == [#".spec.template.spec.containers[name="worker"].image"#])
            #expect(entry.reason == "leaves to others .spec.replicas (scaler)")
            #expect(direct.notes.count == 1 && direct.notes.first?.contains("--socket") == true)
        }
    }

    @Test("What a rollout would wait for is told: a Secret that is neither in git nor in the cluster")
    func missingSecret() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.files["k8s/worker/deployment.yaml"] = Monorepo.deployment(
                "worker", image: "example.com/worker:1.1.0",
                environment: ["{name: PW, valueFrom: {secretKeyRef: {name: login, key: pw}}}"])
            try harness.merge(monorepo.files, branch: "feature")
            let note = try #require(target(try await PlanFixture(harness).plan(revision: "feature"))?.notes.first)
            #expect(
                note.contains("before the Secret staging/login is there") && note.contains("Deployment staging/worker"))
            // One that is made of something in git is waited for by way of that.
            var made = monorepo.files
            made["k8s/worker/made.yaml"] =
                "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: login}\nspec: {}\n"
            try harness.merge(made, branch: "made")
            let notes = target(try await PlanFixture(harness).plan(revision: "made"))?.notes
            #expect(notes?.contains { $0.contains("before the Secret") } == false, "\(notes ?? [])")
            try await harness.createSecret("login")
            #expect(target(try await PlanFixture(harness).plan(revision: "feature"))?.notes == [])
        }
    }

    // MARK: Mistakes

    @Test("A mistake that a rollout finds beforehand is refused with its place, and says what was meant")
    func invalid() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), Self.all)
            monorepo.files["k8s/worker/deployment.yaml"]?.replace("  replicas: 1", with: "  replica: 2")
            monorepo.files["k8s/worker/new.yaml"] =
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\ndta: {level: info}\n"
            try harness.merge(monorepo.files, branch: "feature")
            let report = try await PlanFixture(harness).plan(revision: "feature")
            let deployment = try #require(report.entry("Deployment staging/worker"))
            #expect(deployment.action == .refused && deployment.code == "ManifestInvalid")
            #expect(deployment.reason == #"spec.replica: there is no such field; did you mean "replicas"?"#)
            #expect(deployment.origin == "k8s/worker/deployment.yaml:1")
            #expect(
                report.entry("ConfigMap staging/new")?.reason
                    == #"dta: there is no such field; did you mean "data"?"#)
            #expect(
                target(report)?.notes == [
                    "nothing of it is applied as long as Deployment staging/worker and 1 more is refused"
                ])
            #expect(report.outcome == .failed)
        }
    }
}
