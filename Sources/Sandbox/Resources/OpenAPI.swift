// SPDX-License-Identifier: Apache-2.0

import Crypto
import Manifests

/// Serves OpenAPI: an index and a document for each group version (v3), and all of them in one (v2).
///
/// A document is built when it is first asked for, and again only when what its group version serves has changed.
struct OpenAPI: Sendable {
    private struct Document: Sendable {
        var hash: String
        var bytes: [UInt8]
    }

    /// By path, as the index names them.
    private var documents: [String: Document] = [:]
    private var v2 = OpenAPIv2()
    private var index: (revision: Int, hashes: [(path: String, hash: String)])?

    /// Nil where the path is none of OpenAPI's.
    mutating func response(
        _ request: SandboxRequest, _ target: RequestTarget, registry: ResourceRegistry, options: SandboxOptions
    ) -> SandboxResponse? {
        switch target.segments {
        case ["openapi", "v2"]: return v2.response(request, registry: registry, options: options)
        case ["openapi", "v3"]: return indexResponse(request, registry, options)
        default:
            guard target.segments.starts(with: ["openapi", "v3"]) else { return nil }
            let path = target.segments.dropFirst(2).joined(separator: "/")
            return documentResponse(path, request, target, registry, options)
        }
    }

    private mutating func indexResponse(
        _ request: SandboxRequest, _ registry: ResourceRegistry, _ options: SandboxOptions
    ) -> SandboxResponse {
        var paths = Object()
        for (path, hash) in hashes(registry, options) {
            paths[path] = ["serverRelativeURL": .string(Self.url(path, hash))]
        }
        let bytes = JSON.bytes(["paths": .object(paths)])
        return Self.cached(request, bytes, hash: Self.hash(bytes), contentType: "text/plain; charset=utf-8")
    }

    private mutating func documentResponse(
        _ path: String, _ request: SandboxRequest, _ target: RequestTarget, _ registry: ResourceRegistry,
        _ options: SandboxOptions
    ) -> SandboxResponse {
        guard let hash = hashes(registry, options).first(where: { $0.path == path })?.hash else {
            return SandboxResponse(status: 404, body: .bytes([]))
        }
        guard Self.accepts(request.header("accept"), ["application/json"]) else {
            return SandboxResponse(status: 406, headers: [(name: "vary", value: "Accept")], body: .bytes([]))
        }
        let asked = target["hash"] ?? ""
        guard asked.isEmpty || asked == hash else {
            return SandboxResponse(
                status: 301,
                headers: [
                    (name: "vary", value: "Accept"), (name: "location", value: Self.url(path, hash)),
                    (name: "content-type", value: "text/html; charset=utf-8"),
                ], body: .bytes(Array("<a href=\"\(Self.url(path, hash))\">Moved Permanently</a>.\n\n".utf8)))
        }
        if documents[path]?.hash != hash {
            let document = OpenAPIDocument(registry: registry, options: options).value(path)
            documents[path] = Document(hash: hash, bytes: JSON.bytes(document))
        }
        var response = Self.cached(
            request, documents[path]?.bytes ?? [], hash: hash, contentType: "application/json")
        response.headers.append((name: "vary", value: "Accept"))
        if !asked.isEmpty { response.headers.append((name: "cache-control", value: "public, immutable")) }
        return response
    }

    /// The path of every document in the index's order, with a digest of what it will say.
    private mutating func hashes(
        _ registry: ResourceRegistry, _ options: SandboxOptions
    ) -> [(path: String, hash: String)] {
        if let index, index.revision == registry.revision { return index.hashes }
        let hashes = OpenAPIDocument.paths(registry).map { path in
            (path, Self.hash(OpenAPIDocument(registry: registry, options: options).fingerprint(path)))
        }
        index = (registry.revision, hashes)
        let paths = Set(hashes.map(\.0))
        documents = documents.filter { paths.contains($0.key) }
        return hashes
    }

    private static func url(_ path: String, _ hash: String) -> String { "/openapi/v3/\(path)?hash=\(hash)" }

    static func hash(_ bytes: some Sequence<UInt8>) -> String {
        SHA512.hash(data: Array(bytes)).map { byte in
            let text = String(byte, radix: 16, uppercase: true)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    /// 304 where the client has it already (RFC 9110 section 13.1.2).
    static func cached(
        _ request: SandboxRequest, _ bytes: [UInt8], hash: String, contentType: String
    ) -> SandboxResponse {
        let tag = "\"\(hash)\""
        let known = (request.header("if-none-match") ?? "").split(separator: ",").map { tag in
            tag.trimmingPrefix { $0 == " " }.trimmingPrefix("W/")
        }
        if known.contains(where: { $0 == tag || $0 == "*" }) {
            return SandboxResponse(status: 304, headers: [(name: "etag", value: tag)], body: .bytes([]))
        }
        return SandboxResponse(
            status: 200, headers: [(name: "content-type", value: contentType), (name: "etag", value: tag)],
            body: .bytes(bytes))
    }

    static func accepts(_ header: String?, _ types: [String]) -> Bool {
        guard let header, !header.isEmpty else { return true }
        return header.split(separator: ",").contains { clause in
            let type = clause.split(separator: ";").first.map { $0.filter { $0 != " " } } ?? ""
            return types.contains(type) || type == "*/*" || type == "application/*"
        }
    }
}
