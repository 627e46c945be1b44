// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Heartbeats of nodes")
struct NodeHeartbeatTests {
    private func cluster() -> TestCluster {
        TestCluster(options: SandboxOptions(nodes: ["n"]))
    }

    private func lease(_ cluster: TestCluster) async -> Value {
        await cluster.send("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n").body
    }

    @Test("a node's Lease is its own, and is renewed every ten seconds")
    func renewal() async throws {
        let cluster = cluster()
        await cluster.run(seconds: 1)
        let node = await cluster.send("GET", "/api/v1/nodes/n").body
        let first = await lease(cluster)
        #expect(
            first["metadata"]?["ownerReferences"] == [
                ["apiVersion": "v1", "kind": "Node", "name": "n", "uid": node["metadata"]?["uid"] ?? .null]
            ])
        #expect(first["spec"]?["holderIdentity"] == "n" && first["spec"]?["leaseDurationSeconds"] == 40)
        await cluster.run(seconds: 35)
        let then = try #require(first["spec"]?["renewTime"]?.string.flatMap { Timestamp($0) })
        let now = try #require(await lease(cluster)["spec"]?["renewTime"]?.string.flatMap { Timestamp($0) })
        #expect(now - then == .seconds(30))
    }

    @Test("the node's conditions tell the time of the last report, five minutes apart")
    func report() async {
        let cluster = cluster()
        func times() async -> Set<String> {
            let conditions = await cluster.send("GET", "/api/v1/nodes/n").body["status"]?["conditions"]?.array ?? []
            return Set(conditions.compactMap { $0["lastHeartbeatTime"]?.string })
        }
        let first = await times()
        await cluster.run(seconds: 299)
        #expect(await times() == first)
        await cluster.run(seconds: 2)
        let second = await times()
        #expect(second != first && second.count == 1)
        let ready = await cluster.send("GET", "/api/v1/nodes/n").body["status"]?["conditions"]?.array?.last
        #expect(ready?["lastTransitionTime"]?.string == first.first)
    }

    @Test("a node that somebody else made has no Lease")
    func foreign() async {
        let cluster = cluster()
        await cluster.send(
            "POST", "/api/v1/nodes", ["apiVersion": "v1", "kind": "Node", "metadata": ["name": "other"]])
        await cluster.run(seconds: 15)
        let leases = await cluster.list("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")
        #expect(leases.map(\.name) == ["n"])
    }
}
