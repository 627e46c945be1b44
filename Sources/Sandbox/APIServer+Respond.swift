// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    /// Answers one request.
    mutating func respond(to request: SandboxRequest) -> SandboxResponse {
        let target = RequestTarget(request.path)
        var response = route(request, target)
        if target.isYAML(for: request) {
            response.makeYAML()
        } else if target.isPretty(for: request) {
            response.makePretty()
        }
        return response
    }

    private mutating func route(_ request: SandboxRequest, _ target: RequestTarget) -> SandboxResponse {
        store.compact(now: now())
        var request = request
        do throws(StatusError) {
            request.user = try admit(request, target)
            try checkTimeout(target)
            guard request.body.count <= options.bodyLimit else {
                throw StatusError(
                    code: 413, reason: "RequestEntityTooLarge",
                    message: "Request entity too large: limit is \(options.bodyLimit)")
            }
            if let response = fixed(request, target) {
                // What lists the API answers to GET alone; what the mux serves itself, to any method.
                let isListed = ["api", "apis", "version"].contains(target.segments.first)
                guard request.method == "GET" || !isListed else { throw .methodNotAllowed() }
                return response
            }
            guard let route = Route(target.segments, registry: registry) else {
                guard isBelowBuiltInGroup(target.segments) else {
                    var response = SandboxResponse.text("404 page not found\n", status: 404)
                    response.headers.append((name: "x-content-type-options", value: "nosniff"))
                    return response
                }
                throw StatusError(
                    code: 404, reason: "NotFound", message: "the server could not find the requested resource",
                    details: StatusError.Details())
            }
            var response = try respond(to: request, target, route)
            if let warning = Warnings.deprecation(route.type) { response.warn([warning]) }
            return response
        } catch {
            return error.response
        }
    }

    /// How long a request may take is for the client to say, in Go's words (`WithRequestDeadline`). Here all are quick,
    /// so that there is nothing to do but to read it.
    private func checkTimeout(_ target: RequestTarget) throws(StatusError) {
        guard let text = target["timeout"], !text.isEmpty, !target.flag("watch"),
            let problem = GoDuration.problem(text)
        else { return }
        throw .badRequest("invalid timeout specified in the request URL - \(problem)")
    }

    /// Below what the server's own groups route: their router says so in a Status, for anything else the mux in text.
    private func isBelowBuiltInGroup(_ segments: [String]) -> Bool {
        switch segments.first {
        case "api": true
        case "apis": segments.count > 1 && registry.all.contains { $0.custom == nil && $0.group == segments[1] }
        default: false
        }
    }

    private mutating func fixed(_ request: SandboxRequest, _ target: RequestTarget) -> SandboxResponse? {
        switch target.segments.first {
        case "openapi": openAPI.response(request, target, registry: registry, options: options)
        case "api", "apis": Discovery(registry: registry).response(request, target.segments)
        default: ServerPaths.response(target, self)
        }
    }

    private mutating func respond(
        to request: SandboxRequest, _ target: RequestTarget, _ route: Route
    ) throws(StatusError) -> SandboxResponse {
        let representation = try Representation(request, target, now: now())
        let request = try ProtobufBody.asJSON(request, route)
        if let subresource = route.subresource, subresource != "status" {
            return try respond(to: request, target, route, subresource: subresource, representation)
        }
        let verb = Self.verb(request.method, route, target)
        guard let verb, route.type.verbs.contains(verb) || route.subresource != nil else {
            throw .methodNotAllowed()
        }
        switch verb {
        case "get":
            let object = try get(route, at: target["resourceVersion"] ?? "")
            return .json(representation.single(object, type: route.type))
        case "list": return try list(target, route, representation)
        case "watch": return try watch(request, target, route, representation)
        case "create": return try create(request, target, route, representation)
        case "update": return try update(request, target, route, representation)
        case "patch": return try patch(request, target, route, representation)
        case "delete": return try delete(request, target, route, representation)
        case "deletecollection": return try deleteCollection(request, target, route, representation)
        default: throw .methodNotAllowed()
        }
    }

    static func verb(_ method: String, _ route: Route, _ target: RequestTarget) -> String? {
        switch (method, route.name) {
        case ("GET", _) where route.isWatch: "watch"
        // What names one object is read, whatever else it says.
        case ("GET", nil) where target.flag("watch"): "watch"
        case ("GET", nil): "list"
        case ("GET", _): "get"
        case ("POST", nil): "create"
        case ("PUT", .some): "update"
        case ("PATCH", .some): "patch"
        case ("DELETE", nil): "deletecollection"
        case ("DELETE", .some): "delete"
        default: nil
        }
    }

    func get(_ route: Route) throws(StatusError) -> Object {
        let name = route.name ?? ""
        let key = StoreKey(kind: route.type.storage, namespace: route.namespace ?? "", name: name)
        guard let object = store.object(key) else { throw .notFound(route.type, name) }
        return object.served(as: route.type)
    }

    /// The field manager: as stated, or the product of the User-Agent.
    func manager(_ request: SandboxRequest, _ target: RequestTarget) -> String {
        if let name = target["fieldManager"], !name.isEmpty { return name }
        return String((request.header("user-agent") ?? "unknown").prefix { $0 != "/" })
    }

    func writeRequest(_ request: SandboxRequest, _ target: RequestTarget, _ route: Route) throws(StatusError)
        -> WriteRequest
    {
        var write = WriteRequest(
            type: route.type, namespace: route.namespace ?? "", name: route.name ?? "",
            subresource: route.subresource ?? "", manager: manager(request, target), user: request.user)
        write.origin = WriteRequest.Origin(
            method: request.method, path: target.path, verb: Self.verb(request.method, route, target),
            userAgent: request.header("user-agent") ?? "")
        try checkOptions(target, kind: "\(Self.options(request.method))Options")
        write.dryRun = target["dryRun"] != nil
        return write
    }

    private static func options(_ method: String) -> String {
        switch method {
        case "POST": "Create"
        case "PUT": "Update"
        case "PATCH": "Patch"
        default: "Delete"
        }
    }

    /// Source: ValidateCreateOptions and its like in apimachinery's pkg/apis/meta/v1/validation.
    private func checkOptions(_ target: RequestTarget, kind: String) throws(StatusError) {
        var causes = Causes()
        let manager = Field("fieldManager", target["fieldManager"].map { .string($0) })
        if manager.string.utf8.count > 128 { causes.tooLong(manager, limit: 128) }
        if let dryRun = target["dryRun"], dryRun != "All" {
            causes.unsupported(Field("dryRun", nil), ["All"], showing: [.string(dryRun)])
        }
        if let validation = target["fieldValidation"], kind != "DeleteOptions" {
            causes.choice(Field("fieldValidation", .string(validation)), ["", "Ignore", "Strict", "Warn"])
        }
        guard causes.isEmpty else {
            throw .invalid(group: "meta.k8s.io", kind: kind, name: "", causes: causes.list)
        }
    }

    func reader(_ route: Route, _ target: RequestTarget) -> BodyReader {
        BodyReader(
            type: route.type, schema: route.type.schema, fieldValidation: target["fieldValidation"] ?? "Warn")
    }

    private mutating func create(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route, _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        if let answer = try review(request, target, route) { return answer }
        let write = try writeRequest(request, target, route)
        let document = try reader(route, target).read(request)
        if route.type.namespaced, !document.object.namespace.isEmpty, document.object.namespace != write.namespace {
            throw .badRequest(
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        let object = try create(document.object, write)
        return .json(
            representation.single(object, type: route.type), status: 201,
            warnings: document.warnings + Warnings.onCreate(object, route.type))
    }

    private mutating func update(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route, _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        let write = try writeRequest(request, target, route)
        let document = try reader(route, target).read(request)
        try checkIdentity(document.object, write)
        guard let live = store.object(write.key) else {
            guard route.type.createsOnUpdate, write.subresource.isEmpty else { throw .notFound(route.type, write.name) }
            try checkMayCreate(write)
            let object = try create(document.object, write)
            return .json(
                representation.single(object, type: route.type), status: 201,
                warnings: document.warnings + Warnings.onCreate(object, route.type))
        }
        if document.object.resourceVersion.isEmpty { try checkUnconditional(write) }
        let object = try update(document.object, write)
        return .json(
            representation.single(object, type: route.type),
            warnings: document.warnings + Warnings.onUpdate(object, old: live, route.type))
    }

    /// The body may not name another object than the path.
    func checkIdentity(_ object: Object, _ write: WriteRequest) throws(StatusError) {
        if object.name != write.name {
            throw .badRequest(
                "the name of the object (\(object.name.isEmpty ? "" : object.name)) does not match the name on the URL (\(write.name))"
            )
        }
        if write.type.namespaced, !object.namespace.isEmpty, object.namespace != write.namespace {
            throw .badRequest(
                "the namespace of the object (\(object.namespace)) does not match the namespace on the URL (\(write.namespace))"
            )
        }
    }

    private mutating func delete(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route, _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        var write = try writeRequest(request, target, route)
        let options = try DeleteOptions(target, request)
        write.dryRun = options.isDryRun
        let warnings =
            route.type.orphansByDefault && options.leavesPropagationOpen
            ? [
                "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove "
                    + "them or set propagationPolicy=Orphan to suppress this warning"
            ] : []
        switch try delete(write, options) {
        case .marked(let object):
            return .json(representation.single(object, type: route.type), warnings: warnings)
        case .removed(let object):
            if route.type.returnsDeleted {
                return .json(representation.single(object, type: route.type), warnings: warnings)
            }
            var details: Object = ["name": .string(object.name)]
            if !route.type.group.isEmpty { details["group"] = .string(route.type.group) }
            details["kind"] = .string(route.type.plural)
            details["uid"] = .string(object.uid)
            return .json(
                [
                    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                    "details": .object(details),
                ], warnings: warnings)
        }
    }

    private mutating func deleteCollection(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route, _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        let filter = try ListOptions(target, route, isWatch: false).filter
        let options = try DeleteOptions(target, request)
        try options.check()
        let objects = store.objects(route.type.storage, namespace: route.namespace).filter(filter.matches)
        for object in objects {
            var write = try writeRequest(request, target, route)
            write.namespace = object.namespace
            write.name = object.name
            write.dryRun = options.isDryRun
            // One after the other, until one is refused (registry/generic, DeleteCollection with one worker).
            do throws(StatusError) {
                _ = try delete(write, options)
            } catch  where error.code == 404 {
                continue
            }
        }
        return .json(
            representation.list(
                objects, type: route.type, metadata: ["resourceVersion": .string(String(store.revision))]))
    }
}

extension ResourceType {
    /// Kinds whose deletion answers with the object.
    var returnsDeleted: Bool {
        group.isEmpty
            && [
                "Pod", "Service", "ServiceAccount", "PersistentVolume", "PersistentVolumeClaim", "ResourceQuota",
                "PodTemplate",
            ].contains(kind)
    }

    /// Kinds that PUT may create (`AllowCreateOnUpdate`).
    var createsOnUpdate: Bool {
        group == "rbac.authorization.k8s.io"
            || ["Lease", "Event", "Endpoints", "LimitRange", "Service"].contains(kind) && custom == nil
    }
}
