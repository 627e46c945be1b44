// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
package import Reconciler

/// The daemon's HTTP side: health, metrics and the read-only API. It changes nothing, whoever asks (`ControlServer` does).
package struct StatusServer: Sendable {
    /// Reads are small, and so are these: nobody who asks properly meets one of them.
    private static let headerBytes = 16 << 10
    static let bodyBytes = 16 << 10
    static let connections = 256
    private static let idleTime = TimeAmount.seconds(30)
    private static let requestTime = TimeAmount.seconds(30)

    private let host: String
    private let port: Int
    private let routes: Routes
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - load: how busy the daemon is with each of its API servers.
    ///   - onListening: told the port once connections are accepted.
    package init(
        host: String, port: Int, board: StatusBoard, history: any HistoryReader,
        load: @escaping @Sendable () -> [ClusterLoad], version: String, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.logger = logger
        self.onListening = onListening
        routes = Routes(board: board, history: history, load: load, version: version, logger: logger)
    }

    /// Serves until its task is cancelled or its service group shuts down.
    package func run() async throws { try await application().run() }

    func application() -> some ApplicationProtocol {
        Application(
            router: routes.router(), server: .http1(configuration: Self.limits),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: nil,
                availableConnectionsDelegate: .maximum(Self.connections, logger: logger)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) }, logger: logger)
    }

    static var limits: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [RequestGuard(deadline: requestTime, bodyLimit: bodyBytes)],
            idleTimeout: idleTime,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: headerBytes, maxHeaderListSize: headerBytes, maxHeaderFieldCount: 100))
    }
}
