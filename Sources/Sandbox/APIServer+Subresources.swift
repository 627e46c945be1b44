// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Subresources other than status, and the kinds that are questions rather than objects.
extension APIServer {
    mutating func respond(
        to request: SandboxRequest, _ target: RequestTarget, _ route: Route, subresource: String,
        _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        switch (subresource, request.method) {
        case ("scale", "GET"): return .json(.object(try scale(of: try get(route), route.type)))
        case ("scale", "PUT"), ("scale", "PATCH"): return try updateScale(request, target, route)
        case ("log", "GET"): return .text(PodLog.text(of: try get(route), target))
        case ("finalize", "PUT"): return try finalizeNamespace(request, route)
        case ("eviction", "POST"): return try evict(request, target, route)
        case ("proxy", _) where route.type.kind == "Service": return try proxy(route)
        case ("resize", _), ("ephemeralcontainers", _):
            guard request.method == "GET" else { throw .methodNotAllowed() }
            return .json(representation.single(try get(route), type: route.type))
        default: throw .methodNotAllowed()
        }
    }

    private mutating func finalizeNamespace(_ request: SandboxRequest, _ route: Route) throws(StatusError)
        -> SandboxResponse
    {
        var live = try get(route)
        let body = (try? JSON.parse(request.body))?.object ?? Object()
        live.set(body.value(at: "spec", "finalizers"), at: "spec", "finalizers")
        let key = StoreKey(kind: route.type.storage, namespace: "", name: live.name)
        if live.isTerminating, Strategy.isFinalized(live) {
            remove(key)
            return .json(.object(live))
        }
        return .json(.object(put(live, at: key)))
    }

    private mutating func evict(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route
    ) throws(StatusError) -> SandboxResponse {
        let body = (try? JSON.parse(request.body))?.object
        _ = try delete(
            try writeRequest(request, target, route), DeleteOptions(target, body: body?["deleteOptions"]?.object))
        return .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"], status: 201)
    }

    /// Access and token reviews: the sandbox has no users and allows everything.
    func review(_ request: SandboxRequest, _ target: RequestTarget, _ route: Route) throws(StatusError)
        -> SandboxResponse?
    {
        guard ["authorization.k8s.io", "authentication.k8s.io"].contains(route.type.group) else { return nil }
        var object = try reader(route, target).read(request).object
        switch route.type.kind {
        case "SubjectAccessReview", "SelfSubjectAccessReview", "LocalSubjectAccessReview":
            object["status"] = ["allowed": true]
        case "SelfSubjectRulesReview":
            object["status"] = [
                "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
                "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]], "incomplete": false,
            ]
        case "SelfSubjectReview":
            object["status"] = ["userInfo": ["username": "sandbox", "groups": ["system:masters"]]]
        default: object["status"] = ["user": [:]]
        }
        if object["metadata"] == nil { object["metadata"] = [:] }
        return .json(.object(object), status: 201)
    }
}

/// The log that a pod of the sandbox has: no container runs, so it tells the pod's fate.
enum PodLog {
    static func text(of pod: Object, _ target: RequestTarget) -> String {
        let statuses = pod.value(at: "status", "containerStatuses")?.array ?? []
        let wanted = target["container"] ?? statuses.first?["name"]?.string
        let status = statuses.first { $0["name"]?.string == wanted }
        let state = target.flag("previous") ? status?["lastState"] : status?["state"]
        let image = status?["image"]?.string ?? ""
        var lines = ["sandbox: container \(wanted ?? "") with image \(image)"]
        if let end = state?["terminated"] ?? status?["lastState"]?["terminated"] {
            let code = end["exitCode"]?.integer ?? 0
            lines.append("sandbox: exited with code \(code): \(end["reason"]?.string ?? "")")
        } else if let waiting = state?["waiting"] {
            lines.append("sandbox: waiting: \(waiting["reason"]?.string ?? "")")
        } else if state?["running"] != nil {
            lines.append("sandbox: running")
        }
        let tail = target["tailLines"].flatMap { Int($0) } ?? lines.count
        return lines.suffix(max(0, tail)).map { $0 + "\n" }.joined()
    }
}
