// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import TestSupport
internal import Testing

@testable internal import Mainstay

@Suite("What validation finds in a pipeline")
struct PipelineValidationTests {
    @Test("Every mistake of the pipeline is told with its place; the manifests wait for it")
    func pipelineMistakes() async throws {
        let text = try await ValidatedFolder.output([
            "mainstay.yaml": ValidatedFolder.pipeline.replacing("[staging, production]", with: "[stagin]").replacing(
                "path: k8s/api", with: "paht: k8s/api")
        ]).text
        #expect(
            text == """
                mainstay.yaml:7:3: error: applications[0]: "path" is missing
                mainstay.yaml:8:18: error: applications[0].environments[0]: there is no environment "stagin"; did you mean "staging"?
                mainstay.yaml:9:3: error: applications[0]: unknown field "paht"; did you mean "path"?
                3 errors; the manifests are looked at once the pipeline can be read

                """)
    }

    @Test(
        "What the pipeline asks for is held against what is there",
        arguments: [
            (
                "service: api", "service: apy",
                "10:20: warning: applications[0].verify[0].http.service: no manifest has a Service staging/apy: "
                    + "unless something else makes it, every rollout in staging waits for it, with nothing applied"
            ),
            (
                "port: http", "port: grpc",
                "11:34: error: applications[0].verify[0].http.port: the Service staging/api has no port grpc; it has 80, http"
            ),
            (
                "from: apps/api", "from: apps/apis",
                "10:55: error: applications[0].images[0].from: apps/apis is not in the repository"
            ),
            (
                "name: example.com/api", "name: example.com/apis",
                "10:13: warning: applications[0].images[0].name: no container of api has the image example.com/apis; did you "
                    + "mean \"example.com/api\"?"
            ),
            (
                "path: k8s/api", "path: k8s/apis",
                "9:3: error: applications[0].path: api in staging: k8s/apis is not in the repository; did you mean \"api\"?"
            ),
            (
                "- {name: production, namespace: production}",
                "- {name: production, namespace: production, approvals: {count: 1}}",
                "5:45: warning: environments[1].approvals: names no groups"
            ),
        ])
    func policy(old: String, new: String, expected: String) async throws {
        let found = try await ValidatedFolder.lines(ValidatedFolder.replaced("mainstay.yaml", old, new))
        let message = expected.split(separator: ": ", maxSplits: 1).last ?? ""
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    private static let hooked = ValidatedFolder.pipeline.replacing(
        "environments: [staging, production]", with: "environments: [staging]")

    private static func job(_ name: String, _ annotations: String = "") -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: \(name), namespace: staging, annotations: {\(annotations)}}
        spec:
          activeDeadlineSeconds: 60
          template: {spec: {restartPolicy: Never, containers: [{name: a, image: "example.com/a:1"}]}}

        """
    }

    @Test("A hook of the pipeline that no manifest has is an error at its line, with what is likely meant")
    func missingHook() async throws {
        let found = try await ValidatedFolder.lines([
            "mainstay.yaml": Self.hooked + "  hooks: {before: [backup, migrate]}\n",
            "k8s/api/migrate.yaml": Self.job("migrate"), "k8s/api/backups.yaml": Self.job("backups"),
        ])
        #expect(
            found.contains(
                "mainstay.yaml:12:20: error: api in staging: applications[0].hooks.before[0]: no manifest is a Job or Pod named "
                    + "\"backup\"; did you mean \"backups\"?"), "\(found)")
    }

    @Test("A hook of the pipeline with annotations of its own is noted, and so is a migration that is no hook")
    func noted() async throws {
        let files = [
            "k8s/api/migrate.yaml": Self.job("migrate", "argocd.argoproj.io/hook: PostSync"),
            "k8s/api/backup.yaml": Self.job("backup"),
        ]
        let one = Self.hooked + "  hooks: {before: [migrate]}\n"
        let found = try await ValidatedFolder.lines(files.merging(["mainstay.yaml": one]) { $1 })
        #expect(
            found.contains {
                $0.hasPrefix("k8s/api/migrate.yaml:3:") && $0.contains("note: Job staging/migrate: ")
                    && $0.hasSuffix(
                        "say that it is a hook (PostSync); what the pipeline says counts: applications[0].hooks.before[0], before"
                    )
            }, "\(found)")
        #expect(
            found.contains { $0.contains("note: Job staging/backup: ") && $0.contains("hooks: {before: [backup]}") })
        let both = Self.hooked + "  hooks: {before: [backup, migrate]}\n"
        let told = try await ValidatedFolder.lines(files.merging(["mainstay.yaml": both]) { $1 })
        #expect(!told.contains { $0.contains("Job staging/backup") }, "\(told)")
    }

    @Test("What is wrong with a window is told at its key")
    func window() async throws {
        let zones = TimeZones { $0 == "Europe/Berlin" ? TimeZoneFile(footer: "CET-1").bytes : nil }
        for (window, column, what) in [
            ("{kind: allow, schedule: \"0 9 30 2 *\", duration: 8h}", 17, "schedule: never opens"),
            (
                "{kind: allow, schedule: \"0 9 * * *\", duration: 8h, timeZone: Europe/Berln}", 54,
                "timeZone: there is no"
            ),
        ] {
            let line = ValidatedFolder.pipeline.replacing(
                "namespace: production}", with: "namespace: production, windows: [\n  \(window)]}")
            let found = try await ValidatedFolder.lines(["mainstay.yaml": line], zones: zones)
            #expect(found.contains { $0.contains(".windows[0].\(what)") && $0.contains(":\(column):") }, "\(found)")
        }
    }

    @Test("A time zone that is none is told beside a schedule for which the pipeline cannot be read")
    func timeZone() async throws {
        let window = "{kind: allow, schedule: \"0 9 * *\", duration: 8h, timeZone: Europe/Berln}"
        let pipeline = ValidatedFolder.pipeline.replacing(
            "namespace: production}", with: "namespace: production, windows: [\(window)]}")
        let zones = TimeZones { $0 == "Europe/Berlin" ? TimeZoneFile(footer: "CET-1").bytes : nil }
        let found = try await ValidatedFolder.lines(["mainstay.yaml": pipeline], zones: zones)
        #expect(found.count == 2 && found[0].contains("environments[1].windows[0].schedule"), "\(found)")
        #expect(
            found.last?.hasSuffix("environments[1].windows[0].timeZone: there is no time zone \"Europe/Berln\"")
                == true,
            "\(found)")
        #expect(
            try await ValidatedFolder.lines(["mainstay.yaml": pipeline]).count == 1,
            "a machine without zones misses none")
    }
}
