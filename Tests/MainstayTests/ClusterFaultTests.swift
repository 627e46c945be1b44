// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Sandbox
internal import Testing
internal import Transport

@Suite("An API server that misbehaves")
struct ClusterFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var action: Fault.Action
        /// What the blocked rollout names.
        var reason: String
    }

    static let cases = [
        Case(testDescription: "connection refused", action: .failure(.connect), reason: "ClusterUnavailable"),
        Case(testDescription: "connection dropped", action: .failure(.closed), reason: "ClusterUnavailable"),
        Case(testDescription: "timeout", action: .failure(.timeout), reason: "ClusterUnavailable"),
        Case(
            testDescription: "401", action: Fault.status(401, "Unauthorized", "Unauthorized"), reason: "Unauthorized"),
        Case(
            testDescription: "403",
            action: Fault.status(403, "Forbidden", "deployments.apps is forbidden: User cannot patch"),
            reason: "Forbidden"),
        Case(
            testDescription: "409 without causes",
            action: Fault.status(409, "Conflict", "the object has been modified"), reason: "Stale"),
        Case(
            testDescription: "429",
            action: Fault.status(429, "TooManyRequests", "too many requests", headers: ["Retry-After": "1"]),
            reason: "ClusterUnavailable"),
        Case(
            testDescription: "503", action: Fault.status(503, "ServiceUnavailable", "apiserver not ready"),
            reason: "ClusterUnavailable"),
    ]

    @Test(
        "An apply that is not carried out blocks its own rollout with one cause, and goes on by itself",
        arguments: cases)
    func apply(fault: Case) async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            let first = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: first, ["nats", "api", "worker"])

            harness.transport.add(Fault(fault.action) { $0.isWrite && $0.url.contains("deployments/worker") })
            monorepo.setImage(of: "worker", tag: "1.1.0")
            monorepo.setImage(of: "api", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is blocked") {
                $0.phase == .blocked && $0.cause?.reason == fault.reason
                    && $0.cause?.object?.description == "Deployment staging/worker"
            }
            try await harness.wait(for: "api", "is not delayed") { $0.revision == commit && $0.phase == .succeeded }
            #expect(harness.status("nats")?.health == .healthy)

            harness.transport.liftFaults()
            try await harness.waitUntilHealthy(at: commit, ["worker"])
            #expect(try await harness.rollouts("worker").map(\.phase) == [.succeeded, .succeeded])
            #expect(try await harness.quarantines().isEmpty)
        }
    }

    @Test("A 422 refuses the digest: it fails at once, with the field, and is taken back")
    func invalid() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            monorepo.files["k8s/worker/deployment.yaml"] = Monorepo.deployment(
                "worker", image: "example.com/worker:1.1.0", replicas: -1)
            let bad = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is taken back") { $0.phase == .rolledBack && $0.quarantine != nil }
            let failed = try #require(try await harness.rollouts("worker").first { $0.rollout.revision == bad })
            #expect(failed.verdict?.verdict.cause?.reason == "ManifestInvalid")
            #expect(failed.verdict?.verdict.cause?.message.contains("spec.replicas") == true)
        }
    }

    @Test("A 500 that the server gives to everything is its own trouble, not the digest's")
    func serverError() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            harness.transport.add(
                Fault(Fault.status(500, "InternalError", "etcdserver: request timed out")) {
                    !$0.isWatch && ($0.method != "GET" || $0.url.hasSuffix("/version"))
                })
            monorepo.setImage(of: "worker", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is blocked") {
                $0.phase == .blocked && $0.cause?.reason == "ServerError"
            }
            harness.transport.liftFaults()
            try await harness.waitUntilHealthy(at: commit, ["worker"])
            #expect(try await harness.quarantines().isEmpty)
        }
    }

    @Test("An apply whose answer is lost is found done, and no second rollout comes of it")
    func lostAnswer() async throws {
        try await DaemonHarness.run { harness in
            let writes = FaultMatch(
                verb: ["patch"], resource: ["deployments"], userAgent: ["mainstay*"], dryRun: false)
            try await harness.cluster.addFault(FaultRule(.reset(.after), match: writes, times: 2))
            let commit = try harness.merge(Monorepo())
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])
            #expect(try await harness.rollouts().map(\.phase) == [.succeeded, .succeeded, .succeeded])
        }
    }

    @Test("A slow apply of one application delays no other")
    func slow() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            let release = Signal()
            harness.transport.add(
                Fault(.held(release), times: 1) { $0.isWrite && $0.url.contains("deployments/worker") })
            monorepo.setImage(of: "worker", tag: "1.1.0")
            monorepo.setImage(of: "api", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "api", "is through") { $0.revision == commit && $0.phase == .succeeded }
            #expect(harness.status("worker")?.phase == .applying)
            release.notify()
            try await harness.waitUntilHealthy(at: commit, ["worker"])
        }
    }

    @Test("Watches that end or break are begun again, and nothing between is missed", arguments: [false, true])
    func watches(breaking: Bool) async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            #expect(harness.transport.openWatches > 3)

            harness.transport.endWatches(breaking: breaking)
            // A pod that goes while nobody watches, and a rollout that must be judged all the same.
            for pod in try await harness.items("/api/v1/namespaces/staging/pods") {
                try await harness.change("DELETE", "/api/v1/namespaces/staging/pods/\(pod.name)")
            }
            monorepo.setImage(of: "worker", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "runs the new image") {
                $0.revision == commit && $0.phase == .succeeded && $0.health == .healthy
            }
            try await harness.wait(for: "api", "is well again") { $0.health == .healthy && $0.cause == nil }
            #expect(try await harness.rollouts("api").count == 1)
        }
    }

    @Test("While nothing answers nothing is judged: an outage in a rollout fails nobody")
    func outage() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            monorepo.files["mainstay.yaml"] = Monorepo.pipeline([
                Monorepo.nats, Monorepo.api,
                "{name: worker, environments: [staging], path: k8s/worker, grace: 1s, timeout: 15s}",
            ])
            monorepo.setImage(of: "worker", tag: "1.1.0-slow")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is being judged") { $0.phase == .progressing }

            harness.transport.add(Fault(.failure(.connect)))
            harness.transport.endWatches(breaking: true)
            try await harness.wait(for: "worker", "says that the cluster does not answer") {
                $0.phase == .blocked && $0.cause?.reason == "ClusterUnavailable"
            }
            try await harness.wait(for: "the others' health is not known") {
                harness.status("nats")?.health == .unknown && harness.status("api")?.health == .unknown
            }
            harness.transport.liftFaults()
            try await harness.waitUntilHealthy(at: commit, ["worker", "api", "nats"])
            #expect(try await harness.rollouts("worker").map(\.phase) == [.succeeded, .succeeded])
        }
    }

    @Test(
        "Credentials that are refused for everything are one cause, and their return mends everything",
        arguments: [
            (401, "Unauthorized"), (403, "Forbidden"),
        ])
    func credentials(status: Int, reason: String) async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            harness.transport.add(Fault(Fault.status(status, reason, "no")))
            harness.transport.endWatches(breaking: false)
            monorepo.setImage(of: "worker", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.wait(for: "worker", "is blocked") { $0.phase == .blocked && $0.cause?.reason == reason }
            try await harness.wait(for: "the others' health is not known") {
                harness.status("nats")?.health == .unknown && harness.status("api")?.health == .unknown
            }
            harness.transport.liftFaults()
            try await harness.waitUntilHealthy(at: commit, ["worker", "api", "nats"])
            #expect(try await harness.rollouts().count == 4)
        }
    }

    @Test("A watch from too far back is begun again from a list")
    func expiredWatch() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            // Those that are open, and four that are begun.
            let open = harness.transport.openWatches
            try await harness.cluster.addFault(FaultRule(.watch(WatchFault(.expire)), times: open + 4))
            monorepo.setImage(of: "worker", tag: "1.1.0")
            let commit = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: commit, ["worker"])
            #expect(try await harness.rollouts("worker").map(\.phase) == [.succeeded, .succeeded])
        }
    }
}
