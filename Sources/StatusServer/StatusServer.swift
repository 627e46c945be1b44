// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
package import Logging
package import Reconciler

/// The daemon's HTTP side: health, metrics and the read-only API. It changes nothing, whoever asks.
package struct StatusServer: Sendable {
    private let host: String
    private let port: Int
    private let routes: Routes
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - onListening: told the port once connections are accepted.
    package init(
        host: String, port: Int, board: StatusBoard, history: any HistoryReader, version: String, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.logger = logger
        self.onListening = onListening
        routes = Routes(board: board, history: history, version: version, logger: logger)
    }

    /// Serves until its task is cancelled or its service group shuts down.
    package func run() async throws {
        let application = Application(
            router: routes.router(),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) }, logger: logger)
        try await application.run()
    }
}
