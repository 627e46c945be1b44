// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Workloads, and what scales and guards them.
extension CellWriter {
    func workload(_ object: Object, kind: String) -> [Value]? {
        switch kind {
        case "Deployment.apps":
            return [
                name(object), ready(object), number(object, "status", "updatedReplicas"),
                number(object, "status", "availableReplicas"), age(object),
            ] + containers(object) + [.string(Self.selectorText(object.value(at: "spec", "selector"), orNone: ""))]
        case "ReplicaSet.apps", "ReplicationController":
            return [
                name(object), number(object, "spec", "replicas"), number(object, "status", "replicas"),
                number(object, "status", "readyReplicas"), age(object),
            ] + containers(object)
                + [kind == "ReplicaSet.apps" ? selector(object) : Self.labelText(object.value(at: "spec", "selector"))]
        case "StatefulSet.apps": return [name(object), ready(object), age(object)] + containers(object)
        case "DaemonSet.apps": return daemonSet(object)
        case "Job.batch": return job(object)
        case "CronJob.batch": return cronJob(object)
        case "ControllerRevision.apps": return controllerRevision(object)
        case "HorizontalPodAutoscaler.autoscaling": return autoscaler(object)
        case "PodDisruptionBudget.policy":
            return [
                name(object), bound(object, "minAvailable"), bound(object, "maxUnavailable"),
                number(object, "status", "disruptionsAllowed"), age(object),
            ]
        case "PodTemplate":
            return [name(object)] + containers(object, at: ["template", "spec"])
                + [Self.labelText(object.value(at: "template", "metadata", "labels"))]
        default: return nil
        }
    }

    private func ready(_ object: Object) -> Value {
        let ready = object.value(at: "status", "readyReplicas")?.integer ?? 0
        let wanted = object.value(at: "spec", "replicas")?.integer ?? 0
        return .string("\(ready)/\(wanted)")
    }

    private func selector(_ object: Object) -> Value {
        .string(Self.selectorText(object.value(at: "spec", "selector")))
    }

    private func bound(_ object: Object, _ field: String) -> Value {
        .string(Self.plain(object.value(at: "spec", field)) ?? "N/A")
    }

    private func daemonSet(_ object: Object) -> [Value] {
        let counts = [
            "desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled",
            "numberAvailable",
        ]
        return [name(object)] + counts.map { number(object, "status", $0) }
            + [Self.labelText(object.value(at: "spec", "template", "spec", "nodeSelector")), age(object)]
            + containers(object) + [selector(object)]
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
        let parallelism = object.value(at: "spec", "parallelism")?.integer ?? 0
        let wanted = completions.map(String.init) ?? (parallelism > 1 ? "1 of \(parallelism)" : "1")
        var duration = ""
        if let start = object.value(at: "status", "startTime")?.string.flatMap({ Timestamp($0) }) {
            let end = object.value(at: "status", "completionTime")?.string.flatMap { Timestamp($0) } ?? now
            duration = Self.text(end - start)
        }
        return [
            name(object), .string(state), .string("\(succeeded)/\(wanted)"), .string(duration), age(object),
        ] + containers(object) + [selector(object)]
    }

    private func cronJob(_ object: Object) -> [Value] {
        let last = object.value(at: "status", "lastScheduleTime")?.string
        let suspended: Value =
            switch object.value(at: "spec", "suspend")?.bool {
            case true: "True"
            case false: "False"
            case nil: "<unset>"
            }
        return [
            name(object), text(object, "spec", "schedule"), text(object, "spec", "timeZone", or: "<none>"), suspended,
            .integer(Int64(object.value(at: "status", "active")?.array?.count ?? 0)),
            .string(last.map { since($0) } ?? "<none>"), age(object),
        ] + containers(object, at: ["spec", "jobTemplate", "spec", "template", "spec"])
            + [.string(Self.selectorText(object.value(at: "spec", "jobTemplate", "spec", "selector")))]
    }

    private func controllerRevision(_ object: Object) -> [Value] {
        var controller = "<none>"
        if let owner = object.controllerReference {
            let type = owner.groupVersionKind
            controller = "\(type.groupKind.description.lowercased())/\(owner["name"]?.string ?? "")"
        }
        return [name(object), .string(controller), number(object, "revision"), age(object)]
    }

    private func autoscaler(_ object: Object) -> [Value] {
        let target = object.value(at: "spec", "scaleTargetRef")
        return [
            name(object), .string("\(target?["kind"]?.string ?? "")/\(target?["name"]?.string ?? "")"),
            .string(metrics(object)), .string(Self.plain(object.value(at: "spec", "minReplicas")) ?? "<unset>"),
            number(object, "spec", "maxReplicas"), number(object, "status", "currentReplicas"), age(object),
        ]
    }

    private func metrics(_ object: Object) -> String {
        var wanted = object.value(at: "spec", "metrics")?.array ?? []
        let current = object.value(at: "status", "currentMetrics")?.array ?? []
        // The form of autoscaling/v1.
        if wanted.isEmpty, let percent = object.value(at: "spec", "targetCPUUtilizationPercentage") {
            wanted = [
                [
                    "type": "Resource",
                    "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": percent]],
                ]
            ]
        }
        let texts = wanted.enumerated().map { metric($1, current.indices.contains($0) ? current[$0] : nil) }
        return texts.isEmpty ? "<none>" : Self.shortened(texts, to: 2, separator: ", ")
    }

    private func metric(_ wanted: Value, _ current: Value?) -> String {
        let type = wanted["type"]?.string ?? ""
        let field = type.prefix(1).lowercased() + type.dropFirst()
        guard let source = wanted[field] else { return "<unknown type>" }
        let target = source["target"]
        let now = current?[field]?["current"]
        // Go's words for a quantity that is not there, where the status tells of another one.
        func value(_ key: String) -> String { Self.plain(now?[key]) ?? (now == nil ? "<unknown>" : "<nil>") }
        let average = Self.plain(target?["averageValue"])
        switch type {
        case "External", "Object":
            if let average { return "\(Self.plain(now?["averageValue"]) ?? "<unknown>")/\(average) (avg)" }
            return "\(value("value"))/\(Self.plain(target?["value"]) ?? "<nil>")"
        case "Pods": return "\(value("averageValue"))/\(average ?? "<nil>")"
        default:
            let name = source["name"]?.string ?? ""
            if let average { return "\(name): \(value("averageValue"))/\(average)" }
            let used = Self.plain(now?["averageUtilization"]).map { "\($0)%" } ?? "<unknown>"
            let wanted = Self.plain(target?["averageUtilization"]).map { "\($0)%" } ?? "<auto>"
            return "\(name): \(used)/\(wanted)"
        }
    }
}
