// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Serves OpenAPI v2: everything in one document, as JSON or in the protobuf form of gnostic.
///
/// Built when it is first asked for, and again only when what is served has changed.
struct OpenAPIv2: Sendable {
    private struct Document: Sendable {
        var revision: Int
        var json: [UInt8]
        var protobuf: [UInt8]
    }

    /// As kubectl asks for it, which is no media type by the letter, and as it is answered.
    private static let protobuf = [
        "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
        "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    ]

    private var document: Document?

    mutating func response(
        _ request: SandboxRequest, registry: ResourceRegistry, options: SandboxOptions
    ) -> SandboxResponse {
        let vary = (name: "vary", value: "Accept")
        let accepted = (request.header("accept") ?? "*/*").split(separator: ",").map { clause in
            clause.split(separator: ";").first.map { $0.filter { $0 != " " } } ?? ""
        }
        let chosen = accepted.first { Self.protobuf.contains($0) || OpenAPI.accepts($0, ["application/json"]) }
        guard let chosen else { return SandboxResponse(status: 406, headers: [vary], body: .bytes([])) }
        let document = document(registry, options)
        let isProtobuf = Self.protobuf.contains(chosen)
        let bytes = isProtobuf ? document.protobuf : document.json
        var response = OpenAPI.cached(
            request, bytes, hash: OpenAPI.hash(bytes), contentType: isProtobuf ? Self.protobuf[1] : "application/json")
        response.headers.append(vary)
        return response
    }

    private mutating func document(_ registry: ResourceRegistry, _ options: SandboxOptions) -> Document {
        if let document, document.revision == registry.revision { return document }
        let value = OpenAPIv2Document(registry: registry, options: options).value
        let fresh = Document(
            revision: registry.revision, json: JSON.bytes(value), protobuf: OpenAPIv2Protobuf.document(value))
        document = fresh
        return fresh
    }
}
