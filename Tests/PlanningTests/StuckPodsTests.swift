// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct StuckPodsTests {
    private static let missing = """
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}, "ready": false
        """

    private func set(generation: Int = 2, observed: Int = 2, spec: String = "") throws -> Object {
        try make(
            "apps/v1", "StatefulSet", "nats", metadata: #""uid": "s", "generation": \#(generation)"#,
            #""spec": {\#(spec)}, "status": {"observedGeneration": \#(observed), "updateRevision": "nats-b"}"#)
    }

    private func pod(
        _ name: String, revision: String = "nats-a", owner: String = "s", metadata: String = "",
        phase: String = "Pending", ready: String = "False", container: String = missing
    ) throws -> Object {
        let more = metadata.isEmpty ? "" : ", " + metadata
        return try make(
            "v1", "Pod", name,
            metadata: #"""
                "uid": "u-\#(name)", "labels": {"controller-revision-hash": "\#(revision)"},
                "ownerReferences": [{"controller": true, "uid": "\#(owner)"}]\#(more)
                """#,
            #"""
            "status": {"phase": "\#(phase)", "conditions": [{"type": "Ready", "status": "\#(ready)"}],
              "containerStatuses": [{"name": "nats", "image": "nats:1", \#(container)}]}
            """#)
    }

    private func names(_ set: Object, _ pods: [Object], applied: Int64 = 2) -> [String] {
        StuckPods.toDelete(statefulSet: set, pods: pods, appliedGeneration: applied).map(\.id.name)
    }

    @Test("A broken pod of an earlier revision is found, with its uid and what is wrong with it")
    func found() throws {
        let found = StuckPods.toDelete(
            statefulSet: try set(), pods: [try pod("nats-1"), try pod("nats-0")], appliedGeneration: 2)
        #expect(found.map(\.uid) == ["u-nats-0", "u-nats-1"])
        #expect(found.first?.id == ObjectID(group: "", kind: "Pod", namespace: "staging", name: "nats-0"))
        #expect(found.first?.reason.hasPrefix("ImagePullBackOff: container nats cannot pull nats:1") == true)
    }

    @Test("A pod that is of the new revision, ready, going, ended, somebody else's or only slow is left alone")
    func leftAlone() throws {
        let slow = #""state": {"running": {}}, "ready": false, "started": true"#
        let pods = [
            try pod("nats-0", revision: "nats-b"), try pod("nats-0", ready: "True"),
            try pod("nats-0", metadata: #""deletionTimestamp": "2026-11-21T09:13:28Z""#),
            try pod("nats-0", phase: "Failed"), try pod("nats-0", owner: "other"),
            try pod("nats-0", phase: "Running", container: slow), try pod("nats"),
        ]
        for pod in pods { #expect(names(try set(), [pod]).isEmpty, "\(pod)") }
    }

    @Test("Nothing is found before the controller has seen the template that was applied")
    func stale() throws {
        #expect(names(try set(generation: 2, observed: 1), [try pod("nats-0")]).isEmpty)
        #expect(names(try set(generation: 2, observed: 2), [try pod("nats-0")], applied: 3).isEmpty)
        #expect(names(try set(generation: 3, observed: 3), [try pod("nats-0")]) == ["nats-0"])
    }

    @Test(
        "Nothing is found where the controller does not wait, or a person replaces the pods",
        arguments: [
            #""podManagementPolicy": "Parallel""#, #""updateStrategy": {"type": "OnDelete"}"#,
        ])
    func otherPolicies(spec: String) throws {
        #expect(names(try set(spec: spec), [try pod("nats-0")]).isEmpty)
    }

    @Test("Pods below the partition would come back as they were, and stay; ordinals may begin anywhere")
    func partition() throws {
        let spec = #""updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}"#
        let pods = try (0...2).map { try pod("nats-\($0)") }
        #expect(names(try set(spec: spec), pods) == ["nats-1", "nats-2"])
        #expect(names(try set(spec: spec + #", "ordinals": {"start": 1}"#), pods) == ["nats-2"])
    }
}
