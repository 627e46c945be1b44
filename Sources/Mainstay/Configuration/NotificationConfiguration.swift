// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler

extension Configuration {
    /// Whom the daemon may tell, and with which credentials: not for a repository to say. What goes to whom, both may.
    struct Notifications: Sendable {
        var receivers: [Receiver] = []
        var routes: [NotificationRoute] = []
        var stuckAfter = Duration.seconds(900)

        var settings: NotificationSettings {
            NotificationSettings(
                receivers: receivers.flatMap { receiver in
                    receiver.queues.map {
                        NotificationSettings.Receiver(name: $0.name, service: receiver.service, of: receiver.name)
                    }
                }, routes: routes, stuckAfter: stuckAfter)
        }
    }

    struct Receiver: Sendable, Hashable {
        var name: String
        var service: NotificationService
        /// Where it is, unless that is a secret itself: a URL, or a mail server's `smtp://HOST:PORT`.
        var url: Credential?
        /// A token, a password, a routing key, or the key of a signature.
        var secret: Credential?
        var username: String?
        /// The repository, or GitLab's project.
        var repository = ""
        var from = ""
        var to: [String] = []
        /// Mail without TLS.
        var isPlain = false
        /// The authorities that its certificate may come from; nil for the system's.
        var caFile: String?
    }

    /// Where a value is read from, at each use: rotating it needs no restart.
    enum Credential: Sendable, Hashable {
        /// No secret.
        case value(String)
        case file(String)
        /// Of the daemon's own cluster.
        case secret(namespace: String, name: String, key: String)
    }
}

extension Configuration.Receiver {
    /// What is delivered apart: each address that gets mail has a fate of its own, so that one which a server does not take,
    /// now or for good, keeps a mail from nobody else. Named by their order, so that what waits for an address goes to the
    /// one that is written in its place.
    var queues: [(name: String, address: String?)] {
        guard service == .email, !to.isEmpty else { return [(name, nil)] }
        return to.enumerated().map { index, address in (index == 0 ? name : "\(name)#\(index + 1)", address) }
    }
}
