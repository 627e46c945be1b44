// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A status condition as workloads and pods write it.
struct Condition {
    var type: String
    var status: Status
    var reason = ""
    var message = ""

    enum Status: String {
        case isTrue = "True"
        case isFalse = "False"
        case isUnknown = "Unknown"

        init(_ holds: Bool) { self = holds ? .isTrue : .isFalse }
    }

    fileprivate var body: Object {
        var object: Object = ["type": .string(type), "status": .string(status.rawValue)]
        if !reason.isEmpty { object["reason"] = .string(reason) }
        if !message.isEmpty { object["message"] = .string(message) }
        return object
    }
}

extension Object {
    /// A condition of a status object (not of the whole object).
    func condition(_ type: String) -> Object? { list(at: "conditions").first { $0["type"]?.string == type } }

    func holds(_ type: String) -> Bool { condition(type)?["status"]?.string == "True" }

    mutating func removeCondition(_ type: String) {
        guard condition(type) != nil else { return }
        let others = list(at: "conditions").filter { $0["type"]?.string != type }
        self["conditions"] = others.isEmpty ? nil : .array(others.map(Value.object))
    }

    /// As the Deployment controller does it: nothing happens where status and reason are the same, the transition
    /// time stays where the status does, and a condition that changes moves to the end.
    mutating func setRolloutCondition(_ condition: Condition, now: Timestamp) {
        let current = self.condition(condition.type)
        let sameStatus = current?["status"]?.string == condition.status.rawValue
        if sameStatus, current?["reason"]?.string == condition.reason { return }
        removeCondition(condition.type)
        var body = condition.body
        body["lastUpdateTime"] = .time(now)
        body["lastTransitionTime"] = (sameStatus ? current?["lastTransitionTime"] : nil) ?? .time(now)
        self["conditions"] = .array((self["conditions"]?.array ?? []) + [.object(body)])
    }

    /// A condition that keeps its place; its transition time moves with the status only.
    mutating func setCondition(_ condition: Condition, now: Timestamp, extra: Object = Object()) {
        var body = condition.body
        for pair in extra.pairs { body[pair.key] = pair.value }
        var all = self["conditions"]?.array ?? []
        let index = all.firstIndex { $0["type"]?.string == condition.type }
        let current = index.map { all[$0] }
        let sameStatus = current?["status"]?.string == condition.status.rawValue
        body["lastTransitionTime"] = (sameStatus ? current?["lastTransitionTime"] : nil) ?? .time(now)
        if let index { all[index] = .object(body) } else { all.append(.object(body)) }
        self["conditions"] = .array(all)
    }
}
