// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Sandbox
internal import Synchronization
internal import Testing
internal import VirtualTime

@testable internal import Mainstay
@testable internal import Reconciler

extension Stories {
    /// Checks and rights between a daemon, a ledger and a cluster in memory.
    @Suite("Checks, from a merge to their verdict")
    struct CheckEndTests {
        /// The network beyond the API server: which addresses take connections.
        private final class Ports: CheckProbe {
            private struct State {
                var asked: [String] = []
                var isOpen = true
            }

            private let state = Mutex(State())

            var asked: [String] { state.withLock(\.asked) }
            func close() { state.withLock { $0.isOpen = false } }

            func get(
                _ url: String, sending headers: [Application.SentHeader], isQuery: Bool
            ) async throws(ProbeFailure) -> CheckAnswer {
                throw ProbeFailure(isTheirs: false, message: "only ports are asked here")
            }

            func connect(host: String, port: Int) async throws(ProbeFailure) {
                let isOpen = state.withLock { state in
                    state.asked.append("\(host):\(port)")
                    return state.isOpen
                }
                if !isOpen { throw ProbeFailure(isTheirs: true, message: "connection refused") }
            }
        }

        private static func sample(_ verify: String, tag: String = "1", _ more: [String: String] = [:]) -> Sample {
            Sample(
                files: [
                    "mainstay.yaml": """
                    apiVersion: mainstay.dev/v1
                    kind: Pipeline
                    environments:
                    - {name: staging, namespace: staging}
                    applications:
                    - name: api
                      environments: [staging]
                      path: k8s
                      verify:
                      - \(verify)

                    """,
                    "k8s/deployment.yaml": Monorepo.deployment("api", image: "example.com/api:\(tag)", environment: []),
                    "k8s/service.yaml": Monorepo.service("api"),
                ].merging(more) { _, own in own })
        }

        private static func smoke(_ tag: String) -> [String: String] {
            [
                "k8s/smoke.yaml": """
                apiVersion: batch/v1
                kind: Job
                metadata: {name: smoke}
                spec:
                  backoffLimit: 0
                  template: {spec: {restartPolicy: Never, containers: [{name: smoke, image: "example.com/smoke:\(tag)"}]}}

                """
            ]
        }

        private static func quarantine(_ story: SampleStory, _ commit: String) async throws -> Cause {
            try await story.until("it is taken back") {
                let status = story.status("api", "staging")
                return status?.phase == .rolledBack && status?.quarantine?.revision == commit
            }
            return try #require(story.status("api", "staging")?.quarantine?.cause)
        }

        @Test("A Job that is a check runs once a version, when the pods are ready; its failure takes the version back")
        func job() async throws {
            let first = Self.sample("job: smoke", Self.smoke("1"))
            try await SampleStory.play(first) { story in
                try await story.makeNamespaces("staging")
                func created(_ part: String) -> Int? { story.transport.created.firstIndex { $0.contains(part) } }
                func jobs() -> Int { story.transport.created.count { $0.contains("/jobs/smoke") } }
                let begin = try story.merge(first, "Begin")
                try await story.untilHealthy("api", in: "staging", at: begin)
                #expect(jobs() == 1)
                let deployed = try #require(created("/deployments/api"))
                let asked = try #require(created("/jobs/smoke"))
                #expect(deployed < asked)
                try await story.restart()
                try await story.pass(.seconds(600))
                #expect(jobs() == 1)

                let bad = try story.merge(Self.sample("job: smoke", tag: "2", Self.smoke("2-fail")), "Break")
                let cause = try await Self.quarantine(story, bad)
                #expect(cause.object?.kind == "Job" && cause.object?.name.hasPrefix("smoke") == true, "\(cause)")
                #expect(await story.image("api", "staging") == "example.com/api:1")
                #expect(jobs() == 2)
            }
        }

        @Test("A TCP check connects to the Service's own address, and a port that refuses takes the version back")
        func tcp() async throws {
            let ports = Ports()
            let first = Self.sample("tcp: {service: api, port: 80, within: 30s}")
            try await SampleStory.play(first, checks: ports) { story in
                try await story.makeNamespaces("staging")
                try await story.untilHealthy("api", in: "staging", at: try story.merge(first, "Begin"))
                let service = try #require(await story.object("/api/v1/namespaces/staging/services/api"))
                let address = try #require(service.value(at: "spec", "clusterIP")?.string)
                #expect(ports.asked == ["\(address):80"])
                ports.close()
                let bad = try story.merge(Self.sample("tcp: {service: api, port: 80, within: 30s}", tag: "2"), "Break")
                try await story.until("it fails") { story.status("api", "staging")?.quarantine?.revision == bad }
                let cause = try #require(story.status("api", "staging")?.quarantine?.cause)
                #expect(cause.reason == "VerifyFailed" && cause.message.contains("connection refused"), "\(cause)")
                #expect(cause.message.contains("TCP to port 80 of the Service api"))
            }
        }

        @Test(
            "A right that our own service account lacks is named before anything is applied; bound, the rollout goes on"
        )
        func rights() async throws {
            let sample = Self.sample("http: {service: api, port: 80, path: /}")
            let account = SandboxIdentity(
                name: "system:serviceaccount:mainstay:mainstay",
                groups: ["system:serviceaccounts", "system:serviceaccounts:mainstay"])
            let access = SandboxAccess.rbac(tokens: ["admin": .administrator, "robot": account])
            @Sendable func role(_ name: String, _ rules: Value...) -> Object {
                [
                    "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                    "metadata": ["name": .string(name)], "rules": .array(rules),
                ]
            }
            @Sendable func binding(_ role: String) -> Object {
                [
                    "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                    "metadata": ["name": .string(role)],
                    "roleRef": [
                        "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(role),
                    ],
                    "subjects": [["kind": "ServiceAccount", "namespace": "mainstay", "name": "mainstay"]],
                ]
            }
            try await SampleStory.play(sample, access: access) { story in
                let rbac = "/apis/rbac.authorization.k8s.io/v1"
                let reads: Value = ["apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]]
                let services: Value = [
                    "apiGroups": [""], "resources": ["services", "services/proxy"],
                    "verbs": ["create", "patch", "update", "delete", "get"],
                ]
                let deployments: Value = [
                    "apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create", "patch", "delete"],
                ]
                try await story.make(role("reader", reads, services), "\(rbac)/clusterroles")
                try await story.make(role("deployer", deployments), "\(rbac)/clusterroles")
                try await story.make(binding("reader"), "\(rbac)/clusterrolebindings")
                try await story.makeNamespaces("staging")
                let commit = try story.merge(sample, "Begin")
                for _ in 1...2 {
                    try await story.until("its rights are missed") {
                        story.status("api", "staging")?.cause?.reason == "Forbidden"
                    }
                    let status = try #require(story.status("api", "staging"))
                    #expect(status.phase == .blocked)
                    #expect(
                        status.message.contains(
                            "{apiGroups: [apps], resources: [deployments], verbs: [create, patch]}"),
                        "\(status.message)")
                    #expect(await story.object("/api/v1/namespaces/staging/services/api") == nil, "nothing is applied")
                    try await story.restart()
                }
                try await story.make(binding("deployer"), "\(rbac)/clusterrolebindings")
                try await story.untilHealthy("api", in: "staging", at: commit)
                #expect(try await story.rollouts("api", "staging").count == 1)
            }
        }

        @Test(
            "An environment that keeps history for a month loses it then, and another keeps it for the operator's three"
        )
        func retention() async throws {
            func sample(_ tag: String) -> Sample {
                var sample = Self.sample("http: {service: api, port: 80, path: /}", tag: tag)
                sample.files["mainstay.yaml"] = """
                    apiVersion: mainstay.dev/v1
                    kind: Pipeline
                    environments:
                    - {name: development, namespace: development, history: 30d}
                    - {name: production, namespace: production}
                    applications:
                    - {name: api, environments: [development, production], path: k8s}

                    """
                return sample
            }
            let (first, second) = (sample("1"), sample("2"))
            try await SampleStory.play(first) { story in
                let retention = RetentionService(
                    ledger: story.ledger, age: .seconds(90 * 86_400),
                    environments: { await story.life.reconciler.histories }, clock: story.time.clock,
                    now: story.surroundings.now, logger: story.surroundings.logger)
                /// As a daemon that is started then: one that runs believes no clock that is set forward.
                func keep(for duration: Duration) async throws {
                    let keeping = Task(executorPreference: story.time) { try? await retention.run() }
                    defer { keeping.cancel() }
                    try await story.pass(duration)
                }
                try await story.makeNamespaces("development", "production")
                for (sample, subject) in [(first, "Begin"), (second, "Next")] {
                    let commit = try story.merge(sample, subject)
                    for environment in ["development", "production"] {
                        try await story.untilHealthy("api", in: environment, at: commit)
                    }
                }
                func kept() async throws -> [Int] {
                    [
                        try await story.rollouts("api", "development").count,
                        try await story.rollouts("api", "production").count,
                    ]
                }
                try await keep(for: .seconds(7200))
                #expect(try await kept() == [2, 2])
                story.setClock(forwardBy: .seconds(31 * 86_400))
                try await keep(for: .seconds(7200))
                #expect(try await kept() == [1, 2], "the latest stays, whatever its age")
                // Something is newer than the operator's three months.
                var third = second
                third.files["README.md"] = "What api does."
                try story.merge(third, "Describe it")
                try await story.pass(.seconds(120))
                story.setClock(forwardBy: .seconds(60 * 86_400))
                try await keep(for: .seconds(7200))
                #expect(try await kept() == [1, 1])
                guard case .intact = try await story.ledger.verifyAuditChain() else {
                    Issue.record("the audit chain is broken")
                    return
                }
            }
        }
    }
}
