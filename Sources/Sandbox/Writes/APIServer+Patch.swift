// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    mutating func patch(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route, _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        var write = try writeRequest(request, target, route)
        write.isPatch = true
        let mediaType = BodyReader.mediaType(request)
        if mediaType == "application/apply-patch+yaml" || mediaType == "application/apply-patch+json" {
            let live = store.object(write.key)
            let document = try apply(request, target, write)
            let warnings =
                live.map { Warnings.onUpdate(document.object, old: $0, route.type) }
                ?? Warnings.onCreate(document.object, route.type)
            return .json(
                representation.single(document.object, type: route.type), status: live == nil ? 201 : 200,
                warnings: document.warnings + warnings)
        }
        try checkForce(target)
        guard let live = store.object(write.key) else { throw .notFound(route.type, write.name) }
        var repeated: [String] = []
        let patched = try self.patched(
            live.served(as: route.type), request.body, mediaType: mediaType, route.type, repeated: &repeated)
        let document = try reader(route, target).checked(
            patched, after: request.body, isStrategic: mediaType == "application/strategic-merge-patch+json",
            repeated: repeated)
        try checkIdentity(document.object, write)
        let object = try update(document.object, write)
        return .json(
            representation.single(object, type: route.type),
            warnings: document.warnings + Warnings.onUpdate(object, old: live, route.type))
    }

    /// The live object after a JSON, merge or strategic patch.
    ///
    /// - Parameter repeated: paths of keys that stand twice in the patch; the last one counts.
    func patched(
        _ live: Object, _ body: [UInt8], mediaType: String, _ type: ResourceType, repeated: inout [String]
    ) throws(StatusError) -> Object {
        let patch: Value
        do {
            patch = try JSON.parse(body, repeated: &repeated)
        } catch {
            let problem = GoJSON.problem(body) ?? error.message
            // A strategic patch is decoded without these words.
            let isStrategic = mediaType == "application/strategic-merge-patch+json"
            throw .badRequest(isStrategic ? problem : "error decoding patch: \(problem)")
        }
        if mediaType == "application/json-patch+json" {
            repeated = []
            if patch.array == nil {
                throw .badRequest(
                    "error decoding patch: json: cannot unmarshal \(patch.typeName) into Go value of type []handlers.jsonPatchOp"
                )
            }
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

    private func checkForce(_ target: RequestTarget) throws(StatusError) {
        guard target["force"] != nil else { return }
        let cause = Validation.forbidden("force", "may not be specified for non-apply patch")
        throw .invalid(group: "meta.k8s.io", kind: "PatchOptions", name: "", causes: [cause])
    }

    /// Server-side apply (KEP-555).
    private mutating func apply(
        _ request: SandboxRequest, _ target: RequestTarget, _ write: WriteRequest
    ) throws(StatusError) -> BodyReader.Document {
        try checkApplier(target)
        let configuration = try ApplyConfiguration(request.body)
        try configuration.check(write)
        let type = write.type
        let live = store.object(write.key)?.served(as: type)
        if live == nil, !write.subresource.isEmpty { throw .notFound(type, write.name) }
        var managed = ManagedFields(live?.value(at: "metadata", "managedFields"))
        let base = live ?? ["apiVersion": .string(type.apiVersion), "kind": .string(type.kind)]
        let merged = try managed.apply(
            configuration.object, to: base, versions: versions(of: write), manager: write.fieldManager("Apply"),
            force: target.flag("force"), time: now().secondsDescription)
        try configuration.checkConversion(write)
        let warnings = try configuration.warnings(fieldValidation: target["fieldValidation"] ?? "Warn")
        var result = merged ?? base
        if result.name.isEmpty { result.setMetadata("name", .string(write.name)) }
        let uid = configuration.object.uid
        if live == nil, !uid.isEmpty {
            throw .conflict(
                type, write.name,
                "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
        }
        // What the configuration says of identity is checked by the write path as for any other update.
        if live != nil, configuration.object.resourceVersion.isEmpty { result.setMetadata("resourceVersion", nil) }
        try checkIdentity(result, write)
        if live == nil { try checkMayCreate(write) }
        let object =
            live == nil
            ? try create(result, write, owners: managed) : try update(result, write, owners: managed)
        return BodyReader.Document(object: object, warnings: warnings)
    }

    func checkApplier(_ target: RequestTarget) throws(StatusError) {
        guard target["fieldManager"]?.isEmpty ?? true else { return }
        let cause = Validation.required("fieldManager", "is required for apply patch")
        throw .invalid(group: "meta.k8s.io", kind: "PatchOptions", name: "", causes: [cause])
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
