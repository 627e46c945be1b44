// SPDX-License-Identifier: Apache-2.0

import Manifests
import Reconciler
import Synchronization
import TestSupport

/// The controllers of a fake cluster, in little: Deployments get a ReplicaSet and a pod, which comes up or not by its
/// image's tag; Jobs end.
///
/// Tags: `bad…` cannot be pulled, `crash…` exits with code 1 again and again, `hang…` never becomes ready, `slow…` is
/// ready after two minutes; any other is ready after two seconds. A Job's `fail…` fails, and `long…` takes a minute.
/// `late…` cannot be pulled until the test says that it was pushed.
struct Kubelet: Sendable {
    /// What an apply changed, and nobody has acted upon.
    var work: [ObjectID] = []
    var pushed: Set<String> = []

    mutating func noticed(_ id: ObjectID, generation: Int64) { work.append(id) }
}

extension FakeCluster {
    /// Acts, after a moment, on what was applied.
    func wakeKubelet() {
        let work = state.withLock { state in
            defer { state.kubelet.work = [] }
            return state.kubelet.work
        }
        for id in work {
            time.after(.milliseconds(500)) { [self] in
                guard let object = object(id) else { return }
                switch id.kind {
                case "Deployment": beginDeployment(object)
                case "Job": beginJob(object)
                default: break
                }
            }
        }
    }

    /// A late image is in its registry now.
    func push(_ image: String) {
        state.withLock { _ = $0.kubelet.pushed.insert(image) }
        let waiting = state.withLock { $0.objects.values.filter { $0.firstImage == image && $0.kind == "Deployment" } }
        for deployment in waiting.sorted(by: { $0.name < $1.name }) { finish(deployment) }
    }

    /// The registry lost it.
    func unpush(_ image: String) { state.withLock { _ = $0.kubelet.pushed.remove(image) } }

    /// A Deployment that was well is not any more: its pods exit again and again.
    func breakPods(of id: ObjectID) {
        guard var deployment = object(id) else { return }
        setPod(of: deployment, state: Self.crashed, restarts: 6)
        deployment["status"] = [
            "observedGeneration": .integer(deployment.generation ?? 1), "replicas": 1, "updatedReplicas": 1,
            "unavailableReplicas": 1,
            "conditions": [
                ["type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"],
                ["type": "Available", "status": "False"],
            ],
        ]
        put(deployment)
    }

    // MARK: Deployments

    private func beginDeployment(_ object: Object) {
        state.withLock { state in
            var deployment = object
            let revision = (Int64(object.annotations[Self.revisionKey]?.string ?? "") ?? 0)
            let set = Self.replicaSet(of: object)
            if state.objects[set.objectID]?.annotations[Self.revisionKey]?.string != "\(revision)" || revision == 0 {
                deployment.set(.string("\(revision + 1)"), at: "metadata", "annotations", Self.revisionKey)
            }
            let number = deployment.annotations[Self.revisionKey] ?? "1"
            var stored = set
            stored.set(number, at: "metadata", "annotations", Self.revisionKey)
            stored = state.store(stored, isApply: false, now: now)
            let pod = Self.pod(of: stored, named: "\(stored.name)-1", template: object)
            if state.objects[pod.objectID] == nil { _ = state.store(pod, isApply: false, now: now) }
            deployment["status"] = [
                "observedGeneration": .integer(object.generation ?? 1), "replicas": 2, "updatedReplicas": 1,
                "readyReplicas": 1, "availableReplicas": 1, "unavailableReplicas": 1,
                "conditions": [["type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"]],
            ]
            _ = state.store(deployment, isApply: false, now: now)
        }
        let tag = object.firstImage?.split(separator: ":").last ?? ""
        let isPushed = state.withLock { $0.kubelet.pushed.contains(object.firstImage ?? "") }
        if tag.hasPrefix("bad") || (tag.hasPrefix("late") && !isPushed) {
            let waiting: Value = [
                "waiting": ["reason": "ImagePullBackOff", "message": "Back-off pulling image: not found"]
            ]
            time.after(.seconds(1)) { [self] in setPod(of: object, state: waiting, restarts: 0) }
        } else if tag.hasPrefix("crash") {
            for restarts in 1...6 {
                time.after(.seconds(restarts * 10)) { [self] in
                    setPod(of: object, state: Self.crashed, restarts: Int64(restarts))
                }
            }
        } else if tag.hasPrefix("hang") {
            time.after(.seconds(1)) { [self] in
                setPod(of: object, state: ["running": ["startedAt": "2027-01-15T08:00:00Z"]], restarts: 0)
            }
        } else {
            time.after(tag.hasPrefix("slow") ? .seconds(120) : .seconds(2)) { [self] in finish(object) }
        }
    }

    private static let crashed: Value = ["waiting": ["reason": "CrashLoopBackOff"]]

    private func setPod(of deployment: Object, state containerState: Value, restarts: Int64) {
        state.withLock { state in
            let set = Self.replicaSet(of: deployment)
            let id = ObjectID(group: "", kind: "Pod", namespace: deployment.namespace, name: "\(set.name)-1")
            guard var pod = state.objects[id] else { return }
            pod.set(
                [
                    "phase": "Pending",
                    "containerStatuses": [
                        [
                            "name": "main", "image": .string(deployment.firstImage ?? ""), "ready": false,
                            "restartCount": .integer(restarts), "state": containerState,
                            "lastState": restarts > 0 ? ["terminated": ["exitCode": 1, "reason": "Error"]] : [:],
                        ]
                    ],
                ], at: "status")
            _ = state.store(pod, isApply: false, now: now)
        }
    }

    /// The pod is ready, and those of other ReplicaSets go.
    private func finish(_ begun: Object) {
        state.withLock { state in
            let id = begun.objectID
            guard var deployment = state.objects[id], deployment.uid == begun.uid,
                Self.replicaSet(of: deployment).name == Self.replicaSet(of: begun).name
            else { return }
            let set = Self.replicaSet(of: deployment)
            let podID = ObjectID(group: "", kind: "Pod", namespace: id.namespace, name: "\(set.name)-1")
            guard var pod = state.objects[podID] else { return }
            pod["status"] = [
                "phase": "Running", "conditions": [["type": "Ready", "status": "True"]],
                "containerStatuses": [["name": "main", "ready": true, "restartCount": 0, "state": ["running": [:]]]],
            ]
            _ = state.store(pod, isApply: false, now: now)
            let others = state.objects.values.filter { other in
                other.kind == "Pod" && other.namespace == id.namespace && other.name != pod.name
                    && other.labels["app"] == deployment.value(at: "spec", "template", "metadata", "labels", "app")
            }
            for other in others.map(\.objectID).sorted() { state.delete(other) }
            deployment["status"] = [
                "observedGeneration": .integer(deployment.generation ?? 1), "replicas": 1, "updatedReplicas": 1,
                "readyReplicas": 1, "availableReplicas": 1,
                "conditions": [
                    ["type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"],
                    ["type": "Available", "status": "True"],
                ],
            ]
            _ = state.store(deployment, isApply: false, now: now)
        }
    }

    private static let revisionKey = "deployment.kubernetes.io/revision"

    private static func replicaSet(of deployment: Object) -> Object {
        let template = deployment.value(at: "spec", "template") ?? [:]
        let hash = ShortHash.of(JSON.text(template.sortedByKey))
        return [
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": [
                "name": .string("\(deployment.name)-\(hash)"), "namespace": .string(deployment.namespace),
                "ownerReferences": [
                    [
                        "apiVersion": "apps/v1", "kind": "Deployment", "name": .string(deployment.name),
                        "uid": .string(deployment.uid), "controller": true,
                    ]
                ],
            ], "spec": ["template": template],
        ]
    }

    private static func pod(of set: Object, named name: String, template: Object) -> Object {
        [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(name), "namespace": .string(set.namespace),
                "labels": template.value(at: "spec", "template", "metadata", "labels") ?? [:],
                "ownerReferences": [
                    [
                        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": .string(set.name),
                        "uid": .string(set.uid), "controller": true,
                    ]
                ],
            ], "spec": template.value(at: "spec", "template", "spec") ?? [:], "status": ["phase": "Pending"],
        ]
    }

    // MARK: Jobs

    private func beginJob(_ object: Object) {
        let tag = object.firstImage?.split(separator: ":").last ?? ""
        if tag.hasPrefix("long") {
            time.after(.seconds(1)) { [self] in
                state.withLock { state in
                    guard var job = state.objects[object.objectID], job.uid == object.uid else { return }
                    job["status"] = ["active": 1, "ready": 1]
                    _ = state.store(job, isApply: false, now: now)
                }
            }
        }
        let hasFailed = object.firstImage?.split(separator: ":").last?.hasPrefix("fail") == true
        setPod(of: object, "Running", containerState: ["running": [:]])
        time.after(tag.hasPrefix("long") ? .seconds(60) : .seconds(3)) { [self] in
            setPod(
                of: object, hasFailed ? "Failed" : "Succeeded",
                containerState: [
                    "terminated": ["exitCode": hasFailed ? 1 : 0, "reason": hasFailed ? "Error" : "Completed"]
                ])
            state.withLock { state in
                guard var job = state.objects[object.objectID], job.uid == object.uid else { return }
                job["status"] = [
                    "conditions": [
                        ["type": hasFailed ? "Failed" : "Complete", "status": "True", "reason": "BackoffLimitExceeded"]
                    ]
                ]
                _ = state.store(job, isApply: false, now: now)
            }
        }
    }

    /// Its pod never begins anew.
    private func setPod(of job: Object, _ phase: Value, containerState: Value) {
        state.withLock { state in
            guard let live = state.objects[job.objectID], live.uid == job.uid else { return }
            let pod: Object = [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": [
                    "name": .string("\(job.name)-1"), "namespace": .string(job.namespace),
                    "ownerReferences": [
                        [
                            "apiVersion": "batch/v1", "kind": "Job", "name": .string(job.name),
                            "uid": .string(job.uid), "controller": true,
                        ]
                    ],
                ], "spec": job.value(at: "spec", "template", "spec") ?? [:],
                "status": [
                    "phase": phase,
                    "containerStatuses": [
                        [
                            "name": "main", "image": .string(job.firstImage ?? ""), "ready": false, "started": false,
                            "restartCount": 0, "state": containerState,
                        ]
                    ],
                ],
            ]
            _ = state.store(pod, isApply: false, now: now)
        }
    }
}

/// A short digest of a text (FNV-1a 64), for names and fake digests.
enum ShortHash {
    static func of(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
