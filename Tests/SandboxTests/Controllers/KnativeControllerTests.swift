// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Knative Services")
struct KnativeControllerTests {
    private func service(image: String, metadata: Object = Object()) -> Object {
        Workloads.object(
            "serving.knative.dev/v1", "Service", "shop",
            spec: [
                "template": [
                    "metadata": .object(metadata),
                    "spec": ["containerConcurrency": 80, "containers": [["image": .string(image)]]],
                ]
            ])
    }

    private func conditions(_ harness: ControllerHarness) -> [String] {
        harness.status(.knativeService, "shop").list(at: "conditions").map {
            "\($0["type"]?.string ?? "")=\($0["status"]?.string ?? "")"
        }
    }

    @Test("a Service is unknown until its revision's pods are available, and then has the traffic")
    func ready() throws {
        let harness = ControllerHarness()
        harness.apply(service(image: "shop:1"))
        harness.settle()
        #expect(conditions(harness) == ["ConfigurationsReady=Unknown", "Ready=Unknown", "RoutesReady=Unknown"])
        harness.run(for: .seconds(3))
        #expect(conditions(harness) == ["ConfigurationsReady=True", "Ready=True", "RoutesReady=True"])
        let status = harness.status(.knativeService, "shop")
        #expect(status["latestReadyRevisionName"] == "shop-00001")
        #expect(status["observedGeneration"] == 1)
        #expect(status["url"] == "http://shop.t6.example.com")
        #expect(
            status["traffic"] == [["latestRevision": true, "percent": 100, "revisionName": "shop-00001"]])
        let slice = try #require(harness.all(.endpointSlice).first)
        #expect(slice.list(at: "endpoints").count == 1)
        #expect(slice["ports"]?[0]?["port"] == 8080)
    }

    @Test("a probe that names no port asks the container's")
    func probe() throws {
        let harness = ControllerHarness()
        var service = service(image: "shop:1")
        let container: Object = ["image": "shop:1", "readinessProbe": ["httpGet": ["path": "/ready"]]]
        service.set([.object(container)], at: "spec", "template", "spec", "containers")
        harness.apply(service)
        harness.run(for: .seconds(3))
        #expect(conditions(harness) == ["ConfigurationsReady=True", "Ready=True", "RoutesReady=True"])
        let pod = try #require(harness.pods.first)
        #expect(pod.value(at: "spec", "containers")?[0]?["readinessProbe"]?["httpGet"]?["port"] == 8080)
    }

    @Test("a new template makes a new revision; the old one keeps the traffic until it is ready, then no pods")
    func rollover() {
        let harness = ControllerHarness()
        harness.apply(service(image: "shop:1", metadata: ["annotations": ["autoscaling.knative.dev/min-scale": "2"]]))
        harness.run(for: .seconds(3))
        #expect(harness.pods.count == 2)
        harness.apply(service(image: "shop:2"))
        harness.settle()
        #expect(conditions(harness) == ["ConfigurationsReady=Unknown", "Ready=Unknown", "RoutesReady=True"])
        #expect(harness.status(.knativeService, "shop")["latestReadyRevisionName"] == "shop-00001")
        harness.run(for: .seconds(5))
        #expect(harness.status(.knativeService, "shop")["latestReadyRevisionName"] == "shop-00002")
        #expect(harness.pods.map { $0.labels["serving.knative.dev/revision"] } == ["shop-00002"])
        #expect(
            harness.get(.service, "shop")?.value(at: "spec", "selector")
                == ["serving.knative.dev/revision": "shop-00002"])
    }

    @Test("an image that is not there fails the revision by name, and the old one goes on serving")
    func missingImage() throws {
        let harness = ControllerHarness()
        harness.apply(service(image: "shop:1"))
        harness.run(for: .seconds(3))
        harness.apply(service(image: "shop:missing"))
        harness.run(for: .seconds(5))
        #expect(conditions(harness) == ["ConfigurationsReady=False", "Ready=False", "RoutesReady=True"])
        let ready = try #require(harness.status(.knativeService, "shop").condition("Ready"))
        #expect(ready["reason"] == "RevisionFailed")
        #expect(
            ready["message"]?.string?.hasPrefix("Revision \"shop-00002\" failed with message: Unable to fetch") == true)
        #expect(harness.pods.contains { $0.labels["serving.knative.dev/revision"] == "shop-00001" && $0.isPodReady })
    }

    @Test("a first revision that crashes leaves the route without one")
    func crash() {
        let harness = ControllerHarness()
        harness.apply(service(image: "shop:crash"))
        harness.run(for: .seconds(10))
        #expect(conditions(harness) == ["ConfigurationsReady=False", "Ready=False", "RoutesReady=False"])
    }

    @Test("an earlier template that comes back is a new revision")
    func rollback() {
        let harness = ControllerHarness()
        for image in ["shop:1", "shop:2", "shop:1"] {
            harness.apply(service(image: image))
            harness.run(for: .seconds(5))
        }
        #expect(harness.all(.deployment).map(\.replicas) == [0, 0, 1])
        #expect(conditions(harness) == ["ConfigurationsReady=True", "Ready=True", "RoutesReady=True"])
        #expect(harness.status(.knativeService, "shop")["latestReadyRevisionName"] == "shop-00003")
    }

    @Test("a revision's name belongs to one template")
    func nameTaken() {
        let harness = ControllerHarness()
        harness.apply(service(image: "shop:1", metadata: ["name": "shop-a"]))
        harness.run(for: .seconds(3))
        harness.apply(service(image: "shop:2", metadata: ["name": "shop-a"]))
        harness.run(for: .seconds(3))
        #expect(harness.status(.knativeService, "shop").reason("Ready") == "RevisionNameTaken")
    }

    @Test("between a Service and its pods stand the objects that Knative has, each owned by the one above")
    func chain() throws {
        let harness = ControllerHarness()
        harness.apply(service(image: "shop:1"))
        harness.run(for: .seconds(3))
        func owner(_ kind: GroupKind, _ name: String) -> String? {
            harness.get(kind, name)?.controllerReference.map {
                "\($0["kind"]?.string ?? "") \($0["name"]?.string ?? "")"
            }
        }
        #expect(owner(.knativeConfiguration, "shop") == "Service shop")
        #expect(owner(.knativeRoute, "shop") == "Service shop")
        #expect(owner(.knativeRevision, "shop-00001") == "Configuration shop")
        #expect(owner(.deployment, "shop-00001-deployment") == "Revision shop-00001")
        #expect(owner(.service, "shop") == "Route shop")
        func types(_ kind: GroupKind, _ name: String) -> [String] {
            harness.status(kind, name).list(at: "conditions").filter { $0["status"] == "True" }
                .compactMap { $0["type"]?.string }
        }
        #expect(
            types(.knativeRevision, "shop-00001") == ["Active", "ContainerHealthy", "Ready", "ResourcesAvailable"])
        #expect(types(.knativeConfiguration, "shop") == ["Ready"])
        #expect(
            types(.knativeRoute, "shop") == ["AllTrafficAssigned", "CertificateProvisioned", "IngressReady", "Ready"])
        let labels = try #require(harness.get(.knativeRevision, "shop-00001")?.labels)
        #expect(labels["serving.knative.dev/configurationGeneration"] == "1")
        #expect(labels["serving.knative.dev/routingState"] == "active")
        #expect(labels["serving.knative.dev/service"] == "shop")
    }

    @Test("a revision without traffic says so and has no pods")
    func reserve() {
        let harness = ControllerHarness()
        harness.apply(service(image: "shop:1"))
        harness.run(for: .seconds(3))
        harness.apply(service(image: "shop:2"))
        harness.run(for: .seconds(5))
        #expect(harness.status(.knativeRevision, "shop-00001").reason("Active") == "NoTraffic")
        #expect(harness.status(.knativeRevision, "shop-00001").holds("Ready"))
        #expect(harness.get(.deployment, "shop-00001-deployment")?.replicas == 0)
    }

    @Test("where only Services are defined, the other definitions come with the first Service")
    func definitions() async {
        let cluster = TestCluster()
        let names: Value = [
            "plural": "services", "singular": "service", "kind": "Service", "listKind": "ServiceList",
            "shortNames": ["ksvc"],
        ]
        let version: Value = [
            "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
            "schema": ["openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]],
        ]
        await cluster.send(
            "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": "services.serving.knative.dev"],
                "spec": [
                    "group": "serving.knative.dev", "scope": "Namespaced", "names": names, "versions": [version],
                ],
            ])
        await cluster.run(seconds: 1)
        let path = "/apis/serving.knative.dev/v1/namespaces/default"
        await cluster.send(
            "POST", "\(path)/services",
            [
                "apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": ["name": "shop"],
                "spec": ["template": ["spec": ["containers": [["image": "shop:1"]]]]],
            ])
        await cluster.run(seconds: 5)
        #expect(await cluster.list("\(path)/revisions").map(\.name) == ["shop-00001"])
        let conditions = await cluster.send("GET", "\(path)/services/shop").body["status"]?["conditions"]?.array ?? []
        #expect(conditions.count == 3 && conditions.allSatisfy { $0["status"] == "True" })
        await cluster.send("DELETE", "\(path)/services/shop")
        await cluster.run(seconds: 5)
        #expect(await cluster.list("\(path)/revisions").isEmpty)
        #expect(await cluster.list("/api/v1/namespaces/default/pods").isEmpty)
    }
}
