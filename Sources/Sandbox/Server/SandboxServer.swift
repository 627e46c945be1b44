// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import Hummingbird
package import Logging
internal import ServiceLifecycle

/// Serves a sandbox over plain HTTP/1.1 on loopback: a thin adapter, every answer is the cluster's own.
package struct SandboxServer: Sendable {
    private let cluster: SandboxCluster
    private let host: String
    private let port: Int
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - onListening: told the port once connections are accepted.
    package init(
        cluster: SandboxCluster, host: String, port: Int, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) {
        self.cluster = cluster
        self.host = host
        self.port = port
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until its task is cancelled or its service group shuts down.
    package func run() async throws {
        let application = Application(
            responder: SandboxResponder(cluster: cluster),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) }, logger: logger)
        try await application.run()
    }
}

private struct SandboxResponder: HTTPResponder {
    /// A little over what the cluster itself accepts, so that it says what is too large.
    private static let bodyLimit = 4 << 20

    let cluster: SandboxCluster

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        let body = try await request.body.collect(upTo: Self.bodyLimit)
        let answer = await cluster.respond(
            to: SandboxRequest(
                method: request.method.rawValue, path: request.head.path ?? "/",
                headers: request.headers.map { (name: $0.name.rawName, value: $0.value) },
                body: Array(body.readableBytesView)))
        if answer.connectionBreak == .beforeAnswer { try await context.breakConnection() }
        var headers = HTTPFields()
        for header in answer.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            headers.append(HTTPField(name: name, value: header.value))
        }
        return Response(
            status: HTTPResponse.Status(code: answer.status), headers: headers, body: ResponseBody(answer, context))
    }
}

extension ResponseBody {
    fileprivate init(_ answer: SandboxResponse, _ context: ConnectionContext) {
        switch answer.body {
        case .bytes(let bytes) where answer.connectionBreak != nil: self = .cutOff(bytes, context)
        case .bytes(let bytes): self.init(byteBuffer: ByteBuffer(bytes: bytes))
        case .stream(let lines):
            self.init { writer in
                // An empty write sends the headers: a watch on which nothing happens is open all the same.
                try await writer.write(ByteBuffer())
                if answer.connectionBreak != nil { try await context.breakConnection() }
                for await line in lines.cancelOnGracefulShutdown() {
                    if line == SandboxResponse.broken { try await context.breakConnection() }
                    try await writer.write(ByteBuffer(bytes: line))
                }
                try await writer.finish(nil)
            }
        }
    }
}
