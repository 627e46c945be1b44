// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
package import Reconciler

/// What people tell the daemon: HTTP/1.1 over a Unix socket that belongs to the daemon's user alone.
///
/// The file's mode and its directory keep others out; who connects nevertheless is asked for the credentials that the
/// kernel has of it. Nothing that comes in by the status server's port gets here.
package struct ControlServer: Sendable {
    private let path: String
    private let routes: ControlRoutes
    private let logger: Logger
    private let onListening: @Sendable () async -> Void

    /// The longest path of a socket (unix(7): 108 bytes with the null byte at the end).
    package static let longestPath = 107

    /// - Parameters:
    ///   - path: where the socket is made. One that a killed daemon left is replaced: the caller has made sure that no
    ///     other daemon uses the directory.
    ///   - planner: without one, there is no `GET /api/v1/plan`.
    package init(
        path: String, access: ControlAccess, actions: any OperatorActions, planner: (any PlanReader)? = nil,
        logger: Logger, onListening: @escaping @Sendable () async -> Void = {}
    ) {
        self.path = path
        self.logger = logger
        self.onListening = onListening
        routes = ControlRoutes(
            actions: actions, planner: planner, access: access, peer: PeerCredentials.of, logger: logger)
    }

    /// Serves until its task is cancelled or its service group shuts down; then the socket is gone.
    package func run() async throws {
        defer { removeSocket() }
        // That it listens is told of the address that others may read.
        var quiet = logger
        quiet.logLevel = .warning
        let application = Application(
            router: routes.router(), server: .http1(configuration: StatusServer.limits),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path), serverName: nil,
                availableConnectionsDelegate: .maximum(StatusServer.connections, logger: logger)),
            onServerRunning: { _ in
                // Before this, the process's umask keeps others from connecting, and the peer's credentials do.
                chmod(path, 0o600)
                await onListening()
            }, logger: quiet)
        try await application.run()
    }

    /// Whatever else may stand at the path is not ours to remove.
    private func removeSocket() {
        var information = stat()
        if lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
    }
}
