// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import Mainstay

@Suite("Simulations of a revision before it is merged")
struct SimulationTests {
    private static let pipeline = """
        apiVersion: mainstay.dev/v1
        kind: Pipeline
        environments:
        - {name: infrastructure, namespace: infrastructure}
        - {name: staging, namespace: staging}
        applications:
        - {name: nats, environments: [infrastructure], path: k8s/nats.yaml}
        - name: api
          environments: [staging]
          path: k8s/api
          verify: [{http: {service: api, port: 80, path: /health, expect: 204}}]
        - {name: worker, environments: [staging], path: k8s/worker}

        """
    private static let secret = "{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: database, key: url}}}"

    private static func files(api: String = "1.0.0", worker: String = "1.0.0") -> [String: String] {
        [
            "mainstay.yaml": pipeline,
            "k8s/nats.yaml": Monorepo.nats(),
            "k8s/api/service.yaml": Monorepo.service("api"),
            "k8s/api/deployment.yaml": Monorepo.deployment("api", image: "example.com/api:\(api)"),
            "k8s/worker/deployment.yaml": Monorepo.deployment(
                "worker", image: "example.com/worker:\(worker)", environment: [Monorepo.natsAddress, secret]),
        ]
    }

    private struct Played {
        var lines: [String]
        var isWell: Bool

        func has(_ text: String) -> Bool { lines.contains { $0.contains(text) } }
        func index(_ text: String) -> Int? { lines.firstIndex { $0.contains(text) } }
    }

    private func revision(_ files: [String: String]) async throws -> SimulatedRevision {
        let directory = try TemporaryDirectory()
        for (path, text) in files.sorted(by: { $0.key < $1.key }) { try directory.write(text, to: path) }
        return try await .read(PipelineFolder(directory.path), at: nil, title: "new")
    }

    private func play(_ simulation: Simulation) async throws -> Played {
        let lines = Mutex<[String]>([])
        let isWell = try await simulation.run { line in lines.withLock { $0.append(line) } }
        return Played(lines: lines.withLock(\.self), isWell: isWell)
    }

    private func play(
        from earlier: [String: String] = files(), to files: [String: String],
        _ change: (inout Simulation) throws -> Void = { _ in }
    ) async throws -> Played {
        var base = try await revision(earlier)
        base.commit = String(repeating: "a", count: 40)
        base.desired = base.desired.mapValues { answer in
            answer.map { desired in
                var desired = desired
                desired.commit = base.commit
                return desired
            }
        }
        var simulation = Simulation(base: base, next: try await revision(files))
        try change(&simulation)
        return try await play(simulation)
    }

    @Test("A first deployment comes up in order, with what git does not hold made for it, and told")
    func first() async throws {
        let played = try await play(Simulation(base: nil, next: try await revision(Self.files())))
        #expect(played.isWell, "\(played.lines)")
        #expect(played.has("  namespaces infrastructure, staging"))
        #expect(played.has("  Secret staging/database with url"))
        #expect(played.has("ok      nats in infrastructure  rolled out in "))
        let nats = try #require(played.index("nats in infrastructure: succeeded"))
        let api = try #require(played.index("api in staging: succeeded"))
        #expect(nats < api)
    }

    @Test("The same files and seed tell the same story")
    func deterministic() async throws {
        let next = try await revision(Self.files())
        let first = try await play(Simulation(base: nil, next: next, seed: 7))
        #expect(try await play(Simulation(base: nil, next: next, seed: 7)).lines == first.lines)
    }

    @Test("Only what the revision touches is rolled out, and words in its tags mean nothing")
    func touched() async throws {
        let played = try await play(to: Self.files(worker: "2.0.0-crash-fix"))
        #expect(played.isWell, "\(played.lines)")
        #expect(played.has("worker in staging       rolled out in "))
        #expect(played.has("api in staging          not touched"))
        #expect(!played.has("api in staging: applying"))
    }

    @Test(
        "A failure has its cause in the verdict, and is taken back",
        arguments: [
            ("CrashLoopBackOff", "ends with exit code 1"),
            ("ImagePullBackOff", "ImagePullBackOff: container worker cannot pull"),
            ("Unready", "worker"),
        ])
    func failures(how: String, cause: String) async throws {
        let failure = try #require(SimulatedFailure("worker=\(how)"))
        let played = try await play(to: Self.files(worker: "2.0.0")) { $0.failures = [failure] }
        #expect(!played.isWell)
        let verdict = try #require(played.lines.last { $0.contains("FAILED") })
        #expect(verdict.contains("worker in staging"))
        #expect(verdict.contains(cause), "\(verdict)")
        #expect(verdict.hasSuffix("; rolled back to aaaaaaa, which is healthy"))
        #expect(played.has("ok      api in staging"))
    }

    @Test("A check that is answered wrongly takes the rollout back; what was there answers as before")
    func verify() async throws {
        let failure = try #require(SimulatedFailure("api=VerifyFailed"))
        let played = try await play(to: Self.files(api: "2.0.0")) { $0.failures = [failure] }
        let verdict = try #require(played.lines.last { $0.contains("FAILED") })
        #expect(
            verdict.contains(
                "GET /health on port 80 of the Service api did not pass within 1m: status 503, expected 204"))
        #expect(verdict.hasSuffix("; rolled back to aaaaaaa, which is healthy"))
    }

    @Test(
        "A check that is answered wrongly is so in every environment that the revision comes to, whichever is first",
        arguments: [1, 2, 3, 4])
    func verifyEverywhere(seed: UInt64) async throws {
        func files(_ tag: String) -> [String: String] {
            var files = Self.files(api: tag)
            files["mainstay.yaml"]?.replace(
                "- {name: staging, namespace: staging}",
                with: "- {name: staging, namespace: staging}\n- {name: production, namespace: production}")
            files["mainstay.yaml"]?.replace(
                "name: api\n  environments: [staging]", with: "name: api\n  environments: [staging, production]")
            return files
        }
        let failure = try #require(SimulatedFailure("api=VerifyFailed"))
        let played = try await play(from: files("1.0.0"), to: files("2.0.0")) {
            $0.failures = [failure]
            $0.seed = seed
        }
        for environment in ["staging", "production"] {
            let verdict = try #require(
                played.lines.last { $0.contains("api in \(environment)") && $0.contains("FAILED") }, "\(played.lines)")
            #expect(verdict.contains("status 503, expected 204"))
            #expect(verdict.hasSuffix("; rolled back to aaaaaaa, which is healthy"))
        }
    }

    @Test("The checks of what a revision does not touch are answered, also when they are asked for what it needs")
    func verifyUntouched() async throws {
        var earlier = Self.files()
        earlier["mainstay.yaml"]?.replace("path: k8s/api\n", with: "path: k8s/api\n  dependsOn: [nats]\n")
        var files = earlier
        files["k8s/nats.yaml"] = Monorepo.nats(image: "nats:2.11")
        let failure = try #require(SimulatedFailure("api=VerifyFailed"))
        let played = try await play(from: earlier, to: files) { $0.failures = [failure] }
        #expect(played.isWell, "\(played.lines)")
        #expect(played.has("nats in infrastructure  rolled out in "), "\(played.lines)")
        #expect(played.has("api is not touched by it, so that nothing of it fails"))
        #expect(!played.has("a check of it fails"), "\(played.lines)")
    }

    @Test("What the revision does not touch cannot fail, and that is said")
    func untouched() async throws {
        let failure = try #require(SimulatedFailure("worker=Error"))
        let played = try await play(to: Self.files(api: "2.0.0")) { $0.failures = [failure] }
        #expect(played.isWell)
        #expect(played.has("worker is not touched by it, so that nothing of it fails"))
    }

    @Test("A Secret that comes late is waited for by name; one that never comes leaves its rollout waiting")
    func secrets() async throws {
        let next = try await revision(Self.files())
        var simulation = Simulation(base: nil, next: next)
        simulation.missing = [Simulation.Missing(name: "database", after: .seconds(300))]
        let late = try await play(simulation)
        #expect(late.isWell, "\(late.lines)")
        #expect(late.has("waits for the Secret staging/database"))
        #expect(late.has(" 5:00  somebody makes the Secret staging/database"))
        simulation.missing = [Simulation.Missing(name: "staging/database")]
        simulation.limit = .seconds(900)
        let never = try await play(simulation)
        #expect(!never.isWell)
        #expect(
            never.lines.contains {
                $0.hasPrefix("  waits   worker in staging") && $0.contains("Secret staging/database")
            })
        #expect(never.has("ok      api in staging"))
        simulation.missing = [Simulation.Missing(name: "databse")]
        await #expect {
            _ = try await play(simulation)
        } throws: {
            "\($0)".contains("nothing in the manifests refers to it") && "\($0)".contains("Secret staging/database")
        }
    }

    @Test("A Secret that is gone when the revision is merged keeps what runs, and holds back what comes")
    func goneSecret() async throws {
        let played = try await play(to: Self.files(worker: "2.0.0")) {
            $0.missing = [Simulation.Missing(name: "database", after: .seconds(60))]
        }
        #expect(played.isWell, "\(played.lines)")
        #expect(played.has("  3 up after "))
        let blocked = try #require(played.index("worker in staging: blocked: waits for the Secret staging/database"))
        let made = try #require(played.index(" 1:00  somebody makes the Secret staging/database"))
        let done = try #require(played.index("worker in staging: succeeded"))
        #expect(blocked < made && made < done)
    }

    @Test("Gates are waited at, unless they are taken as given")
    func gates() async throws {
        var files = Self.files(api: "2.0.0")
        files["mainstay.yaml"] = Self.pipeline.replacing(
            "namespace: staging}", with: "namespace: staging, deploy: confirm, confirmPhrase: go}")
        let waiting = try await play(to: files) { $0.limit = .seconds(600) }
        #expect(!waiting.isWell)
        #expect(waiting.lines.last?.contains("--approve") == true, "\(waiting.lines)")
        let given = try await play(to: files) { $0.approves = true }
        #expect(given.isWell, "\(given.lines)")
        #expect(given.has("taken as given: staging (deploy: confirm)"))
    }

    @Test("Whom a daemon's configuration has in a group is not missed where none is read")
    func approvals() async throws {
        var files = Self.files(api: "2.0.0")
        files["mainstay.yaml"] = Self.pipeline.replacing(
            "namespace: staging}", with: "namespace: staging, approvals: {count: 2, groups: [leads]}}")
        let waiting = try await play(to: files) { $0.limit = .seconds(600) }
        #expect(waiting.has("2 approvals of leads (none so far)") && !waiting.has("under `people`"), "\(waiting.lines)")
    }

    @Test("An application that cannot be rendered fails by itself")
    func broken() async throws {
        var files = Self.files(api: "2.0.0")
        files["k8s/worker/deployment.yaml"] = "kind: [\n"
        let played = try await play(to: files)
        #expect(!played.isWell)
        #expect(
            played.lines.contains {
                $0.hasPrefix("  FAILED") || $0.hasPrefix("  waits") && $0.contains("worker in staging")
            })
        #expect(played.has("ok      api in staging"))
    }

    @Test("Kinds of operators are defined for it, and Knative's Services come up by their controllers")
    func kinds() async throws {
        var files = Self.files()
        files["k8s/api/more.yaml"] = """
            apiVersion: example.com/v1
            kind: Policy
            metadata: {name: a}
            spec: {size: 1}
            ---
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata: {name: web}
            spec: {template: {spec: {containers: [{image: example.com/web, readinessProbe: {httpGet: {path: /ready}}}]}}}

            """
        let played = try await play(Simulation(base: nil, next: try await revision(files)))
        #expect(played.isWell, "\(played.lines)")
        #expect(played.has("a definition of Policy.example.com that takes anything; nothing acts on it"))
    }

    @Test("A Secret that a manifest has made is made once that is applied, and not before; withheld, it is waited for")
    func madeSecret() async throws {
        var files = Self.files()
        files["k8s/worker/secret.yaml"] = """
            apiVersion: external-secrets.io/v1
            kind: ExternalSecret
            metadata: {name: database}
            spec: {dataFrom: [{extract: {key: database}}]}

            """
        let next = try await revision(files)
        let played = try await play(Simulation(base: nil, next: next))
        #expect(played.isWell, "\(played.lines)")
        #expect(played.has("  Secret staging/database with url, as a manifest asks, once that is applied"))
        let withheld = try await play(
            Simulation(base: nil, next: next, missing: [.init(name: "database", after: nil)]))
        #expect(!withheld.isWell)
        #expect(
            withheld.has(
                "which is made by the ExternalSecret staging/database: Ready is False "
                    + "(SecretSyncedError): what the Secret is made from is not there"), "\(withheld.lines)")
    }

    @Test(
        "A Knative Service is asked at its own URL once it has one",
        arguments: ["knative: web", "service: web, port: 80"])
    func knativeCheck(address: String) async throws {
        var files = Self.files()
        files["mainstay.yaml"]?.replace(
            "service: api, port: 80, path: /health, expect: 204", with: "\(address), path: /ready")
        files["k8s/api/more.yaml"] = """
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata: {name: web}
            spec: {template: {spec: {containers: [{image: example.com/web, readinessProbe: {httpGet: {path: /ready}}}]}}}

            """
        let next = try await revision(files)
        let played = try await play(Simulation(base: nil, next: next))
        #expect(played.isWell, "\(played.lines)")
        let failure = try #require(SimulatedFailure("api=VerifyFailed"))
        let failed = try await play(Simulation(base: nil, next: next, failures: [failure]))
        #expect(failed.has("of the Knative Service web did not pass within 1m: status 503"), "\(failed.lines)")
    }

    @Test(
        "Failures that are asked for are read strictly",
        arguments: ["api", "api=", "=Error", "api/=Error", "api=Explode", "/x=Error"])
    func unreadable(text: String) { #expect(SimulatedFailure(text) == nil) }

    @Test("What should fail has to be there")
    func problems() async throws {
        let next = try await revision(Self.files())
        func problem(_ text: String) throws -> String? { try #require(SimulatedFailure(text)).problem(in: next) }
        #expect(try problem("api=error") == nil)
        #expect(try problem("apy=Error") == "there is no application \"apy\"; did you mean \"api\"?")
        #expect(try problem("api/web=Error") == "api has no workload \"web\"; it has api")
        #expect(
            try problem("worker=VerifyFailed") == "worker has no checks that could fail: its entry has no \"verify\"")
    }

    @Test("Simulated time is told to the second")
    func durations() {
        #expect(SimulatedDuration.text(.milliseconds(7900)) == "0:07")
        #expect(SimulatedDuration.text(.seconds(3723)) == "1:02:03")
        #expect(SimulatedDuration.padded(.seconds(61)) == " 1:01")
    }
}
