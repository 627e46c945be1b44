// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A field selector: `metadata.name=x,status.phase!=Running`.
struct FieldSelector: Sendable {
    private struct Requirement: Sendable {
        var path: [String]
        var value: String
        var equal: Bool
    }

    private var requirements: [Requirement] = []

    init() {}

    /// - Throws: 400 for a field that the kind does not index.
    init(_ text: String, type: ResourceType) throws(StatusError) {
        let supported = Self.fields(of: type)
        for part in text.split(separator: ",") {
            guard let sign = part.firstIndex(of: "=") else {
                throw .badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
            }
            var field = part[..<sign]
            let equal = !field.hasSuffix("!")
            if !equal { field.removeLast() }
            var value = part[part.index(after: sign)...]
            if value.hasPrefix("=") { value.removeFirst() }
            guard supported.contains(String(field)) else {
                throw .badRequest("field label not supported: \(field)")
            }
            requirements.append(
                Requirement(path: field.split(separator: ".").map(String.init), value: String(value), equal: equal))
        }
    }

    func matches(_ object: Object) -> Bool {
        requirements.allSatisfy { requirement in
            let text: String =
                switch object.value(at: requirement.path) {
                case .string(let value): value
                case .integer(let value): String(value)
                case .bool(let value): String(value)
                default: ""
                }
            return (text == requirement.value) == requirement.equal
        }
    }

    /// What the real server indexes beside name and namespace.
    private static func fields(of type: ResourceType) -> [String] {
        let common = type.namespaced ? ["metadata.name", "metadata.namespace"] : ["metadata.name"]
        let own: [String] =
            switch (type.group, type.kind) {
            case ("", "Pod"):
                [
                    "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
                    "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
                ]
            case ("", "Event"), ("events.k8s.io", "Event"):
                [
                    "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
                    "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath",
                    "reason", "reportingComponent", "source", "type",
                ]
            case ("", "Namespace"): ["status.phase"]
            case ("", "Node"): ["spec.unschedulable"]
            case ("", "Secret"): ["type"]
            case ("", "Service"): ["spec.clusterIP", "spec.type"]
            case ("", "ReplicationController"), ("apps", "ReplicaSet"): ["status.replicas"]
            case ("batch", "Job"): ["status.successful"]
            default: []
            }
        return common + own
    }
}
