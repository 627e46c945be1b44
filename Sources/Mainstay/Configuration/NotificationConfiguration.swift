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
                receivers: receivers.map { .init(name: $0.name, service: $0.service) }, routes: routes,
                stuckAfter: stuckAfter)
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
