// SPDX-License-Identifier: Apache-2.0

import Manifests

/// One container's status, read and written as `status.containerStatuses[]`.
///
/// The kubelet of the box keeps no memory of its own: a `containerID` tells, to the millisecond, when the
/// container's present state began (the status' own times are cut to the second).
struct ContainerStatus {
    enum State: Equatable {
        case waiting(reason: String, message: String)
        case running
        case terminated(exitCode: Int)
    }

    private(set) var object: Object

    /// A container whose turn has not come.
    init(of container: Object, reason: String) {
        object = [
            "name": container["name"] ?? "", "state": ["waiting": ["reason": .string(reason)]], "lastState": [:],
            "ready": false, "restartCount": 0, "image": container["image"] ?? "", "imageID": "", "started": false,
        ]
    }

    init(_ object: Object) { self.object = object }

    var state: State {
        if let terminated = object.value(at: "state", "terminated") {
            return .terminated(exitCode: terminated["exitCode"]?.integer.flatMap(Int.init(exactly:)) ?? 0)
        }
        if object.value(at: "state", "running") != nil { return .running }
        return .waiting(
            reason: object.string(at: "state", "waiting", "reason") ?? "",
            message: object.string(at: "state", "waiting", "message") ?? "")
    }

    /// When the present state began; nil before the container's turn has come.
    var since: Timestamp? {
        guard let id = object["containerID"]?.string, let milliseconds = Int64(id.dropFirst(Self.scheme.count)) else {
            return nil
        }
        return Timestamp(millisecondsSinceEpoch: milliseconds)
    }

    private static let scheme = "sandbox://"

    var name: String { object["name"]?.string ?? "" }
    var restartCount: Int { object.int(at: "restartCount") ?? 0 }
    var isReady: Bool { object["ready"]?.bool == true }
    var isStarted: Bool { object["started"]?.bool == true }
    var hasRun: Bool { object.value(at: "lastState", "terminated") != nil }

    mutating func wait(reason: String, message: String = "", now: Timestamp) {
        if let terminated = object.value(at: "state", "terminated") {
            object["lastState"] = ["terminated": terminated]
        }
        var waiting: Object = ["reason": .string(reason)]
        if !message.isEmpty { waiting["message"] = .string(message) }
        begin("waiting", waiting, now: now)
    }

    mutating func run(now: Timestamp) {
        let last = object.value(at: "state", "terminated") ?? object.value(at: "lastState", "terminated")
        if let last {
            object["lastState"] = ["terminated": last]
            object["restartCount"] = .count(restartCount + 1)
        }
        begin("running", ["startedAt": .time(now)], now: now)
    }

    mutating func terminate(exitCode: Int, now: Timestamp) {
        begin(
            "terminated",
            [
                "exitCode": .count(exitCode), "reason": exitCode == 0 ? "Completed" : "Error",
                "startedAt": object.value(at: "state", "running", "startedAt") ?? .time(now), "finishedAt": .time(now),
            ], now: now)
    }

    /// Its probes have been heard: started, and ready or not.
    mutating func answerProbes(ready: Bool) {
        object["started"] = true
        object["ready"] = .bool(ready)
    }

    private mutating func begin(_ state: String, _ body: Object, now: Timestamp) {
        object["state"] = .object(Object(uniqueKeysWithValues: [.init(key: state, value: .object(body))]))
        object["ready"] = false
        object["started"] = false
        object["containerID"] = .string("\(Self.scheme)\(now.millisecondsSinceEpoch)")
    }
}
