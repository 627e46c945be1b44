// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("SandboxCluster")
struct SandboxClusterTests {
    let time = TestTime()

    func cluster(_ options: SandboxOptions = SandboxOptions()) -> SandboxCluster {
        let time = time
        return SandboxCluster(
            clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 7), options: options,
            controllers: StandardControllers.all())
    }

    @discardableResult
    func send(
        _ cluster: SandboxCluster, _ method: String, _ path: String, _ body: Value? = nil,
        type: String = "application/json"
    ) async -> (status: Int, body: Value) {
        let response = await cluster.respond(
            to: SandboxRequest(
                method: method, path: path,
                headers: [(name: "Content-Type", value: type), (name: "User-Agent", value: "test/1")],
                body: body.map { JSON.bytes($0) } ?? []))
        guard case .bytes(let bytes) = response.body else { return (response.status, .null) }
        return (response.status, (try? JSON.parse(bytes)) ?? .null)
    }

    static let deployment: Value = [
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"],
        "spec": [
            "replicas": 2, "selector": ["matchLabels": ["app": "web"]],
            "template": [
                "metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "web", "image": "web:1"]]],
            ],
        ],
    ]

    func settle(_ cluster: SandboxCluster, seconds: Int) async {
        for _ in 0..<seconds {
            await cluster.fireTimers()
            time.advance(by: .seconds(1))
        }
    }

    @Test("A Deployment becomes available, and its pods and sets go with it")
    func rollout() async {
        let cluster = cluster()
        let path = "/apis/apps/v1/namespaces/default/deployments"
        #expect(await send(cluster, "POST", path, Self.deployment).status == 201)
        await settle(cluster, seconds: 30)
        let live = await send(cluster, "GET", "\(path)/web").body
        #expect(live["status"]?["availableReplicas"] == 2)
        #expect(live["status"]?["observedGeneration"] == 1)
        let pods = await send(cluster, "GET", "/api/v1/namespaces/default/pods").body
        #expect(pods["items"]?.array?.count == 2)

        await send(cluster, "DELETE", "\(path)/web")
        await settle(cluster, seconds: 90)
        for kind in ["/apis/apps/v1/namespaces/default/replicasets", "/api/v1/namespaces/default/pods"] {
            let left = await send(cluster, "GET", kind).body
            #expect(left["items"]?.array?.isEmpty == true, "\(kind)")
        }
    }

    @Test("Foreground deletion keeps the owner until its dependents are gone")
    func foregroundDeletion() async {
        let cluster = cluster()
        let path = "/apis/apps/v1/namespaces/default/deployments"
        await send(cluster, "POST", path, Self.deployment)
        await settle(cluster, seconds: 30)
        let deleted = await send(cluster, "DELETE", "\(path)/web?propagationPolicy=Foreground")
        #expect(deleted.body["metadata"]?["finalizers"] == ["foregroundDeletion"])
        #expect(await send(cluster, "GET", "\(path)/web").status == 200)
        await settle(cluster, seconds: 90)
        #expect(await send(cluster, "GET", "\(path)/web").status == 404)
    }

    @Test("Orphaning deletion leaves dependents without the owner reference")
    func orphaning() async {
        let cluster = cluster()
        let path = "/apis/apps/v1/namespaces/default/deployments"
        await send(cluster, "POST", path, Self.deployment)
        await settle(cluster, seconds: 30)
        await send(cluster, "DELETE", "\(path)/web?propagationPolicy=Orphan")
        await settle(cluster, seconds: 5)
        #expect(await send(cluster, "GET", "\(path)/web").status == 404)
        let sets = await send(cluster, "GET", "/apis/apps/v1/namespaces/default/replicasets").body
        #expect(sets["items"]?[0] != nil)
        #expect(sets["items"]?[0]?["metadata"]?["ownerReferences"] == nil)
    }

    @Test("Deleting a namespace deletes what is in it")
    func namespaceDeletion() async {
        let cluster = cluster()
        await send(
            cluster, "POST", "/api/v1/namespaces",
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "shop"]])
        var deployment = Self.deployment.object ?? Object()
        deployment.set("shop", at: "metadata", "namespace")
        await send(cluster, "POST", "/apis/apps/v1/namespaces/shop/deployments", .object(deployment))
        await settle(cluster, seconds: 20)
        await send(cluster, "DELETE", "/api/v1/namespaces/shop")
        await settle(cluster, seconds: 90)
        #expect(await send(cluster, "GET", "/api/v1/namespaces/shop").status == 404)
        let pods = await send(cluster, "GET", "/api/v1/pods").body
        #expect(pods["items"]?.array?.isEmpty == true)
    }

    @Test("A watch from a revision that has been dropped is told 410")
    func expiredWatch() async throws {
        let cluster = cluster(SandboxOptions(historyLimit: 3))
        for index in 0..<6 {
            await send(
                cluster, "POST", "/api/v1/namespaces/default/configmaps",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("c\(index)")]])
        }
        let response = await cluster.respond(
            to: SandboxRequest(
                method: "GET", path: "/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=1"))
        guard case .stream(let stream) = response.body else {
            Issue.record("expected a stream")
            return
        }
        var lines: [Value] = []
        for await line in stream { lines.append(try JSON.parse(line)) }
        #expect(lines.count == 1)
        #expect(lines.first?["object"]?["code"] == 410)
    }

    @Test("A watch that lags too far behind is closed")
    func slowWatch() async {
        let cluster = cluster(SandboxOptions(historyLimit: 1, watchBuffer: 2))
        let list = await send(cluster, "GET", "/api/v1/namespaces/default/configmaps").body
        let revision = list["metadata"]?["resourceVersion"]?.string ?? ""
        let response = await cluster.respond(
            to: SandboxRequest(
                method: "GET", path: "/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=\(revision)"))
        for index in 0..<20 {
            await send(
                cluster, "POST", "/api/v1/namespaces/default/configmaps",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("c\(index)")]])
        }
        guard case .stream(let stream) = response.body else {
            Issue.record("expected a stream")
            return
        }
        var count = 0
        for await _ in stream { count += 1 }
        #expect(count > 0 && count < 20)
    }

    @Test("The control loop runs controllers for requests, and ends when cancelled")
    func controlLoop() async {
        let cluster = cluster()
        await withThrowingTaskGroup { group in
            group.addTask { try await cluster.run() }
            await send(cluster, "POST", "/apis/apps/v1/namespaces/default/deployments", Self.deployment)
            while true {
                let sets = await send(cluster, "GET", "/apis/apps/v1/namespaces/default/replicasets").body
                if sets["items"]?.array?.isEmpty == false { break }
                await Task.yield()
            }
            group.cancelAll()
            while let result = await group.nextResult() {
                #expect(throws: CancellationError.self) { try result.get() }
            }
        }
    }
}
