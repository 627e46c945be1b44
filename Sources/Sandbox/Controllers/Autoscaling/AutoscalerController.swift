// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// HorizontalPodAutoscalers: every 15 seconds as many replicas as the load asks for, within bounds (kubernetes,
/// pkg/controller/podautoscaler).
package struct AutoscalerController: SandboxController {
    package let name = "horizontal-pod-autoscaler"

    private let pace: SandboxPace
    private let load: SandboxLoad

    package init(pace: SandboxPace, load: SandboxLoad) {
        self.pace = pace
        self.load = load
    }

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        object.groupKind == .horizontalPodAutoscaler ? [object.objectID] : []
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard let autoscaler = cluster.object(key), !autoscaler.isTerminating else { return result }
        var history = ScalingHistory(cluster.memory)
        let due = history.nextLook ?? (autoscaler.creationTime ?? now) + pace.autoscale
        guard due <= now else {
            result.wake(at: due)
            result.memory = cluster.memory
            return result
        }
        history.nextLook = now + pace.autoscale
        result.wake(at: now + pace.autoscale)
        var sync = AutoscalerSync(autoscaler, in: cluster, load: load, history: history, now: now, result: result)
        sync.run()
        return sync.result
    }
}

/// One look of one autoscaler.
struct AutoscalerSync {
    private let cluster: any ClusterReader
    private let now: Timestamp
    private var autoscaler: Object
    private var status: Object
    private let load: SandboxLoad
    private var history: ScalingHistory
    private(set) var result: ControllerResult

    init(
        _ autoscaler: Object, in cluster: any ClusterReader, load: SandboxLoad, history: ScalingHistory,
        now: Timestamp, result: ControllerResult
    ) {
        self.cluster = cluster
        self.now = now
        self.autoscaler = autoscaler
        self.load = load
        self.history = history
        self.result = result
        status = autoscaler["status"]?.object ?? Object()
    }

    mutating func run() {
        look()
        result.memory = history.memory
        if status["desiredReplicas"] == nil { status["desiredReplicas"] = 0 }
        result.writeStatus(status, of: &autoscaler)
    }

    private mutating func look() {
        let reference = autoscaler.value(at: "spec", "scaleTargetRef")?.object ?? Object()
        let kind = reference["kind"]?.string ?? ""
        let group = GroupVersionKind(apiVersion: reference.apiVersion, kind: kind).group
        let name = reference["name"]?.string ?? ""
        let id = ObjectID(group: group, kind: kind, namespace: autoscaler.namespace, name: name)
        guard let workload = cluster.object(id) else {
            let plural = "\(kind.lowercased())s"
            let problem = "\(group.isEmpty ? plural : "\(plural).\(group)") \"\(name)\" not found"
            result.event(autoscaler, "FailedGetScale", problem, warning: true)
            return set(
                "AbleToScale", false, "FailedGetScale",
                "the HPA controller was unable to get the target's current scale: \(problem)")
        }
        set(
            "AbleToScale", true, "SucceededGetScale",
            "the HPA controller was able to get the target's current scale")
        let current = workload.replicas
        history.begin(replicas: current, now: now)
        let lower = autoscaler.int(at: "spec", "minReplicas") ?? 1
        let upper = autoscaler.int(at: "spec", "maxReplicas") ?? lower
        if current == 0, lower != 0 {
            set(
                "ScalingActive", false, "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero")
            status["currentMetrics"] = nil
            note(current: current, desired: 0)
        } else if current > upper {
            status["currentMetrics"] = nil
            rescale(workload, from: current, to: upper, "Current number of replicas above Spec.MaxReplicas")
        } else if current < lower {
            status["currentMetrics"] = nil
            rescale(workload, from: current, to: lower, "Current number of replicas below Spec.MinReplicas")
        } else {
            follow(workload, current: current, bounds: lower...max(lower, upper))
        }
    }

    /// Takes the largest of what the metrics ask for, as far as rules let it.
    private mutating func follow(_ workload: Object, current: Int, bounds: ClosedRange<Int>) {
        let metrics = autoscaler.list(at: "spec", "metrics")
        let measure = LoadMeasure(load: load, workload: workload, autoscaler: autoscaler, in: cluster)
        let findings = metrics.map(measure.finding)
        for failure in findings.compactMap(\.failure) {
            result.event(autoscaler, failure.reason, failure.problem, warning: true)
        }
        let failures = findings.compactMap(\.failure)
        let best = findings.filter { $0.failure == nil }.max { $0.replicas < $1.replicas }
        status["currentMetrics"] = .array(findings.map { $0.status ?? ["type": ""] })
        let invalid = failures.first.map {
            "invalid metrics (\(failures.count) invalid out of \(metrics.count)), first error is: \($0.text)"
        }
        guard let best, failures.isEmpty || best.replicas >= current else {
            if let failure = failures.first {
                set(
                    "ScalingActive", false, failure.reason,
                    "the HPA was unable to compute the replica count: \(failure.problem)")
            }
            status["currentReplicas"] = .count(current)
            if let invalid { result.event(autoscaler, "FailedComputeMetricsReplicas", invalid, warning: true) }
            return
        }
        set(
            "ScalingActive", true, "ValidMetricFound",
            "the HPA was able to successfully calculate a replica count from \(best.name)")
        var rules = ScalingRules(autoscaler, bounds: bounds, current: current, now: now)
        let decision = rules.decide(best.replicas, history: &history)
        set("AbleToScale", true, decision.stabilization.reason, decision.stabilization.message)
        set("ScalingLimited", decision.isLimited, decision.limit.reason, decision.limit.message)
        guard decision.replicas != current else { return note(current: current, desired: current) }
        rescale(
            workload, from: current, to: decision.replicas,
            best.replicas > current ? "\(best.name) above target" : "All metrics below target")
    }

    private mutating func rescale(_ workload: Object, from current: Int, to desired: Int, _ reason: String) {
        result.changes.append(.scale(workload.objectID, replicas: desired))
        set(
            "AbleToScale", true, "SucceededRescale",
            "the HPA controller was able to update the target scale to \(desired)")
        result.event(autoscaler, "SuccessfulRescale", "New size: \(desired); reason: \(reason)")
        history.note(from: current, to: desired, now: now)
        status["lastScaleTime"] = .time(now)
        note(current: current, desired: desired)
    }

    private mutating func note(current: Int, desired: Int) {
        status.setCount("currentReplicas", current)
        status["desiredReplicas"] = .count(desired)
    }

    private mutating func set(_ type: String, _ holds: Bool, _ reason: String, _ message: String) {
        status.setCondition(
            Condition(type: type, status: .init(holds), reason: reason, message: message), now: now)
    }
}
