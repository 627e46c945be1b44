// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The cells of built-in kinds, as `kubectl get` prints them.
struct CellWriter {
    let now: Timestamp

    func age(_ object: Object) -> Value {
        .string(since(object.value(at: "metadata", "creationTimestamp")?.string))
    }

    func since(_ text: String?) -> String {
        guard let text, let time = Timestamp(text) else { return "<unknown>" }
        return Self.text(now - time)
    }

    /// apimachinery's `duration.HumanDuration`.
    static func text(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        let minutes = seconds / 60
        let hours = minutes / 60
        let days = hours / 24
        func pair(_ big: Int64, _ bigUnit: String, _ small: Int64, _ smallUnit: String) -> String {
            small == 0 ? "\(big)\(bigUnit)" : "\(big)\(bigUnit)\(small)\(smallUnit)"
        }
        if seconds < 120 { return "\(seconds)s" }
        if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        if hours < 192 { return pair(days, "d", hours % 24, "h") }
        if days < 730 { return "\(days)d" }
        if days < 2920 { return pair(days / 365, "y", days % 365, "d") }
        return "\(days / 365)y"
    }

    func cells(_ object: Object, kind: String) -> [Value]? {
        let name = Value.string(object.name)
        switch kind {
        case "Namespace": return [name, text(object, "status", "phase"), age(object)]
        case "ServiceAccount": return [name, age(object)]
        case "ConfigMap": return [name, count(object, "data", "binaryData"), age(object)]
        case "Secret": return [name, text(object, "type"), count(object, "data"), age(object)]
        case "Service": return service(object)
        case "PersistentVolumeClaim": return claim(object)
        case "Pod": return PodCells(writer: self).cells(object)
        case "Deployment.apps":
            return [
                name, ready(object), number(object, "status", "updatedReplicas"),
                number(object, "status", "availableReplicas"), age(object),
            ] + containers(object) + [selector(object)]
        case "ReplicaSet.apps":
            return [
                name, number(object, "spec", "replicas"), number(object, "status", "replicas"),
                number(object, "status", "readyReplicas"), age(object),
            ] + containers(object) + [selector(object)]
        case "StatefulSet.apps": return [name, ready(object), age(object)] + containers(object)
        case "DaemonSet.apps": return daemonSet(object)
        case "Job.batch": return job(object)
        case "CronJob.batch": return cronJob(object)
        case "Event": return event(object)
        case "CustomResourceDefinition.apiextensions.k8s.io":
            return [name, object.value(at: "metadata", "creationTimestamp") ?? "<unknown>"]
        case "Lease.coordination.k8s.io": return [name, text(object, "spec", "holderIdentity"), age(object)]
        case "Node": return node(object)
        default: return nil
        }
    }

    func text(_ object: Object, _ path: String...) -> Value { object.value(at: path) ?? "" }

    func number(_ object: Object, _ path: String...) -> Value { object.value(at: path) ?? 0 }

    private func count(_ object: Object, _ keys: String...) -> Value {
        .integer(Int64(keys.reduce(0) { $0 + (object[$1]?.object?.count ?? 0) }))
    }

    private func ready(_ object: Object) -> Value {
        let ready = object.value(at: "status", "readyReplicas")?.integer ?? 0
        let wanted = object.value(at: "spec", "replicas")?.integer ?? 0
        return .string("\(ready)/\(wanted)")
    }

    func containers(_ object: Object, at path: [String] = ["spec", "template", "spec"]) -> [Value] {
        let containers = object.value(at: path + ["containers"])?.array ?? []
        return ["name", "image"].map { key in
            .string(containers.map { $0[key]?.string ?? "" }.joined(separator: ","))
        }
    }

    private func selector(_ object: Object) -> Value {
        .string(Self.selectorText(object.value(at: "spec", "selector")))
    }

    /// `a=b,c in (d)`, or `<none>`.
    static func selectorText(_ selector: Value?) -> String {
        var parts = pairs(selector?["matchLabels"])
        for expression in selector?["matchExpressions"]?.array ?? [] {
            let key = expression["key"]?.string ?? ""
            let values = (expression["values"]?.array ?? []).compactMap(\.string).sorted().joined(separator: ",")
            switch expression["operator"]?.string {
            case "In": parts.append("\(key) in (\(values))")
            case "NotIn": parts.append("\(key) notin (\(values))")
            case "Exists": parts.append(key)
            default: parts.append("!\(key)")
            }
        }
        return parts.isEmpty ? "<none>" : parts.joined(separator: ",")
    }

    static func pairs(_ labels: Value?) -> [String] {
        (labels?.object?.pairs ?? []).map { "\($0.key)=\($0.value.string ?? "")" }.sorted()
    }

    private func service(_ object: Object) -> [Value] {
        let spec = object["spec"] ?? [:]
        let ports = (spec["ports"]?.array ?? []).map { port -> String in
            let node = port["nodePort"]?.integer.map { ":\($0)" } ?? ""
            return "\(port["port"]?.integer ?? 0)\(node)/\(port["protocol"]?.string ?? "TCP")"
        }
        let type = spec["type"]?.string ?? ""
        let addresses = (object.value(at: "status", "loadBalancer", "ingress")?.array ?? [])
            .compactMap { $0["ip"]?.string ?? $0["hostname"]?.string }
        let external =
            switch type {
            case "LoadBalancer": addresses.isEmpty ? "<pending>" : addresses.joined(separator: ",")
            case "ExternalName": spec["externalName"]?.string ?? ""
            default: "<none>"
            }
        let selector = Self.pairs(spec["selector"])
        return [
            .string(object.name), .string(type), spec["clusterIP"] ?? "<none>", .string(external),
            .string(ports.isEmpty ? "<none>" : ports.joined(separator: ",")), age(object),
            .string(selector.isEmpty ? "<none>" : selector.joined(separator: ",")),
        ]
    }

    private func claim(_ object: Object) -> [Value] {
        let modes = ["ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"]
        let isBound = object.value(at: "spec", "volumeName") != nil
        let access = (object.value(at: "status", "accessModes")?.array ?? []).compactMap {
            $0.string.flatMap { modes[$0] }
        }
        let phase = object.isTerminating ? "Terminating" : text(object, "status", "phase")
        return [
            .string(object.name), phase, text(object, "spec", "volumeName"),
            isBound ? text(object, "status", "capacity", "storage") : "",
            .string(isBound ? access.joined(separator: ",") : ""), text(object, "spec", "storageClassName"),
            object.value(at: "spec", "volumeAttributesClassName") ?? "<unset>", age(object),
            object.value(at: "spec", "volumeMode") ?? "<unset>",
        ]
    }

    private func daemonSet(_ object: Object) -> [Value] {
        let nodes = Self.pairs(object.value(at: "spec", "template", "spec", "nodeSelector"))
        return [
            .string(object.name), number(object, "status", "desiredNumberScheduled"),
            number(object, "status", "currentNumberScheduled"), number(object, "status", "numberReady"),
            number(object, "status", "updatedNumberScheduled"), number(object, "status", "numberAvailable"),
            .string(nodes.isEmpty ? "<none>" : nodes.joined(separator: ",")), age(object),
        ] + containers(object) + [selector(object)]
    }

    private func job(_ object: Object) -> [Value] {
        let conditions = (object.value(at: "status", "conditions")?.array ?? []).filter { $0["status"] == "True" }
        let types = conditions.compactMap { $0["type"]?.string }
        let state =
            ["Complete", "Failed"].first(where: types.contains)
            ?? (object.isTerminating
                ? "Terminating"
                : ["Suspended", "FailureTarget", "SuccessCriteriaMet"].first(where: types.contains) ?? "Running")
        let succeeded = object.value(at: "status", "succeeded")?.integer ?? 0
        let completions = object.value(at: "spec", "completions")?.integer
        let parallelism = object.value(at: "spec", "parallelism")?.integer ?? 1
        let wanted = completions.map(String.init) ?? (parallelism > 1 ? "1 of \(parallelism)" : "1")
        var duration = ""
        if let start = object.value(at: "status", "startTime")?.string.flatMap({ Timestamp($0) }) {
            let end = object.value(at: "status", "completionTime")?.string.flatMap { Timestamp($0) } ?? now
            duration = Self.text(end - start)
        }
        return [
            .string(object.name), .string(state), .string("\(succeeded)/\(wanted)"), .string(duration), age(object),
        ] + containers(object) + [selector(object)]
    }

    private func cronJob(_ object: Object) -> [Value] {
        let last = object.value(at: "status", "lastScheduleTime")?.string
        return [
            .string(object.name), text(object, "spec", "schedule"), object.value(at: "spec", "timeZone") ?? "<none>",
            object.value(at: "spec", "suspend") == true ? "True" : "False",
            .integer(Int64(object.value(at: "status", "active")?.array?.count ?? 0)),
            .string(last.map { since($0) } ?? "<none>"), age(object),
        ] + containers(object, at: ["spec", "jobTemplate", "spec", "template", "spec"])
            + [.string(Self.selectorText(object.value(at: "spec", "jobTemplate", "spec", "selector")))]
    }

    private func event(_ object: Object) -> [Value] {
        let kind = object.value(at: "involvedObject", "kind")?.string ?? ""
        let name = object.value(at: "involvedObject", "name")?.string ?? ""
        let last = object["lastTimestamp"]?.string ?? object["eventTime"]?.string
        return [
            .string(since(last)), text(object, "type"), text(object, "reason"), .string("\(kind.lowercased())/\(name)"),
            text(object, "involvedObject", "fieldPath"), text(object, "source", "component"), text(object, "message"),
            .string(since(object["firstTimestamp"]?.string ?? last)), object["count"] ?? 1, .string(object.name),
        ]
    }

    private func node(_ object: Object) -> [Value] {
        let conditions = object.value(at: "status", "conditions")?.array ?? []
        let ready = conditions.first { $0["type"] == "Ready" }?["status"] == "True"
        let addresses = object.value(at: "status", "addresses")?.array ?? []
        func address(_ kind: String) -> Value {
            addresses.first { $0["type"] == .string(kind) }?["address"] ?? "<none>"
        }
        func info(_ key: String) -> Value {
            guard let text = object.value(at: "status", "nodeInfo", key), text != "" else { return "<unknown>" }
            return text
        }
        let isCordoned = object.value(at: "spec", "unschedulable")?.bool == true
        let role = "node-role.kubernetes.io/"
        let roles = object.labels.keys.filter { $0.hasPrefix(role) }.map { String($0.dropFirst(role.count)) }.sorted()
        return [
            .string(object.name),
            .string((ready ? "Ready" : "NotReady") + (isCordoned ? ",SchedulingDisabled" : "")),
            .string(roles.isEmpty ? "<none>" : roles.joined(separator: ",")), age(object),
            text(object, "status", "nodeInfo", "kubeletVersion"), address("InternalIP"), address("ExternalIP"),
            info("osImage"), info("kernelVersion"), info("containerRuntimeVersion"),
        ]
    }
}
