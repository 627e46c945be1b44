// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The form an answer takes, from the Accept header.
enum Representation: Sendable {
    enum IncludedObject: Sendable { case none, metadata, object }

    case full
    case partial
    case table(IncludedObject, now: Timestamp)

    /// - Throws: 406 when nothing the client accepts can be written.
    init(_ request: SandboxRequest, _ target: RequestTarget, now: Timestamp) throws(StatusError) {
        let accept = request.header("accept") ?? "*/*"
        for clause in accept.split(separator: ",") {
            let parts = clause.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let media = parts.first, ["application/json", "*/*", "application/*"].contains(media) else {
                continue
            }
            switch parts.first(where: { $0.hasPrefix("as=") })?.dropFirst(3) {
            case "Table":
                let included: IncludedObject =
                    switch target["includeObject"] {
                    case "None": .none
                    case "Object": .object
                    default: .metadata
                    }
                self = .table(included, now: now)
                return
            case "PartialObjectMetadata", "PartialObjectMetadataList":
                self = .partial
                return
            case nil:
                self = .full
                return
            default: continue
            }
        }
        throw StatusError(
            code: 406, reason: "NotAcceptable",
            message: "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
                + "application/vnd.kubernetes.protobuf",
            details: StatusError.Details())
    }

    func single(_ object: Object, type: ResourceType) -> Value {
        switch self {
        case .full: .object(object)
        case .partial: Self.partialMetadata(object)
        case .table(let included, let now):
            TablePrinter(type: type, included: included, now: now).table(
                of: [object], metadata: ["resourceVersion": .string(object.resourceVersion)])
        }
    }

    func list(_ objects: [Object], type: ResourceType, metadata: Object) -> Value {
        switch self {
        case .full:
            let items: [Value] = objects.map { object in
                guard type.custom == nil else { return .object(object) }
                // Typed lists leave the items' kind out.
                var item = object
                item["kind"] = nil
                item["apiVersion"] = nil
                return .object(item)
            }
            return [
                "kind": .string(type.listKind), "apiVersion": .string(type.apiVersion), "metadata": .object(metadata),
                "items": .array(items),
            ]
        case .partial:
            return [
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": .object(metadata),
                "items": .array(objects.map(Self.partialMetadata)),
            ]
        case .table(let included, let now):
            return TablePrinter(type: type, included: included, now: now).table(of: objects, metadata: metadata)
        }
    }

    static func partialMetadata(_ object: Object) -> Value {
        ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": .object(object.metadata)]
    }
}
