// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What rules look at in a request.
struct FaultRequest: Sendable {
    struct Resource: Sendable {
        var group: String
        var kind: String
        var plural: String
        var subresource: String
        var namespace: String
        var name: String
    }

    var method: String
    /// What the client asked, and where admission sees something else, that too.
    var verbs: [String]
    var path: String
    /// Nil for `/version`, discovery and the like.
    var resource: Resource?
    /// Nil where no one object is meant.
    var labels: Object?
    var userAgent: String
    var dryRun: Bool
    /// Who asks, for errors that name them; only known where the object was read.
    var user = "system:anonymous"

    var isWatch: Bool { verbs == ["watch"] }
    var isRead: Bool { verbs == ["get"] || verbs == ["list"] }
}

extension APIServer {
    /// - Parameter readsObject: read the body for name and labels; only done where a rule asks for them.
    func faultRequest(_ request: SandboxRequest, readsObject: Bool) -> FaultRequest {
        let target = RequestTarget(request.path)
        var seen = FaultRequest(
            method: request.method, verbs: [request.method == "GET" ? "get" : request.method.lowercased()],
            path: target.path, userAgent: request.header("user-agent") ?? "",
            dryRun: target["dryRun"] == "All")
        if readsObject, let identity = try? admit(request, target) { seen.user = identity.name }
        guard let route = Route(target.segments, registry: registry) else { return seen }
        if let verb = Self.verb(request.method, route, target) { seen.verbs = [verb] }
        var resource = FaultRequest.Resource(
            group: route.type.group, kind: route.type.kind, plural: route.type.plural,
            subresource: route.subresource ?? "", namespace: route.namespace ?? "", name: route.name ?? "")
        if readsObject, !seen.isWatch, seen.verbs != ["list"] {
            let key = StoreKey(kind: route.type.storage, namespace: resource.namespace, name: resource.name)
            let sent = Self.object(in: (try? ProtobufBody.asJSON(request, route)) ?? request)
            if resource.name.isEmpty { resource.name = sent?.name ?? "" }
            // What a patch leaves out, the object has.
            let stored = store.object(key)
            seen.labels = sent.flatMap { $0.labels.isEmpty ? nil : $0.labels } ?? stored?.labels ?? Object()
        }
        seen.resource = resource
        return seen
    }

    private static func object(in request: SandboxRequest) -> Object? {
        guard request.method != "GET", !request.body.isEmpty else { return nil }
        let mediaType = BodyReader.mediaType(request)
        guard mediaType.hasSuffix("yaml") else { return (try? JSON.parse(request.body))?.object }
        return (try? BodyReader.yaml(request.body))?.object
    }
}

extension FaultRequest {
    /// As admission sees a write: the object as it is to be.
    init(_ write: WriteRequest, operation: String, object: Object) {
        method = write.origin?.method ?? ""
        verbs = [operation]
        if let verb = write.origin?.verb, verb != operation { verbs.append(verb) }
        path = write.origin?.path ?? ""
        resource = Resource(
            group: write.type.group, kind: write.type.kind, plural: write.type.plural, subresource: write.subresource,
            namespace: write.namespace, name: object.name)
        labels = object.labels
        userAgent = write.origin?.userAgent ?? write.manager
        dryRun = write.dryRun
    }
}
