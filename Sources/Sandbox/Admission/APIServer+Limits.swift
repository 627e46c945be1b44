// SPDX-License-Identifier: Apache-2.0

import Manifests

/// LimitRanges: what containers, pods and claims of a namespace may ask for (plugin LimitRanger).
extension APIServer {
    func checkLimits(_ object: Object, _ request: WriteRequest) throws(StatusError) {
        let kind = request.type.kind
        guard request.type.group.isEmpty, kind == "Pod" || kind == "PersistentVolumeClaim" else { return }
        var problems: [String] = []
        for range in objects("", "LimitRange", namespace: request.namespace) {
            for limit in range.value(at: "spec", "limits")?.array ?? [] {
                problems += Self.problems(object, kind, LimitCheck(limit))
            }
        }
        guard !problems.isEmpty else { return }
        let text = problems.count == 1 ? problems[0] : "[\(problems.joined(separator: ", "))]"
        throw .forbidden(request.type, request.name, text)
    }

    private static func problems(_ object: Object, _ kind: String, _ limit: LimitCheck) -> [String] {
        switch (kind, limit.type) {
        case ("PersistentVolumeClaim", "PersistentVolumeClaim"):
            let requests = object.value(at: "spec", "resources", "requests")
            return limit.problems(requests: requests, limits: nil, isClaim: true)
        case ("Pod", "Container"):
            return ["containers", "initContainers"].flatMap { object.value(at: "spec", $0)?.array ?? [] }.flatMap {
                limit.problems(requests: $0["resources"]?["requests"], limits: $0["resources"]?["limits"])
            }
        case ("Pod", "Pod"):
            let containers = object.value(at: "spec", "containers")?.array ?? []
            return limit.problems(
                requests: LimitCheck.sum(containers, "requests"), limits: LimitCheck.sum(containers, "limits"))
        default: return []
        }
    }
}

/// One entry of a LimitRange.
struct LimitCheck {
    let type: String
    private let limit: Value

    init(_ limit: Value) {
        self.limit = limit
        type = limit["type"]?.string ?? ""
    }

    func problems(requests: Value?, limits: Value?, isClaim: Bool = false) -> [String] {
        var result: [String] = []
        for (name, least) in amounts("min") {
            let text = "minimum \(name) usage per \(type) is \(least.canonical)"
            guard let asked = requests?[name]?.quantity else {
                result.append("\(text).  No request is specified")
                continue
            }
            if asked < least {
                result.append("\(text), but request is \(asked.canonical)")
            } else if let cap = limits?[name]?.quantity, cap < least {
                result.append("\(text), but limit is \(cap.canonical)")
            }
        }
        for (name, most) in amounts("max") {
            let text = "maximum \(name) usage per \(type) is \(most.canonical)"
            let asked = requests?[name]?.quantity
            if isClaim {
                if let asked, asked > most { result.append("\(text), but request is \(asked.canonical)") }
                if asked == nil { result.append("\(text).  No request is specified") }
            } else if let cap = limits?[name]?.quantity {
                if cap > most { result.append("\(text), but limit is \(cap.canonical)") }
                if cap <= most, let asked, asked > most { result.append("\(text), but request is \(asked.canonical)") }
            } else {
                result.append("\(text).  No limit is specified")
            }
        }
        return result
    }

    private func amounts(_ key: String) -> [(String, Quantity)] {
        (limit[key]?.object?.sortedByKey.pairs ?? []).compactMap { pair in
            pair.value.quantity.map { (pair.key, $0) }
        }
    }

    /// What all containers ask for together; a resource that one of them leaves open is not summed for limits.
    static func sum(_ containers: [Value], _ kind: String) -> Value {
        var total = Object()
        for pair in containers.flatMap({ $0["resources"]?[kind]?.object?.pairs ?? [] }) {
            let all = containers.compactMap { $0["resources"]?[kind]?[pair.key]?.quantity }
            total[pair.key] = .string(all.reduce(Quantity.zero, +).canonical)
        }
        return .object(total)
    }
}
