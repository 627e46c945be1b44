// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOSSL
internal import ServiceLifecycle

/// Turns requests on a socket into values, and answers back.
struct SandboxResponder: HTTPResponder {
    struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            channel = source.channel
        }
    }

    /// A little over what the cluster itself accepts: more is not read, and the cluster says that it is too large.
    private static let bodyLimit = 4 << 20
    private static let auditID = HTTPField.Name("Audit-Id")

    let cluster: SandboxCluster
    /// Nil on plain HTTP, where nobody has a certificate.
    let subject: (@Sendable ([UInt8]) -> SandboxIdentity?)?

    func respond(to request: Request, context: Context) async throws -> Response {
        var asked = SandboxRequest(
            method: request.method.rawValue, path: request.head.path ?? "/",
            headers: request.headers.map { (name: $0.name.rawName, value: $0.value) },
            body: try await Self.body(of: request))
        if let certificate = await clientCertificate(context.channel) {
            asked.clientCertificate = subject?(certificate)
            asked.hasForeignCertificate = asked.clientCertificate == nil
        }
        var answer = await cluster.respond(to: asked)
        if answer.connectionBreak == .beforeAnswer { try await context.channel.breakConnection() }
        answer.compress(for: asked)
        var headers = HTTPFields()
        for header in answer.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            headers.append(HTTPField(name: name, value: header.value))
        }
        headers[.cacheControl] = "no-cache, private"
        if let name = Self.auditID { headers[name] = Self.auditID(request.headers[name]) }
        return Response(
            status: HTTPResponse.Status(code: answer.status), headers: headers,
            body: request.method == .head ? ResponseBody() : ResponseBody(answer, context.channel))
    }

    private static func body(of request: Request) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in request.body {
            bytes += buffer.readableBytesView
            if bytes.count > bodyLimit { break }
        }
        return bytes
    }

    /// The certificate (DER) that the connection was made with; a stream of HTTP/2 belongs to the channel that has it.
    private func clientCertificate(_ channel: any Channel) async -> [UInt8]? {
        guard subject != nil else { return nil }
        for candidate in [channel, channel.parent].compactMap({ $0 }) {
            guard let certificate = try? await candidate.nioSSL_peerCertificate().get() else { continue }
            return try? certificate.toDERBytes()
        }
        return nil
    }

    /// The client's own, or a new one (RFC 9562 section 5.4).
    private static func auditID(_ given: String?) -> String {
        if let given, !given.isEmpty { return String(given.prefix(64)) }
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<32).map { index -> Character in
            let digit = UInt8.random(in: 0..<16, using: &generator)
            let value = index == 12 ? 4 : index == 16 ? 8 | digit & 3 : digit
            return Character(String(value, radix: 16))
        }
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}

extension SandboxResponse {
    /// Compresses what is large, for a client that takes it.
    fileprivate mutating func compress(for request: SandboxRequest) {
        guard case .bytes(let bytes) = body, bytes.count > Gzip.threshold, connectionBreak == nil,
            Gzip.isAccepted(request.header("accept-encoding")), let compressed = Gzip.compressed(bytes)
        else { return }
        body = .bytes(compressed)
        headers += [(name: "content-encoding", value: "gzip"), (name: "vary", value: "Accept-Encoding")]
    }
}

extension ResponseBody {
    fileprivate init(_ answer: SandboxResponse, _ channel: any Channel) {
        switch answer.body {
        case .bytes(let bytes) where answer.connectionBreak != nil: self = .cutOff(bytes)
        case .bytes(let bytes): self.init(byteBuffer: ByteBuffer(bytes: bytes))
        case .stream(let lines):
            self.init { writer in
                // An empty write sends the headers: a watch on which nothing happens is open all the same.
                try await writer.write(ByteBuffer())
                if answer.connectionBreak != nil { try await channel.breakConnection() }
                for await line in lines.cancelOnGracefulShutdown() {
                    if line == SandboxResponse.broken { try await channel.breakConnection() }
                    try await writer.write(ByteBuffer(bytes: line))
                }
                try await writer.finish(nil)
            }
        }
    }
}
