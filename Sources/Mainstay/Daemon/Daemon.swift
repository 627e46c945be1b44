// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Git
internal import Glibc
internal import Kubernetes
internal import Ledger
internal import Logging
internal import Manifests
internal import Planning
internal import Reconciler
internal import ServiceLifecycle
internal import StatusServer
internal import Transport
internal import UnixSignals

/// The daemon's parts, put together: everything that touches the world is made here and handed in.
struct Daemon: Sendable {
    /// SIGTERM to end is ten seconds at most; systemd and Kubernetes wait longer.
    private static let gracePeriod = Duration.seconds(7)
    private static let cancellationPeriod = Duration.seconds(2)

    let configuration: Configuration
    let reconciler: Reconciler
    let status: StatusBoard
    let ledger: Ledger
    let transport: CurlTransport
    /// The default cluster's first; its name is empty.
    private let clients: [(name: String, client: KubernetesClient)]
    let logger: Logger
    let notifier: SystemdNotifier
    private let address: ListenAddress
    /// Where people tell the daemon what to do.
    let controlSocket: String
    private let planner: DaemonPlanReader
    private let outbox: Notifier

    /// Opens the data directory and reads the credentials; reaches out to nothing.
    init(configuration: Configuration, environment: [String: String], logger: Logger) async throws {
        ProcessMemory.bound()
        self.configuration = configuration
        self.logger = logger
        guard let address = ListenAddress(configuration.server.listen) else {
            throw ConfigurationError(problems: ["server.listen: no HOST:PORT"])
        }
        self.address = address
        if let obstacle = address.obstacle {
            throw ConfigurationError(problems: [
                "server.listen: cannot listen on \(configuration.server.listen): \(obstacle)"
            ])
        }
        let now = SystemTime.now
        notifier = SystemdNotifier(environment: environment)
        let clock = ContinuousClock()
        let data = try DataDirectory(path: configuration.dataDirectory)
        controlSocket = data.controlSocket
        guard controlSocket.utf8.count <= ControlServer.longestPath else {
            throw ConfigurationError(problems: [
                "data.directory: \(data.path) is too long for the control socket in it: a socket's path has "
                    + "\(ControlServer.longestPath) bytes at most; name a shorter one"
            ])
        }
        try CurlTransport.globalInit()
        transport = try CurlTransport()
        let connect = { [transport] (endpoint: ClusterEndpoint) in
            KubernetesClient(
                endpoint: endpoint, transport: transport, userAgent: Version.userAgent, clock: clock, now: now)
        }
        let endpoint = try Self.endpoint(configuration.cluster, environment: environment)
        let further = try configuration.clusters.map { named in
            (name: named.name, endpoint: try Self.endpoint(of: named, environment: environment))
        }
        try Self.checkServers(endpoint, further)
        let client = connect(endpoint)
        clients = [("", client)] + further.map { ($0.name, connect($0.endpoint)) }
        let mirror = try GitMirror(
            directory: data.mirror, url: configuration.source.url,
            credentials: configuration.source.credentials.git, transport: transport)
        let key = try data.chainKey()
        ledger = try Ledger(path: data.ledger, chainKey: key)
        status = StatusBoard(
            daemon: DaemonStatus(
                startedAt: now(), sourceURL: try GitURL(configuration.source.url).description,
                branch: configuration.source.branch))
        let mark = SourceMark.value(
            url: try GitURL(configuration.source.url).description, branch: configuration.source.branch)
        let source = GitSource(mirror: mirror, limits: configuration.render, mark: mark)
        let surroundings = Surroundings(
            clock: clock, now: now, makeID: SystemTime.makeID, random: { Double.random(in: 0..<1) }, logger: logger,
            timeZones: .system)
        let cluster = KubernetesCluster(client: client)
        outbox = Notifier(
            settings: configuration.notifications.settings, store: LedgerOutbox(ledger: ledger),
            sender: ReceiverSender(
                receivers: configuration.notifications.receivers, transport: transport, mail: try CurlMail(),
                credentials: CredentialReader(files: .disk, cluster: cluster), source: mark),
            board: status, surroundings: surroundings)
        var context = ReconcilerContext(
            source: source, cluster: cluster,
            further: clients.dropFirst().map { ($0.name, KubernetesCluster(client: $0.client)) },
            store: LedgerStore(ledger: ledger, makeID: SystemTime.makeID), status: status,
            settings: ReconcilerSettings(
                branch: configuration.source.branch, pollInterval: configuration.source.interval,
                allow: configuration.allow, source: mark, people: configuration.people,
                tenant: "\(HostName.current):\(data.path)"),
            surroundings: surroundings, fieldHash: FieldHash(dataKey: key),
            registry: RegistryClient(configuration.registries, transport: transport),
            checks: DirectProbe(transport: transport, tokens: configuration.checkTokens))
        context.notifier = outbox
        reconciler = Reconciler(context: context)
        let hash = ValueHash()
        let planner = DaemonPlanner(
            context: context, survey: KubernetesCluster(client: client, flow: "plan"), hash: { hash($0) },
            current: { [reconciler] in await reconciler.desired(of: $0) },
            commit: { text async throws(SourceFailure) in try await source.commit(beginningWith: text) })
        self.planner = DaemonPlanReader(
            planner: planner,
            explainer: DaemonExplainer(source: source, branch: configuration.source.branch) {
                try await planner.heldBack($0)?.message
            })
    }

    /// Runs until SIGTERM or SIGINT, or until its task is cancelled.
    ///
    /// - Parameter onListening: told the status server's port once it answers.
    func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        logger.notice(
            "starting",
            metadata: [
                "version": "\(Version.number)", "source": "\(status.daemon.source.url)",
                "branch": "\(configuration.source.branch)", "listen": "\(configuration.server.listen)",
            ])
        let server = StatusServer(
            host: address.host, port: address.port, board: status,
            history: LedgerHistory(ledger: ledger, now: SystemTime.now),
            load: { [clients] in
                clients.map { name, client in
                    var load = ClusterLoad(client.limits)
                    load.cluster = name
                    return load
                }
            },
            version: Version.number, logger: logger, onListening: onListening)
        let control = ControlServer(
            path: controlSocket, access: ControlSocket.access, actions: reconciler, planner: planner,
            logger: logger)
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: ServerService(server: server, address: configuration.server.listen)),
                .init(service: ControlService(server: control, path: controlSocket)),
                .init(service: NotifierService(notifier: notifier, status: status)),
                .init(service: OutboxService(notifier: outbox)),
                .init(service: ReconcilerService(reconciler: reconciler)),
                .init(service: MemoryService(clock: ContinuousClock())),
                .init(
                    service: RetentionService(
                        ledger: ledger, age: configuration.history,
                        environments: { [reconciler] in await reconciler.histories }, clock: ContinuousClock(),
                        now: SystemTime.now, logger: logger)),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = Self.gracePeriod
        group.maximumCancellationDuration = Self.cancellationPeriod
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let failure as ListenFailure {
            await close()
            throw CommandFailure.start(failure.description)
        } catch {
            await close()
            throw CommandFailure.failed("\(error)")
        }
        await close()
    }

    private func close() async {
        notifier.stopping()
        await transport.shutdown()
        do {
            try ledger.close()
        } catch {
            logger.error("cannot close the ledger", metadata: ["error": "\(error)"])
        }
        logger.notice("stopped")
    }

    static func endpoint(
        _ cluster: Configuration.Cluster, environment: [String: String]
    ) throws(KubernetesError) -> ClusterEndpoint {
        guard let path = cluster.kubeconfig else { return try InCluster.load(environment: environment) }
        let bytes: [UInt8]
        do throws(FileReader.Failure) {
            bytes = try FileReader.disk.read(path, 4 << 20)
        } catch {
            throw KubernetesError(
                code: .configuration, subject: "cluster.kubeconfig", message: error.description,
                hint: "correct the path, or leave cluster out to use the pod's service account")
        }
        return try Kubeconfig.load(
            bytes, file: path, context: cluster.context,
            execRunner: ProcessExecCredentialRunner(environment: environment))
    }

    /// Under two names, one object would be two.
    private static func checkServers(
        _ main: ClusterEndpoint, _ further: [(name: String, endpoint: ClusterEndpoint)]
    ) throws(ConfigurationError) {
        var names = [main.server: "cluster"]
        for (name, endpoint) in further {
            if let other = names.updateValue(name, forKey: endpoint.server) {
                throw ConfigurationError(problems: [
                    "clusters: \(name) has the same server as \(other), \(endpoint.server): one cluster has one name"
                ])
            }
        }
    }

    static func endpoint(
        of named: Configuration.NamedCluster, environment: [String: String]
    ) throws(KubernetesError) -> ClusterEndpoint {
        do throws(KubernetesError) {
            return try endpoint(named.cluster, environment: environment)
        } catch var error {
            if error.subject == "cluster.kubeconfig" {
                error.subject = "clusters: \(named.name)"
                error.hint = "correct its kubeconfig"
            }
            throw error
        }
    }

    static func logger(_ log: Configuration.Log) -> Logger {
        Logger(label: "mainstay") { _ in
            LineLogHandler(
                level: Logger.Level(rawValue: log.level.rawValue) ?? .info, format: log.format, now: SystemTime.now
            ) { writeLine($0, to: 2) }
        }
    }
}

/// The wall clock and fresh ids: read here, handed to everything else.
enum SystemTime {
    static let now: @Sendable () -> Timestamp = {
        Timestamp(millisecondsSinceEpoch: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    static let makeID: @Sendable () -> String = { UUID().uuidString.lowercased() }
}

/// Of this machine, or of the pod.
private enum HostName {
    static var current: String {
        let size = 256
        var name = [CChar](repeating: 0, count: size)
        guard gethostname(&name, size - 1) == 0 else { return "?" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

private struct ReconcilerService: Service {
    let reconciler: Reconciler

    func run() async throws {
        await cancelWhenGracefulShutdown { await reconciler.run() }
    }
}

/// What is being sent when the daemon is to end is sent to its end: otherwise nobody knew whether it arrived.
private struct OutboxService: Service {
    let notifier: Notifier

    func run() async throws {
        await withGracefulShutdownHandler {
            await notifier.run()
        } onGracefulShutdown: {
            notifier.stop()
        }
    }
}

private struct ServerService: Service {
    let server: StatusServer
    let address: String

    func run() async throws {
        do {
            try await server.run()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ListenFailure(
                description: "server.listen: cannot listen on \(address): \(error); another program may have the port: "
                    + "name another one")
        }
    }
}

private struct ControlService: Service {
    let server: ControlServer
    let path: String

    func run() async throws {
        do {
            try await server.run()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ListenFailure(description: "\(path): cannot make the control socket: \(error)")
        }
    }
}

/// An address cannot be had: bad configuration, and no reason to start over and over.
private struct ListenFailure: Error, CustomStringConvertible {
    var description: String
}

/// Tells systemd that the daemon is up, what it is at, and that it is alive.
private struct NotifierService: Service {
    let notifier: SystemdNotifier
    let status: StatusBoard

    func run() async throws {
        notifier.ready("started")
        let interval = notifier.watchdogInterval ?? .seconds(30)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                notifier.alive()
                let applications = status.applications
                let healthy = applications.count { $0.health == .healthy }
                notifier.status("\(healthy) of \(applications.count) applications healthy")
                try? await Task.sleep(for: interval)
            }
        }
        notifier.stopping()
    }
}
