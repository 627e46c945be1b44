// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Manifests
internal import Sandbox
internal import ServiceLifecycle
internal import UnixSignals

/// A sandbox on real time, served on loopback.
struct SandboxHost: Sendable {
    let cluster: SandboxCluster
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: SystemTime.now, random: SystemRandomNumberGenerator(),
            options: SandboxOptions(nodes: ["sandbox"]), controllers: StandardControllers.all())
    }

    /// Serves until SIGTERM or SIGINT, or until its task is cancelled.
    func run(host: String, port: Int, onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let server = SandboxServer(cluster: cluster, host: host, port: port, logger: logger, onListening: onListening)
        var group = ServiceGroupConfiguration(
            services: [.init(service: ControlLoop(cluster: cluster)), .init(service: Listener(server: server))],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(3)
        group.maximumCancellationDuration = .seconds(2)
        try await ServiceGroup(configuration: group).run()
    }

    static func kubeconfig(server: String) -> String {
        """
        apiVersion: v1
        kind: Config
        clusters:
        - {name: sandbox, cluster: {server: "\(server)"}}
        contexts:
        - {name: sandbox, context: {cluster: sandbox, user: sandbox, namespace: default}}
        current-context: sandbox
        users:
        - {name: sandbox, user: {}}

        """
    }

    private struct ControlLoop: Service {
        let cluster: SandboxCluster

        func run() async throws {
            await cancelWhenGracefulShutdown {
                // Ends by cancellation only, which is how it is meant to end.
                try? await cluster.run()
            }
        }
    }

    private struct Listener: Service {
        let server: SandboxServer

        func run() async throws { try await server.run() }
    }
}
