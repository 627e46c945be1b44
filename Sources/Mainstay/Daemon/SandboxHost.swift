// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Logging
internal import Manifests
internal import Sandbox
internal import ServiceLifecycle
internal import UnixSignals

/// A sandbox on real time, served on loopback.
struct SandboxHost: Sendable {
    let cluster: SandboxCluster
    /// Nil where nobody is asked who they are.
    private let authority: SandboxAuthority?
    private let logger: Logger
    private var control: ControlServer?

    /// - Parameter authority: with one it serves HTTPS, and RBAC decides who may do what; without, plain HTTP, and
    ///   everybody may do everything.
    init(authority: SandboxAuthority? = nil, load: SandboxLoad = .onTarget, logger: Logger) {
        self.authority = authority
        self.logger = logger
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: SystemTime.now, random: SystemRandomNumberGenerator(),
            options: SandboxOptions(
                nodes: ["sandbox"], access: authority == nil ? .open : .rbac(),
                certificateAuthority: authority?.certificate ?? "", timeZones: .system),
            controllers: StandardControllers.all(
                certificateAuthority: authority?.certificate ?? "", timeZones: .system, load: load))
    }

    /// Serves until SIGTERM or SIGINT, or until its task is cancelled.
    func run(host: String, port: Int, onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let server = listener(host: host, port: port, onListening: onListening)
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

    /// What serves it, until its task is cancelled; the controllers are another matter.
    func listener(
        host: String, port: Int, onListening: @escaping @Sendable (Int) async -> Void
    ) -> SandboxServer {
        SandboxServer(
            cluster: cluster, host: host, port: port, tls: authority?.tls, logger: logger, onListening: onListening)
    }

    /// Has `run` serve faults and the clock as well.
    mutating func serveControl(
        host: String, port: Int, seed: UInt64, onListening: @escaping @Sendable (Int) async -> Void
    ) async {
        await cluster.seedFaults(seed)
        control = ControlServer(cluster: cluster, host: host, port: port, logger: logger, onListening: onListening)
    }

    var scheme: String { authority == nil ? "http" : "https" }

    /// With the administrator's credentials, where the sandbox asks for any.
    func kubeconfig(server: String) -> String {
        func base64(_ text: String) -> String { Base64.encode(Array(text.utf8)) }
        var cluster = "server: \"\(server)\""
        var user = ""
        if let authority {
            cluster += ", certificate-authority-data: \(base64(authority.certificate))"
            user =
                "client-certificate-data: \(base64(authority.administrator.certificate)), "
                + "client-key-data: \(base64(authority.administrator.key))"
        }
        return """
            apiVersion: v1
            kind: Config
            clusters:
            - {name: sandbox, cluster: {\(cluster)}}
            contexts:
            - {name: sandbox, context: {cluster: sandbox, user: sandbox, namespace: default}}
            current-context: sandbox
            users:
            - {name: sandbox, user: {\(user)}}

            """
    }

    /// Writes a kubeconfig as a whole or not at all, for nobody else to read.
    static func write(_ kubeconfig: String, to path: String) throws {
        let draft = path + ".new"
        try? FileManager.default.removeItem(atPath: draft)
        guard
            FileManager.default.createFile(
                atPath: draft, contents: Data(kubeconfig.utf8), attributes: [.posixPermissions: 0o600]),
            rename(draft, path) == 0
        else { throw Unwritable(description: "\(path): \(String(cString: strerror(errno)))") }
    }

    struct Unwritable: Error, CustomStringConvertible {
        let description: String
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
