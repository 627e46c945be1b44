// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Request bodies in protobuf: the magic, then a `runtime.Unknown` that says the kind and holds the object.
///
/// Rewritten as JSON, so that all that reads a body reads one form.
enum ProtobufBody {
    static let mediaType = "application/vnd.kubernetes.protobuf"
    private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// The request with its body as JSON; as it was, where its body is something else or the kind is custom.
    ///
    /// - Throws: 400 for what cannot be read.
    static func asJSON(_ request: SandboxRequest, _ route: Route) throws(StatusError) -> SandboxRequest {
        guard !request.body.isEmpty, BodyReader.mediaType(request) == mediaType,
            route.type.custom == nil || request.method == "DELETE"
        else { return request }
        let expected = expectedKind(request, route)
        let object: Object
        do {
            object = try decode(request.body, as: expected)
        } catch {
            guard let kind = error.kind else {
                throw .badRequest(
                    "the object provided is unrecognized (must be of type \(expected.kind)): \(error.problem) "
                        + "(\(summary(request.body)))")
            }
            throw .badRequest(
                "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(expected.kind): \(error.problem)")
        }
        var request = request
        request.body = JSON.bytes(.object(object))
        request.headers.removeAll { $0.name.lowercased() == "content-type" }
        request.headers.append((name: "content-type", value: "application/json"))
        return request
    }

    private static func expectedKind(_ request: SandboxRequest, _ route: Route) -> GroupVersionKind {
        if request.method == "DELETE" { return GroupVersionKind(group: "", version: "v1", kind: "DeleteOptions") }
        guard let kind = route.subresource.flatMap({ route.type.subresource($0)?.kind }), kind != route.type.kind else {
            return route.type.groupVersionKind
        }
        let (group, version) = Discovery.foreignGroup(kind) ?? (route.type.group, route.type.version)
        return GroupVersionKind(group: group, version: version, kind: kind)
    }

    private struct Refusal: Error {
        var problem: String
        /// What the body says that it is, once that is known.
        var kind: GroupVersionKind?
    }

    private static func decode(
        _ body: [UInt8], as expected: GroupVersionKind
    ) throws(Refusal) -> Object {
        guard body.starts(with: magic) else {
            throw Refusal(
                problem: "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
        }
        guard body.count > magic.count else { throw Refusal(problem: "empty body") }
        let envelope: Envelope
        do {
            envelope = try Envelope(body.dropFirst(magic.count))
        } catch {
            throw Refusal(problem: error.message)
        }
        var kind = GroupVersionKind(apiVersion: envelope.apiVersion, kind: envelope.kind)
        if kind.kind.isEmpty { kind.kind = expected.kind }
        if envelope.apiVersion.isEmpty { kind = GroupVersionKind(apiVersion: expected.apiVersion, kind: kind.kind) }
        // The options of a delete belong to every group.
        let name = kind.kind == "DeleteOptions" ? "meta.v1.DeleteOptions" : TypeTable.builtIn.type(for: kind)?.name
        guard let name, ProtobufFields.builtIn[name] != nil else {
            throw Refusal(
                problem: "no kind \"\(kind.kind)\" is registered for version \"\(kind.apiVersion)\" in scheme "
                    + "\"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"", kind: kind)
        }
        var object: Object = ["kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion)]
        var decoder = ProtobufDecoder()
        do {
            for pair in try decoder.object(envelope.raw, type: name).pairs { object[pair.key] = pair.value }
        } catch {
            throw Refusal(problem: error.message, kind: kind)
        }
        return object
    }

    /// `runtime.Unknown`.
    private struct Envelope {
        var apiVersion = ""
        var kind = ""
        var raw: ArraySlice<UInt8> = []

        init(_ data: ArraySlice<UInt8>) throws(ProtobufError) {
            var reader = ProtobufReader(data)
            while !reader.isAtEnd {
                switch try reader.field() {
                case (1, .delimited(let meta)):
                    var reader = ProtobufReader(meta)
                    while !reader.isAtEnd {
                        switch try reader.field() {
                        case (1, .delimited(let text)): apiVersion = String(decoding: text, as: UTF8.self)
                        case (2, .delimited(let text)): kind = String(decoding: text, as: UTF8.self)
                        default: break
                        }
                    }
                case (2, .delimited(let bytes)): raw = bytes
                default: break
                }
            }
        }
    }

    /// The first bytes in hexadecimal, as the server shows a body that it cannot name.
    private static func summary(_ body: [UInt8]) -> String {
        let digits = body.prefix(30).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return digits.joined() + (body.count > 30 ? " ..." : "")
    }
}
