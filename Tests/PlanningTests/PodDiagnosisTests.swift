// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct PodDiagnosisTests {
    private let deployment = """
        "uid": "d", "generation": 2, "annotations": {"deployment.kubernetes.io/revision": "2"}
        """

    private func workload(observed: Int = 2) throws -> Object {
        try make(
            "apps/v1", "Deployment", "api", metadata: deployment, #""status": {"observedGeneration": \#(observed)}"#)
    }

    private func replicaSet(_ uid: String, revision: Int, owner: String = "d", status: String = "") throws -> Object {
        try make(
            "apps/v1", "ReplicaSet", "api-\(uid)",
            metadata: #"""
                "uid": "\#(uid)", "annotations": {"deployment.kubernetes.io/revision": "\#(revision)"},
                "ownerReferences": [{"controller": true, "uid": "\#(owner)"}]
                """#, #""status": {\#(status)}"#)
    }

    /// A pod as a trimmed live object; `container` is the rest of its container status.
    private func pod(
        _ name: String, owner: String, labels: String = "", metadata: String = "", phase: String = "Running",
        container: String
    ) throws -> Object {
        let more = metadata.isEmpty ? "" : ", " + metadata
        return try make(
            "v1", "Pod", name,
            metadata: #"""
                "uid": "\#(name)", "labels": {\#(labels)},
                "ownerReferences": [{"controller": true, "uid": "\#(owner)"}]\#(more)
                """#,
            #""status": {"phase": "\#(phase)", "containerStatuses": [{"name": "api", "image": "nginx:1", \#(container)}]}"#
        )
    }

    private func problems(_ container: String, phase: String = "Running") throws -> [PodProblem] {
        PodDiagnosis.problems(
            of: try workload(), replicaSets: [try replicaSet("new", revision: 2)],
            pods: [try pod("p", owner: "new", phase: phase, container: container)])
    }

    private static let crash = """
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}}, \
        "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}}, "ready": false, "restartCount": 3
        """

    // MARK: Which pods

    @Test("Only the pods of a Deployment's new ReplicaSet are read")
    func deploymentPods() throws {
        let sets = [
            try replicaSet("old", revision: 1), try replicaSet("new", revision: 2),
            try replicaSet("foreign", revision: 2, owner: "other"),
        ]
        let pods = [
            try pod("a", owner: "old", container: Self.crash), try pod("b", owner: "new", container: Self.crash),
            try pod("c", owner: "foreign", container: Self.crash),
            try pod(
                "d", owner: "new", metadata: #""deletionTimestamp": "2026-11-21T09:13:28Z""#, container: Self.crash),
        ]
        #expect(
            PodDiagnosis.newRevisionPods(of: try workload(), replicaSets: sets, pods: pods).map(\.name) == ["b"])
        #expect(PodDiagnosis.newRevisionPods(of: try workload(observed: 1), replicaSets: sets, pods: pods).isEmpty)
    }

    @Test("A StatefulSet's new pods carry its update revision")
    func statefulSetPods() throws {
        let set = try make(
            "apps/v1", "StatefulSet", "nats", metadata: #""uid": "s", "generation": 2"#,
            #""status": {"observedGeneration": 2, "updateRevision": "nats-b"}"#)
        let pods = [
            try pod("nats-0", owner: "s", labels: #""controller-revision-hash": "nats-a""#, container: Self.crash),
            try pod("nats-1", owner: "s", labels: #""controller-revision-hash": "nats-b""#, container: Self.crash),
        ]
        #expect(PodDiagnosis.newRevisionPods(of: set, replicaSets: [], pods: pods).map(\.name) == ["nats-1"])
    }

    @Test("A broken pod of an earlier revision holds an ordered StatefulSet up, and is named")
    func stuckStatefulSet() throws {
        func set(_ policy: String) throws -> Object {
            try make(
                "apps/v1", "StatefulSet", "nats", metadata: #""uid": "s", "generation": 2"#,
                #"""
                "spec": {"podManagementPolicy": "\#(policy)"},
                "status": {"observedGeneration": 2, "updateRevision": "nats-a"}
                """#)
        }
        let pods = [
            try pod("nats-1", owner: "s", labels: #""controller-revision-hash": "nats-b""#, container: Self.crash)
        ]
        let found = PodDiagnosis.problems(of: try set("OrderedReady"), replicaSets: [], pods: pods)
        #expect(found.map(\.severity) == [.never])
        #expect(found.first?.message.contains("until it is deleted") == true)
        #expect(PodDiagnosis.problems(of: try set("Parallel"), replicaSets: [], pods: pods).isEmpty)
    }

    @Test("A DaemonSet's new pods carry its template generation, or the newest pod's revision")
    func daemonSetPods() throws {
        let set = try make(
            "apps/v1", "DaemonSet", "ds",
            metadata: #""uid": "s", "annotations": {"deprecated.daemonset.template.generation": "2"}"#)
        let labelled = try [1, 2].map {
            try pod("p\($0)", owner: "s", labels: #""pod-template-generation": "\#($0)""#, container: Self.crash)
        }
        #expect(PodDiagnosis.newRevisionPods(of: set, replicaSets: [], pods: labelled).map(\.name) == ["p2"])
        let dated = try [1, 2].map {
            try pod(
                "p\($0)", owner: "s", labels: #""controller-revision-hash": "r\#($0)""#,
                metadata: #""creationTimestamp": "2026-11-21T09:13:2\#($0)Z""#, container: Self.crash)
        }
        #expect(PodDiagnosis.newRevisionPods(of: set, replicaSets: [], pods: dated).map(\.name) == ["p2"])
    }

    // MARK: What ails them

    @Test(
        "Kubelet's reasons have their severity",
        arguments: [
            ("InvalidImageName", "", ProblemSeverity.atOnce), ("ErrImageNeverPull", "", .atOnce),
            ("ImagePullBackOff", #"Back-off pulling image \"nginx:missing\""#, .afterGrace),
            ("ErrImagePull", "", .afterGrace), ("RegistryUnavailable", "", .afterGrace),
            ("CreateContainerConfigError", "something else", .afterGrace), ("CreateContainerError", "", .afterGrace),
            ("RunContainerError", "", .afterGrace), ("CrashLoopBackOff", "back-off 10s", .byCount),
        ])
    func waiting(reason: String, message: String, severity: ProblemSeverity) throws {
        let found = try problems(
            #""state": {"waiting": {"reason": "\#(reason)", "message": "\#(message)"}}, "restartCount": 0"#)
        #expect(found.map(\.reason) == [reason])
        #expect(found.map(\.severity) == [severity])
        #expect(found.first?.blocks == false)
        #expect(found.first?.image == "nginx:1")
    }

    @Test("A container that is only being made is no problem", arguments: ["ContainerCreating", "PodInitializing", ""])
    func creating(reason: String) throws {
        #expect(try problems(#""state": {"waiting": {"reason": "\#(reason)"}}"#, phase: "Pending").isEmpty)
    }

    @Test("A pull error quotes the registry, a start error quotes nothing")
    func quoting() throws {
        let pull = try problems(#""state": {"waiting": {"reason": "ErrImagePull", "message": "manifest unknown"}}"#)
        #expect(pull.first?.message == "container api cannot pull nginx:1: manifest unknown")
        // The node's own credentials (Amazon's registry sends to such addresses).
        let signed = try problems(
            #""state": {"waiting": {"reason": "ErrImagePull", "message": "Get \"https://s3/x?X-Amz-Security-Token=a\": EOF"}}"#
        )
        #expect(signed.first?.message == #"container api cannot pull nginx:1: Get "https://s3/x?…": EOF"#)
        let start = try problems(#""state": {"waiting": {"reason": "RunContainerError", "message": "exec hunter2"}}"#)
        #expect(start.first?.message == "container api does not start")
    }

    @Test("A crash names exit code and restarts, and running out of memory is called by its name")
    func crashes() throws {
        let crash = try #require(try problems(Self.crash).first)
        #expect(crash.exitCode == 3)
        #expect(crash.restarts == 3)
        #expect(crash.message == "container api ends with exit code 3, 3 restarts")
        let memory = try problems(
            #""state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}, "ready": false, "restartCount": 1"#)
        #expect(memory.map(\.reason) == ["OOMKilled"])
    }

    @Test("A container that crashed before and is ready now is no problem")
    func recovered() throws {
        #expect(
            try problems(
                #""state": {"running": {}}, "lastState": {"terminated": {"exitCode": 1}}, "ready": true, "restartCount": 9"#
            ).isEmpty)
    }

    @Test("A container that runs and is not ready is named with its probe")
    func unready() throws {
        let ready = try problems(#""state": {"running": {}}, "ready": false, "started": true"#)
        #expect(ready.map(\.message) == ["container api runs, but its readiness probe does not succeed"])
        #expect(ready.map(\.severity) == [.never])
        let startup = try problems(#""state": {"running": {}}, "ready": false, "started": false"#)
        #expect(startup.map(\.message) == ["container api is starting"])
    }

    @Test(
        "A missing Secret or ConfigMap, or a key of it, blocks and is named",
        arguments: [
            (#"secret \"db\" not found"#, "SecretMissing", "Secret", "db"),
            (#"configmap \"settings\" not found"#, "ConfigMapMissing", "ConfigMap", "settings"),
            ("couldn't find key url in Secret staging/db", "SecretKeyMissing", "Secret", "db"),
            ("couldn't find key a.b in ConfigMap staging/settings", "ConfigMapKeyMissing", "ConfigMap", "settings"),
        ])
    func missing(message: String, reason: String, kind: String, name: String) throws {
        let found = try problems(
            #""state": {"waiting": {"reason": "CreateContainerConfigError", "message": "\#(message)"}}"#)
        #expect(found.map(\.reason) == [reason])
        #expect(found.first?.blocks == true)
        #expect(found.first?.missing == ObjectID(group: "", kind: kind, namespace: "staging", name: name))
    }

    @Test("Init containers are read, and marked")
    func initContainers() throws {
        let pod = try make(
            "v1", "Pod", "p", metadata: #""ownerReferences": [{"controller": true, "uid": "new"}]"#,
            #""status": {"phase": "Pending", "initContainerStatuses": [{"name": "migrate", \#(Self.crash)}]}"#)
        let found = PodDiagnosis.problems(
            of: try workload(), replicaSets: [try replicaSet("new", revision: 2)], pods: [pod])
        #expect(found.map(\.container) == ["migrate"])
        #expect(found.first?.isInit == true)
    }

    @Test("An unschedulable pod quotes the scheduler, and never fails by itself")
    func unschedulable() throws {
        let pod = try make(
            "v1", "Pod", "p", metadata: #""ownerReferences": [{"controller": true, "uid": "new"}]"#,
            #"""
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
              "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu."}]}
            """#)
        let found = PodDiagnosis.problems(
            of: try workload(), replicaSets: [try replicaSet("new", revision: 2)], pods: [pod])
        #expect(found.map(\.severity) == [.never])
        #expect(found.first?.message == "no node takes the pod: 0/3 nodes are available: 3 Insufficient cpu.")
    }

    @Test(
        "Pods that cannot be made: quota blocks, a webhook is quoted, anything else is not",
        arguments: [
            (#"pods \"x\" is forbidden: exceeded quota: q, requested: pods=1"#, "QuotaExceeded", true, true),
            (#"admission webhook \"policy.example.com\" denied the request: no"#, "FailedCreate", false, true),
            (#"Pod \"x\" is invalid: spec.containers[0].env[0].value hunter2"#, "FailedCreate", false, false),
            (
                #"error looking up service account staging/run: serviceaccount \"run\" not found"#,
                "ServiceAccountMissing", true, false
            ),
        ])
    func creation(message: String, reason: String, blocks: Bool, quoted: Bool) throws {
        let status =
            #""conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "\#(message)"}]"#
        let found = PodDiagnosis.problems(
            of: try workload(), replicaSets: [try replicaSet("new", revision: 2, status: status)], pods: [])
        #expect(found.map(\.reason) == [reason])
        #expect(found.map(\.blocks) == [blocks])
        #expect(found.first?.message.contains("hunter2") == false)
        #expect(
            (found.first?.message.contains("policy.example.com") == true
                || found.first?.message.contains("exceeded quota") == true) == quoted)
    }

    @Test("A Job decides by itself what its failed pods mean")
    func jobPods() throws {
        let job = try make("batch/v1", "Job", "migrate", metadata: #""uid": "j""#)
        let failed = try pod(
            "p", owner: "j", phase: "Failed",
            container:
                #""state": {"terminated": {"exitCode": 1, "reason": "Error"}}, "ready": false, "restartCount": 0"#)
        let found = PodDiagnosis.problems(of: job, replicaSets: [], pods: [failed])
        #expect(found.map(\.severity) == [.never])
        #expect(found.first?.exitCode == 1)
        let done = try pod("q", owner: "j", phase: "Succeeded", container: #""state": {"terminated": {"exitCode": 0}}"#)
        #expect(PodDiagnosis.problems(of: job, replicaSets: [], pods: [done]).isEmpty)
    }

    @Test("The most telling problem comes first")
    func ranked() throws {
        let pods = [
            try pod("a", owner: "new", container: #""state": {"running": {}}, "ready": false"#),
            try pod("b", owner: "new", container: Self.crash),
            try pod("c", owner: "new", container: #""state": {"waiting": {"reason": "ErrImagePull"}}"#),
            try pod("d", owner: "new", container: #""state": {"waiting": {"reason": "InvalidImageName"}}"#),
        ]
        let found = PodDiagnosis.problems(
            of: try workload(), replicaSets: [try replicaSet("new", revision: 2)], pods: pods)
        #expect(found.map(\.pod) == ["d", "c", "b", "a"])
    }

    @Test(
        "An image's name is without tag and digest",
        arguments: [
            ("api", "api"), ("api:1", "api"), ("registry.example.com:5000/api", "registry.example.com:5000/api"),
            ("registry.example.com:5000/api:1@sha256:00", "registry.example.com:5000/api"),
        ])
    func imageName(reference: String, name: String) { #expect(ImageName.withoutVersion(reference) == name) }
}
