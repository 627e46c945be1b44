// SPDX-License-Identifier: Apache-2.0

import Manifests

/// How many replicas one metric asks for (kubernetes, pkg/controller/podautoscaler/replica_calculator.go).
struct LoadMeasure {
    struct Failure {
        var reason: String
        /// What went wrong.
        var problem: String
        /// The same, with the metric.
        var text: String
    }

    struct Finding {
        var replicas = 0
        /// The metric, as conditions and Events name it.
        var name = ""
        /// As `status.currentMetrics` shows it.
        var status: Value?
        var failure: Failure?
    }

    private let load: SandboxLoad
    private let current: Int
    private let pods: [Object]
    private let tolerance: (up: Double, down: Double)

    init(load: SandboxLoad, workload: Object, autoscaler: Object, in cluster: any ClusterReader) {
        self.load = load
        current = workload.replicas
        let selector = LabelSelector(selector: workload.value(at: "spec", "selector"))
        pods = cluster.objects(.pod, namespace: workload.namespace).filter {
            selector?.matches($0.labels) == true && !$0.isTerminating && $0.podPhase != "Failed"
        }
        func tolerance(_ direction: String) -> Double {
            let text = autoscaler.value(at: "spec", "behavior", direction, "tolerance")
            return text?.quantity.map { Double($0.milli) / 1000 } ?? 0.1
        }
        self.tolerance = (tolerance("scaleUp"), tolerance("scaleDown"))
    }

    func finding(_ metric: Object) -> Finding {
        let type = metric["type"]?.string ?? ""
        let field = type.prefix(1).lowercased() + type.dropFirst()
        let source = metric[field]?.object ?? Object()
        let target = source["target"]?.object ?? Object()
        switch type {
        case "Resource", "ContainerResource":
            let resource = source["name"]?.string ?? ""
            let container = type == "ContainerResource" ? source["container"]?.string : nil
            do throws(Problem) {
                let (replicas, value) = try measure(resource, container, target)
                let isShare = target["averageUtilization"] != nil
                let kind = container == nil ? "resource" : "container resource"
                var shown: Object = ["name": .string(resource), "current": .object(value)]
                shown["container"] = container.map(Value.string)
                return Finding(
                    replicas: replicas,
                    name: isShare
                        ? "\(resource) \(kind) utilization (percentage of request)" : "\(resource) resource",
                    status: ["type": .string(type), String(field): .object(shown)])
            } catch {
                let problem = "failed to get \(resource) utilization: \(error.text)"
                let subject = container.map { "\($0) container" } ?? "\(resource) resource"
                return failed(
                    container == nil ? "FailedGetResourceMetric" : "FailedGetContainerResourceMetric", problem,
                    "failed to get \(subject) metric value")
            }
        default: return other(type, source, target)
        }
    }

    // MARK: Resources

    /// In thousandths: the memory of many pods, in percent, is more than 64 bits hold.
    private typealias Amount = Int128

    private struct Problem: Error { var text: String }

    /// The replicas, and the value to show.
    private func measure(
        _ resource: String, _ container: String?, _ target: Object
    ) throws(Problem) -> (Int, Object) {
        switch load {
        case .unmeasured:
            throw Problem(
                text: "unable to get metrics for resource \(resource): unable to fetch metrics from resource metrics "
                    + "API: the server could not find the requested resource (get pods.metrics.k8s.io)")
        case .onTarget: return (current, onTarget(resource, container, target))
        case .utilization(let percent): return try measure(resource, container, target, percent: percent)
        }
    }

    /// Exactly what the target asks for; the amount is known where all pods state a request.
    private func onTarget(_ resource: String, _ container: String?, _ target: Object) -> Object {
        guard let share = target["averageUtilization"] else { return ["averageValue": target["averageValue"] ?? "0"] }
        var value: Object = ["averageUtilization": share]
        let amounts = try? pods.map { (pod) throws(Problem) in try request(resource, container, of: pod) }
        let total = (amounts ?? []).reduce(0, +)
        let average = pods.isEmpty ? 0 : total / Amount(pods.count) * Amount(share.integer ?? 0) / 100
        value["averageValue"] = .string(Quantity(milli: Int64(clamping: average)).canonical)
        return value
    }

    private func measure(
        _ resource: String, _ container: String?, _ target: Object, percent: Int
    ) throws(Problem) -> (Int, Object) {
        guard !pods.isEmpty else {
            throw Problem(text: "no pods returned by selector while calculating replica count")
        }
        // What is not ready is not believed what it uses of the CPU; what does not run uses nothing.
        let running = pods.filter { $0.podPhase == "Running" }
        let measured = running.filter { resource != "cpu" || $0.isPodReady }
        guard !running.isEmpty else {
            throw Problem(
                text: "unable to get metrics for resource \(resource): no metrics returned from resource metrics API")
        }
        guard !measured.isEmpty else {
            throw Problem(text: "did not receive metrics for targeted pods (pods might be unready)")
        }
        let unready = pods.count - measured.count
        var requests: [Amount] = []
        for pod in measured { requests.append(try request(resource, container, of: pod)) }
        let usage = requests.map { $0 * Amount(percent) / 100 }
        let average = usage.reduce(0, +) / Amount(usage.count)
        var value: Object = [:]
        func ratio(_ usage: [Amount], _ requests: [Amount]) -> Double {
            if let share = target["averageUtilization"]?.integer {
                let utilization = usage.reduce(0, +) * 100 / max(1, requests.reduce(0, +))
                return Double(utilization) / Double(max(1, share))
            }
            let wanted = target["averageValue"]?.quantity?.milli ?? 1
            return Double(usage.reduce(0, +) / Amount(max(1, usage.count))) / Double(max(1, wanted))
        }
        if target["averageUtilization"] != nil {
            let total = requests.reduce(0, +)
            guard total > 0 else { throw Problem(text: "no metrics returned matched known pods") }
            value["averageUtilization"] = .integer(Int64(clamping: usage.reduce(0, +) * 100 / total))
        }
        value["averageValue"] = .string(Quantity(milli: Int64(clamping: average)).canonical)
        let first = ratio(usage, requests)
        guard unready > 0, first > 1 else {
            return (isWithin(first) ? current : Self.count(first * Double(measured.count)), value)
        }
        // Growing, pods that are not ready count as idle, lest it grow for what they are about to take over.
        var all = requests
        for pod in pods where !measured.contains(where: { $0.uid == pod.uid }) {
            all.append(try request(resource, container, of: pod))
        }
        let second = ratio(usage + Array(repeating: 0, count: unready), all)
        guard !isWithin(second), second > 1 else { return (current, value) }
        return (max(current, Self.count(second * Double(all.count))), value)
    }

    /// Of pods: no more than a workload can be asked for.
    private static func count(_ number: Double) -> Int { Int(min(number.rounded(.up), Double(Int32.max))) }

    private func isWithin(_ ratio: Double) -> Bool { ratio >= 1 - tolerance.down && ratio <= 1 + tolerance.up }

    private func request(_ resource: String, _ container: String?, of pod: Object) throws(Problem) -> Amount {
        var total: Amount = 0
        for candidate in pod.list(at: "spec", "containers") {
            let name = candidate["name"]?.string ?? ""
            if let container, container != name { continue }
            guard let request = candidate.value(at: "resources", "requests", resource)?.quantity else {
                throw Problem(text: "missing request for \(resource) in container \(name) of Pod \(pod.name)")
            }
            total += Amount(request.milli)
        }
        return total
    }

    // MARK: Other metrics

    private func other(_ type: String, _ source: Object, _ target: Object) -> Finding {
        let metric = source["metric"]?["name"]?.string ?? ""
        let words: (reason: String, kind: String, api: String) =
            switch type {
            case "Pods":
                (
                    "FailedGetPodsMetric", "pods",
                    "custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"
                )
            case "Object":
                (
                    "FailedGetObjectMetric", "object",
                    "custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"
                )
            default:
                (
                    "FailedGetExternalMetric", "external",
                    "external metrics API: the server could not find the requested resource "
                        + "(get \(metric).external.metrics.k8s.io)"
                )
            }
        if load == .unmeasured {
            return failed(
                words.reason, "unable to get metric \(metric): unable to fetch metrics from \(words.api)",
                "failed to get \(words.kind) metric value")
        }
        var shown = source
        shown["target"] = nil
        var value = Object()
        for field in ["value", "averageValue"] { value[field] = target[field] }
        shown["current"] = .object(value)
        let field = type.prefix(1).lowercased() + type.dropFirst()
        let subject = type == "Object" ? source["describedObject"]?["kind"]?.string ?? "" : words.kind
        return Finding(
            replicas: current, name: "\(subject) metric \(metric)",
            status: ["type": .string(type), String(field): .object(shown)])
    }

    private func failed(_ reason: String, _ problem: String, _ prefix: String) -> Finding {
        Finding(failure: Failure(reason: reason, problem: problem, text: "\(prefix): \(problem)"))
    }
}
