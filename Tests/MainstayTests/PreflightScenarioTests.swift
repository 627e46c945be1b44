// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing
internal import Transport

@Suite("What the cluster knows beforehand")
struct PreflightScenarioTests {
    private static func applies(_ harness: DaemonHarness) -> [String] {
        harness.transport.writes.map(\.path).filter { $0.contains("/namespaces/staging/deployments/api") }
    }

    @Test("A quota without room blocks before anything is applied, names what is short, and room lets it go on")
    func quota() async throws {
        try await DaemonHarness.run { harness in
            let path = "/api/v1/namespaces/staging/resourcequotas"
            let hard: Object = ["count/deployments.apps": "9", "pods": "0"]
            try await harness.change(
                "POST", path,
                [
                    "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "team"],
                    "spec": ["hard": .object(hard)],
                ])
            try await harness.wait(for: "the quota is counted") {
                try await harness.live("\(path)/team")?.value(at: "status", "used", "pods") != nil
            }
            let commit = try harness.merge(Monorepo())
            try await harness.wait(for: "api", "is blocked by the quota") {
                $0.phase == .blocked && $0.cause?.reason == "QuotaExceeded"
            }
            let message = harness.status("api")?.message ?? ""
            #expect(message.contains("staging/team") && message.contains("pods is used 0 of 0"))
            #expect(Self.applies(harness).isEmpty)
            try await harness.wait(for: "nats", "is not delayed") { $0.phase == .succeeded }

            var quota = try #require(try await harness.live("\(path)/team"))
            quota.set("20", at: "spec", "hard", "pods")
            try await harness.change("PUT", "\(path)/team", quota)
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])
            #expect(try await harness.rollouts("api").count == 1)
            #expect(try await harness.quarantines().isEmpty)
        }
    }

    @Test("A revision that raises its own quota is measured by what it raises it to")
    func ownQuota() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            func quota(_ pods: Int) -> String {
                "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: team}\nspec: {hard: {pods: \(pods)}}\n"
            }
            monorepo.files["k8s/api/quota.yaml"] = quota(2)
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            func ask(for replicas: Int) {
                monorepo.files["k8s/api/deployment.yaml"] = Monorepo.deployment(
                    "api", image: "example.com/api:1.0.0", replicas: replicas)
            }
            ask(for: 6)
            monorepo.files["k8s/api/quota.yaml"] = quota(4)
            try harness.merge(monorepo)
            try await harness.wait(for: "api", "is blocked by the quota as it will be") {
                $0.phase == .blocked && $0.cause?.reason == "QuotaExceeded" && $0.message.contains("of 4")
            }
            monorepo.files["k8s/api/quota.yaml"] = quota(20)
            let commit = try harness.merge(monorepo)
            try await harness.waitUntilHealthy(at: commit, ["api"])
            #expect(try await harness.quarantines().isEmpty)
        }
    }

    @Test(
        "A right that is missing blocks before anything is applied, with the rule to add; granted, the rollout goes on")
    func rights() async throws {
        try await DaemonHarness.run { harness in
            let rules = Fault(
                .answer(
                    status: 201,
                    body: #"{"kind":"SelfSubjectRulesReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"#
                        + #""spec":{},"status":{"resourceRules":[{"verbs":["*"],"apiGroups":[""],"resources":["*"]}],"#
                        + #""nonResourceRules":[],"incomplete":false}}"#)
            ) { $0.url.hasSuffix("/selfsubjectrulesreviews") }
            let access = Fault(
                .answer(
                    status: 201,
                    body: #"{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"#
                        + #""spec":{},"status":{"allowed":false}}"#)
            ) { $0.url.hasSuffix("/selfsubjectaccessreviews") }
            harness.transport.add(rules)
            harness.transport.add(access)
            let commit = try harness.merge(Monorepo())
            try await harness.wait(for: "api", "is blocked by its rights") {
                $0.phase == .blocked && $0.cause?.reason == "Forbidden"
            }
            let message = harness.status("api")?.message ?? ""
            #expect(
                message.contains("{apiGroups: [apps], resources: [deployments], verbs: [create, patch]}"),
                "\(message)")
            #expect(Self.applies(harness).isEmpty)
            harness.transport.liftFaults()
            try await harness.waitUntilHealthy(at: commit, ["nats", "api", "worker"])
        }
    }

    @Test("Rights are asked once for a namespace, and neither they nor quotas at rest")
    func requests() async throws {
        try await DaemonHarness.run { harness in
            var monorepo = Monorepo()
            try await harness.waitUntilHealthy(at: try harness.merge(monorepo), ["nats", "api", "worker"])
            func asked(_ part: String) -> Int { harness.transport.seen.count { $0.path.contains(part) } }
            let (rights, quotas) = (asked("/selfsubject"), asked("/resourcequotas"))
            // Two begin together in staging.
            #expect((2...3).contains(rights) && (2...3).contains(quotas))
            monorepo.files["README.md"] = "nothing that is rendered"
            try await harness.waitUntilTaken(try harness.merge(monorepo))
            #expect(asked("/selfsubject") == rights && asked("/resourcequotas") == quotas)
        }
    }
}
