// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("The pipeline file")
struct PipelineTests {
    private let example = """
        apiVersion: mainstay.dev/v1
        kind: Pipeline
        environments:
        - {name: infrastructure, namespace: infrastructure}
        - {name: staging, namespace: staging, branch: main, deploy: automatic}
        - name: production
          namespace: production
          deploy: confirm
          confirmPhrase: deploy-to-production
          requires: [{environment: staging, healthyFor: 24h}]
          approvals: {count: 1, groups: [leads]}
          windows: [{kind: allow, schedule: "0 9 * * 1-5", duration: 8h, timeZone: Europe/Berlin}]
          cluster: production
        applications:
        - {name: nats, environments: [infrastructure], path: k8s/infrastructure/nats-deployment.yaml}
        - name: api
          environments: [staging, production]
          path: k8s/api/{environment}-deployment.yaml
          images:
          - {name: registry.example.com/api, tag: lastCommit, from: apps/api, wait: 5m}
          - {name: registry.example.com:5000/sidecar, newName: mirror.example.com/sidecar, tag: "1.10"}
          - {name: tools, tag: revision}
          dependsOn: [nats]
          verify: [{http: {service: api, port: 80, path: /health, expect: 204, within: 90s}}]
          timeout: 5m
          grace: 0s
          rollback: manual
          prune: manual
          drift:
          - {kinds: [Deployment.apps], fields: [".spec.replicas"], managers: ["keda*"], action: ignore}
          - {action: report}

        """

    private func problems(_ text: String) -> [String] {
        do throws(PipelineErrors) {
            return ["accepted: \(try Pipeline.parse(Array(text.utf8)))"]
        } catch {
            return error.problems.map(\.description)
        }
    }

    private func problems(environments: String = "[]", applications: String = "[]") -> [String] {
        problems(
            "{apiVersion: mainstay.dev/v1, kind: Pipeline}".dropLast() + ",\nenvironments: \(environments),\n"
                + "applications: \(applications)}")
    }

    @Test("an environment says how long its past is kept, and not less than a day")
    func history() throws {
        let text = """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments:
            - {name: development, namespace: development, history: 30d}
            - {name: production, namespace: production}
            applications: []
            """
        #expect(try Pipeline.parse(Array(text.utf8)).environments.map(\.history) == [.seconds(30 * 86_400), nil])
        let short = problems(environments: "[{name: a, namespace: a, history: 23h}]")
        #expect(short.count == 1)
        #expect(short.first?.contains("at least 24h") == true && short.first?.contains("history") == true)
        for wrong in ["[30d]", "soon", "{days: 30}", "30"] {
            let problems = problems(environments: "[{name: a, namespace: a, history: \(wrong)}]")
            #expect(problems.count == 1, "\(problems)")
        }
    }

    @Test("what is done about conflicts is a word, or rules")
    func conflicts() throws {
        func read(_ text: String) throws -> ConflictPolicy? {
            let file = """
                {apiVersion: mainstay.dev/v1, kind: Pipeline, environments: [{name: e, namespace: e}],
                applications: [{name: a, environments: [e], path: a\(text)}]}
                """
            return try Pipeline.parse(Array(file.utf8)).applications.first?.conflicts
        }
        #expect(try read("") == ConflictPolicy())
        #expect(try read(", conflicts: force") == ConflictPolicy(action: .force))
        let rules = try read(
            ", conflicts: {default: force, takeOver: [helm], rules: [{kind: Deployment, name: api, "
                + "field: 'spec.template.spec.containers[name=api].image', manager: ci, then: ignore}]}")
        #expect(
            rules
                == ConflictPolicy(
                    action: .force,
                    rules: [
                        .init(
                            .ignore, kind: "Deployment", name: "api",
                            field: FieldPattern("spec.template.spec.containers[name=api].image"), manager: "ci")
                    ], takeOver: ["helm"]))
        let wrong = problems(
            environments: "[{name: e, namespace: e}]",
            applications: """
                [{name: a, environments: [e], path: a, conflicts: forced},
                 {name: b, environments: [e], path: b, conflicts: {rules: [{then: force}, {field: 'a b', then: ignore}]}}]
                """)
        #expect(wrong.count == 3)
        #expect(wrong.first?.contains("must be report, force or ignore") == true)
    }

    @Test("everything that the file can say is read")
    func reading() throws {
        let pipeline = try Pipeline.parse(Array(example.utf8))
        #expect(pipeline.environments.map(\.name) == ["infrastructure", "staging", "production"])
        #expect(pipeline.environments[1] == Environment(name: "staging", namespace: "staging", branch: "main"))
        let schedule = try #require(CronSchedule("0 9 * * 1-5"))
        #expect(
            pipeline.environment("production")
                == Environment(
                    name: "production", namespace: "production", deploy: .confirm,
                    confirmPhrase: "deploy-to-production",
                    requires: [Environment.Requirement(environment: "staging", healthyFor: .seconds(86_400))],
                    approvals: Environment.Approvals(count: 1, groups: ["leads"]),
                    windows: [
                        Environment.Window(
                            kind: .allow, schedule: schedule, duration: .seconds(28_800), timeZone: "Europe/Berlin")
                    ], cluster: "production"))
        let api = try #require(pipeline.application("api"))
        #expect(api.images.map(\.tag) == [.lastCommit(from: "apps/api"), .literal("1.10"), .revision])
        #expect(api.images.map(\.wait) == [.seconds(300), nil, .seconds(1200)])
        #expect(api.images[1].newName == "mirror.example.com/sidecar")
        #expect(
            api.verify == [
                .init(http: .init(service: "api", port: "80", path: "/health", expect: 204), within: .seconds(90))
            ])
        #expect(api.timeout == .seconds(300) && api.grace == .zero)
        #expect(api.rollback == .manual && api.prune == .manual && api.dependsOn == ["nats"])
        #expect(
            api.drift.rules == [
                DriftRule(
                    kinds: ["Deployment.apps"], fields: [".spec.replicas"], managers: ["keda*"], action: .ignore),
                DriftRule(action: .report),
            ])
        #expect(api.path(for: "staging") == "k8s/api/staging-deployment.yaml")
        #expect(
            pipeline.targets.map(\.description)
                == ["nats in infrastructure", "api in production", "api in staging"])
    }

    @Test("what is left out has its default")
    func defaults() throws {
        let nats = try #require(try Pipeline.parse(Array(example.utf8)).application("nats"))
        #expect(nats.timeout == .seconds(600) && nats.grace == .seconds(60))
        #expect(nats.rollback == .automatic && nats.prune == .automatic && nats.images.isEmpty)
        #expect(nats.path(for: "x") == "k8s/infrastructure/nats-deployment.yaml")
    }

    @Test("a rule about drift is read strictly")
    func driftRules() {
        let found = problems(
            environments: "[{name: s, namespace: s}]",
            applications: "[{name: a, environments: [s], path: p, drift: [{action: mend, kind: [Deployment]}, "
                + "{kinds: [deployment], fields: [spec..x], managers: [\"\"]}]}]")
        #expect(found.count == 6, "\(found)")
        #expect(found.contains { $0.contains("must be heal, report or ignore") })
        #expect(found.contains { $0.contains("unknown field \"kind\"") && $0.contains("kinds") })
        #expect(found.contains { $0.contains("\"action\" is missing") })
        #expect(found.contains { $0.contains("must be a kind such as Deployment") })
        #expect(found.contains { $0.contains("must be a field's path such as .spec.replicas") })
        #expect(found.contains { $0.contains("must be the name of a field manager") })
    }

    @Test("an entry's digest text changes with its meaning, not with its layout")
    func digestText() throws {
        func text(_ entry: String) throws -> String? {
            let header = "apiVersion: mainstay.dev/v1\nkind: Pipeline\nenvironments: [{name: e, namespace: e}]\n"
            return try Pipeline.parse(Array("\(header)applications:\n- \(entry)\n".utf8)).applications.first?
                .entryDigestText
        }
        let flow = try text("{name: a, environments: [e], path: p}")
        #expect(try flow == text("path: p # where\n  environments:\n  - e\n  name: a"))
        #expect(try flow != text("{name: a, environments: [e], path: q}"))
    }

    @Test("every mistake is told at once, with its place")
    func everything() {
        let text = """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments:
            - {name: staging, namespace: Staging, deploy: auto}
            - {name: staging, namespace: s}
            - {name: production, namespace: p, deploy: confirm, requires: [{environment: stagin}]}
            applications:
            - name: api
              enviroments: [staging]
              path: ../k8s
            - {name: web, environments: [stagging], path: "k8s/{env}", dependsOn: [apy], timeout: 0s}
            """
        #expect(
            problems(text) == [
                #"mainstay.yaml:4:30: environments[0].namespace: must be a namespace: lower-case letters, digits and "-" (at most 63), not "Staging""#,
                #"mainstay.yaml:4:47: environments[0].deploy: must be automatic, confirm or manual, not "auto""#,
                #"mainstay.yaml:5:10: environments[1].name: the environment "staging" is already defined on line 4"#,
                #"mainstay.yaml:6:3: environments[2].confirmPhrase: is missing: "deploy: confirm" needs the words to type"#,
                #"mainstay.yaml:6:78: environments[2].requires[0].environment: there is no environment "stagin"; did you mean "staging"?"#,
                #"mainstay.yaml:8:3: applications[0]: "environments" is missing"#,
                #"mainstay.yaml:9:3: applications[0]: unknown field "enviroments"; did you mean "environments"?"#,
                #"mainstay.yaml:10:9: applications[0].path: must be a path within the repository, relative to its root and without ".."; {environment} may stand in it, not "../k8s""#,
                #"mainstay.yaml:11:30: applications[1].environments[0]: there is no environment "stagging"; did you mean "staging"?"#,
                #"mainstay.yaml:11:47: applications[1].path: must be a path within the repository, relative to its root and without ".."; {environment} may stand in it, not "k8s/{env}""#,
                #"mainstay.yaml:11:72: applications[1].dependsOn[0]: there is no application "apy"; did you mean "api"?"#,
                #"mainstay.yaml:11:87: applications[1].timeout: must be a duration above zero such as 30s, 10m or 24h, not "0s""#,
            ])
    }

    @Test("a dependency cycle names its path")
    func cycles() {
        let applications = """
            [{name: a, environments: [e], path: p, dependsOn: [b]},
            {name: b, environments: [e], path: p, dependsOn: [d, c]},
            {name: c, environments: [e], path: p, dependsOn: [a]}, {name: d, environments: [e], path: p, dependsOn: [d]}]
            """
        #expect(
            problems(environments: "[{name: e, namespace: e}]", applications: applications) == [
                #"mainstay.yaml:5:51: applications[2].dependsOn[0]: "a" depends on itself: a → b → c → a"#,
                #"mainstay.yaml:5:106: applications[3].dependsOn[0]: "d" depends on itself: d → d"#,
            ])
        #expect(
            problems(
                environments: "[{name: a, namespace: a, requires: [{environment: b}]}, "
                    + "{name: b, namespace: b, requires: [{environment: a}]}]"
            ).map { $0.split(separator: ": ").last.map(String.init) } == ["a → b → a"])
    }

    @Test("names must fit a label together")
    func lengths() {
        let long = String(repeating: "a", count: 44)
        func check(_ name: String) -> [String] {
            problems(
                environments: "[{name: staging, namespace: s}]",
                applications: "[{name: \(name), environments: [staging], path: p}]")
        }
        #expect(check(String(long.dropFirst())).first?.hasPrefix("accepted") == true)
        #expect(check(long).first?.hasSuffix("are 51 characters together, and labels have room for 50") == true)
    }

    @Test(
        "fields with a form of their own are held to it",
        arguments: [
            ("images: [{name: a, tag: lastCommit}]", "images[0].from: is missing: \"tag: lastCommit\" needs"),
            ("images: [{name: a, tag: lastcommit, from: b}]", "images[0].tag: must be lastCommit, revision, or a tag"),
            ("images: [{name: a, tag: 1.10}]", "images[0].tag: must be lastCommit, revision, or a tag"),
            ("images: [{name: a, tag: \"1\", from: b}]", "images[0].from: has no effect without"),
            ("images: [{name: a}]", "images[0].name: an image needs a \"tag\" or a \"newName\""),
            ("images: [{name: \"a:1\", tag: b}]", "images[0].name: must be an image without tag and digest"),
            ("images: [{name: a, tag: b}, {name: a, tag: c}]", "images[1].name: the image a stands twice"),
            ("verify: [{http: {service: a, port: 0}}]", "verify[0].http.port: must be a port's number or name"),
            ("verify: [{}]", "verify[0]: must have exactly one of http, tcp, job, prometheus (has 0)"),
            ("verify: [{http: {service: a, port: 1, path: x}}]", "verify[0].http.path: must begin with /"),
            ("verify: [{http: {service: a, port: 1, expect: 20}}]", "verify[0].http.expect: must be a status code"),
            ("grace: 60", "grace: must be a duration such as 30s, 10m or 24h, not a number"),
            ("rollback: no", "rollback: must be automatic or manual, not a boolean"),
            ("environments: [e, e]", "environments[1]: \"e\" stands twice"),
            ("environments: []", "environments: must name at least one"),
            ("path: /k8s", "path: must be a path within the repository"),
            ("path: k8s//a", "path: must be a path within the repository"),
            ("namespace: \"\"", "namespace: must be a namespace"),
        ])
    func forms(field: String, message: String) {
        var fields = ["name: a", "environments: [e]", "path: p"]
        fields.removeAll { $0.prefix { $0 != ":" } == field.prefix { $0 != ":" } }
        let entry = (fields + [field]).joined(separator: ", ")
        let found = problems(environments: "[{name: e, namespace: e}]", applications: "[{\(entry)}]")
        #expect(found.count == 1)
        #expect(found.first?.contains(": applications[0].\(message)") == true, "\(found)")
    }

    @Test(
        "environments are held to their form too",
        arguments: [
            ("branch: a..b", "branch: must be the name of a branch"),
            ("branch: refs/heads/a", "branch: must be the name of a branch"),
            ("confirmPhrase: x", "confirmPhrase: has no effect without"),
            ("approvals: {count: 0}", "approvals.count: must be from 1 to 100"),
            (
                "windows: [{kind: allow, schedule: daily, duration: 1h}]",
                "windows[0].schedule: must be a schedule of five"
            ),
            (
                "windows: [{kind: open, schedule: \"* * * * *\", duration: 1h}]",
                "windows[0].kind: must be allow or deny"
            ),
            (
                "windows: [{kind: deny, schedule: \"* * * * *\", duration: 1h, timeZone: berlin}]",
                "windows[0].timeZone: must be the name of a time zone"
            ),
        ])
    func environmentForms(field: String, message: String) {
        let found = problems(environments: "[{name: e, namespace: e, \(field)}]")
        #expect(found.count == 1)
        #expect(found.first?.contains(": environments[0].\(message)") == true, "\(found)")
    }

    @Test("a chain of thousands of dependencies is checked without recursion")
    func longChains() {
        let applications = (0..<3000).map { index in
            let dependency = index == 2999 ? "[]" : "[a\(index + 1)]"
            return "{name: a\(index), environments: [e], path: p, dependsOn: \(dependency)}"
        }
        let found = problems(
            environments: "[{name: e, namespace: e}]", applications: "[\(applications.joined(separator: ",\n"))]")
        #expect(found.first?.hasPrefix("accepted") == true)
    }
}

@Suite("Cron schedules")
struct CronScheduleTests {
    @Test(
        "minutes match as crontab(5) says",
        arguments: [
            ("* * * * *", 0, 0, 1, 1, 0, true), ("0 9 * * 1-5", 0, 9, 3, 6, 1, true),
            ("0 9 * * 1-5", 0, 9, 3, 6, 0, false),
            ("*/15 * * * *", 45, 3, 1, 1, 0, true), ("*/15 * * * *", 46, 3, 1, 1, 0, false),
            ("0 8-18/2 * * *", 0, 10, 1, 1, 0, true), ("0 8-18/2 * * *", 0, 11, 1, 1, 0, false),
            ("0 0 1,15 * *", 0, 0, 15, 2, 3, true), ("0 0 13 * fri", 0, 0, 13, 2, 1, true),
            ("0 0 13 * FRI", 0, 0, 14, 2, 5, true), ("0 0 13 * 5", 0, 0, 14, 2, 4, false),
            ("0 0 * dec 7", 0, 0, 5, 12, 0, true),
        ] as [(String, Int, Int, Int, Int, Int, Bool)])
    func matching(text: String, minute: Int, hour: Int, day: Int, month: Int, weekday: Int, result: Bool) throws {
        let schedule = try #require(CronSchedule(text))
        #expect(
            schedule.matches(minute: minute, hour: hour, day: day, month: month, weekday: weekday) == result)
    }

    @Test(
        "what is no schedule is refused",
        arguments: [
            "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *", "1/5 * * * *", "a * * * *", "1, * * * *", "-1 * * * *", "@daily", "*/99 * * * *",
        ])
    func refusals(text: String) {
        #expect(CronSchedule(text) == nil)
    }
}
