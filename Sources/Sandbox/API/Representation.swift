// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The form an answer takes, from the Accept header.
struct Representation: Sendable {
    enum IncludedObject: Sendable { case none, metadata, object }

    enum Form: Sendable, Hashable {
        case full
        /// The version of `meta.k8s.io`.
        case partial(version: String)
        case table(IncludedObject, version: String)
    }

    /// What is written, and the patterns that take it.
    static let media = ["application/json", "application/yaml", "*/*", "application/*"]

    var form: Form
    /// Ages in tables are told at this time.
    var now: Timestamp

    init(form: Form, now: Timestamp) {
        self.form = form
        self.now = now
    }

    /// - Throws: 406 when nothing the client accepts can be written.
    init(_ request: SandboxRequest, _ target: RequestTarget, now: Timestamp) throws(StatusError) {
        self.now = now
        let accept = request.header("accept") ?? ""
        for clause in (accept.isEmpty ? "*/*" : accept).split(separator: ",") {
            var parameters: [String: String] = [:]
            let parts = clause.split(separator: ";").map { $0.filter { $0 != " " } }
            for part in parts.dropFirst() {
                let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
                if sides.count == 2 { parameters[sides[0]] = sides[1] }
            }
            guard let media = parts.first, Self.media.contains(media) else { continue }
            guard let wanted = parameters["as"] else {
                form = .full
                return
            }
            guard let version = parameters["v"], ["v1", "v1beta1"].contains(version),
                parameters["g"] == "meta.k8s.io"
            else { continue }
            switch wanted {
            case "Table": form = .table(try Self.included(target["includeObject"]), version: version)
            case "PartialObjectMetadata", "PartialObjectMetadataList": form = .partial(version: version)
            default: continue
            }
            return
        }
        throw StatusError(
            code: 406, reason: "NotAcceptable",
            message: "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
                + "application/vnd.kubernetes.protobuf",
            details: StatusError.Details())
    }

    private static func included(_ text: String?) throws(StatusError) -> IncludedObject {
        switch text {
        case nil, "", "Metadata": .metadata
        case "None": .none
        case "Object": .object
        case .some(let other):
            throw .badRequest(
                "Unable to convert to Table as requested: includeObject: Invalid value: \"\(other)\": must be "
                    + "'Metadata', 'Object', 'None', or empty")
        }
    }

    /// - Parameter headers: false leaves a table's columns out, as in all events of a watch but the first.
    func single(_ object: Object, type: ResourceType, headers: Bool = true) -> Value {
        switch form {
        case .full: return .object(object)
        case .partial(let version): return Self.partialMetadata(object, version: version)
        case .table(let included, let version):
            let printer = TablePrinter(type: type, included: included, version: version, now: now)
            return printer.table(
                of: [object], metadata: ["resourceVersion": .string(object.resourceVersion)], headers: headers)
        }
    }

    func list(_ objects: [Object], type: ResourceType, metadata: Object) -> Value {
        switch form {
        case .full:
            let items: [Value] = objects.map { object in
                guard type.custom == nil else { return .object(object) }
                // Typed lists leave the items' kind out.
                return .object(
                    Object(uniqueKeysWithValues: object.pairs.filter { $0.key != "kind" && $0.key != "apiVersion" }))
            }
            return [
                "kind": .string(type.listKind), "apiVersion": .string(type.apiVersion), "metadata": .object(metadata),
                "items": .array(items),
            ]
        case .partial(let version):
            return [
                "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"),
                "metadata": .object(metadata),
                "items": .array(objects.map { Self.partialMetadata($0, version: version) }),
            ]
        case .table(let included, let version):
            let printer = TablePrinter(type: type, included: included, version: version, now: now)
            return printer.table(of: objects, metadata: metadata, isList: true)
        }
    }

    static func partialMetadata(_ object: Object, version: String) -> Value {
        [
            "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": .object(object.metadata),
        ]
    }
}
