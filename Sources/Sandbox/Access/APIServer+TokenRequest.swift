// SPDX-License-Identifier: Apache-2.0

import Manifests

/// `serviceaccounts/NAME/token`: what `kubectl create token` asks for.
extension APIServer {
    mutating func issueToken(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route
    ) throws(StatusError) -> SandboxResponse {
        let write = try writeRequest(request, target, route)
        let type = ResourceType.tokenRequest
        var object = try BodyReader(
            type: type, schema: type.schema, fieldValidation: target["fieldValidation"] ?? "Warn"
        ).read(request).object
        if object.value(at: "spec", "expirationSeconds") ?? .null == .null {
            object.set(3600, at: "spec", "expirationSeconds")
        }
        var manager = write.fieldManager("Update")
        manager.apiVersion = type.apiVersion
        object.setMetadata("managedFields", ownership(of: object, type, manager))
        if !object.name.isEmpty, object.name != write.name {
            throw .invalid(
                group: type.group, kind: type.kind, name: write.name,
                causes: [
                    Validation.invalid(
                        "metadata.name", .string(object.name), "must match the service account name if specified")
                ])
        }
        let account = try get(Route(route, name: write.name))
        let seconds = object.value(at: "spec", "expirationSeconds")?.integer ?? 0
        try Self.checkExpiration(seconds, type)

        let time = now()
        var token = ServiceAccountToken(namespace: account.namespace, name: account.name, uid: account.uid)
        token.bound = try boundObject(object.value(at: "spec", "boundObjectRef"), account)
        let audiences = (object.value(at: "spec", "audiences")?.array ?? []).compactMap(\.string)
        token.audiences = audiences.isEmpty ? [ServiceAccountToken.audience] : audiences
        token.issued = time
        token.expiry = time + .seconds(seconds)
        token.id = uuid()

        object.setMetadata("name", .string(account.name))
        object.setMetadata("namespace", .string(account.namespace))
        object.setMetadata("creationTimestamp", .time(time))
        object["spec"] = [
            "audiences": .array(token.audiences.map { .string($0) }), "expirationSeconds": .integer(seconds),
            "boundObjectRef": object.value(at: "spec", "boundObjectRef") ?? .null,
        ]
        object["status"] = [
            "token": .string(token.signed(with: signingKey)), "expirationTimestamp": .time(time + .seconds(seconds)),
        ]
        return .json(.object(object.inCanonicalOrder(custom: false)), status: 201)
    }

    private static func checkExpiration(_ seconds: Int64, _ type: ResourceType) throws(StatusError) {
        let problem: String
        switch seconds {
        case ..<600: problem = "may not specify a duration less than 10 minutes"
        case (1 << 32 + 1)...: problem = "may not specify a duration larger than 2^32 seconds"
        default: return
        }
        throw .invalid(
            group: type.group, kind: type.kind, name: "",
            causes: [Validation.invalid("spec.expirationSeconds", .integer(seconds), problem)])
    }

    /// What the token shall die with, apart from its account.
    private func boundObject(
        _ reference: Value?, _ account: Object
    ) throws(StatusError) -> ServiceAccountToken.Bound? {
        guard let reference = reference?.object else { return nil }
        let name = reference.string(at: "name") ?? ""
        let kind = reference.string(at: "kind") ?? ""
        guard reference.apiVersion == "v1", ["Pod", "Secret", "Node"].contains(kind),
            let type = registry.resource(for: GroupKind(group: "", kind: kind))
        else {
            let full = reference.groupVersionKind
            let group = full.group.isEmpty ? "/\(full.version)" : full.apiVersion
            throw .badRequest("cannot bind token to object of type \(group), Kind=\(kind)")
        }
        let key = StoreKey(kind: type.storage, namespace: type.namespaced ? account.namespace : "", name: name)
        guard let object = store.object(key) else { throw .notFound(type, name) }
        if kind == "Pod", object.string(at: "spec", "serviceAccountName") != account.name {
            throw .badRequest(
                "cannot bind token for serviceaccount \(GoText.quoted(account.name)) to pod running with different "
                    + "serviceaccount name.")
        }
        if let uid = reference.string(at: "uid"), !uid.isEmpty, uid != object.uid {
            throw StatusError(
                code: 409, reason: "Conflict",
                message: "Operation cannot be fulfilled on \(kind) \"\(name)\": the UID in the bound object reference "
                    + "(\(uid)) does not match the UID in record. The object might have been deleted and then recreated",
                details: StatusError.Details(name: name, kind: kind))
        }
        return ServiceAccountToken.Bound(kind: kind, name: name, uid: object.uid)
    }

    /// The `managedFields` of what is answered but not stored: everything the request set.
    func ownership(of object: Object, _ type: ResourceType, _ manager: ManagedFields.Manager) -> Value? {
        var empty = EmptyObjects.object(type)
        empty["spec"] =
            type.kind == "TokenRequest" ? ["audiences": nil, "expirationSeconds": nil, "boundObjectRef": nil] : [:]
        var managed = ManagedFields()
        let versions = FieldVersions(type: type, types: [type], subresource: "")
        // Cannot fail: one version, and no entries yet.
        try? managed.update(
            from: empty, to: object, versions: versions, manager: manager, time: now().secondsDescription)
        return managed.value
    }
}

extension ResourceType {
    /// What is sent to, and answered by, a service account's `token`.
    static let tokenRequest = ResourceType(
        group: "authentication.k8s.io", version: "v1", plural: "tokenrequests", singular: "tokenrequest",
        kind: "TokenRequest", listKind: "TokenRequestList", namespaced: true, verbs: ["create"])
}

extension Route {
    /// The resource itself, where the route is to a subresource of it.
    init(_ route: Route, name: String) {
        self = route
        self.name = name
        subresource = nil
    }
}
