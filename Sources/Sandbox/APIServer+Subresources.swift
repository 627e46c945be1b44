// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Subresources other than status.
extension APIServer {
    mutating func respond(
        to request: SandboxRequest, _ target: RequestTarget, _ route: Route, subresource: String,
        _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        switch (subresource, request.method) {
        case ("scale", "GET"):
            let scale = try scale(of: try get(route), route.type)
            return .json(representation.single(scale, type: .scale(of: route.type)))
        case ("scale", "PUT"), ("scale", "PATCH"):
            let scale = try updateScale(request, target, route)
            return .json(representation.single(scale, type: .scale(of: route.type)))
        case ("log", "GET"): return try podLog(route, target)
        case ("finalize", "PUT"): return try finalizeNamespace(request, route)
        case ("token", "POST"): return try issueToken(request, target, route)
        case ("binding", "POST"):
            let body = try BodyReader.object(of: request, kind: "Binding") ?? Object()
            try bind(try writeRequest(request, target, route), node: body.value(at: "target", "name")?.string ?? "")
            return .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"], status: 201)
        case ("eviction", "POST"): return try evict(request, target, route)
        case ("proxy", _) where route.type.kind == "Service": return try proxy(route)
        case ("exec", _), ("attach", _), ("portforward", _):
            throw StatusError(
                code: 501, reason: "", message: "the sandbox runs no containers: there is nothing to connect to")
        case ("resize", "GET"), ("ephemeralcontainers", "GET"):
            return .json(representation.single(try get(route), type: route.type))
        case ("resize", _), ("ephemeralcontainers", _):
            throw StatusError(
                code: 501, reason: "",
                message: "the sandbox runs no containers: \(subresource) of a pod cannot be changed")
        default: throw .methodNotAllowed()
        }
    }

    private mutating func finalizeNamespace(_ request: SandboxRequest, _ route: Route) throws(StatusError)
        -> SandboxResponse
    {
        var live = try get(route)
        let body = try BodyReader.object(of: request, kind: route.type.kind) ?? Object()
        live.set(body.value(at: "spec", "finalizers"), at: "spec", "finalizers")
        let key = StoreKey(kind: route.type.storage, namespace: "", name: live.name)
        if live.isTerminating, Strategy.isFinalized(live) {
            remove(key)
            return .json(.object(live))
        }
        return .json(.object(put(live, at: key)))
    }

    /// Assigns a pod to a node (kubernetes, pkg/registry/core/pod/storage). Nobody owns what this writes.
    mutating func bind(_ request: WriteRequest, node: String) throws(StatusError) {
        guard var pod = store.object(request.key) else { throw .notFound(request.type, request.name) }
        if pod.isTerminating {
            throw .conflict(
                request.type, request.name, "pod \(request.name) is being deleted, cannot be assigned to a host")
        }
        if let assigned = pod.string(at: "spec", "nodeName") {
            throw .conflict(
                request.type, request.name, "pod \(request.name) is already assigned to node \"\(assigned)\"")
        }
        pod.set(.string(node), at: "spec", "nodeName")
        var status = pod["status"]?.object ?? Object()
        status.setCondition(
            Condition(type: "PodScheduled", status: .isTrue), now: now(), extra: ["lastProbeTime": nil])
        pod["status"] = .object(status)
        if !request.dryRun { _ = put(pod, at: request.key) }
    }
}
