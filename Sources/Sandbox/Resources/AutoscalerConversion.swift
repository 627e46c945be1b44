// SPDX-License-Identifier: Apache-2.0

import Manifests

/// HorizontalPodAutoscalers in `autoscaling/v1` and `v2`: the first knows only a target for the CPU, and keeps all else
/// in annotations.
///
/// Source: kubernetes, pkg/apis/autoscaling/v1/conversion.go.
enum AutoscalerConversion {
    private static let prefix = "autoscaling.alpha.kubernetes.io/"

    static func toV1(_ autoscaler: Object) -> Object {
        var result = autoscaler
        var annotations = autoscaler.annotations
        if var spec = autoscaler["spec"]?.object {
            let metrics = spec["metrics"]?.array ?? []
            let cpu = metrics.first { $0["type"] == "Resource" && $0["resource"]?["name"] == "cpu" }
            spec["metrics"] = nil
            spec["targetCPUUtilizationPercentage"] = cpu?["resource"]?["target"]?["averageUtilization"]
            let others = metrics.filter { !isUtilization($0) }.map { source($0, status: false) }
            if !others.isEmpty { annotations[prefix + "metrics"] = text(.array(others)) }
            if let behavior = spec["behavior"]?.object {
                annotations[prefix + "behavior"] = text(.object(capitalized(behavior)))
                spec["behavior"] = nil
            }
            result["spec"] = .object(spec)
        }
        if var status = autoscaler["status"]?.object {
            let metrics = status["currentMetrics"]?.array ?? []
            status["currentMetrics"] = nil
            let cpu = metrics.first { $0["type"] == "Resource" && $0["resource"]?["name"] == "cpu" }
            status["currentCPUUtilizationPercentage"] = cpu?["resource"]?["current"]?["averageUtilization"]
            if !metrics.isEmpty {
                annotations[prefix + "current-metrics"] = text(.array(metrics.map { source($0, status: true) }))
            }
            if let conditions = status["conditions"]?.array, !conditions.isEmpty {
                annotations[prefix + "conditions"] = text(.array(conditions))
            }
            status["conditions"] = nil
            result["status"] = .object(status)
        }
        result.setMetadata("annotations", annotations.isEmpty ? nil : .object(annotations))
        return result
    }

    static func toV2(_ autoscaler: Object) -> Object {
        var result = autoscaler
        var annotations = autoscaler.annotations
        func take(_ name: String) -> Value? {
            defer { annotations[prefix + name] = nil }
            return annotations[prefix + name]?.string.flatMap { try? JSON.parse($0) }
        }
        if var spec = autoscaler["spec"]?.object {
            var metrics = (take("metrics")?.array ?? []).map { target($0, status: false) }
            if let utilization = spec["targetCPUUtilizationPercentage"] {
                metrics.append([
                    "type": "Resource",
                    "resource": [
                        "name": "cpu", "target": ["type": "Utilization", "averageUtilization": utilization],
                    ],
                ])
            }
            spec["targetCPUUtilizationPercentage"] = nil
            if !metrics.isEmpty { spec["metrics"] = .array(metrics) }
            if let behavior = take("behavior")?.object { spec["behavior"] = .object(uncapitalized(behavior)) }
            result["spec"] = .object(spec)
        }
        if var status = autoscaler["status"]?.object {
            let utilization = status["currentCPUUtilizationPercentage"]
            status["currentCPUUtilizationPercentage"] = nil
            if let metrics = take("current-metrics")?.array {
                status["currentMetrics"] = .array(metrics.map { target($0, status: true) })
            } else if let utilization {
                status["currentMetrics"] = [
                    ["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": utilization]]]
                ]
            } else {
                status["currentMetrics"] = .null
            }
            if let conditions = take("conditions") { status["conditions"] = conditions }
            result["status"] = .object(status)
        }
        result.setMetadata("annotations", annotations.isEmpty ? nil : .object(annotations))
        return result
    }

    private static func isUtilization(_ metric: Value) -> Bool {
        metric["type"] == "Resource" && metric["resource"]?["name"] == "cpu"
            && metric["resource"]?["target"]?["averageUtilization"] != nil
    }

    /// Names of a metric's values in v1 and in v2's `target` (or `current`).
    private static let values = [
        ("averageUtilization", "AverageUtilization"), ("averageValue", "AverageValue"), ("value", "Value"),
    ]

    /// A metric as v1 writes it in its annotation.
    private static func source(_ metric: Value, status: Bool) -> Value {
        edited(metric) { body in
            let measure = body[status ? "current" : "target"]
            body[status ? "current" : "target"] = nil
            body["metricName"] = body["metric"]?["name"]
            body["selector"] = body["metric"]?["selector"]
            body["metric"] = nil
            if let object = body["describedObject"] { body["target"] = object }
            body["describedObject"] = nil
            for (name, suffix) in values { body[(status ? "current" : "target") + suffix] = measure?[name] }
        }
    }

    /// A metric of the annotation as v2 has it.
    private static func target(_ metric: Value, status: Bool) -> Value {
        edited(metric) { body in
            if let object = body["target"] { body["describedObject"] = object }
            body["target"] = nil
            if let name = body["metricName"] {
                var metric: Object = ["name": name]
                metric["selector"] = body["selector"]
                body["metric"] = .object(metric)
            }
            body["metricName"] = nil
            body["selector"] = nil
            var measure = Object()
            for (name, suffix) in values {
                let key = (status ? "current" : "target") + suffix
                guard let value = body[key] else { continue }
                if !status {
                    measure["type"] = .string(["averageUtilization": "Utilization"][name] ?? suffix)
                }
                measure[name] = value
                body[key] = nil
            }
            body[status ? "current" : "target"] = .object(measure)
        }
    }

    /// Edits what the type of a metric names: `resource`, `pods`, `object`, `external`, `containerResource`.
    private static func edited(_ metric: Value, _ edit: (inout Object) -> Void) -> Value {
        guard var object = metric.object else { return metric }
        for key in object.keys where key != "type" {
            guard var body = object[key]?.object else { continue }
            edit(&body)
            object[key] = .object(body)
        }
        return .object(object)
    }

    private static func text(_ value: Value) -> Value { .string(JSON.text(value)) }

    /// The internal type has no JSON names, so that its fields are written in Go's.
    private static func capitalized(_ object: Object) -> Object { renamed(object) { $0.prefix(1).uppercased() } }

    private static func uncapitalized(_ object: Object) -> Object { renamed(object) { $0.prefix(1).lowercased() } }

    private static func renamed(_ object: Object, _ first: (String) -> String) -> Object {
        Object(
            uniqueKeysWithValues: object.pairs.map { pair in
                let value: Value =
                    switch pair.value {
                    case .object(let below): .object(renamed(below, first))
                    case .array(let items):
                        .array(items.map { $0.object.map { .object(renamed($0, first)) } ?? $0 })
                    default: pair.value
                    }
                return Object.Pair(key: first(pair.key) + pair.key.dropFirst(), value: value)
            })
    }
}
