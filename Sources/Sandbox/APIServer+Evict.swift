// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The eviction subresource (kubernetes, pkg/registry/core/pod/storage/eviction.go).
extension APIServer {
    mutating func evict(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route
    ) throws(StatusError) -> SandboxResponse {
        let body = (try? JSON.parse(request.body))?.object ?? Object()
        let write = try writeRequest(request, target, route)
        if !body.name.isEmpty, body.name != write.name {
            throw .badRequest("name in URL does not match name in Eviction object")
        }
        let pod = try get(route)
        if !pod.isTerminating, pod.podPhase == "Running" || pod.podPhase == "Unknown" {
            try spend(pod, write)
            mark(pod, write)
        }
        _ = try delete(write, DeleteOptions(target, body: body["deleteOptions"]?.object))
        return .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"], status: 201)
    }

    /// Takes the eviction out of the pod's disruption budget.
    private mutating func spend(_ pod: Object, _ write: WriteRequest) throws(StatusError) {
        let budgets = store.objects(.podDisruptionBudget, namespace: pod.namespace).filter { budget in
            PodSelector(budget.value(at: "spec", "selector"))?.matches(pod.labels) == true
        }
        guard let budget = budgets.first else { return }
        guard budgets.count == 1 else {
            throw .internalError(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        }
        let healthy = budget.count("currentHealthy")
        let desired = budget.count("desiredHealthy")
        if !pod.isPodReady {
            let always = budget.string(at: "spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow"
            if always || (healthy >= desired && desired > 0) { return }
        }
        if budget.count("observedGeneration") < budget.generation ?? 0 {
            throw .disruption(
                "The disruption budget \(budget.name) is still being processed by the server.", retryAfter: 10)
        }
        let allowed = budget.count("disruptionsAllowed")
        guard allowed > 0 else {
            throw .disruption(
                "The disruption budget \(budget.name) needs \(desired) healthy pods and has \(healthy) currently",
                retryAfter: nil)
        }
        guard !write.dryRun, let type = registry.resource(for: .podDisruptionBudget) else { return }
        var spent = budget
        spent.set(.count(allowed - 1), at: "status", "disruptionsAllowed")
        spent.set(.string(now().secondsDescription), at: "status", "disruptedPods", pod.name)
        let request = WriteRequest(
            type: type, namespace: budget.namespace, name: budget.name, subresource: "status",
            manager: "kube-apiserver")
        _ = try update(spent, request)
    }

    /// The pod tells why it goes.
    private mutating func mark(_ pod: Object, _ write: WriteRequest) {
        guard !write.dryRun else { return }
        var marked = pod
        var status = pod["status"]?.object ?? Object()
        status.setCondition(
            Condition(
                type: "DisruptionTarget", status: .isTrue, reason: "EvictionByEvictionAPI",
                message: "Eviction API: evicting"), now: now(), extra: ["lastProbeTime": nil])
        marked["status"] = .object(status)
        _ = put(marked, at: write.key)
    }
}

extension StatusError {
    fileprivate static func disruption(_ cause: String, retryAfter: Int64?) -> StatusError {
        StatusError(
            code: 429, reason: "TooManyRequests",
            message: "Cannot evict pod as it would violate the pod's disruption budget.",
            details: Details(
                causes: [Cause(reason: "DisruptionBudget", message: cause, field: "")],
                retryAfterSeconds: retryAfter))
    }
}
