// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler
internal import TestSupport
internal import Testing

@testable internal import Mainstay

@Suite("Validation of a repository, without a cluster")
struct ValidationTests {
    private static let pipeline = """
        apiVersion: mainstay.dev/v1
        kind: Pipeline
        environments:
        - {name: staging, namespace: staging}
        - {name: production, namespace: production}
        applications:
        - name: api
          environments: [staging, production]
          path: k8s/api
          images: [{name: example.com/api, tag: lastCommit, from: apps/api}]
          verify: [{http: {service: api, port: http, path: /health}}]

        """

    private static let files = [
        "mainstay.yaml": pipeline,
        "apps/api/main.py": "print('api')\n",
        "k8s/api/service.yaml": Monorepo.service("api"),
        "k8s/api/deployment.yaml": Monorepo.deployment("api", image: "example.com/api", environment: []),
    ]

    private func output(
        _ changes: [String: String?] = [:], daemon: ConfigurationReview? = nil, zones: TimeZones = .utcOnly
    ) async throws -> ValidationOutput {
        let directory = try TemporaryDirectory()
        var files = Self.files
        for (path, text) in changes { files[path] = text }
        for (path, text) in files.sorted(by: { $0.key < $1.key }) { try directory.write(text, to: path) }
        return ValidationOutput(
            report: try await Validation(configuration: daemon, timeZones: zones).report(
                on: PipelineFolder(directory.path)))
    }

    /// The lines but for the summary.
    private func lines(
        _ changes: [String: String?], daemon: ConfigurationReview? = nil, zones: TimeZones = .utcOnly
    ) async throws -> [String] {
        try await output(changes, daemon: daemon, zones: zones).text.split(separator: "\n").dropLast().map(String.init)
    }

    private func replaced(_ file: String, _ old: String, _ new: String) throws -> [String: String?] {
        let text = try #require(Self.files[file])
        let changed = text.replacing(old, with: new)
        try #require(changed != text, "\(old) is not in \(file)")
        return [file: changed]
    }

    @Test("A placeholder for a tag is warned of, unless an entry under images replaces it")
    func placeholders() async throws {
        func warnings(_ image: String) async throws -> [String] {
            try await lines([
                "k8s/api/deployment.yaml": Monorepo.deployment("api", image: image, environment: [])
            ]).filter { $0.contains("has a placeholder for a tag") }
        }
        #expect(try await warnings("example.com/api:IMAGE_TAG") == [])
        #expect(try await warnings("example.com/web:IMAGE_TAG").count == 1)
        let scripted = try await warnings("example.com/api:$TAG")
        #expect(scripted.count == 1 && scripted.allSatisfy { $0.contains("write the placeholder without its $") })
    }

    @Test("A dependency on an object that no manifest has is told with its place; on a hook, by its name, it is none")
    func dependsOn() async throws {
        func job(_ name: String, _ dependency: String) -> String {
            """
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: \(name)
              annotations:
                mainstay.dev/hook: before
                mainstay.dev/hook-deadline: 5m
                config.kubernetes.io/depends-on: batch/namespaces/staging/Job/\(dependency)
            spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "example.com/a:1"}]}}}

            """
        }
        let pipeline = Self.pipeline.replacing("environments: [staging, production]", with: "environments: [staging]")
        let found = try await lines([
            "mainstay.yaml": pipeline, "k8s/api/migrate.yaml": job("migrate", "seed"),
            "k8s/api/seed.yaml": job("seed", "backup"),
        ]).filter { $0.contains("depends-on") }
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("k8s/api/seed.yaml:1: warning: ") == true, "\(found)")
        #expect(
            found.first?.contains(
                "does not wait for Job staging/backup (annotation: config.kubernetes.io/depends-on): it is in no manifest"
            )
                == true)
    }

    @Test("A sound repository has nothing to say, and needs no history")
    func sound() async throws {
        #expect(try await output().text == "1 application in 2 environments, 4 objects: no errors\n")
    }

    @Test(
        "In two clusters, objects of one name are two; a cluster has to be one that the daemon has, where that is known"
    )
    func clusters() async throws {
        let one = Self.pipeline.replacing("namespace: production}", with: "namespace: staging}")
        #expect(try await output(["mainstay.yaml": one]).text.contains("belongs to both api in staging and"))
        let two = one.replacing("{name: production,", with: "{name: production, cluster: east,")
        #expect(try await output(["mainstay.yaml": two]).text.hasSuffix("4 objects: no errors\n"))
        let east = ConfigurationReview(clusters: ["east"])
        #expect(try await output(["mainstay.yaml": two], daemon: east).text.hasSuffix("4 objects: no errors\n"))
        for (names, has) in [([], "its default one only"), (["north", "west"], "north, west")] {
            let text = try await output(["mainstay.yaml": two], daemon: ConfigurationReview(clusters: names)).text
            #expect(
                text.contains(
                    "error: environments[1].cluster: the daemon's configuration has no cluster east (it has \(has)): add it there"
                ), "\(text)")
        }
    }

    @Test("Who depends on what is in another cluster does not wait for it, and is told so")
    func dependencyAcross() async throws {
        let pipeline =
            Self.pipeline.replacing("{name: production,", with: "{name: production, cluster: east,")
            .replacing("  path: k8s/api\n", with: "  path: k8s/api\n  dependsOn: [db]\n")
            + "- {name: db, environments: [production], path: k8s/db.yaml}\n"
        let text = try await output([
            "mainstay.yaml": pipeline, "k8s/db.yaml": Monorepo.configMap("db"),
        ]).text
        #expect(
            text.contains(
                "warning: applications[0].dependsOn[0]: api in staging depends on db in production: it is in another cluster, "
                    + "which only gates wait for"
            ),
            "\(text)")
        #expect(!text.contains("api in production depends on"))
    }

    @Test("Every mistake of the pipeline is told with its place; the manifests wait for it")
    func pipelineMistakes() async throws {
        let text = try await output([
            "mainstay.yaml": Self.pipeline.replacing("[staging, production]", with: "[stagin]").replacing(
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

    @Test("Without a pipeline there is nothing to check, and init is named")
    func missing() async throws {
        await #expect {
            _ = try await lines(["mainstay.yaml": nil])
        } throws: { "\($0)".contains("mainstay init") }
    }

    @Test("What a manifest has wrong is told once for all environments, at its line")
    func schema() async throws {
        #expect(
            try await lines(replaced("k8s/api/deployment.yaml", "    image:", "    imagee:")) == [
                "k8s/api/deployment.yaml:12:9: error: Deployment staging/api and 1 more: "
                    + "spec.template.spec.containers[0].imagee: there is no such field; did you mean \"image\"?",
                "mainstay.yaml:10:13: warning: applications[0].images[0].name: no container of api has the image "
                    + "example.com/api",
            ])
    }

    @Test("Values that only a server knows to be wrong are found too")
    func values() async throws {
        #expect(
            try await lines(replaced("k8s/api/service.yaml", "port: 80,", "port: 80000,")) == [
                "k8s/api/service.yaml:4:51: error: Service staging/api and 1 more: spec.ports[0].port: Invalid value: 80000: "
                    + "must be between 1 and 65535, inclusive"
            ])
        let selector = try await lines(replaced("k8s/api/deployment.yaml", "labels: {app: api}", "labels: {app: apy}"))
        #expect(
            selector.contains {
                $0.contains("spec.template.metadata.labels: Invalid value") && $0.contains("`selector` does not match")
            })
        #expect(selector.contains { $0.contains("selects the pods of no workload in staging") })
    }

    @Test("A Secret's own words are in no message")
    func secrets() async throws {
        let secret =
            "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ntype: kubernetes.io/tls\nstringData: {pw: hunter2}\n"
        let text = try await output(["k8s/api/secret.yaml": secret]).text
        #expect(text.contains("k8s/api/secret.yaml:1:1: error: Secret staging/db and 1 more: "))
        #expect(!text.contains("hunter2") && !text.contains("aHVudGVyMg"))
    }

    @Test(
        "A kind of the repository's own is checked against its definition, wherever that is; an unknown one is noted once"
    )
    func definitions() async throws {
        let definition = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: things.example.com}
            spec:
              group: example.com
              names: {plural: things, kind: Thing}
              scope: Namespaced
              versions:
              - name: v1
                served: true
                storage: true
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec:
                        type: object
                        required: [size, colour]
                        properties:
                          size: {type: integer, maximum: 3}
                          colour: {type: string, default: red}

            """
        let thing = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec:\n"
        #expect(
            try await lines(["k8s/api/thing.yaml": "\(thing)  sise: 1\n", "crds/things.yaml": definition]) == [
                "k8s/api/thing.yaml:4:1: error: Thing staging/a and 1 more: spec.size: is missing",
                "k8s/api/thing.yaml:5:3: error: Thing staging/a and 1 more: spec.sise: there is no such field; did you mean "
                    + "\"size\"?",
            ])
        let tooLarge = try await lines(["k8s/api/thing.yaml": "\(thing)  size: 4\n", "crds/things.yaml": definition])
        #expect(tooLarge.count == 1)
        #expect(
            tooLarge.first?.hasPrefix("k8s/api/thing.yaml:5:3: error: Thing staging/a and 1 more: spec.size: ") == true)
        #expect(try await lines(["k8s/api/thing.yaml": "\(thing)  size: 3\n", "crds/things.yaml": definition]) == [])
        let unknown = try await lines(["k8s/api/thing.yaml": "\(thing)  size: 9\n"])
        #expect(unknown.count == 1)
        #expect(
            unknown.first?.hasPrefix(
                "k8s/api/thing.yaml:1:1: note: Thing staging/a: apiVersion: no CustomResourceDefinition of Thing.example.com"
            )
                == true)
    }

    @Test("A version that Kubernetes dropped is an error that names the one to use")
    func dropped() async throws {
        #expect(
            try await lines(replaced("k8s/api/deployment.yaml", "apps/v1", "extensions/v1beta1")).contains(
                "k8s/api/deployment.yaml:1:1: error: Deployment staging/api and 1 more: apiVersion: Kubernetes 1.36 has no "
                    + "kind Deployment in extensions/v1beta1; apps/v1 has it"))
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
        let found = try await lines(replaced("mainstay.yaml", old, new))
        let message = expected.split(separator: ": ", maxSplits: 1).last ?? ""
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

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

    private static let hooked = pipeline.replacing(
        "environments: [staging, production]", with: "environments: [staging]")

    @Test("A hook of the pipeline that no manifest has is an error at its line, with what is likely meant")
    func missingHook() async throws {
        let found = try await lines([
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
        let found = try await lines(files.merging(["mainstay.yaml": one]) { $1 })
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
        let told = try await lines(files.merging(["mainstay.yaml": both]) { $1 })
        #expect(!told.contains { $0.contains("Job staging/backup") }, "\(told)")
    }

    @Test("One object of two applications is an error at the second, which names the first")
    func doubles() async throws {
        let second = "- {name: web, environments: [staging], path: k8s/api/service.yaml}\n"
        let found = try await lines(["mainstay.yaml": Self.pipeline + second])
        #expect(
            found.contains(
                "k8s/api/service.yaml:1: error: Service staging/api: belongs to both api in staging and web in staging; "
                    + "remove it from one of the two"))
    }

    @Test("Hooks without an end, Jobs that remove themselves, images without a tag and missing Secrets are told of")
    func remarks() async throws {
        let job = """
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: migrate
              annotations: {mainstay.dev/hook: before}
            spec:
              ttlSecondsAfterFinished: 60
              template:
                spec:
                  restartPolicy: Never
                  containers:
                  - name: migrate
                    image: example.com/migrate:latest
                    envFrom: [{secretRef: {name: database}}]

            """
        let found = try await lines(["k8s/api/migrate.yaml": job])
        let place = "k8s/api/migrate.yaml"
        #expect(
            found.contains {
                $0.hasPrefix(
                    "\(place):5:3: warning: Job staging/migrate and 1 more: metadata.annotations: a hook (before) without a deadline"
                )
            })
        #expect(
            found.contains {
                $0.hasPrefix("\(place):7:3: warning: Job staging/migrate and 1 more: spec.ttlSecondsAfterFinished: ")
            })
        #expect(found.contains { $0.hasPrefix("\(place):13:9: warning: ") && $0.contains("is of the tag latest") })
        #expect(
            found.contains {
                $0.contains("note: Job staging/migrate:") && $0.contains("needs the Secret staging/database (envFrom)")
            })
        let deadline = job.replacing("hook: before", with: "hook: before, mainstay.dev/hook-deadline: 5m")
        #expect(try await !lines([place: deadline]).contains { $0.contains("without a deadline") })
    }

    @Test("A dependency that would close a circle is noted where it is left out")
    func circle() async throws {
        let there = "{name: WEB, value: \"http://web:80\"}"
        let back = "{name: API, value: \"http://api:80\"}"
        let found = try await lines([
            "k8s/api/deployment.yaml": Monorepo.deployment("api", image: "example.com/api", environment: [there]),
            "k8s/api/web.yaml": Monorepo.deployment("web", image: "example.com/web:1", environment: [back]),
            "k8s/api/web-service.yaml": Monorepo.service("web"),
        ])
        #expect(found.count == 1 || found.count == 2, "\(found)")
        #expect(found.allSatisfy { $0.contains(": note: Deployment ") && $0.contains("does not wait for ") })
    }

    @Test("What the daemon does not allow is an error, where its configuration is given")
    func allowed() async throws {
        let found = try await lines([:], daemon: ConfigurationReview(allow: AllowRules(namespaces: ["staging"])))
        #expect(found.count == 2)
        #expect(
            found.allSatisfy {
                $0.contains("error: ")
                    && $0.hasSuffix(
                        "the namespace production is not among allow.namespaces of this daemon's configuration")
            }, "the place stands at the beginning alone: \(found)")
    }

    @Test("People, receivers and hosts that the daemon's configuration does not have are errors")
    func configuration() async throws {
        let pipeline = Self.pipeline.replacing(
            "namespace: production}", with: "namespace: production, approvals: {count: 2, groups: [leadz]}}"
        ).replacing(
            "path: /health}}]",
            with: "path: /health}}, {prometheus: {url: \"https://metrics.example.org\", query: up, atLeast: 1}}]"
        ).replacing("applications:", with: "notifications: [{receivers: [nobody]}]\napplications:")
        let ada = People.Person(name: "ada", groups: ["leads"])
        var daemon = ConfigurationReview(
            allow: AllowRules(checks: ["*.example.com"]), people: People([ada]), receivers: ["noboddy"])
        let found = try await lines(["mainstay.yaml": pipeline], daemon: daemon)
        #expect(
            found == [
                "mainstay.yaml:5:76: error: environments[1].approvals.groups[0]: nobody among `people` of the configuration is "
                    + "in the group \"leadz\"; did you mean \"leads\"?",
                "mainstay.yaml:6:30: error: notifications[0].receivers[0]: the configuration has no receiver \"nobody\" under "
                    + "`notifications`; did you mean \"noboddy\"?",
                "mainstay.yaml:12:77: error: applications[0].verify[1].prometheus.url: asks metrics.example.org, which is not "
                    + "among allow.checks of the configuration: nothing is rolled out until it is",
            ])
        let few = pipeline.replacing("leadz", with: "leads")
        daemon = ConfigurationReview(
            allow: AllowRules(checks: ["metrics.example.org"]), people: People([ada]), receivers: ["nobody"])
        let asked = try await lines(["mainstay.yaml": few], daemon: daemon)
        #expect(asked.count == 1 && asked[0].contains("asks for 2 of leads, and the configuration names 1"), "\(asked)")
        let named = Self.pipeline.replacing(
            "path: /health}}]",
            with: "path: /health}}, {http: {url: \"https://api.example.com/\", send: {Host: admin.example.org}}}]")
        daemon = ConfigurationReview(allow: AllowRules(checks: ["*.example.com"]))
        let other = try await lines(["mainstay.yaml": named], daemon: daemon)
        #expect(
            other.count == 1 && other[0].contains("verify[1].http.send.Host: asks admin.example.org, which"), "\(other)"
        )
        let grace = People.Person(name: "grace", groups: ["leads"])
        daemon = ConfigurationReview(
            allow: AllowRules(checks: ["metrics.example.org"]), people: People([ada, grace]), receivers: ["nobody"])
        #expect(try await lines(["mainstay.yaml": few], daemon: daemon) == [])
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
            let line = Self.pipeline.replacing(
                "namespace: production}", with: "namespace: production, windows: [\n  \(window)]}")
            let found = try await lines(["mainstay.yaml": line], zones: zones)
            #expect(found.contains { $0.contains(".windows[0].\(what)") && $0.contains(":\(column):") }, "\(found)")
        }
    }

    @Test("A time zone that is none is told beside a schedule for which the pipeline cannot be read")
    func timeZone() async throws {
        let window = "{kind: allow, schedule: \"0 9 * *\", duration: 8h, timeZone: Europe/Berln}"
        let pipeline = Self.pipeline.replacing(
            "namespace: production}", with: "namespace: production, windows: [\(window)]}")
        let zones = TimeZones { $0 == "Europe/Berlin" ? TimeZoneFile(footer: "CET-1").bytes : nil }
        let found = try await lines(["mainstay.yaml": pipeline], zones: zones)
        #expect(found.count == 2 && found[0].contains("environments[1].windows[0].schedule"), "\(found)")
        #expect(
            found.last?.hasSuffix("environments[1].windows[0].timeZone: there is no time zone \"Europe/Berln\"")
                == true,
            "\(found)")
        #expect(try await lines(["mainstay.yaml": pipeline]).count == 1, "a machine without zones misses none")
    }

    @Test("Annotations for GitHub escape what would end them, and JSON holds the same")
    func formats() {
        let problem = ValidationProblem(
            severity: .note, file: "a,b:c.yaml", line: 3, column: 1, subjects: ["X y"], message: "100% \u{1B}[31m\nsure"
        )
        let output = ValidationOutput(report: Validation.Report(problems: [problem], applications: 1))
        #expect(
            output.github.hasPrefix("::notice file=a%2Cb%3Ac.yaml,line=3,col=1::X y: 100%25  [31m sure\n"))
        #expect(output.json.contains("\"subjects\": [\n        \"X y\"\n      ]"))
        #expect(!output.json.contains("\u{1B}"))
    }

    @Test("What is said is bounded, and the rest is counted")
    func bounded() {
        let problems = (1...600).map { ValidationProblem(severity: .error, file: "a", line: $0, message: "wrong") }
        let lines = ValidationOutput(report: Validation.Report(problems: problems, applications: 1)).text
            .split(separator: "\n")
        #expect(lines.count == 502)
        #expect(lines[500] == "and 100 more")
    }

    @Test(
        "Paths of fields are read as this program and as servers write them",
        arguments: [
            ("spec.containers[0].env", [FieldLocator.Step.key("spec"), .key("containers"), .index(0), .key("env")]),
            (".spec.x", [.key("spec"), .key("x")]),
            ("metadata.annotations[\"a.b/c\"]", [.key("metadata"), .key("annotations"), .key("a.b/c")]),
            ("data[a.b]", [.key("data"), .key("a.b")]), ("", []), ("a[", [.key("a")]),
        ])
    func steps(field: String, expected: [FieldLocator.Step]) {
        #expect(FieldLocator.steps(of: field) == expected)
    }
}
