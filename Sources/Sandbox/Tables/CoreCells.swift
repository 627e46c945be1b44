// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The other kinds of the core group.
extension CellWriter {
    func core(_ object: Object, kind: String) -> [Value]? {
        switch kind {
        case "Namespace": return [name(object), text(object, "status", "phase"), age(object)]
        case "ServiceAccount": return [name(object), age(object)]
        case "ConfigMap": return [name(object), count(object, "data", "binaryData"), age(object)]
        case "Secret": return [name(object), text(object, "type"), count(object, "data"), age(object)]
        case "Service": return service(object)
        case "Endpoints": return [name(object), .string(endpoints(object)), age(object)]
        case "PersistentVolumeClaim": return claim(object)
        case "PersistentVolume": return volume(object)
        case "ResourceQuota": return quota(object)
        case "Event", "Event.events.k8s.io": return event(object)
        case "Node": return node(object)
        case "ComponentStatus":
            let condition = (object["conditions"]?.array ?? []).first { $0["type"] == "Healthy" }
            let state: Value =
                condition.map { $0["status"] == "True" ? "Healthy" : "Unhealthy" } ?? "Unknown"
            return [name(object), state, condition?["message"] ?? "", condition?["error"] ?? ""]
        default: return nil
        }
    }

    /// The addresses that a load balancer has given.
    func addresses(_ object: Object) -> [String] {
        let given = (object.value(at: "status", "loadBalancer", "ingress")?.array ?? [])
            .compactMap { $0["ip"]?.string ?? $0["hostname"]?.string }
        return Set(given).sorted()
    }

    private func service(_ object: Object) -> [Value] {
        let spec = object["spec"] ?? [:]
        let ports = (spec["ports"]?.array ?? []).map { port -> String in
            let node = port["nodePort"]?.integer.map { ":\($0)" } ?? ""
            return "\(port["port"]?.integer ?? 0)\(node)/\(port["protocol"]?.string ?? "TCP")"
        }
        let type = spec["type"]?.string ?? ""
        let given = (spec["externalIPs"]?.array ?? []).compactMap(\.string)
        let external =
            switch type {
            case "ClusterIP", "NodePort": given.isEmpty ? "<none>" : given.joined(separator: ",")
            case "LoadBalancer":
                (addresses(object) + given).isEmpty ? "<pending>" : (addresses(object) + given).joined(separator: ",")
            case "ExternalName": spec["externalName"]?.string ?? ""
            default: "<unknown>"
            }
        return [
            name(object), .string(type), spec["clusterIPs"]?[0] ?? spec["clusterIP"] ?? "<none>", .string(external),
            .string(ports.isEmpty ? "<none>" : ports.joined(separator: ",")), age(object),
            Self.labelText(spec["selector"]),
        ]
    }

    private func endpoints(_ object: Object) -> String {
        let subsets = object["subsets"]?.array ?? []
        guard !subsets.isEmpty else { return "<none>" }
        let texts = subsets.flatMap { subset -> [String] in
            let addresses = (subset["addresses"]?.array ?? []).compactMap { $0["ip"]?.string }
            let ports = (subset["ports"]?.array ?? []).compactMap { $0["port"]?.integer }
            guard !ports.isEmpty else { return addresses }
            return ports.flatMap { port in addresses.map { $0.contains(":") ? "[\($0)]:\(port)" : "\($0):\(port)" } }
        }
        return Self.shortened(texts)
    }

    private static func accessModes(_ value: Value?) -> Value {
        let names = [
            ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
        ]
        let given = (value?.array ?? []).compactMap(\.string)
        return .string(names.filter { given.contains($0.0) }.map(\.1).joined(separator: ","))
    }

    private static func storageClass(_ object: Object) -> Value {
        object.annotations["volume.beta.kubernetes.io/storage-class"]
            ?? object.value(at: "spec", "storageClassName") ?? ""
    }

    private func claim(_ object: Object) -> [Value] {
        let isBound = object.value(at: "spec", "volumeName") != nil
        return [
            name(object), object.isTerminating ? "Terminating" : text(object, "status", "phase"),
            text(object, "spec", "volumeName"),
            isBound ? .string(Self.plain(object.value(at: "status", "capacity", "storage")) ?? "0") : "",
            isBound ? Self.accessModes(object.value(at: "status", "accessModes")) : "", Self.storageClass(object),
            text(object, "spec", "volumeAttributesClassName", or: "<unset>"), age(object),
            text(object, "spec", "volumeMode", or: "<unset>"),
        ]
    }

    private func volume(_ object: Object) -> [Value] {
        var claim = ""
        if let reference = object.value(at: "spec", "claimRef") {
            claim = "\(reference["namespace"]?.string ?? "")/\(reference["name"]?.string ?? "")"
        }
        return [
            name(object), .string(Self.plain(object.value(at: "spec", "capacity", "storage")) ?? "0"),
            Self.accessModes(object.value(at: "spec", "accessModes")),
            text(object, "spec", "persistentVolumeReclaimPolicy"),
            object.isTerminating ? "Terminating" : text(object, "status", "phase"), .string(claim),
            Self.storageClass(object), text(object, "spec", "volumeAttributesClassName", or: "<unset>"),
            text(object, "status", "reason"), age(object), text(object, "spec", "volumeMode", or: "<unset>"),
        ]
    }

    private func quota(_ object: Object) -> [Value] {
        let hard = object.value(at: "status", "hard")?.object ?? Object()
        let lines = hard.pairs.sorted { $0.key < $1.key }.map { pair in
            let used = Self.plain(object.value(at: "status", "used", pair.key)) ?? "0"
            return (
                isLimit: pair.key.hasPrefix("limits."), text: "\(pair.key): \(used)/\(Self.plain(pair.value) ?? "")"
            )
        }
        func joined(_ isLimit: Bool) -> Value {
            .string(lines.filter { $0.isLimit == isLimit }.map(\.text).joined(separator: ", "))
        }
        return [name(object), joined(false), joined(true), age(object)]
    }

    private func event(_ object: Object) -> [Value] {
        func nonEmpty(_ path: String...) -> String? {
            object.value(at: path)?.string.flatMap { $0.isEmpty ? nil : $0 }
        }
        let kind = (nonEmpty("involvedObject", "kind") ?? "").lowercased()
        let first = since(nonEmpty("firstTimestamp") ?? nonEmpty("eventTime"))
        var last = nonEmpty("lastTimestamp").map { since($0) } ?? first
        var count = object["count"]?.integer ?? 0
        if let series = object["series"] {
            last = since(series["lastObservedTime"]?.string)
            count = series["count"]?.integer ?? 0
        } else if count == 0 {
            count = 1
        }
        let component = nonEmpty("source", "component") ?? nonEmpty("reportingComponent") ?? ""
        let instance = nonEmpty("source", "host") ?? nonEmpty("reportingInstance")
        let message = object["message"]?.string ?? ""
        return [
            .string(last), text(object, "type"), text(object, "reason"),
            .string(nonEmpty("involvedObject", "name").map { "\(kind)/\($0)" } ?? kind),
            text(object, "involvedObject", "fieldPath"),
            .string(instance.map { "\(component), \($0)" } ?? component), .string(Self.trimmed(message)),
            .string(first), .integer(count), name(object),
        ]
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop { $0.isWhitespace }
        return String(start[..<(start.lastIndex { !$0.isWhitespace }.map { start.index(after: $0) } ?? start.endIndex)])
    }

    private func node(_ object: Object) -> [Value] {
        let conditions = object.value(at: "status", "conditions")?.array ?? []
        var states = conditions.filter { $0["type"] == "Ready" }.map { $0["status"] == "True" ? "Ready" : "NotReady" }
        if states.isEmpty { states = ["Unknown"] }
        if object.value(at: "spec", "unschedulable") == true { states.append("SchedulingDisabled") }
        let prefix = "node-role.kubernetes.io/"
        let roles = object.labels.pairs.compactMap { pair -> String? in
            if pair.key.hasPrefix(prefix) { return String(pair.key.dropFirst(prefix.count)) }
            return pair.key == "kubernetes.io/role" ? pair.value.string : nil
        }.filter { !$0.isEmpty }
        let addresses = object.value(at: "status", "addresses")?.array ?? []
        func address(_ kind: String) -> Value {
            addresses.first { $0["type"] == .string(kind) }?["address"] ?? "<none>"
        }
        func info(_ key: String) -> Value {
            guard let text = object.value(at: "status", "nodeInfo", key), text != "" else { return "<unknown>" }
            return text
        }
        return [
            name(object), .string(states.joined(separator: ",")),
            .string(roles.isEmpty ? "<none>" : Set(roles).sorted().joined(separator: ",")), age(object),
            text(object, "status", "nodeInfo", "kubeletVersion"), address("InternalIP"), address("ExternalIP"),
            info("osImage"), info("kernelVersion"), info("containerRuntimeVersion"),
        ]
    }
}
