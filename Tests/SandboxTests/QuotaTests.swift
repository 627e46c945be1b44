// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Quotas")
struct QuotaTests {
    private func pod(_ name: String, spec: Object = Object()) -> Value {
        var body: Object = [
            "containers": [
                [
                    "name": "a", "image": "a:1",
                    "resources": ["requests": ["cpu": "100m", "memory": "64Mi"], "limits": ["cpu": "1"]],
                ]
            ]
        ]
        for pair in spec.pairs { body[pair.key] = pair.value }
        return ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)], "spec": .object(body)]
    }

    private func quota(_ hard: Object, scopes: Value? = nil) -> Value {
        var spec: Object = ["hard": .object(hard)]
        spec["scopes"] = scopes
        return [
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "q"], "spec": .object(spec),
        ]
    }

    private func used(_ cluster: TestCluster) async -> Value? {
        await cluster.send("GET", "/api/v1/namespaces/default/resourcequotas/q").body["status"]?["used"]
    }

    @Test("the status and the refusal count alike: init containers, sidecars, overhead")
    func initContainers() async {
        let cluster = TestCluster()
        await cluster.send(
            "POST", "/api/v1/namespaces/default/resourcequotas",
            quota(["requests.cpu": "1", "cpu": "1", "limits.cpu": "9", "pods": "9", "count/pods": "9"]))
        func container(_ name: String, cpu: Value, isSidecar: Bool = false) -> Value {
            var container: Object = [
                "name": .string(name), "image": "a:1",
                "resources": ["requests": ["cpu": cpu], "limits": ["cpu": "1"]],
            ]
            if isSidecar { container["restartPolicy"] = "Always" }
            return .object(container)
        }
        let body = pod(
            "p",
            spec: [
                "initContainers": [
                    container("side", cpu: "50m", isSidecar: true), container("first", cpu: "300m"),
                ]
            ])
        let created = await cluster.send("POST", "/api/v1/namespaces/default/pods", body)
        #expect(created.status == 201)
        await cluster.run(seconds: 1)
        #expect(
            await used(cluster) == [
                "count/pods": "1", "cpu": "350m", "limits.cpu": "2", "pods": "1", "requests.cpu": "350m",
            ])
        let refused = await cluster.send(
            "POST", "/api/v1/namespaces/default/pods",
            pod("other", spec: ["initContainers": [container("first", cpu: "700m")]]))
        #expect(refused.status == 403)
        let message = refused.body["message"]?.string ?? ""
        #expect(message.contains("requested: cpu=700m,requests.cpu=700m, used: cpu=350m,requests.cpu=350m"))
    }

    @Test("any kind can be counted, and what nothing takes of is left out of what is used")
    func counts() async {
        let cluster = TestCluster()
        await cluster.send(
            "POST", "/api/v1/namespaces/default/resourcequotas",
            quota([
                "count/leases.coordination.k8s.io": "5", "services.nodeports": "5", "secrets": "9",
                "gold.storageclass.storage.k8s.io/requests.storage": "10Gi", "count/things.example.com": "3",
            ]))
        await cluster.send(
            "POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases",
            ["apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": ["name": "l"]])
        await cluster.send(
            "POST", "/api/v1/namespaces/default/services",
            [
                "apiVersion": "v1", "kind": "Service", "metadata": ["name": "s"],
                "spec": ["type": "NodePort", "ports": [["port": 80, "name": "a"], ["port": 81, "name": "b"]]],
            ])
        await cluster.send(
            "POST", "/api/v1/namespaces/default/persistentvolumeclaims",
            [
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "c"],
                "spec": [
                    "storageClassName": "gold", "accessModes": ["ReadWriteOnce"],
                    "resources": ["requests": ["storage": "2Gi"]],
                ],
            ])
        await cluster.run(seconds: 1)
        #expect(
            await used(cluster) == [
                "count/leases.coordination.k8s.io": "1", "gold.storageclass.storage.k8s.io/requests.storage": "2Gi",
                "secrets": "0", "services.nodeports": "2",
            ])
    }

    @Test("a quota for the best effort counts only those pods")
    func scopes() async {
        let cluster = TestCluster()
        await cluster.send(
            "POST", "/api/v1/namespaces/default/resourcequotas", quota(["pods": "3"], scopes: ["BestEffort"]))
        await cluster.send("POST", "/api/v1/namespaces/default/pods", pod("p"))
        await cluster.send(
            "POST", "/api/v1/namespaces/default/pods",
            pod("q", spec: ["containers": [["name": "a", "image": "a:1"]]]))
        await cluster.run(seconds: 1)
        #expect(await used(cluster) == ["pods": "1"])
    }
}
