// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Sandbox
internal import Testing

/// The daemon while the sandbox breaks down around it, in every way that it can.
@Suite("A rollout under faults")
struct SandboxFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var rules: [FaultRule]

        init(_ description: String, _ rules: FaultRule...) {
            testDescription = description
            self.rules = rules
        }
    }

    /// Only the daemon suffers: what the tests do to the cluster, and its controllers, do not.
    private static func daemon(_ verbs: [Glob] = [], _ resources: [Glob] = []) -> FaultMatch {
        FaultMatch(verb: verbs, resource: resources, userAgent: ["mainstay*"])
    }

    private static let writes: [Glob] = ["create", "patch", "update", "delete"]

    private static func failing(
        _ code: Int, _ moment: FaultEffect.Moment, _ match: FaultMatch, _ probability: Double
    ) -> FaultRule {
        FaultRule(.error(FaultError(code), moment), match: match, probability: probability)
    }

    private static func breaking(_ reset: FaultEffect.Reset) -> FaultRule {
        FaultRule(.reset(reset), match: daemon(), probability: 0.15)
    }

    private static func watches(_ fault: WatchFault, probability: Double = 1) -> FaultRule {
        FaultRule(.watch(fault), match: daemon(), probability: probability)
    }

    static let cases = [
        Case("latency", FaultRule(.latency(.milliseconds(50) ... .seconds(2)), match: daemon())),
        Case(
            "429 with Retry-After",
            FaultRule(.error(FaultError(429, retryAfter: 1), .before), match: daemon(), probability: 0.3)),
        Case(
            "500, 503 and 504", failing(500, .before, daemon(), 0.15), failing(503, .before, daemon(), 0.15),
            failing(504, .before, daemon(), 0.15)),
        Case(
            "connections that break before, in the middle and after", breaking(.before), breaking(.midway),
            breaking(.after)),
        Case(
            "writes that succeed and answer 500 or 504", failing(500, .after, daemon(writes), 0.4),
            failing(504, .after, daemon(writes), 0.4)),
        Case(
            "writes that hang, done or not",
            FaultRule(.hang(.after), match: daemon(["patch"], ["deployments"]), times: 1),
            FaultRule(.hang(.before), match: daemon(["patch"], ["deployments"]), times: 1)),
        Case(
            "reads and watches that hang",
            FaultRule(.hang(.before), match: daemon(["get"]), times: 1),
            FaultRule(.hang(.before), match: daemon(["list"]), times: 1),
            FaultRule(.hang(.before), match: daemon(["watch"]), times: 2)),
        Case("watches that drop", watches(WatchFault(.drop, afterEvents: 1), probability: 0.5)),
        Case("watches that break", watches(WatchFault(.reset, afterEvents: 2), probability: 0.5)),
        Case("watches that expire", watches(WatchFault(.expire, afterEvents: 2), probability: 0.5)),
        Case("watches that repeat", watches(WatchFault(.repeat))),
        Case("watches that are late", watches(WatchFault(.delay, delay: .seconds(2)))),
        Case("watches that go back", watches(WatchFault(.rewind, events: 5))),
        Case("stale reads", FaultRule(.stale(revisions: 12), match: daemon(), probability: 0.5)),
        Case(
            "a webhook that mutates",
            FaultRule(
                .mutate([["op": "add", "path": "/spec/template/metadata/annotations", "value": ["injected": "yes"]]]),
                match: FaultMatch(resource: ["deployments"]))),
        Case(
            "pods that never go",
            FaultRule(
                .finalizer(StuckFinalizer("example.com/stuck", at: .delete)), match: FaultMatch(resource: ["pods"]))),
        Case(
            "replica sets that never go",
            FaultRule(
                .finalizer(StuckFinalizer("example.com/stuck", at: .create)),
                match: FaultMatch(resource: ["replicasets"]))),
    ]

    @Test("What is right becomes healthy, what is wrong is taken back once, and nothing is lost", arguments: cases)
    func rollout(fault: Case) async throws {
        try await DaemonHarness.run { harness in
            await harness.cluster.seedFaults(7)
            for rule in fault.rules { try await harness.cluster.addFault(rule) }
            var monorepo = Monorepo()
            let worker = Monorepo.worker.dropLast() + ", timeout: 20s}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.api, String(worker)])
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("worker")
            let first = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: first, ["nats", "api", "worker"])

            monorepo.setImage(of: "worker", tag: "1.1.0")
            let second = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: second, ["worker"])
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.1.0")

            monorepo.setImage(of: "worker", tag: "1.2.0-missing")
            try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is taken back") {
                $0.phase == .rolledBack && $0.quarantine != nil && $0.health == .healthy
            }
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.1.0")
            #expect(try await harness.rollbacks("worker").map(\.phase) == [.rolledBack])

            monorepo.setImage(of: "worker", tag: "1.3.0")
            monorepo.files["k8s/worker/settings.yaml"] = nil
            let last = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: last, ["worker"])
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.3.0")
            #expect(try await harness.live(DaemonHarness.Place.configMap("worker")) == nil)
            #expect(
                try await harness.rollouts("worker").map(\.phase)
                    == [.succeeded, .succeeded, .failed, .rolledBack, .succeeded])
            #expect(try await harness.rollouts("api").map(\.phase) == [.succeeded])
            #expect(try await harness.rollouts("nats").map(\.phase) == [.succeeded])
            #expect(try await harness.quarantines().count == 1)

            // Each image once: an apply that is repeated makes no further revision.
            let sets = try await harness.items("/apis/apps/v1/namespaces/staging/replicasets")
            #expect(sets.filter { $0.name.hasPrefix("worker-") }.count == 4)
            #expect(sets.filter { $0.name.hasPrefix("api-") }.count == 1)
            for path in [
                DaemonHarness.Place.deployment("api"), DaemonHarness.Place.service("api"),
                DaemonHarness.Place.statefulSet("nats"),
            ] {
                #expect(try await harness.live(path) != nil, "\(path)")
            }
            for number in 1...fault.rules.count {
                #expect(await harness.cluster.strikes(of: "\(number)") ?? 0 > 0, "fault \(number) struck nobody")
            }
        }
    }

    @Test("What a webhook denies fails at once, in the webhook's words, and is taken back")
    func denial() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let denial = Denial(webhook: "policy.example.com", message: "no such tag")
            try await harness.cluster.addFault(
                FaultRule(.deny(denial), match: Self.daemon(["patch"], ["deployments"]), times: 1))
            monorepo.setImage(of: "worker", tag: "1.1.0")
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is taken back") {
                $0.phase == .rolledBack && $0.quarantine != nil && $0.health == .healthy
            }
            let failed = try #require(try await harness.rollouts("worker").first { $0.rollout.revision == bad })
            #expect(failed.verdict?.verdict.cause?.reason == "AdmissionDenied")
            #expect(failed.verdict?.verdict.cause?.message.contains("no such tag") == true)
            #expect(try await harness.image(of: "worker") == "example.com/worker:1.0.0")
            #expect(try await harness.rollbacks("worker").count == 1)
        }
    }

    @Test("A pruned object that never goes holds its rollout up for its timeout, and is asked away once")
    func stuckPrune() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let worker = Monorepo.worker.dropLast() + ", timeout: 20s}"
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([Monorepo.nats, Monorepo.api, String(worker)])
            monorepo.files["k8s/worker/settings.yaml"] = Monorepo.configMap("worker")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let finalizer = StuckFinalizer("example.com/stuck", at: .delete)
            try await harness.cluster.addFault(
                FaultRule(.finalizer(finalizer), match: FaultMatch(resource: ["configmaps"])))
            monorepo.files["k8s/worker/settings.yaml"] = nil
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["worker"])
            monorepo.setImage(of: "worker", tag: "1.1.0")
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["worker"])
            let stuck = try await harness.live(DaemonHarness.Place.configMap("worker"))
            #expect(stuck?.value(at: "metadata", "deletionTimestamp") != nil)
            let deletions = harness.transport.writes.filter { $0.method == "DELETE" }
            #expect(deletions.map(\.shortPath) == ["configmaps/worker"])
        }
    }
}
