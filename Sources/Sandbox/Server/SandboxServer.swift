// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
package import Logging
internal import NIOCore
internal import ServiceLifecycle

/// Serves a sandbox on a socket: a thin adapter, every answer is the cluster's own.
///
/// With TLS it speaks HTTP/2 (at most 100 streams a connection, as a kube-apiserver) or HTTP/1.1, as the client likes;
/// without, HTTP/1.1.
package struct SandboxServer: Sendable {
    private let cluster: SandboxCluster
    private let host: String
    private let port: Int
    private let tls: SandboxTLS?
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - tls: nil for plain HTTP.
    ///   - onListening: told the port once connections are accepted.
    package init(
        cluster: SandboxCluster, host: String, port: Int, tls: SandboxTLS? = nil, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) {
        self.cluster = cluster
        self.host = host
        self.port = port
        self.tls = tls
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until its task is cancelled or its service group shuts down.
    ///
    /// - Throws: where it cannot listen, or the TLS material is none.
    package func run() async throws {
        let builder: HTTPServerBuilder =
            if let tls { try .http2Upgrade(tlsChannelConfiguration: tls.configuration()) } else { .http1() }
        let application = Application(
            responder: SandboxResponder(cluster: cluster, subject: tls?.subject), server: builder,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) }, logger: logger)
        try await application.run()
    }
}
