// SPDX-License-Identifier: Apache-2.0

import Manifests

@testable import Sandbox

/// The recorder's stand-in for scheduler, kubelet and storage: a client that every half second binds pods to its one
/// node, writes the status that their image's tag decides, removes deleted ones, and binds claims to volumes.
struct StandInNode {
    private static let name = "node-1"
    private static let period = Duration.milliseconds(500)
    /// The recorded node never sent a heartbeat: after this long the controller manager gave it up.
    private static let patience = Duration.seconds(50)

    let cluster: SandboxCluster
    let time: TestTime
    private let joins: Timestamp
    private var nextWork: Timestamp
    private var hasJoined = false
    private var isLost = false

    init(cluster: SandboxCluster, time: TestTime) {
        self.cluster = cluster
        self.time = time
        joins = time.now + .seconds(2)
        nextWork = joins
    }

    /// One round, when it is due.
    mutating func work() async {
        guard time.now >= nextWork else { return }
        nextWork = nextWork + Self.period
        if !hasJoined {
            hasJoined = true
            await send(
                "POST", "/api/v1/nodes",
                [
                    "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(Self.name)],
                    "status": ["conditions": [["type": "Ready", "status": "True"]]],
                ])
        }
        if !isLost, time.now >= joins + Self.patience {
            isLost = true
            await loseContact()
        }
        for claim in await list("/api/v1/persistentvolumeclaims") { await bind(claim) }
        let pods = await list("/api/v1/pods")
        for pod in pods where pod.isTerminating { await remove(pod) }
        for pod in pods where !pod.isTerminating { await run(pod) }
    }

    // MARK: Pods

    private func remove(_ pod: Object) async {
        await send(
            "DELETE", "/api/v1/namespaces/\(pod.namespace)/pods/\(pod.name)",
            ["kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0])
    }

    private func run(_ pod: Object) async {
        let path = "/api/v1/namespaces/\(pod.namespace)/pods/\(pod.name)"
        guard pod.string(at: "status", "startTime") == nil else { return }
        if pod.string(at: "spec", "nodeName") == nil {
            await send(
                "POST", "\(path)/binding",
                [
                    "apiVersion": "v1", "kind": "Binding", "metadata": ["name": .string(pod.name)],
                    "target": ["apiVersion": "v1", "kind": "Node", "name": .string(Self.name)],
                ])
        }
        guard var bound = (await send("GET", path, nil)).object else { return }
        bound["status"] = .object(status(of: pod))
        await send("PUT", "\(path)/status", .object(bound))
    }

    private func status(of pod: Object) -> Object {
        let now = Value.string(time.now.secondsDescription)
        let image = pod.list(at: "spec", "containers").first?["image"]?.string ?? ""
        let tag = image.split(separator: ":").last.map(String.init) ?? ""
        let isJob = pod.string(at: "spec", "restartPolicy") == "Never"
        var phase = "Running"
        var state: Value = ["running": ["startedAt": now]]
        var restarts = 0
        var isReady = true
        if tag.contains("missing") {
            phase = "Pending"
            isReady = false
            state = [
                "waiting": [
                    "reason": "ImagePullBackOff", "message": .string("Back-off pulling image \"\(image)\""),
                ]
            ]
        } else if tag.contains("crash") {
            isReady = false
            restarts = 3
            state = [
                "waiting": [
                    "reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container",
                ]
            ]
        } else if isJob {
            let failed = tag.contains("fail")
            phase = failed ? "Failed" : "Succeeded"
            isReady = false
            state = [
                "terminated": [
                    "exitCode": failed ? 1 : 0, "reason": failed ? "Error" : "Completed", "startedAt": now,
                    "finishedAt": now,
                ]
            ]
        }
        func condition(_ type: String, _ holds: Bool) -> Value {
            [
                "type": .string(type), "status": holds ? "True" : "False", "lastProbeTime": nil,
                "lastTransitionTime": now,
            ]
        }
        return [
            "phase": .string(phase),
            "conditions": [
                condition("PodScheduled", true), condition("Initialized", true), condition("ContainersReady", isReady),
                condition("Ready", isReady),
            ],
            "hostIP": "127.0.0.1", "podIP": "10.9.0.1", "podIPs": [["ip": "10.9.0.1"]], "startTime": now,
            "containerStatuses": .array(
                pod.list(at: "spec", "containers").map { container in
                    [
                        "name": container["name"] ?? "", "state": state, "lastState": [:], "ready": .bool(isReady),
                        "restartCount": .count(restarts), "image": container["image"] ?? "", "imageID": "",
                        "started": .bool(isReady),
                    ]
                }),
            "qosClass": pod.value(at: "status", "qosClass") ?? "BestEffort",
        ]
    }

    /// What the recorded controller manager does about a node that is silent: a taint, and pods that are not ready.
    private func loseContact() async {
        let path = "/api/v1/nodes/\(Self.name)"
        let manager = "kube-controller-manager"
        let taints: Value = [
            ["key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"],
            ["key": "node.kubernetes.io/unreachable", "effect": "NoExecute"],
        ]
        await send(
            "PATCH", path, ["spec": ["taints": taints]], type: "application/merge-patch+json", agent: manager)
        let unknown: Value = ["conditions": [["type": "Ready", "status": "Unknown"]]]
        await send(
            "PATCH", "\(path)/status", ["status": unknown], type: "application/merge-patch+json", agent: manager)
        for pod in await list("/api/v1/pods") where pod.isPodReady {
            let path = "/api/v1/namespaces/\(pod.namespace)/pods/\(pod.name)"
            guard var lost = (await send("GET", path, nil)).object else { continue }
            let conditions = lost.list(at: "status", "conditions").map { condition -> Value in
                guard condition["type"] == "Ready" else { return .object(condition) }
                var changed = condition
                changed["status"] = "False"
                changed["lastTransitionTime"] = .string(time.now.secondsDescription)
                return .object(changed)
            }
            lost.set(.array(conditions), at: "status", "conditions")
            await send("PUT", "\(path)/status", .object(lost), agent: manager)
            await send(
                "POST", "/api/v1/namespaces/\(pod.namespace)/events",
                [
                    "apiVersion": "v1", "kind": "Event",
                    "metadata": ["name": .string("\(pod.name).lost"), "namespace": .string(pod.namespace)],
                    "involvedObject": ["kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name)],
                    "reason": "NodeNotReady", "message": "Node is not ready", "type": "Warning",
                ], agent: manager)
        }
    }

    // MARK: Volumes

    private func bind(_ claim: Object) async {
        guard claim.string(at: "status", "phase") == "Pending", claim.string(at: "spec", "volumeName") == nil else {
            return
        }
        let volume = "pv-\(claim.uid)"
        let capacity: Value = ["storage": claim.value(at: "spec", "resources", "requests", "storage") ?? "1Gi"]
        let modes = claim.value(at: "spec", "accessModes") ?? []
        let path = "/api/v1/namespaces/\(claim.namespace)/persistentvolumeclaims/\(claim.name)"
        let patch = "application/merge-patch+json"
        await send("PATCH", path, ["spec": ["volumeName": .string(volume)]], type: patch)
        await send(
            "PATCH", "\(path)/status",
            ["status": ["phase": "Bound", "accessModes": modes, "capacity": capacity]], type: patch)
        await send(
            "POST", "/api/v1/persistentvolumes",
            [
                "apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": .string(volume)],
                "spec": [
                    "capacity": capacity, "accessModes": modes, "persistentVolumeReclaimPolicy": "Retain",
                    "hostPath": ["path": "/tmp/x"],
                    "claimRef": [
                        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": .string(claim.namespace),
                        "name": .string(claim.name), "uid": .string(claim.uid),
                    ],
                ],
            ])
    }

    // MARK: Requests

    private func list(_ path: String) async -> [Object] {
        (await send("GET", path, nil))["items"]?.array?.compactMap(\.object) ?? []
    }

    /// The controllers react to each request before the next one comes.
    @discardableResult
    private func send(
        _ method: String, _ path: String, _ body: Value?, type: String = "application/json",
        agent: String = "python-requests"
    ) async -> Value {
        let response = await cluster.respond(
            to: SandboxRequest(
                method: method, path: path,
                headers: [
                    (name: "Content-Type", value: type), (name: "User-Agent", value: "\(agent)/1"),
                ], body: body.map { JSON.bytes($0) } ?? [], clientCertificate: .administrator))
        await cluster.settle()
        guard case .bytes(let bytes) = response.body else { return .null }
        return (try? JSON.parse(bytes)) ?? .null
    }
}
