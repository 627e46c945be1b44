// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Git
internal import Ledger
internal import Logging
internal import Manifests
internal import Planning
internal import Reconciler
internal import Sandbox

/// Shows what mainstay does, on a cluster in memory: four merges, each observed, and read back from the ledger.
struct Demo: Sendable {
    /// What is not seen by then is not seen.
    private static let timeout = Duration.seconds(35)

    /// How a part of it ended.
    private enum Ending {
        case story(DemoSummary)
        /// By a signal: the sandbox and the daemon both listen for them.
        case stopped
    }

    let isLive: Bool
    let keeps: Bool

    /// True where everything that should have been seen was seen.
    func run() async throws -> Bool {
        let workspace = try DemoWorkspace()
        do {
            let summary = try await play(in: workspace)
            guard summary?.passed ?? true else {
                writeLine("the daemon's log: \(workspace.log)\n", to: 1)
                return false
            }
            workspace.remove()
            if summary == nil { writeLine("\nstopped before its end; nothing of it is left\n", to: 1) }
            return summary != nil
        } catch {
            writeLine("the daemon's log: \(workspace.log)\n", to: 2)
            throw error
        }
    }

    /// Nil where it was stopped before its end.
    private func play(in workspace: DemoWorkspace) async throws -> DemoSummary? {
        let logFile = try LogFile(path: workspace.log)
        let sandbox = SandboxHost(logger: logFile.logger)
        return try await withThrowingTaskGroup(of: Ending?.self) { group in
            defer { group.cancelAll() }
            let (ports, port) = AsyncStream.makeStream(of: Int.self)
            group.addTask {
                defer { port.finish() }
                try await sandbox.run(host: "127.0.0.1", port: 0) { port.yield($0) }
                return .stopped
            }
            let server = "http://127.0.0.1:\(try await Self.first(of: ports, "the sandbox"))"
            try await seed(sandbox.cluster)
            let daemon = try await Daemon(
                configuration: try workspace.configuration(sandbox, server: server), environment: [:],
                logger: logFile.logger)
            let (statusPorts, statusPort) = AsyncStream.makeStream(of: Int.self)
            group.addTask {
                defer { statusPort.finish() }
                try await daemon.run { statusPort.yield($0) }
                return .stopped
            }
            let address = "http://127.0.0.1:\(try await Self.first(of: statusPorts, "the status server"))"

            let screen = DemoScreen(board: daemon.status, isLive: isLive)
            await screen.tell("a cluster in memory at \(server), the daemon's status at \(address)")
            group.addTask {
                await screen.run()
                return nil
            }
            let story = DemoStory(
                workspace: workspace, daemon: daemon, screen: screen, deadline: SystemTime.now() + Self.timeout)
            group.addTask {
                do {
                    return .story(try await story.run())
                } catch let error as LedgerError where error.code == .closed {
                    return .stopped
                }
            }

            var summary: DemoSummary?
            while let ending = try await group.next() {
                switch ending {
                case .story(let told):
                    summary = told
                    await screen.finish(told.text)
                    guard keeps else { return told }
                    writeLine(Self.farewell(workspace, address), to: 1)
                case .stopped: return summary
                case nil: continue
                }
            }
            return summary
        }
    }

    /// What a team has before any GitOps: namespaces, and Secrets made by a script.
    private func seed(_ cluster: SandboxCluster) async throws {
        for namespace in PlanetSample.namespaces {
            try await create(
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]],
                at: "/api/v1/namespaces", in: cluster)
        }
        try await create(
            [
                "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(PlanetSample.secretName)],
                "stringData": ["url": "postgres://planet:demo@postgres.infrastructure/planet"],
            ], at: "/api/v1/namespaces/staging/secrets", in: cluster)
    }

    private func create(_ object: Object, at path: String, in cluster: SandboxCluster) async throws {
        let response = await cluster.respond(
            to: SandboxRequest(
                method: "POST", path: path, headers: [(name: "content-type", value: "application/json")],
                body: JSON.bytes(.object(object))))
        guard response.status == 201 else {
            throw CommandFailure.failed("the sandbox refused \(object.objectID): status \(response.status)")
        }
    }

    private static func first(of ports: AsyncStream<Int>, _ what: String) async throws -> Int {
        for await port in ports { return port }
        throw CommandFailure.failed("\(what) did not start")
    }

    private static func farewell(_ workspace: DemoWorkspace, _ address: String) -> String {
        """

        it goes on until Ctrl-C:
          status      mainstay status --server \(address)
          history     mainstay history --server \(address)
          cluster     kubectl --kubeconfig \(workspace.kubeconfig) get pods -A
          repository  \(workspace.repository.path)
          log         \(workspace.log)

        """
    }
}

/// The daemon's log, out of the picture's way.
private struct LogFile {
    let logger: Logger

    init(path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw CommandFailure.failed("cannot write \(path)") }
        logger = Logger(label: "mainstay") { _ in
            LineLogHandler(level: .debug, format: .text, now: SystemTime.now) { line in
                writeLine(line, to: handle.fileDescriptor)
            }
        }
    }
}
