// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a Job does about a failed pod, by the first rule that matches (kubernetes, pkg/controller/job).
struct PodFailurePolicy {
    struct Action {
        /// `FailJob`, `FailIndex`, `Ignore` or `Count`.
        var kind: String
        var message: String
    }

    private let rules: [Object]

    init(_ job: Object) { rules = job.list(at: "spec", "podFailurePolicy", "rules") }

    /// Why the whole Job fails, if this pod fails it.
    func failure(_ pod: Object) -> String? {
        action(for: pod).flatMap { $0.kind == "FailJob" ? $0.message : nil }
    }

    /// Whether this pod's failure counts against a limit.
    func counts(_ pod: Object) -> Bool { action(for: pod)?.kind != "Ignore" }

    /// Nil where no rule matches: the failure counts.
    func action(for pod: Object) -> Action? {
        for (index, rule) in rules.enumerated() {
            let kind = rule["action"]?.string ?? ""
            if let codes = rule["onExitCodes"]?.object, let found = container(of: pod, matching: codes) {
                return Action(
                    kind: kind,
                    message: "Container \(found.name) for pod \(pod.namespace)/\(pod.name) failed with exit code "
                        + "\(found.code) matching \(kind) rule at index \(index)")
            }
            if let type = condition(of: pod, matching: rule.list(at: "onPodConditions")) {
                return Action(
                    kind: kind,
                    message: "Pod \(pod.namespace)/\(pod.name) has condition \(type) matching \(kind) rule at index "
                        + "\(index)")
            }
        }
        return nil
    }

    private func container(of pod: Object, matching codes: Object) -> (name: String, code: Int)? {
        let values = (codes["values"]?.array ?? []).compactMap { $0.integer.flatMap(Int.init(exactly:)) }
        let wanted = codes["containerName"]?.string
        let statuses = pod.list(at: "status", "containerStatuses") + pod.list(at: "status", "initContainerStatuses")
        for status in statuses where wanted == nil || status["name"]?.string == wanted {
            guard let code = status.int(at: "state", "terminated", "exitCode"), code != 0 else { continue }
            if values.contains(code) == (codes["operator"]?.string == "In") {
                return (status["name"]?.string ?? "", code)
            }
        }
        return nil
    }

    private func condition(of pod: Object, matching patterns: [Object]) -> String? {
        for condition in pod.list(at: "status", "conditions") {
            let matches = patterns.contains { pattern in
                pattern["type"] == condition["type"]
                    && (pattern["status"]?.string ?? "True") == condition["status"]?.string
            }
            if matches { return condition["type"]?.string }
        }
        return nil
    }
}
