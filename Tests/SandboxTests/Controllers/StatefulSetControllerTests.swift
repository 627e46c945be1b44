// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("StatefulSets and DaemonSets")
struct StatefulSetControllerTests {
    private func set(image: String = "nats:2.10", replicas: Int = 3, spec: Object = Object()) -> Object {
        var body: Object = [
            "replicas": .count(replicas), "serviceName": "nats", "selector": ["matchLabels": ["app": "nats"]],
            "template": Workloads.template("nats", image: image), "podManagementPolicy": "OrderedReady",
            "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]],
            "volumeClaimTemplates": [
                [
                    "metadata": ["name": "data"],
                    "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "10Gi"]]],
                ]
            ],
        ]
        for pair in spec.pairs { body[pair.key] = pair.value }
        return Workloads.object("apps/v1", "StatefulSet", "nats", spec: body)
    }

    /// The pods, in the order in which something first happened to them.
    private func order(_ harness: ControllerHarness, _ reason: String, since: Int = 0) -> [String] {
        harness.events.dropFirst(since)
            .filter { $0.object == "nats" && $0.reason == reason && $0.message.lowercased().contains(" pod nats-") }
            .filter { !$0.message.contains("Claim") }
            .compactMap { $0.message.split(separator: " ").first { $0.hasPrefix("nats-") }.map(String.init) }
    }

    private func images(_ harness: ControllerHarness) -> [String] {
        harness.pods.compactMap { $0.list(at: "spec", "containers").first?.string(at: "image") }
    }

    @Test("pods come in order, each when the one before is ready, with claims and identity")
    func ordered() {
        let harness = ControllerHarness()
        var most = 0
        harness.onWrite = { most = max(most, $0.pods.filter { !$0.isPodReady }.count) }
        harness.apply(set())
        harness.run(for: .seconds(10))
        #expect(order(harness, "SuccessfulCreate") == ["nats-0", "nats-1", "nats-2"])
        #expect(most == 1)
        let pod = harness.get(.pod, "nats-0")
        let revision = harness.all(.controllerRevision).first?.name ?? ""
        #expect(
            pod?.labels == [
                "app": "nats", "apps.kubernetes.io/pod-index": "0", "controller-revision-hash": .string(revision),
                "statefulset.kubernetes.io/pod-name": "nats-0",
            ])
        #expect(pod?.value(at: "spec", "hostname") == "nats-0" && pod?.value(at: "spec", "subdomain") == "nats")
        #expect(
            pod?.value(at: "spec", "volumes") == [
                ["name": "data", "persistentVolumeClaim": ["claimName": "data-nats-0"]]
            ])
        let claims = harness.all(.persistentVolumeClaim)
        #expect(claims.map(\.name) == ["data-nats-0", "data-nats-1", "data-nats-2"])
        #expect(claims.allSatisfy { $0.value(at: "status", "phase") == "Bound" && $0.labels == ["app": "nats"] })
        let messages = harness.events.filter { $0.object == "nats" }.map(\.message)
        #expect(messages.contains("Create Claim data-nats-0 Pod nats-0 in StatefulSet nats success"))
        #expect(messages.contains("Create Pod nats-0 in StatefulSet nats successful"))
    }

    @Test("a settled StatefulSet has the recorded status")
    func recordedStatus() {
        let harness = ControllerHarness()
        harness.apply(set(replicas: 1))
        harness.run(for: .seconds(5))
        let revision = Value.string(harness.all(.controllerRevision).first?.name ?? "")
        #expect(
            harness.status(.statefulSet, "nats") == [
                "observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "currentReplicas": 1,
                "updatedReplicas": 1, "currentRevision": revision, "updateRevision": revision,
                "collisionCount": 0, "availableReplicas": 1,
            ])
    }

    @Test("an update goes from the highest ordinal down, one at a time, and completes the revision")
    func update() {
        let harness = ControllerHarness()
        harness.apply(set())
        harness.run(for: .seconds(10))
        let since = harness.events.count
        var fewest = 3
        harness.onWrite = { fewest = min(fewest, $0.pods.filter { $0.isPodReady }.count) }
        harness.apply(set(image: "nats:2.11"))
        harness.run(for: .seconds(20))
        #expect(order(harness, "SuccessfulDelete", since: since) == ["nats-2", "nats-1", "nats-0"])
        #expect(fewest == 2)
        let status = harness.status(.statefulSet, "nats")
        #expect(status["currentRevision"] == status["updateRevision"])
        #expect(status["currentReplicas"] == 3)
        #expect(images(harness) == Array(repeating: "nats:2.11", count: 3))
        #expect(harness.all(.controllerRevision).count == 2)
    }

    @Test("a partition keeps the lower pods on the old revision, through a restart too")
    func partition() {
        let harness = ControllerHarness()
        harness.apply(set())
        harness.run(for: .seconds(10))
        let partition: Object = ["updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 2]]]
        harness.apply(set(image: "nats:2.11", spec: partition))
        harness.run(for: .seconds(10))
        harness.delete(Workloads.id(.pod, "nats-0"))
        harness.run(for: .seconds(10))
        #expect(images(harness) == ["nats:2.10", "nats:2.10", "nats:2.11"])
        let status = harness.status(.statefulSet, "nats")
        #expect(status["currentReplicas"] == 2 && status["updatedReplicas"] == 1)
        #expect(status["currentRevision"] != status["updateRevision"])
    }

    @Test("OnDelete replaces a pod only when someone deletes it")
    func onDelete() {
        let harness = ControllerHarness()
        harness.apply(set(spec: ["updateStrategy": ["type": "OnDelete"]]))
        harness.run(for: .seconds(10))
        harness.apply(set(image: "nats:2.11", spec: ["updateStrategy": ["type": "OnDelete"]]))
        harness.run(for: .seconds(10))
        #expect(images(harness) == Array(repeating: "nats:2.10", count: 3))
        harness.delete(Workloads.id(.pod, "nats-1"))
        harness.run(for: .seconds(10))
        #expect(images(harness) == ["nats:2.10", "nats:2.11", "nats:2.10"])
    }

    @Test("a bad update stops at its first pod")
    func badUpdate() {
        let harness = ControllerHarness()
        harness.apply(set())
        harness.run(for: .seconds(10))
        harness.apply(set(image: "nats:crash"))
        harness.run(for: .seconds(30))
        #expect(images(harness) == ["nats:2.10", "nats:2.10", "nats:crash"])
        #expect(harness.status(.statefulSet, "nats")["readyReplicas"] == 2)
    }

    @Test("Parallel makes all pods at once; scaling down takes the highest and keeps the claims")
    func parallel() {
        let harness = ControllerHarness()
        harness.apply(set(spec: ["podManagementPolicy": "Parallel"]))
        harness.settle()
        #expect(harness.pods.count == 3)
        harness.run(for: .seconds(5))
        harness.apply(set(replicas: 1, spec: ["podManagementPolicy": "Parallel"]))
        harness.run(for: .seconds(5))
        #expect(harness.pods.map(\.name) == ["nats-0"])
        #expect(harness.all(.persistentVolumeClaim).count == 3)
    }

    @Test("a DaemonSet runs a pod on the box's node, and replaces it for a new template")
    func daemonSet() {
        func daemon(_ image: String, selector: Object = Object()) -> Object {
            var template = Workloads.template("ds", image: image).object ?? Object()
            if !selector.isEmpty { template.set(.object(selector), at: "spec", "nodeSelector") }
            return Workloads.object(
                "apps/v1", "DaemonSet", "ds",
                spec: [
                    "selector": ["matchLabels": ["app": "ds"]], "template": .object(template),
                    "updateStrategy": [
                        "type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1, "maxSurge": 0],
                    ],
                ])
        }
        let harness = ControllerHarness()
        harness.apply(daemon("a:1"))
        harness.run(for: .seconds(3))
        #expect(
            harness.status(.daemonSet, "ds") == [
                "currentNumberScheduled": 1, "numberMisscheduled": 0, "desiredNumberScheduled": 1, "numberReady": 1,
                "observedGeneration": 1, "updatedNumberScheduled": 1, "numberAvailable": 1,
            ])
        harness.apply(daemon("a:2"))
        harness.run(for: .seconds(5))
        #expect(images(harness) == ["a:2"])
        #expect(harness.status(.daemonSet, "ds")["updatedNumberScheduled"] == 1)
        harness.apply(daemon("a:2", selector: ["gpu": "yes"]))
        harness.run(for: .seconds(5))
        #expect(harness.pods.isEmpty)
        #expect(harness.status(.daemonSet, "ds")["desiredNumberScheduled"] == 0)
    }
}
