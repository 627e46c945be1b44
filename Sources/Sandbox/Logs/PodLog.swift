// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The log that a pod of the sandbox has: no container runs, so it tells the pod's fate. What is refused is refused in
/// the words of the API server (pkg/registry/core/pod) and of the kubelet.
struct PodLog {
    let pod: Object
    /// Empty for the only one.
    let asked: String
    /// The run before is meant.
    let isPrevious: Bool
    let now: Timestamp

    /// What one run of a container has written.
    struct Run {
        var container: String
        /// When it started: what tells it from the runs before and after it.
        var start: Timestamp?
        var lines: [LogLine]
        var isOver: Bool
    }

    /// - Returns: nil where nothing runs yet: the pod is not on a node.
    func run() throws(StatusError) -> Run? {
        let name = try container()
        guard pod.string(at: "spec", "nodeName") != nil else { return nil }
        guard let status = status(of: name) else {
            throw .badRequest("container \"\(name)\" in pod \"\(pod.name)\" is not available")
        }
        return run(of: name, try state(of: name, status), status)
    }

    /// The same run as the pod has it now; nil where it is forgotten.
    func run(like other: Run) -> Run? {
        guard let status = status(of: other.container) else { return nil }
        let states = [
            status.value(at: "state", "running"), status.value(at: "state", "terminated"),
            status.value(at: "lastState", "terminated"),
        ]
        return states.compactMap { $0?.object }.first { $0.time(at: "startedAt") == other.start }
            .map { run(of: other.container, $0, status) }
    }

    private func run(of name: String, _ state: Object, _ status: Object) -> Run {
        Run(
            container: name, start: state.time(at: "startedAt"),
            lines: lines(of: name, state, image: status["image"]?.string ?? ""), isOver: state["exitCode"] != nil)
    }

    private func status(of name: String) -> Object? {
        ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"]
            .flatMap { (pod.value(at: "status", $0)?.array ?? []).compactMap(\.object) }
            .first { $0["name"]?.string == name }
    }

    /// The container asked for, or the only one.
    private func container() throws(StatusError) -> String {
        func names(_ field: String) -> [String] { pod.list(at: "spec", field).compactMap { $0["name"]?.string } }
        let (main, first) = (names("containers"), names("initContainers"))
        if !asked.isEmpty {
            guard (main + first + names("ephemeralContainers")).contains(asked) else {
                throw .badRequest("container \(asked) is not valid for pod \(pod.name)")
            }
            return asked
        }
        if main.count == 1 { return main[0] }
        var message = "a container name must be specified for pod \(pod.name)"
        if !main.isEmpty { message += ", choose one of: [\(main.joined(separator: " "))]" }
        if !first.isEmpty { message += " or one of the init containers: [\(first.joined(separator: " "))]" }
        throw .badRequest(message)
    }

    /// The run whose log is meant: the present one, or the last where none is.
    private func state(of name: String, _ status: Object) throws(StatusError) -> Object {
        let last = status.value(at: "lastState", "terminated")?.object
        if isPrevious {
            guard let last else {
                throw .badRequest("previous terminated container \"\(name)\" in pod \"\(pod.name)\" not found")
            }
            return last
        }
        if let run = status.value(at: "state", "running") ?? status.value(at: "state", "terminated") {
            return run.object ?? Object()
        }
        if let last { return last }
        let reason = status.string(at: "state", "waiting", "reason") ?? ""
        let why =
            switch reason {
            case "ErrImagePull": "image can't be pulled"
            case "ImagePullBackOff": "trying and failing to pull image"
            default: reason
            }
        throw .badRequest("container \"\(name)\" in pod \"\(pod.name)\" is waiting to start: \(why)")
    }

    private func lines(of name: String, _ run: Object, image: String) -> [LogLine] {
        let start = run.time(at: "startedAt") ?? pod.creationTime ?? now
        var lines = ["sandbox: container \(name) with image \(image)", "sandbox: running"].map {
            LogLine(time: start, text: $0)
        }
        if let code = run.int(at: "exitCode") {
            let end = run.time(at: "finishedAt") ?? start
            let reason = run["reason"]?.string ?? ""
            lines.append(LogLine(time: end, text: "sandbox: exited with code \(code): \(reason)"))
        }
        return lines
    }
}
