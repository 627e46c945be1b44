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
    private var control: ControlServer?

    init(logger: Logger) {
        self.logger = logger
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: SystemTime.now, random: SystemRandomNumberGenerator(),
            controllers: StandardControllers.all())
    }

    /// Serves until SIGTERM or SIGINT, or until its task is cancelled.
    func run(host: String, port: Int, onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let server = SandboxServer(cluster: cluster, host: host, port: port, logger: logger, onListening: onListening)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: ControlLoop(cluster: cluster)), .init(service: Listener(server: server)),
        ]
        if let control { services.append(.init(service: ControlListener(server: control))) }
        var group = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(3)
        group.maximumCancellationDuration = .seconds(2)
        try await ServiceGroup(configuration: group).run()
    }

    /// Has `run` serve faults and the clock as well.
    mutating func serveControl(
        host: String, port: Int, seed: UInt64, onListening: @escaping @Sendable (Int) async -> Void
    ) async {
        await cluster.seedFaults(seed)
        control = ControlServer(cluster: cluster, host: host, port: port, logger: logger, onListening: onListening)
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

    private struct ControlListener: Service {
        let server: ControlServer

        func run() async throws { try await server.run() }
    }
}
