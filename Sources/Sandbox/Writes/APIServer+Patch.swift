// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    mutating func patch(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route, _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        let write = try writeRequest(request, target, route)
        let mediaType = BodyReader.mediaType(request)
        if mediaType == "application/apply-patch+yaml" || mediaType == "application/apply-patch+json" {
            let existed = store.object(write.key) != nil
            let object = try apply(request, target, write)
            return .json(representation.single(object, type: route.type), status: existed ? 200 : 201)
        }
        guard let live = store.object(write.key) else { throw .notFound(route.type, write.name) }
        let patched = try self.patched(live.served(as: route.type), request.body, mediaType: mediaType, route.type)
        let document = try reader(route, target).checked(patched)
        try checkIdentity(document.object, write)
        let object = try update(document.object, write)
        return .json(representation.single(object, type: route.type), warnings: document.warnings)
    }

    /// The live object after a JSON, merge or strategic patch.
    func patched(_ live: Object, _ body: [UInt8], mediaType: String, _ type: ResourceType) throws(StatusError) -> Object
    {
        let patch: Value
        do {
            patch = try JSON.parse(body)
        } catch {
            throw .badRequest("error decoding patch: \(error.message)")
        }
        let isStrategic = mediaType == "application/strategic-merge-patch+json" && type.custom == nil
        let known = ["application/json-patch+json", "application/merge-patch+json"]
        guard isStrategic || known.contains(mediaType) else { throw .unsupportedPatch(custom: type.custom != nil) }
        let result: Value?
        do throws(PatchError) {
            switch mediaType {
            case "application/json-patch+json": result = try JSONPatch.apply(patch, to: .object(live))
            case "application/merge-patch+json": result = MergePatch.apply(patch, to: .object(live))
            default:
                result = try StrategicMerge.merge(
                    patch: patch, into: .object(live), groupVersionKind: type.groupVersionKind)
            }
        } catch {
            throw StatusError(
                code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
                details: StatusError.Details())
        }
        return result?.object ?? Object()
    }

    /// Server-side apply (KEP-555).
    private mutating func apply(
        _ request: SandboxRequest, _ target: RequestTarget, _ write: WriteRequest
    ) throws(StatusError) -> Object {
        guard let name = target["fieldManager"], !name.isEmpty else {
            throw .invalid(
                group: "meta.k8s.io", kind: "PatchOptions", name: "",
                causes: [
                    StatusError.Cause(
                        reason: "FieldValueRequired", message: "Required value: is required for apply patch",
                        field: "fieldManager")
                ])
        }
        let type = write.type
        guard let configuration = try BodyReader.yaml(request.body).object else {
            throw .badRequest("the apply configuration is no object")
        }
        try check(configuration, write)
        var live = store.object(write.key)?.served(as: type)
        if live == nil, !write.subresource.isEmpty { throw .notFound(type, write.name) }
        var managed = ManagedFields(live?.value(at: "metadata", "managedFields"))
        let base = live ?? ["apiVersion": .string(type.apiVersion), "kind": .string(type.kind)]
        let merged = try managed.apply(
            configuration, to: base, schema: schema(for: type), manager: write.fieldManager("Apply"),
            filter: write.filter, force: target.flag("force"), time: now().secondsDescription)
        var result = merged ?? base
        // What the configuration says of identity is checked by the write path as for any other update.
        for key in ["uid", "resourceVersion"] where configuration.value(at: "metadata", key) != nil {
            result.setMetadata(key, configuration.value(at: "metadata", key))
        }
        if live == nil {
            if !configuration.uid.isEmpty {
                throw .conflict(
                    type, write.name,
                    "uid mismatch: the provided object specified uid \(configuration.uid), and no existing object was found"
                )
            }
            if result.name.isEmpty { result.setMetadata("name", .string(write.name)) }
            try checkIdentity(result, write)
            try checkMayCreate(write)
            return try create(result, write, owners: managed)
        }
        if configuration.resourceVersion.isEmpty { live = nil }
        if result.name.isEmpty { result.setMetadata("name", .string(write.name)) }
        try checkIdentity(result, write)
        return try update(result, write, owners: managed)
    }

    private func check(_ configuration: Object, _ write: WriteRequest) throws(StatusError) {
        let type = write.type
        if configuration.value(at: "metadata", "managedFields") != nil {
            throw .badRequest("metadata.managedFields must be nil")
        }
        guard configuration.groupVersionKind == type.groupVersionKind else {
            let kind = configuration.groupVersionKind
            throw .badRequest("invalid object type: \(kind.group)/\(kind.version), Kind=\(kind.kind)")
        }
        if let position = Base64.firstIllegalByte(inDataOf: configuration) {
            throw .plain500(
                "failed to convert new object (/\(write.name); /v1, Kind=Secret) to proper version: unable to convert "
                    + "unstructured object to /v1, Kind=Secret: error decoding from json: "
                    + "illegal base64 data at input byte \(position)")
        }
        let problems = TypedValue.problems(.object(configuration), schema(for: type))
        guard problems.isEmpty else {
            let group = type.group.isEmpty ? "/\(type.version)" : type.apiVersion
            let place = type.namespaced ? "\(write.namespace)/\(write.name)" : "/\(write.name)"
            let text =
                problems.count == 1 ? problems[0] : "errors:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
            throw .plain500(
                "failed to create typed patch object (\(place); \(group), Kind=\(type.kind)): \(text)")
        }
    }
}

extension StatusError {
    static func unsupportedPatch(custom: Bool) -> StatusError {
        var accepted = ["application/json-patch+json", "application/merge-patch+json"]
        if !custom { accepted.append("application/strategic-merge-patch+json") }
        accepted.append("application/apply-patch+yaml")
        return StatusError(
            code: 415, reason: "UnsupportedMediaType",
            message: "the body of the request was in an unknown format - accepted media types include: "
                + accepted.joined(separator: ", "))
    }
}
