// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The log that a pod of the sandbox has: no container runs, so it tells the pod's fate. What is refused is refused in
/// the words of the API server (pkg/registry/core/pod) and of the kubelet.
struct PodLog {
    let pod: Object
    let target: RequestTarget
    let now: Timestamp

    private struct Line {
        var time: Timestamp
        var text: String
    }

    func text() throws(StatusError) -> String {
        let name = try container()
        // Not on a node yet: nothing to read.
        guard pod.string(at: "spec", "nodeName") != nil else { return "" }
        let fields = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"]
        let status = fields.flatMap { (pod.value(at: "status", $0)?.array ?? []).compactMap(\.object) }
            .first { $0["name"]?.string == name }
        guard let status else {
            throw .badRequest("container \"\(name)\" in pod \"\(pod.name)\" is not available")
        }
        return selected(lines(of: name, try state(of: name, status), image: status["image"]?.string ?? ""))
    }

    /// The container asked for, or the only one.
    private func container() throws(StatusError) -> String {
        func names(_ field: String) -> [String] { pod.list(at: "spec", field).compactMap { $0["name"]?.string } }
        let (main, first) = (names("containers"), names("initContainers"))
        if let asked = target["container"], !asked.isEmpty {
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
        if target.flag("previous") {
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

    private func lines(of name: String, _ run: Object, image: String) -> [Line] {
        let start = run.time(at: "startedAt") ?? pod.creationTime ?? now
        var lines = [Line(time: start, text: "sandbox: container \(name) with image \(image)")]
        if let code = run.int(at: "exitCode") {
            let end = run.time(at: "finishedAt") ?? start
            let reason = run["reason"]?.string ?? ""
            lines.append(Line(time: end, text: "sandbox: exited with code \(code): \(reason)"))
        } else {
            lines.append(Line(time: start, text: "sandbox: running"))
        }
        return lines
    }

    /// Since a time, the last ones, with their times, and no more bytes than asked for.
    private func selected(_ given: [Line]) -> String {
        var since = target["sinceTime"].flatMap { Timestamp($0) }
        if let seconds = target["sinceSeconds"].flatMap({ Int($0) }) { since = now + .seconds(-seconds) }
        var lines = given.filter { line in since.map { line.time >= $0 } ?? true }
        if let tail = target["tailLines"].flatMap({ Int($0) }) { lines = lines.suffix(max(0, tail)) }
        let showsTimes = target.flag("timestamps")
        let text = lines.map { (showsTimes ? "\($0.time.description) " : "") + $0.text + "\n" }.joined()
        guard let limit = target["limitBytes"].flatMap({ Int($0) }), limit >= 0 else { return text }
        return String(decoding: Array(text.utf8).prefix(limit), as: UTF8.self)
    }
}
