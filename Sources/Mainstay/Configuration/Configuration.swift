// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// What the operator says: where the repository, the cluster and the data are, and what any pipeline may touch.
struct Configuration: Sendable {
    struct Source: Sendable {
        var url = ""
        var branch = "main"
        var interval = Duration.seconds(30)
        var credentials = Credentials()
    }

    /// Files, never values: they are read again at each use, so that rotated credentials need no restart.
    struct Credentials: Sendable {
        var username: String?
        var passwordFile: String?
        var tokenFile: String?
        var sshKeyFile: String?
        var sshPassphraseFile: String?
        var knownHostsFile: String?
    }

    struct Cluster: Sendable {
        /// Nil: the pod's own service account.
        var kubeconfig: String?
        var context: String?
    }

    /// A further cluster.
    struct NamedCluster: Sendable {
        /// As environments of the pipeline name it.
        var name: String
        var cluster: Cluster
    }

    /// A registry that may be asked whether it has an image.
    struct Registry: Sendable, Equatable {
        /// As images name it, with its port where it has one.
        var host: String
        /// Over http.
        var isInsecure = false
        /// Files, read again at each use.
        var certificateAuthority: String?
        var username: String?
        var passwordFile: String?
    }

    struct Server: Sendable {
        /// `HOST:PORT`.
        var listen = "127.0.0.1:8080"
    }

    struct Log: Sendable {
        enum Format: String, CaseIterable, Sendable {
            case text, json
        }

        enum Level: String, CaseIterable, Sendable {
            case debug, info, notice, warning, error
        }

        var level = Level.info
        var format = Format.text
    }

    var source = Source()
    /// For environments that name none.
    var cluster = Cluster()
    var clusters: [NamedCluster] = []
    var dataDirectory = "/var/lib/mainstay"
    /// How long the past is kept; an environment of the pipeline may ask for less of its own.
    var history = Duration.seconds(90 * 86_400)
    var server = Server()
    var allow = AllowRules()
    /// Credentials for the metrics that checks ask for.
    var checkTokens: [DirectProbe.Token] = []
    /// Who may approve what.
    var people = People()
    /// Those that may be asked; no other is.
    var registries: [Registry] = []
    /// What one render may cost.
    var render = RenderLimits()
    var log = Log()
    var notifications = Notifications()
}

extension RenderLimits {
    /// The limits that an operator may move, by their keys under `render`.
    static let configurable: [(key: String, path: any WritableKeyPath<RenderLimits, Int> & Sendable)] = [
        ("files", \.files), ("fileBytes", \.fileBytes), ("totalBytes", \.totalBytes), ("objects", \.objects),
        ("kustomizations", \.kustomizations), ("depth", \.depth), ("copies", \.copies),
        ("yamlDepth", \.yaml.depth), ("aliasedNodes", \.yaml.aliasedNodes),
    ]
}

extension Configuration.Credentials {
    var git: GitCredentials {
        GitCredentials(
            username: username, passwordFile: passwordFile, tokenFile: tokenFile, sshKeyFile: sshKeyFile,
            sshPassphraseFile: sshPassphraseFile, knownHostsFile: knownHostsFile)
    }
}
