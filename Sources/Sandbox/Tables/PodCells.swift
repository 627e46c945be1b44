// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The cells of a Pod: the status column tells what is wrong, not the phase (`printPod` of the server).
struct PodCells {
    let writer: CellWriter

    func cells(_ pod: Object) -> [Value] {
        let statuses = pod.value(at: "status", "containerStatuses")?.array ?? []
        let containers = pod.value(at: "spec", "containers")?.array ?? []
        let ready = statuses.count { $0["ready"] == true }
        let restarts = statuses.reduce(0) { $0 + ($1["restartCount"]?.integer ?? 0) }
        let address =
            pod.value(at: "status", "podIPs")?.array?.first?["ip"] ?? pod.value(at: "status", "podIP") ?? "<none>"
        return [
            .string(pod.name), .string("\(ready)/\(containers.count)"), .string(status(pod, statuses)),
            .string(restartText(restarts, statuses)), writer.age(pod), address,
            pod.value(at: "spec", "nodeName") ?? "<none>",
            pod.value(at: "status", "nominatedNodeName") ?? "<none>", "<none>",
        ]
    }

    private func restartText(_ restarts: Int64, _ statuses: [Value]) -> String {
        let last = statuses.compactMap { $0["lastState"]?["terminated"]?["finishedAt"]?.string }.max()
        guard restarts > 0, let last else { return String(restarts) }
        return "\(restarts) (\(writer.since(last)) ago)"
    }

    private func status(_ pod: Object, _ statuses: [Value]) -> String {
        var reason = pod.value(at: "status", "reason")?.string ?? pod.value(at: "status", "phase")?.string ?? ""
        if let waiting = initReason(pod) {
            reason = waiting
        } else {
            var isRunning = false
            for status in statuses.reversed() {
                let state = status["state"]
                if let waiting = state?["waiting"]?["reason"]?.string, !waiting.isEmpty {
                    reason = waiting
                } else if let end = state?["terminated"] {
                    reason = end["reason"]?.string ?? "ExitCode:\(end["exitCode"]?.integer ?? 0)"
                } else if status["ready"] == true, state?["running"] != nil {
                    isRunning = true
                }
            }
            if reason == "Completed", isRunning { reason = "Running" }
        }
        return pod.isTerminating ? "Terminating" : reason
    }

    /// What an init container that is not done shows instead.
    private func initReason(_ pod: Object) -> String? {
        let statuses = pod.value(at: "status", "initContainerStatuses")?.array ?? []
        for (index, status) in statuses.enumerated() {
            let state = status["state"]
            if let end = state?["terminated"] {
                guard end["exitCode"] != 0 else { continue }
                return "Init:\(end["reason"]?.string ?? "ExitCode:\(end["exitCode"]?.integer ?? 0)")"
            }
            if let waiting = state?["waiting"]?["reason"]?.string, waiting != "PodInitializing" {
                return "Init:\(waiting)"
            }
            if status["started"] == true { continue }
            return "Init:\(index)/\(statuses.count)"
        }
        return nil
    }
}
