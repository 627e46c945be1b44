// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Reconciler

/// `MAINSTAY_SOURCE_URL` for `source.url`, and so on for every key. Lists are separated by commas.
enum EnvironmentOverrides {
    /// Answers what is wrong with the variables.
    static func apply(_ environment: [String: String], to configuration: inout Configuration) -> [String] {
        var problems: [String] = []
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            guard let setter = setters[name] else { continue }
            if !setter.set(&configuration, value) {
                problems.append("\(name): must be \(setter.expectation), not \"\(value)\"")
            }
        }
        return problems
    }

    private static let setters: [String: Entry] = [
        "MAINSTAY_SOURCE_URL": text(\.source.url),
        "MAINSTAY_SOURCE_BRANCH": text(\.source.branch),
        "MAINSTAY_SOURCE_INTERVAL": duration(\.source.interval),
        "MAINSTAY_SOURCE_CREDENTIALS_USERNAME": optionalText(\.source.credentials.username),
        "MAINSTAY_SOURCE_CREDENTIALS_PASSWORDFILE": optionalText(\.source.credentials.passwordFile),
        "MAINSTAY_SOURCE_CREDENTIALS_TOKENFILE": optionalText(\.source.credentials.tokenFile),
        "MAINSTAY_SOURCE_CREDENTIALS_SSHKEYFILE": optionalText(\.source.credentials.sshKeyFile),
        "MAINSTAY_SOURCE_CREDENTIALS_SSHPASSPHRASEFILE": optionalText(\.source.credentials.sshPassphraseFile),
        "MAINSTAY_SOURCE_CREDENTIALS_KNOWNHOSTSFILE": optionalText(\.source.credentials.knownHostsFile),
        "MAINSTAY_CLUSTER_KUBECONFIG": optionalText(\.cluster.kubeconfig),
        "MAINSTAY_CLUSTER_CONTEXT": optionalText(\.cluster.context),
        "MAINSTAY_DATA_DIRECTORY": text(\.dataDirectory),
        "MAINSTAY_SERVER_LISTEN": text(\.server.listen),
        "MAINSTAY_ALLOW_NAMESPACES": list(\.allow.namespaces),
        "MAINSTAY_ALLOW_KINDS": list(\.allow.kinds),
        "MAINSTAY_LOG_LEVEL": choice(\.log.level),
        "MAINSTAY_LOG_FORMAT": choice(\.log.format),
    ]

    private typealias Entry = (expectation: String, set: @Sendable (inout Configuration, String) -> Bool)
    private typealias Path<Field> = any WritableKeyPath<Configuration, Field> & Sendable

    private static func text(_ path: Path<String>) -> Entry {
        (
            "a string",
            { configuration, value in
                configuration[keyPath: path] = value
                return true
            }
        )
    }

    private static func optionalText(_ path: Path<String?>) -> Entry {
        (
            "a string",
            { configuration, value in
                configuration[keyPath: path] = value.isEmpty ? nil : value
                return true
            }
        )
    }

    private static func list(_ path: Path<[String]>) -> Entry {
        (
            "a list",
            { configuration, value in
                configuration[keyPath: path] = value.split(separator: ",").map { part in
                    String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
                }
                return true
            }
        )
    }

    private static func duration(_ path: Path<Duration>) -> Entry {
        (
            Duration.expectation,
            { configuration, value in
                guard let duration = DurationText.parse(value) else { return false }
                configuration[keyPath: path] = duration
                return true
            }
        )
    }

    private static func choice<Choice: StrictChoice & SendableMetatype>(_ path: Path<Choice>) -> Entry {
        (
            Choice.expectation,
            { configuration, value in
                guard let choice = Choice(rawValue: value) else { return false }
                configuration[keyPath: path] = choice
                return true
            }
        )
    }
}
