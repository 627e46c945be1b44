// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The cells of a Pod: the status column tells what is wrong, not the phase (`printPod` of the server).
struct PodCells {
    let writer: CellWriter

    /// What is true of the row of a pod that has ended.
    static func conditions(_ pod: Object) -> Value? {
        switch pod.value(at: "status", "phase") {
        case "Succeeded": condition("Succeeded", "The pod has completed successfully.")
        case "Failed": condition("Failed", "The pod failed.")
        default: nil
        }
    }

    private static func condition(_ reason: Value, _ message: Value) -> Value {
        [["type": "Completed", "status": "True", "reason": reason, "message": message]]
    }

    private struct Tally {
        var reason: String
        var ready = 0
        var restarts: Int64 = 0
        /// When a container last ended before it was started anew.
        var lastRestart: String?

        mutating func countRestarts(_ status: Value) {
            restarts += status["restartCount"]?.integer ?? 0
            let end = status["lastState"]?["terminated"]?["finishedAt"]?.string
            lastRestart = [lastRestart, end].compactMap { $0 }.max()
        }
    }

    func cells(_ pod: Object) -> [Value] {
        let tally = tally(pod)
        let containers = pod.value(at: "spec", "containers")?.array ?? []
        let total = containers.count + sidecars(pod).count
        var restarts = String(tally.restarts)
        if tally.restarts > 0, let last = tally.lastRestart { restarts += " (\(writer.since(last)) ago)" }
        func nonEmpty(_ value: Value?) -> Value { value.flatMap { $0 == "" ? nil : $0 } ?? "<none>" }
        return [
            .string(pod.name), .string("\(tally.ready)/\(total)"), .string(reason(pod, tally.reason)),
            .string(restarts), writer.age(pod),
            nonEmpty(pod.value(at: "status", "podIPs")?[0]?["ip"] ?? pod.value(at: "status", "podIP")),
            nonEmpty(pod.value(at: "spec", "nodeName")), nonEmpty(pod.value(at: "status", "nominatedNodeName")),
            .string(gates(pod)),
        ]
    }

    private func gates(_ pod: Object) -> String {
        let gates = pod.value(at: "spec", "readinessGates")?.array ?? []
        let open = gates.count { isTrue(pod, $0["conditionType"] ?? "") }
        return gates.isEmpty ? "<none>" : "\(open)/\(gates.count)"
    }

    private func isTrue(_ pod: Object, _ type: Value) -> Bool {
        let conditions = pod.value(at: "status", "conditions")?.array ?? []
        return conditions.first { $0["type"] == type }?["status"] == "True"
    }

    /// The names of init containers that go on running.
    private func sidecars(_ pod: Object) -> [Value] {
        (pod.value(at: "spec", "initContainers")?.array ?? []).filter { $0["restartPolicy"] == "Always" }
            .compactMap { $0["name"] }
    }

    private func reason(_ pod: Object, _ reason: String) -> String {
        guard pod.isTerminating else { return reason }
        if pod.value(at: "status", "reason") == "NodeLost" { return "Unknown" }
        let phase = pod.value(at: "status", "phase")
        return phase == "Succeeded" || phase == "Failed" ? reason : "Terminating"
    }

    private func tally(_ pod: Object) -> Tally {
        var reason = pod.value(at: "status", "phase")?.string ?? ""
        if let given = pod.value(at: "status", "reason")?.string, !given.isEmpty { reason = given }
        let conditions = pod.value(at: "status", "conditions")?.array ?? []
        if conditions.contains(where: { $0["type"] == "PodScheduled" && $0["reason"] == "SchedulingGated" }) {
            reason = "SchedulingGated"
        }
        var tally = Tally(reason: reason)
        let isInitializing = countInitContainers(pod, &tally)
        if !isInitializing || isTrue(pod, "Initialized") { countContainers(pod, &tally) }
        return tally
    }

    /// True while one of them is not done. What restarts counts only in sidecars, once all are.
    private func countInitContainers(_ pod: Object, _ tally: inout Tally) -> Bool {
        let sidecars = sidecars(pod)
        var lasting = Tally(reason: "")
        let all = pod.value(at: "spec", "initContainers")?.array?.count ?? 0
        let statuses = pod.value(at: "status", "initContainerStatuses")?.array ?? []
        for (index, status) in statuses.enumerated() {
            let isSidecar = sidecars.contains(status["name"] ?? "")
            tally.countRestarts(status)
            if isSidecar { lasting.countRestarts(status) }
            let state = status["state"]
            let end = state?["terminated"]
            if let end, end["exitCode"] ?? 0 == 0 { continue }
            if isSidecar, status["started"] == true {
                if status["ready"] == true { tally.ready += 1 }
                continue
            }
            if let end {
                tally.reason = "Init:\(Self.reason(end))"
            } else if let waiting = state?["waiting"]?["reason"]?.string, !waiting.isEmpty, waiting != "PodInitializing"
            {
                tally.reason = "Init:\(waiting)"
            } else {
                tally.reason = "Init:\(index)/\(all)"
            }
            if isTrue(pod, "Initialized") {
                (tally.restarts, tally.lastRestart) = (lasting.restarts, lasting.lastRestart)
            }
            return true
        }
        (tally.restarts, tally.lastRestart) = (lasting.restarts, lasting.lastRestart)
        return false
    }

    private func countContainers(_ pod: Object, _ tally: inout Tally) {
        var isRunning = false
        var failure: String?
        for status in (pod.value(at: "status", "containerStatuses")?.array ?? []).reversed() {
            tally.countRestarts(status)
            let state = status["state"]
            if let waiting = state?["waiting"]?["reason"]?.string, !waiting.isEmpty {
                tally.reason = waiting
            } else if let end = state?["terminated"] {
                tally.reason = Self.reason(end)
                if end["exitCode"] ?? 0 != 0 { failure = tally.reason }
            } else if status["ready"] == true, state?["running"] != nil {
                isRunning = true
                tally.ready += 1
            }
        }
        // Not all of them are done, or not all have done well.
        guard tally.reason == "Completed" else { return }
        if isRunning, isTrue(pod, "Ready") {
            tally.reason = "Running"
        } else if let failure {
            tally.reason = failure
        } else if isRunning {
            tally.reason = "NotReady"
        }
    }

    private static func reason(_ end: Value) -> String {
        if let reason = end["reason"]?.string, !reason.isEmpty { return reason }
        if let signal = end["signal"]?.integer, signal != 0 { return "Signal:\(signal)" }
        return "ExitCode:\(end["exitCode"]?.integer ?? 0)"
    }
}
