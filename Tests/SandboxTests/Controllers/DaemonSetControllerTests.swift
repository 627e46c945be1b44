// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("DaemonSets")
struct DaemonSetControllerTests {
    private func harness(nodes: Int) -> ControllerHarness {
        let harness = ControllerHarness()
        for number in 0..<nodes {
            let name = "node-\(number)"
            harness.apply([
                "apiVersion": "v1", "kind": "Node",
                "metadata": ["name": .string(name), "labels": ["kubernetes.io/hostname": .string(name)]],
            ])
        }
        return harness
    }

    private func daemonSet(_ image: String, rolling: Object = Object(), spec: Object = Object()) -> Object {
        var body: Object = [
            "selector": ["matchLabels": ["app": "ds"]], "template": Workloads.template("ds", image: image),
            "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": .object(rolling)],
            "revisionHistoryLimit": 10,
        ]
        for pair in spec.pairs { body[pair.key] = pair.value }
        return Workloads.object("apps/v1", "DaemonSet", "ds", spec: body)
    }

    private func images(_ harness: ControllerHarness) -> [String] {
        harness.pods.filter(\.isPodActive).map { $0.list(at: "spec", "containers")[0]["image"]?.string ?? "" }.sorted()
    }

    @Test("every node has one pod, and a new node gets one")
    func everyNode() {
        let harness = harness(nodes: 3)
        harness.apply(daemonSet("ds:1"))
        harness.run(for: .seconds(3))
        #expect(Set(harness.pods.compactMap { $0.string(at: "spec", "nodeName") }).count == 3)
        #expect(
            harness.status(.daemonSet, "ds") == [
                "currentNumberScheduled": 3, "desiredNumberScheduled": 3, "numberAvailable": 3, "numberMisscheduled": 0,
                "numberReady": 3, "observedGeneration": 1, "updatedNumberScheduled": 3,
            ])
        harness.apply(["apiVersion": "v1", "kind": "Node", "metadata": ["name": "node-3"]])
        harness.run(for: .seconds(3))
        #expect(harness.pods.count == 4)
    }

    @Test(
        "an update takes no more away than it may",
        arguments: [(Value(1), 3), (Value(2), 2), ("50%", 2), ("30%", 2), ("0%", 3)])
    func maxUnavailable(limit: Value, available: Int) {
        let harness = harness(nodes: 4)
        harness.apply(daemonSet("ds:1", rolling: ["maxUnavailable": limit, "maxSurge": 0]))
        harness.run(for: .seconds(3))
        var (least, most) = (4, 0)
        harness.onWrite = {
            least = min(least, $0.pods.count { $0.isPodReady && !$0.isTerminating })
            most = max(most, $0.pods.count { !$0.isPodFinished })
        }
        harness.apply(daemonSet("ds:2", rolling: ["maxUnavailable": limit, "maxSurge": 0]))
        harness.run(for: .seconds(20))
        #expect(images(harness) == Array(repeating: "ds:2", count: 4))
        #expect(least == available && most == 4)
    }

    @Test("with a surge, new pods come beside old ones, and none is missing", arguments: [(Value(1), 5), ("50%", 6)])
    func maxSurge(limit: Value, pods: Int) {
        let harness = harness(nodes: 4)
        harness.apply(daemonSet("ds:1", rolling: ["maxUnavailable": 0, "maxSurge": limit]))
        harness.run(for: .seconds(3))
        var (least, most) = (4, 0)
        harness.onWrite = {
            least = min(least, $0.pods.count { $0.isPodReady && !$0.isTerminating })
            most = max(most, $0.pods.count { !$0.isTerminating })
        }
        harness.apply(daemonSet("ds:2", rolling: ["maxUnavailable": 0, "maxSurge": limit]))
        harness.run(for: .seconds(20))
        #expect(images(harness) == Array(repeating: "ds:2", count: 4))
        #expect(least == 4 && most == pods)
        #expect(harness.status(.daemonSet, "ds")["numberAvailable"] == 4)
    }

    @Test("an old pod that is not available anyway is replaced at once, surge or not", arguments: [0, 1])
    func broken(surge: Int) {
        let harness = harness(nodes: 3)
        let rolling: Object = ["maxUnavailable": .count(1 - surge), "maxSurge": .count(surge)]
        harness.apply(daemonSet("ds:crash", rolling: rolling))
        harness.run(for: .seconds(5))
        let before = harness.reasons(for: "ds").count
        harness.apply(daemonSet("ds:2", rolling: rolling))
        harness.settle()
        let (gone, made) = ("SuccessfulDelete", "SuccessfulCreate")
        let expected = surge == 1 ? [made, made, made, gone, gone, gone] : [gone, gone, gone, made, made, made]
        #expect(Array(harness.reasons(for: "ds").dropFirst(before)) == expected)
        harness.run(for: .seconds(10))
        #expect(images(harness) == Array(repeating: "ds:2", count: 3))
    }

    @Test("a surge that does not become available leaves the old pods alone")
    func stuckSurge() {
        let harness = harness(nodes: 4)
        harness.apply(daemonSet("ds:1", rolling: ["maxUnavailable": 0, "maxSurge": 1]))
        harness.run(for: .seconds(3))
        harness.apply(daemonSet("ds:crash", rolling: ["maxUnavailable": 0, "maxSurge": 1]))
        harness.run(for: .seconds(30))
        #expect(images(harness) == ["ds:1", "ds:1", "ds:1", "ds:1", "ds:crash"])
        #expect(harness.status(.daemonSet, "ds")["updatedNumberScheduled"] == nil)
        #expect(harness.status(.daemonSet, "ds")["numberAvailable"] == 4)
    }

    @Test("a pod counts as available after minReadySeconds, and the next one waits for it")
    func minReadySeconds() {
        let harness = harness(nodes: 2)
        harness.apply(daemonSet("ds:1", spec: ["minReadySeconds": 5]))
        harness.run(for: .seconds(3))
        #expect(harness.status(.daemonSet, "ds")["numberAvailable"] == nil)
        harness.run(for: .seconds(5))
        #expect(harness.status(.daemonSet, "ds")["numberAvailable"] == 2)
        harness.apply(daemonSet("ds:2", spec: ["minReadySeconds": 5]))
        harness.run(for: .seconds(4))
        #expect(images(harness) == ["ds:1", "ds:2"])
    }

    @Test("failed and finished pods are told and replaced")
    func ended() throws {
        let harness = harness(nodes: 1)
        harness.apply(daemonSet("ds:1"))
        harness.run(for: .seconds(3))
        let pod = try #require(harness.pods.first)
        harness.edit(pod.objectID) { $0.set("Failed", at: "status", "phase") }
        harness.run(for: .seconds(3))
        #expect(harness.reasons(for: "ds").contains("FailedDaemonPod"))
        #expect(harness.pods.count == 1 && harness.pods[0].name != pod.name)
    }

    @Test("a node that a taint closes keeps its pod, and loses it where the taint evicts", arguments: [true, false])
    func taints(evicts: Bool) {
        let harness = harness(nodes: 2)
        harness.apply(daemonSet("ds:1"))
        harness.run(for: .seconds(3))
        harness.edit(GroupKind.node.named("node-0")) {
            $0.set([["key": "x", "effect": evicts ? "NoExecute" : "NoSchedule"]], at: "spec", "taints")
        }
        harness.run(for: .seconds(3))
        #expect(harness.pods.count == (evicts ? 1 : 2))
        #expect(harness.status(.daemonSet, "ds")["desiredNumberScheduled"] == 1)
        #expect(harness.status(.daemonSet, "ds")["numberMisscheduled"] == (evicts ? 0 : 1))
    }
}
