// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Subresources other than status.
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
        case ("token", "POST"): return try issueToken(request, target, route)
        case ("binding", "POST"):
            let body = (try? JSON.parse(request.body))?.object ?? Object()
            try bind(try writeRequest(request, target, route), node: body.value(at: "target", "name")?.string ?? "")
            return .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"], status: 201)
        case ("eviction", "POST"): return try evict(request, target, route)
        case ("proxy", _) where route.type.kind == "Service": return try proxy(route)
        case ("exec", _), ("attach", _), ("portforward", _):
            throw StatusError(
                code: 501, reason: "", message: "the sandbox runs no containers: there is nothing to connect to")
        case ("resize", _), ("ephemeralcontainers", _):
            guard request.method == "GET" else { throw .methodNotAllowed() }
            return .json(representation.single(try get(route), type: route.type))
        default: throw .methodNotAllowed()
        }
    }

    private func scale(of object: Object, _ type: ResourceType) throws(StatusError) -> Object {
        let specPath = type.custom?.specReplicasPath ?? ["spec", "replicas"]
        let statusPath = type.custom?.statusReplicasPath ?? ["status", "replicas"]
        let replicas = object.value(at: specPath)
        guard let replicas else {
            throw .internalError("the spec replicas field \".\(specPath.joined(separator: "."))\" does not exist")
        }
        var metadata = Object()
        for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            metadata[key] = object.metadata[key]
        }
        var status: Object = ["replicas": object.value(at: statusPath) ?? 0]
        if let path = type.custom?.labelSelectorPath {
            status["selector"] = object.value(at: path)
        } else if let labels = object.value(at: "spec", "selector", "matchLabels")?.object {
            let pairs = labels.pairs.map { "\($0.key)=\($0.value.string ?? "")" }.sorted()
            status["selector"] = .string(pairs.joined(separator: ","))
        }
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(metadata),
            "spec": replicas == 0 ? [:] : ["replicas": replicas], "status": .object(status),
        ]
    }

    private mutating func updateScale(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route
    ) throws(StatusError) -> SandboxResponse {
        var write = try writeRequest(request, target, route)
        var live = try get(route)
        let current = try scale(of: live, route.type)
        let wanted: Object
        if request.method == "PUT" {
            guard let body = (try? JSON.parse(request.body))?.object else { throw .badRequest("the body is no Scale") }
            wanted = body
        } else {
            var mediaType = BodyReader.mediaType(request)
            if mediaType.contains("strategic") || mediaType.contains("apply") {
                mediaType = "application/merge-patch+json"
            }
            wanted = try patched(current, request.body, mediaType: mediaType, route.type)
        }
        if !wanted.resourceVersion.isEmpty, wanted.resourceVersion != live.resourceVersion {
            throw .conflict(route.type, write.name)
        }
        let path = route.type.custom?.specReplicasPath ?? ["spec", "replicas"]
        live.set(wanted.value(at: "spec", "replicas") ?? 0, at: path[...])
        write.subresource = ""
        var owners = ManagedFields(live.value(at: "metadata", "managedFields"))
        owners.moveReplicas(
            path,
            to: ManagedFields.Manager(
                name: write.manager, operation: "Update", apiVersion: route.type.apiVersion, subresource: "scale"),
            changed: live.value(at: path) != store.object(write.key)?.value(at: path), time: now().secondsDescription)
        let object = try update(live, write, owners: owners)
        return .json(.object(try scale(of: object, route.type)))
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

extension ManagedFields {
    /// The scale subresource tracks `replicas` only where somebody owns it already.
    mutating func moveReplicas(_ path: [String], to manager: Manager, changed: Bool, time: String) {
        guard changed else { return }
        var set = FieldSet()
        set.insert(path.map { .field($0) })
        var wasOwned = false
        for index in entries.indices where !entries[index].set.intersection(set).isEmpty {
            wasOwned = true
            entries[index].set = entries[index].set.subtracting(set)
        }
        guard wasOwned else { return }
        if let index = index(of: manager) {
            entries[index].set = entries[index].set.union(set)
            entries[index].time = time
        } else {
            entries.append(Entry(manager: manager, time: time, set: set))
        }
        entries.removeAll { $0.set.isEmpty }
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
