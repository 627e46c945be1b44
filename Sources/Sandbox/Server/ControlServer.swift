// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import Hummingbird
package import Logging

/// Serves the sandbox's own API on a port of its own, so that no fault can lock out who has set it.
package struct ControlServer: Sendable {
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
            responder: ControlResponder(cluster: cluster),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) }, logger: logger)
        try await application.run()
    }
}

private struct ControlResponder: HTTPResponder {
    private static let bodyLimit = 1 << 20

    let cluster: SandboxCluster

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let body = try await request.body.collect(upTo: Self.bodyLimit)
        let answer = await cluster.control(
            SandboxRequest(
                method: request.method.rawValue, path: request.head.path ?? "/", body: Array(body.readableBytesView)))
        var headers = HTTPFields()
        for header in answer.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            headers.append(HTTPField(name: name, value: header.value))
        }
        guard case .bytes(let bytes) = answer.body else { return Response(status: .internalServerError) }
        return Response(
            status: HTTPResponse.Status(code: answer.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
