// SPDX-License-Identifier: Apache-2.0

internal import Kustomize
internal import Manifests
internal import Reconciler

/// `MAINSTAY_SOURCE_URL` for `source.url`, and so on for every key. Lists are separated by commas.
enum EnvironmentOverrides {
    /// Answers what is wrong with the variables.
    ///
    /// Other variables that begin alike are left alone: a cluster sets some for a Service named mainstay. A near miss is
    /// told of, since it would be ignored otherwise.
    static func apply(_ environment: [String: String], to configuration: inout Configuration) -> [String] {
        var problems: [String] = []
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("MAINSTAY_") {
            if let set = setters[name] {
                if let problem = set(&configuration, value) { problems.append("\(name): \(problem)") }
            } else if let meant = Suggestion.closest(to: name, among: setters.keys.sorted()) {
                problems.append("\(name): unknown variable; did you mean \(meant)?")
            }
        }
        let names = (context: "MAINSTAY_CLUSTER_CONTEXT", kubeconfig: "MAINSTAY_CLUSTER_KUBECONFIG")
        if !(environment[names.context] ?? "").isEmpty, configuration.cluster.kubeconfig == nil {
            problems.append("\(names.context): needs \(names.kubeconfig) or cluster.kubeconfig")
        }
        return problems
    }

    private static let setters: [String: Setter] = [
        "MAINSTAY_SOURCE_URL": text(\.source.url, ConfigurationRules.url),
        "MAINSTAY_SOURCE_BRANCH": text(\.source.branch, ConfigurationRules.branch),
        "MAINSTAY_SOURCE_INTERVAL": duration(\.source.interval, ConfigurationRules.interval),
        "MAINSTAY_SOURCE_CREDENTIALS_USERNAME": optionalText(\.source.credentials.username),
        "MAINSTAY_SOURCE_CREDENTIALS_PASSWORDFILE": optionalText(\.source.credentials.passwordFile),
        "MAINSTAY_SOURCE_CREDENTIALS_TOKENFILE": optionalText(\.source.credentials.tokenFile),
        "MAINSTAY_SOURCE_CREDENTIALS_SSHKEYFILE": optionalText(\.source.credentials.sshKeyFile),
        "MAINSTAY_SOURCE_CREDENTIALS_SSHPASSPHRASEFILE": optionalText(\.source.credentials.sshPassphraseFile),
        "MAINSTAY_SOURCE_CREDENTIALS_KNOWNHOSTSFILE": optionalText(\.source.credentials.knownHostsFile),
        "MAINSTAY_CLUSTER_KUBECONFIG": optionalText(\.cluster.kubeconfig),
        "MAINSTAY_CLUSTER_CONTEXT": optionalText(\.cluster.context),
        "MAINSTAY_DATA_DIRECTORY": text(\.dataDirectory, ConfigurationRules.path),
        "MAINSTAY_DATA_HISTORY": duration(\.history, ConfigurationRules.history),
        "MAINSTAY_SERVER_LISTEN": text(\.server.listen, ConfigurationRules.listen),
        "MAINSTAY_ALLOW_NAMESPACES": list(\.allow.namespaces),
        "MAINSTAY_ALLOW_KINDS": list(\.allow.kinds),
        "MAINSTAY_ALLOW_CHECKS": list(\.allow.checks, ConfigurationRules.checkHosts),
        "MAINSTAY_LOG_LEVEL": choice(\.log.level),
        "MAINSTAY_LOG_FORMAT": choice(\.log.format),
    ].merging(
        RenderLimits.configurable.map { key, path in ("MAINSTAY_RENDER_\(key.uppercased())", limit(path)) }
    ) { first, _ in first }

    /// Sets a field, and answers what is wrong with the value.
    private typealias Setter = @Sendable (inout Configuration, String) -> String?
    private typealias Path<Field> = any WritableKeyPath<Configuration, Field> & Sendable

    private static func text(_ path: Path<String>, _ rule: @escaping @Sendable (String) -> String?) -> Setter {
        { configuration, value in
            configuration[keyPath: path] = value
            return rule(value)
        }
    }

    /// An empty one takes away what the file says.
    private static func optionalText(_ path: Path<String?>) -> Setter {
        { configuration, value in
            configuration[keyPath: path] = value.isEmpty ? nil : value
            return nil
        }
    }

    private static func list(
        _ path: Path<[String]>, _ rule: @escaping @Sendable ([String]) -> String? = { _ in nil }
    ) -> Setter {
        { configuration, value in
            let items = value.split(separator: ",").map { part in
                String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }.filter { !$0.isEmpty }
            configuration[keyPath: path] = items
            return rule(items)
        }
    }

    private static func duration(
        _ path: Path<Duration>, _ rule: @escaping @Sendable (Duration) -> String?
    ) -> Setter {
        { configuration, value in
            guard let duration = DurationText.parse(value) else {
                return "must be \(Duration.expectation), not \"\(value)\""
            }
            configuration[keyPath: path] = duration
            return rule(duration)
        }
    }

    private static func limit(_ path: any WritableKeyPath<RenderLimits, Int> & Sendable) -> Setter {
        { configuration, value in
            guard let number = Int(value) else { return "must be a whole number, not \"\(value)\"" }
            configuration.render[keyPath: path] = number
            return ConfigurationRules.limit(number)
        }
    }

    private static func choice<Choice: StrictChoice & SendableMetatype>(_ path: Path<Choice>) -> Setter {
        { configuration, value in
            guard let choice = Choice(rawValue: value) else {
                return "must be \(Choice.expectation), not \"\(value)\""
            }
            configuration[keyPath: path] = choice
            return nil
        }
    }
}
