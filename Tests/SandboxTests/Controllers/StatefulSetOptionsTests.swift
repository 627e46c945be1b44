// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("What a StatefulSet may ask for")
struct StatefulSetOptionsTests {
    private func set(image: String = "db:1", replicas: Int = 3, spec: Object = Object()) -> Object {
        var body: Object = [
            "replicas": .count(replicas), "serviceName": "db", "selector": ["matchLabels": ["app": "db"]],
            "template": Workloads.template("db", image: image), "podManagementPolicy": "OrderedReady",
            "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]],
            "volumeClaimTemplates": [
                [
                    "metadata": ["name": "data"],
                    "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
                ]
            ],
        ]
        for pair in spec.pairs { body[pair.key] = pair.value }
        return Workloads.object("apps/v1", "StatefulSet", "db", spec: body)
    }

    private func names(_ harness: ControllerHarness) -> [String] { harness.pods.map(\.name) }

    private func claims(_ harness: ControllerHarness) -> [String] { harness.all(.persistentVolumeClaim).map(\.name) }

    @Test("ordinals begin where they are to, and a partition counts from there")
    func ordinals() {
        let harness = ControllerHarness()
        harness.apply(set(spec: ["ordinals": ["start": 5]]))
        harness.run(for: .seconds(10))
        #expect(names(harness) == ["db-5", "db-6", "db-7"])
        let partition: Value = ["type": "RollingUpdate", "rollingUpdate": ["partition": 2]]
        harness.apply(set(image: "db:2", spec: ["ordinals": ["start": 5], "updateStrategy": partition]))
        harness.run(for: .seconds(10))
        let images = harness.pods.map { $0.list(at: "spec", "containers")[0]["image"] }
        #expect(images == ["db:1", "db:1", "db:2"])
        #expect(harness.status(.statefulSet, "db")["updatedReplicas"] == 1)
    }

    @Test("an update of several at a time takes as many as may be unavailable", arguments: [(Value(2), 2), ("75%", 3)])
    func maxUnavailable(limit: Value, most: Int) {
        let harness = ControllerHarness()
        func options(_ image: String) -> Object {
            let rolling: Value = ["partition": 0, "maxUnavailable": limit]
            return set(
                image: image, replicas: 4,
                spec: [
                    "podManagementPolicy": "Parallel",
                    "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": rolling],
                ])
        }
        harness.apply(options("db:1"))
        harness.run(for: .seconds(5))
        var missing = 0
        harness.onWrite = { missing = max(missing, 4 - $0.pods.count { $0.isPodReady && !$0.isTerminating }) }
        harness.apply(options("db:2"))
        harness.run(for: .seconds(20))
        #expect(missing == most)
        #expect(harness.status(.statefulSet, "db")["updatedReplicas"] == 4)
    }

    @Test("a pod has to be ready for as long as is said before the next one comes")
    func minReadySeconds() {
        let harness = ControllerHarness()
        harness.apply(set(spec: ["minReadySeconds": 10]))
        harness.run(for: .seconds(9))
        #expect(names(harness) == ["db-0"])
        #expect(harness.status(.statefulSet, "db")["readyReplicas"] == 1)
        #expect(harness.status(.statefulSet, "db")["availableReplicas"] == 0)
        harness.run(for: .seconds(5))
        #expect(names(harness) == ["db-0", "db-1"])
    }

    @Test(
        "claims go with the pods that scaling removes, or with the set, where they are to",
        arguments: [("Retain", "Retain", 3, 3), ("Retain", "Delete", 1, 1), ("Delete", "Retain", 3, 0)])
    func retention(whenDeleted: String, whenScaled: String, afterScaling: Int, afterDeletion: Int) {
        let harness = ControllerHarness()
        let policy: Value = ["whenDeleted": .string(whenDeleted), "whenScaled": .string(whenScaled)]
        harness.apply(set(spec: ["persistentVolumeClaimRetentionPolicy": policy]))
        harness.run(for: .seconds(10))
        #expect(claims(harness).count == 3)
        harness.apply(set(replicas: 1, spec: ["persistentVolumeClaimRetentionPolicy": policy]))
        harness.run(for: .seconds(10))
        #expect(names(harness) == ["db-0"])
        #expect(claims(harness).count == afterScaling)
        harness.delete(Workloads.id(.statefulSet, "db"))
        harness.run(for: .seconds(5))
        #expect(names(harness).isEmpty)
        #expect(claims(harness).count == afterDeletion)
    }
}
