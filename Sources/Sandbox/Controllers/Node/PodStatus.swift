// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A pod's phase, conditions and addresses, from its containers.
enum PodStatus {
    /// The conditions that a kubelet sets, in its order (pkg/kubelet, generateAPIPodStatus).
    private static let conditions = [
        "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
    ]

    /// - Parameter isMounted: its volumes are there, so that it has a sandbox with a network to start containers in.
    static func status(of pod: Object, containers: PodContainers, isMounted: Bool, now: Timestamp) -> Object {
        var status = pod["status"]?.object ?? Object()
        let phase = phase(of: pod, containers: containers)
        status["phase"] = .string(phase)
        let unready = containers.main.filter { !$0.isReady }.map(\.name)
        let isDone = phase == "Succeeded"
        let reason = isDone ? "PodCompleted" : "ContainersNotReady"
        let message = isDone ? "" : "containers with unready status: [\(unready.joined(separator: " "))]"
        func set(_ type: String, _ holds: Bool, _ reason: String, _ message: String) {
            status.setCondition(
                holds
                    ? Condition(type: type, status: .isTrue)
                    : Condition(type: type, status: .isFalse, reason: reason, message: message),
                now: now, extra: ["lastProbeTime": nil])
        }
        let uninitialized = containers.initializers.filter { $0.state != .terminated(exitCode: 0) }.map(\.name)
        set("PodReadyToStartContainers", isMounted && !isDone && phase != "Failed", "", "")
        set("PodScheduled", true, "", "")
        set(
            "Initialized", containers.hasInitialized, "ContainersNotInitialized",
            "containers with incomplete status: [\(uninitialized.joined(separator: " "))]")
        set("ContainersReady", unready.isEmpty, reason, message)
        set("Ready", unready.isEmpty, reason, message)
        let others = status.list(at: "conditions").filter { !conditions.contains($0["type"]?.string ?? "") }
        let own = conditions.compactMap { status.condition($0) }
        status["conditions"] = .array((others + own).map { .object($0) })
        // The box is one host; a pod's address is drawn from its uid.
        status["hostIP"] = "127.0.0.1"
        let hash = GeneratedNames.fnv1a(Array(pod.uid.utf8))
        let address = "10.244.\(hash >> 8 & 255).\(1 + hash % 254)"
        status["podIP"] = .string(address)
        status["podIPs"] = [["ip": .string(address)]]
        if status["startTime"] == nil { status["startTime"] = .time(now) }
        write(containers, to: &status)
        return status
    }

    /// A deleted pod whose containers have ended: nothing in it is ready, and whatever its restart policy, it has
    /// succeeded or failed for good before it goes (kubernetes, pkg/kubelet, getPhase).
    static func stopping(_ pod: Object, containers: PodContainers, now: Timestamp) -> Object {
        var status = pod["status"]?.object ?? Object()
        let hasSucceeded = containers.main.allSatisfy { $0.state == .terminated(exitCode: 0) }
        status["phase"] = hasSucceeded ? "Succeeded" : "Failed"
        status.setCondition(
            Condition(type: "PodReadyToStartContainers", status: .isFalse), now: now, extra: ["lastProbeTime": nil])
        let names = containers.main.map(\.name).joined(separator: " ")
        for type in ["ContainersReady", "Ready"] {
            status.setCondition(
                Condition(
                    type: type, status: .isFalse, reason: "ContainersNotReady",
                    message: "containers with unready status: [\(names)]"),
                now: now, extra: ["lastProbeTime": nil])
        }
        write(containers, to: &status)
        return status
    }

    private static func write(_ containers: PodContainers, to status: inout Object) {
        if !containers.initializers.isEmpty {
            status["initContainerStatuses"] = .array(containers.initializers.map { .object($0.object) })
        }
        status["containerStatuses"] = .array(containers.main.map { .object($0.object) })
    }

    /// The kubelet's getPhase: waiting before the first run is pending, waiting after it counts as stopped.
    private static func phase(of pod: Object, containers: PodContainers) -> String {
        let policy = pod.string(at: "spec", "restartPolicy") ?? "Always"
        if !containers.hasInitialized {
            let failed = containers.initializers.contains { status in
                if case .terminated(let exitCode) = status.state { return exitCode != 0 }
                return false
            }
            return failed && policy == "Never" ? "Failed" : "Pending"
        }
        var exitCodes: [Int] = []
        var isRunning = false
        for status in containers.main {
            switch status.state {
            case .running: isRunning = true
            case .terminated(let exitCode): exitCodes.append(exitCode)
            case .waiting:
                guard status.hasRun else { return "Pending" }
                isRunning = true
            }
        }
        if isRunning || policy == "Always" { return "Running" }
        let failed = exitCodes.contains { $0 != 0 }
        if !failed { return "Succeeded" }
        return policy == "Never" ? "Failed" : "Running"
    }
}
