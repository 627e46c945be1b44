// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Evictions and disruption budgets")
struct EvictionTests {
    private let cluster = SandboxClusterTests()

    private func budget(_ name: String, _ minimum: Int64) -> Value {
        [
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": ["name": .string(name)],
            "spec": ["minAvailable": .integer(minimum), "selector": ["matchLabels": ["app": "web"]]],
        ]
    }

    /// A Deployment of two ready pods; their names.
    private func pods(_ sandbox: SandboxCluster) async throws -> [String] {
        _ = await cluster.send(
            sandbox, "POST", "/apis/apps/v1/namespaces/default/deployments", SandboxClusterTests.deployment)
        await cluster.settle(sandbox, seconds: 30)
        let pods = await cluster.send(sandbox, "GET", "/api/v1/namespaces/default/pods").body["items"]?.array ?? []
        return pods.compactMap { $0["metadata"]?["name"]?.string }
    }

    private func evict(_ sandbox: SandboxCluster, _ pod: String) async -> (status: Int, body: Value) {
        await cluster.send(
            sandbox, "POST", "/api/v1/namespaces/default/pods/\(pod)/eviction",
            ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": .string(pod)]])
    }

    private let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"

    @Test("A budget that is spent refuses the next eviction, and says what it needs")
    func spent() async throws {
        let sandbox = cluster.cluster()
        let pods = try await pods(sandbox)
        try #require(pods.count == 2)
        _ = await cluster.send(sandbox, "POST", budgets, budget("some", 1))
        await cluster.settle(sandbox, seconds: 1)
        #expect(await evict(sandbox, pods[0]).status == 201)
        let status = await cluster.send(sandbox, "GET", "\(budgets)/some").body["status"]
        #expect(status?["disruptionsAllowed"] == 0)
        let refused = await evict(sandbox, pods[1])
        #expect(refused.status == 429)
        #expect(
            refused.body == [
                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
                "message": "Cannot evict pod as it would violate the pod's disruption budget.",
                "reason": "TooManyRequests",
                "details": [
                    "causes": [
                        [
                            "reason": "DisruptionBudget",
                            "message": "The disruption budget some needs 1 healthy pods and has 2 currently",
                        ]
                    ]
                ], "code": 429,
            ])
    }

    @Test("Two budgets over one pod are more than the eviction supports; none is no obstacle")
    func several() async throws {
        let sandbox = cluster.cluster()
        let pods = try await pods(sandbox)
        try #require(pods.count == 2)
        #expect(await evict(sandbox, pods[0]).status == 201)
        for name in ["one", "two"] { _ = await cluster.send(sandbox, "POST", budgets, budget(name, 1)) }
        await cluster.settle(sandbox, seconds: 1)
        #expect(await evict(sandbox, pods[1]).status == 500)
    }
}
