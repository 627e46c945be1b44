// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The eviction subresource (kubernetes, pkg/registry/core/pod/storage/eviction.go).
extension APIServer {
    mutating func evict(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route
    ) throws(StatusError) -> SandboxResponse {
        let body = try BodyReader.object(of: request, kind: "Eviction") ?? Object()
        var write = try writeRequest(request, target, route)
        let options = DeleteOptions(body["deleteOptions"]?.object ?? Object())
        if options.isDryRun { write.dryRun = true }
        if !body.name.isEmpty, body.name != write.name {
            throw .badRequest("name in URL does not match name in Eviction object")
        }
        let pod = try get(route)
        if !pod.isTerminating, pod.podPhase == "Running" || pod.podPhase == "Unknown" {
            try spendBudget(on: pod, dryRun: write.dryRun)
            mark(pod, write)
        }
        _ = try delete(write, options)
        return .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"], status: 201)
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
