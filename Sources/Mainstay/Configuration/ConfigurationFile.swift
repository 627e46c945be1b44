// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Kubernetes
internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// Reads the daemon's configuration: the file, then the environment on top.
enum ConfigurationFile {
    private static let maximumBytes = 1 << 20

    /// - Throws: `ConfigurationError` with everything that is wrong, each with its place in the file or its variable.
    static func load(
        _ path: String, environment: [String: String], files: FileReader = .disk
    ) throws(ConfigurationError) -> Configuration {
        let bytes: [UInt8]
        do throws(FileReader.Failure) {
            bytes = try files.read(path, maximumBytes)
        } catch {
            throw ConfigurationError(problems: [
                "\"\(path)\": \(error.description); name the configuration with --config FILE"
            ])
        }
        var configuration = Configuration()
        var problems: [String] = []
        do throws(StrictErrors) {
            try StrictDecoder.decode(bytes, file: path) { fields in
                configuration = decode(fields, environment: environment)
            }
        } catch {
            problems = error.problems.map(\.description)
        }
        problems += EnvironmentOverrides.apply(environment, to: &configuration)
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        configuration.resolvePaths(relativeTo: directory(of: path))
        return configuration
    }

    private static func decode(_ fields: StrictMap, environment: [String: String]) -> Configuration {
        fields.header(apiVersion: "mainstay.dev/v1", kind: "Configuration")
        var result = Configuration()
        fields.map("source") { source in
            result.source.url = source.checked("url", ConfigurationRules.url) ?? ""
            result.source.branch = source.checked("branch", ConfigurationRules.branch) ?? result.source.branch
            result.source.interval = source.checked("interval", ConfigurationRules.interval) ?? result.source.interval
            source.map("credentials") { result.source.credentials = credentials($0) }
        }
        if !fields.has("url", in: "source"), (environment["MAINSTAY_SOURCE_URL"] ?? "").isEmpty {
            fields.report(
                "\"url\" is missing: say which repository to follow, or set MAINSTAY_SOURCE_URL", at: "source")
        }
        fields.map("cluster") { cluster in
            result.cluster.kubeconfig = cluster.checked("kubeconfig", ConfigurationRules.path)
            result.cluster.context = cluster.optional("context")
            if result.cluster.context != nil, !cluster.has("kubeconfig"),
                (environment["MAINSTAY_CLUSTER_KUBECONFIG"] ?? "").isEmpty
            {
                cluster.report("needs cluster.kubeconfig: a pod's service account has no contexts", at: "context")
            }
        }
        result.clusters = fields.maps("clusters", cluster)
        let names = result.clusters.map(\.name)
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            fields.report("name the cluster \"\(name)\" twice: give each a name of its own", at: "clusters")
        }
        fields.map("data") { data in
            result.dataDirectory = data.checked("directory", ConfigurationRules.path) ?? result.dataDirectory
            result.history = data.checked("history", ConfigurationRules.history) ?? result.history
        }
        fields.map("server") { server in
            result.server.listen = server.checked("listen", ConfigurationRules.listen) ?? result.server.listen
        }
        fields.map("allow") { allow in
            result.allow.namespaces = allow.optional("namespaces") ?? []
            result.allow.kinds = allow.optional("kinds") ?? []
            result.allow.checks = allow.checked("checks", ConfigurationRules.checkHosts) ?? []
        }
        fields.map("checks") { checks in
            result.checkTokens = checks.maps("tokens") { fields in
                DirectProbe.Token(
                    host: fields.required("host"),
                    file: fields.checked("tokenFile", ConfigurationRules.path) ?? fields.required("tokenFile"))
            }
            for token in result.checkTokens {
                if let problem = ConfigurationRules.checkHosts([token.host]) { checks.report(problem, at: "tokens") }
            }
        }
        result.people = People(fields.maps("people", person))
        result.registries = fields.maps("registries", registry)
        let hosts = result.registries.map { $0.host.lowercased() }
        if Set(hosts).count < hosts.count { fields.report("name a registry twice", at: "registries") }
        fields.map("render") { render in
            for (key, path) in RenderLimits.configurable {
                guard let limit: Int = render.checked(key, ConfigurationRules.limit) else { continue }
                result.render[keyPath: path] = limit
            }
        }
        fields.map("log") { log in
            result.log.level = log.optional("level") ?? result.log.level
            result.log.format = log.optional("format") ?? result.log.format
        }
        result.notifications = fields.map("notifications", Configuration.Notifications.init) ?? result.notifications
        return result
    }

    private static func person(_ fields: StrictMap) -> People.Person {
        People.Person(
            name: fields.required("name"), emails: fields.optional("emails") ?? [],
            groups: fields.optional("groups") ?? [])
    }

    private static func cluster(_ fields: StrictMap) -> Configuration.NamedCluster {
        let name: Located<String> = fields.required("name")
        if !name.path.isEmpty, let problem = ConfigurationRules.cluster(name.value) {
            fields.context.report(problem, at: name)
        }
        if !fields.has("kubeconfig") {
            fields.report(
                "\"kubeconfig\" is missing: only the default cluster, under `cluster`, can be reached by a pod's service "
                    + "account")
        }
        return Configuration.NamedCluster(
            name: name.value,
            cluster: Configuration.Cluster(
                kubeconfig: fields.checked("kubeconfig", ConfigurationRules.path),
                context: fields.optional("context")))
    }

    private static func registry(_ fields: StrictMap) -> Configuration.Registry {
        let host: Located<String> = fields.required("host")
        if !host.path.isEmpty, let problem = ConfigurationRules.registry(host.value) {
            fields.context.report(problem, at: host)
        }
        let registry = Configuration.Registry(
            host: host.value, isInsecure: fields.optional("insecure") ?? false,
            certificateAuthority: fields.checked("certificateAuthority", ConfigurationRules.path),
            username: fields.optional("username"),
            passwordFile: fields.checked("passwordFile", ConfigurationRules.path))
        if registry.isInsecure, registry.certificateAuthority != nil {
            fields.report("has no effect with \"insecure: true\"", at: "certificateAuthority")
        }
        if (registry.username == nil) != (registry.passwordFile == nil) {
            fields.report("username and passwordFile go together")
        }
        return registry
    }

    private static func credentials(_ fields: StrictMap) -> Configuration.Credentials {
        Configuration.Credentials(
            username: fields.optional("username"),
            passwordFile: fields.checked("passwordFile", ConfigurationRules.path),
            tokenFile: fields.checked("tokenFile", ConfigurationRules.path),
            sshKeyFile: fields.checked("sshKeyFile", ConfigurationRules.path),
            sshPassphraseFile: fields.checked("sshPassphraseFile", ConfigurationRules.path),
            knownHostsFile: fields.checked("knownHostsFile", ConfigurationRules.path))
    }

    private static func directory(of path: String) -> String {
        let absolute = path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
        return String(absolute[..<(absolute.lastIndex(of: "/") ?? absolute.startIndex)])
    }
}

/// Everything that keeps the daemon from starting, one problem a line.
struct ConfigurationError: Error, CustomStringConvertible {
    var problems: [String]

    var description: String { "bad configuration:\n" + problems.map { "  \($0)" }.joined(separator: "\n") }
}

extension StrictMap {
    /// A field whose value must also make sense: the rule says what is wrong with it.
    fileprivate func checked<Field: StrictValue>(_ name: String, _ rule: (Field) -> String?) -> Field? {
        // A value of the wrong type was told of already; it has no place.
        guard let found: Located<Field> = optional(name), !found.path.isEmpty else { return nil }
        if let problem = rule(found.value) { context.report(problem, at: found) }
        return found.value
    }

    fileprivate func has(_ name: String) -> Bool { node.value[name].map { $0 != .null } ?? false }

    fileprivate func has(_ name: String, in parent: String) -> Bool {
        node.value[parent]?[name].map { $0 != .null } ?? false
    }
}

extension Configuration {
    /// Relative paths are relative to the file they stand in.
    fileprivate mutating func resolvePaths(relativeTo directory: String) {
        func resolve(_ path: inout String) {
            if !path.hasPrefix("/") { path = "\(directory)/\(path)" }
        }
        func resolve(_ path: inout String?) {
            guard var found = path else { return }
            resolve(&found)
            path = found
        }
        resolve(&cluster.kubeconfig)
        for index in clusters.indices { resolve(&clusters[index].cluster.kubeconfig) }
        resolve(&source.credentials.passwordFile)
        resolve(&source.credentials.tokenFile)
        resolve(&source.credentials.sshKeyFile)
        resolve(&source.credentials.sshPassphraseFile)
        resolve(&source.credentials.knownHostsFile)
        for index in registries.indices {
            resolve(&registries[index].certificateAuthority)
            resolve(&registries[index].passwordFile)
        }
        for index in checkTokens.indices { resolve(&checkTokens[index].file) }
        resolve(&dataDirectory)
        notifications.resolvePaths { resolve(&$0) }
    }
}

extension Configuration.Log.Format: StrictChoice {
    static var placeholder: Self { .text }
}

extension Configuration.Log.Level: StrictChoice {
    static var placeholder: Self { .info }
}
