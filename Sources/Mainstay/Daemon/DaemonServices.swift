// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Reconciler
internal import ServiceLifecycle
internal import StatusServer

struct ReconcilerService: Service {
    let reconciler: Reconciler

    func run() async throws {
        await cancelWhenGracefulShutdown { await reconciler.run() }
    }
}

/// What is being sent when the daemon is to end has until `Daemon.gracePeriod` to be answered: otherwise nobody knew
/// whether it arrived.
struct OutboxService: Service {
    let notifier: Notifier

    func run() async throws {
        await withGracefulShutdownHandler {
            await notifier.run()
        } onGracefulShutdown: {
            notifier.stop()
        }
    }
}

struct ServerService: Service {
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

struct ControlService: Service {
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
struct ListenFailure: Error, CustomStringConvertible {
    var description: String
}

/// Tells systemd that the daemon is up, what it is at, and that it is alive.
struct NotifierService: Service {
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
