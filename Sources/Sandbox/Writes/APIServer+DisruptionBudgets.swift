// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    /// Lets a pod be evicted, and counts it against its PodDisruptionBudget
    /// (kubernetes, pkg/registry/core/pod/storage/eviction.go).
    ///
    /// - Throws: 429 where the budget has nothing left, 500 where a pod has more than one.
    mutating func spendBudget(on pod: Object, dryRun: Bool) throws(StatusError) {
        let phase = pod.value(at: "status", "phase")?.string
        guard !pod.isTerminating, phase != "Succeeded", phase != "Failed", phase != "Pending" else { return }
        let kind = GroupKind(group: "policy", kind: "PodDisruptionBudget")
        let budgets = store.objects(kind, namespace: pod.namespace).filter {
            LabelSelector(selector: $0.value(at: "spec", "selector"))?.matches(pod.labels) == true
        }
        guard var budget = budgets.first, let type = registry.resource(for: kind) else { return }
        guard budgets.count == 1 else {
            throw .plain500(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        }
        func status(_ key: String) -> Int64 { budget.value(at: "status", key)?.integer ?? 0 }
        if !pod.isPodReady {
            // A pod that does not work costs nothing, where the budget says so or is met without it.
            let isMet = status("desiredHealthy") > 0 && status("currentHealthy") >= status("desiredHealthy")
            let always = budget.value(at: "spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow"
            if isMet || always { return }
        }
        if status("observedGeneration") < budget.generation ?? 0 {
            throw .overBudget(
                "The disruption budget \(budget.name) is still being processed by the server.", retryAfter: 10)
        }
        guard status("disruptionsAllowed") > 0 else {
            throw .overBudget(
                "The disruption budget \(budget.name) needs \(status("desiredHealthy")) healthy pods and has "
                    + "\(status("currentHealthy")) currently", retryAfter: nil)
        }
        guard !dryRun else { return }
        budget.set(.integer(status("disruptionsAllowed") - 1), at: "status", "disruptionsAllowed")
        budget.set(.string(now().secondsDescription), at: "status", "disruptedPods", pod.name)
        var write = WriteRequest(
            type: type, namespace: budget.namespace, name: budget.name, manager: "kube-apiserver")
        write.subresource = "status"
        _ = try update(budget, write)
    }
}

extension StatusError {
    fileprivate static func overBudget(_ why: String, retryAfter: Int64?) -> StatusError {
        StatusError(
            code: 429, reason: "TooManyRequests",
            message: "Cannot evict pod as it would violate the pod's disruption budget.",
            details: Details(
                causes: [Cause(reason: "DisruptionBudget", message: why, field: "")], retryAfterSeconds: retryAfter))
    }
}
