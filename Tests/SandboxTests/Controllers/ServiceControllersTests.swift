// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Services, namespaces and budgets")
struct ServiceControllersTests {
    private func service(type: Value = "ClusterIP") -> Object {
        Workloads.object(
            "v1", "Service", "web",
            spec: [
                "type": type, "selector": ["app": "web"],
                "ports": [["port": 80, "targetPort": "http", "protocol": "TCP"]],
            ],
            metadata: ["labels": ["team": "a"]])
    }

    private let ports: Object = ["ports": [["name": "http", "containerPort": 8080]]]

    @Test("a Service's slice has its pods, their readiness and the named port")
    func endpointSlice() throws {
        let harness = ControllerHarness()
        harness.apply(service())
        harness.apply(Workloads.deployment(replicas: 2, container: ports))
        harness.run(for: .seconds(3))
        let slice = try #require(harness.all(.endpointSlice).first)
        #expect(harness.all(.endpointSlice).count == 1)
        #expect(
            slice.labels == [
                "team": "a", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                "kubernetes.io/service-name": "web",
            ])
        #expect(slice["ports"] == [["name": "", "protocol": "TCP", "port": 8080]])
        #expect(slice.list(at: "endpoints").count == 2)
        #expect(slice.list(at: "endpoints").allSatisfy { $0.value(at: "conditions", "ready") == true })
        harness.apply(Workloads.deployment(replicas: 0, container: ports))
        harness.run(for: .seconds(3))
        #expect(harness.all(.endpointSlice).first?["endpoints"] == [])
    }

    @Test("a load balancer has an address after two seconds")
    func loadBalancer() {
        let harness = ControllerHarness()
        harness.apply(service(type: "LoadBalancer"))
        harness.run(for: .milliseconds(1900))
        #expect(harness.status(.service, "web").value(at: "loadBalancer", "ingress") == nil)
        harness.run(for: .milliseconds(100))
        let address = harness.status(.service, "web").value(at: "loadBalancer", "ingress")?[0]?["ip"]?.string
        #expect(address?.hasPrefix("192.0.2.") == true)
    }

    @Test("a namespace gets its service account and root certificate, and gets them back")
    func namespace() {
        let harness = ControllerHarness()
        harness.apply(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(Workloads.namespace)]])
        harness.settle()
        #expect(harness.get(.serviceAccount, "default") != nil)
        #expect(harness.get(.configMap, "kube-root-ca.crt")?["data"]?.object?.keys == ["ca.crt"])
        harness.delete(Workloads.id(.serviceAccount, "default"))
        harness.settle()
        #expect(harness.get(.serviceAccount, "default") != nil)
    }

    @Test("a disruption budget counts healthy pods", arguments: [(Value(1), 2, 1), ("50%", 1, 2), (3, 0, 3)])
    func budget(minimum: Value, allowed: Int, desired: Int) {
        let harness = ControllerHarness()
        harness.apply(Workloads.deployment())
        harness.apply(
            Workloads.object(
                "policy/v1", "PodDisruptionBudget", "pdb",
                spec: ["minAvailable": minimum, "selector": ["matchLabels": ["app": "web"]]]))
        harness.run(for: .seconds(3))
        let status = harness.status(.podDisruptionBudget, "pdb")
        #expect(status["disruptionsAllowed"] == .count(allowed))
        #expect(status["desiredHealthy"] == .count(desired))
        #expect(status["currentHealthy"] == 3 && status["expectedPods"] == 3)
        #expect(status.holds("DisruptionAllowed") == (allowed > 0))
    }

    @Test("the same seed gives the same cluster")
    func deterministic() {
        func names() -> [String] {
            let harness = ControllerHarness(seed: 7)
            harness.apply(service())
            harness.apply(Workloads.deployment(replicas: 5))
            harness.run(for: .seconds(3))
            harness.apply(Workloads.deployment(image: "nginx:crash", replicas: 5))
            harness.run(for: .seconds(30))
            return harness.history.keys.map(\.key).sorted() + harness.events.map(\.message)
        }
        #expect(names() == names())
    }
}
