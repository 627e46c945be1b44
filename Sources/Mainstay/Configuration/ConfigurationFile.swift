// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Manifests
internal import Reconciler

/// Reads the daemon's configuration: the file, then the environment on top.
enum ConfigurationFile {
    private static let maximumBytes = 1 << 20

    /// - Throws: `ConfigurationError` with everything that is wrong, each with its line or variable.
    static func load(
        _ path: String, environment: [String: String], files: FileReader = .disk
    ) throws(ConfigurationError) -> Configuration {
        let bytes: [UInt8]
        do throws(FileReader.Failure) {
            bytes = try files.read(path, maximumBytes)
        } catch {
            throw ConfigurationError(problems: [
                "\(path): \(error.description); name the configuration with --config FILE"
            ])
        }
        var configuration: Configuration
        do throws(StrictErrors) {
            configuration = try StrictDecoder.decode(bytes, file: path, decode)
        } catch {
            throw ConfigurationError(problems: error.problems.map(\.description))
        }
        let problems = EnvironmentOverrides.apply(environment, to: &configuration)
        configuration.resolvePaths(relativeTo: directory(of: path))
        let all = problems + configuration.problems(file: path)
        guard all.isEmpty else { throw ConfigurationError(problems: all) }
        return configuration
    }

    private static func decode(_ fields: StrictMap) -> Configuration {
        fields.header(apiVersion: "mainstay.dev/v1", kind: "Configuration")
        var result = Configuration()
        fields.map("source") { source in
            result.source.url = source.optional("url") ?? ""
            result.source.branch = source.optional("branch") ?? result.source.branch
            result.source.interval = source.optional("interval") ?? result.source.interval
            source.map("credentials") { result.source.credentials = credentials($0) }
        }
        fields.map("cluster") { cluster in
            result.cluster.kubeconfig = cluster.optional("kubeconfig")
            result.cluster.context = cluster.optional("context")
        }
        fields.map("data") { data in result.dataDirectory = data.optional("directory") ?? result.dataDirectory }
        fields.map("server") { server in result.server.listen = server.optional("listen") ?? result.server.listen }
        fields.map("allow") { allow in
            result.allow.namespaces = allow.optional("namespaces") ?? []
            result.allow.kinds = allow.optional("kinds") ?? []
        }
        fields.map("log") { log in
            result.log.level = log.optional("level") ?? result.log.level
            result.log.format = log.optional("format") ?? result.log.format
        }
        return result
    }

    private static func credentials(_ fields: StrictMap) -> Configuration.Credentials {
        Configuration.Credentials(
            username: fields.optional("username"), passwordFile: fields.optional("passwordFile"),
            tokenFile: fields.optional("tokenFile"), sshKeyFile: fields.optional("sshKeyFile"),
            sshPassphraseFile: fields.optional("sshPassphraseFile"), knownHostsFile: fields.optional("knownHostsFile"))
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// Everything that keeps the daemon from starting, one problem a line.
struct ConfigurationError: Error, CustomStringConvertible {
    var problems: [String]

    var description: String { "bad configuration:\n" + problems.map { "  \($0)" }.joined(separator: "\n") }
}

extension Configuration {
    /// What no single field can tell.
    fileprivate func problems(file: String) -> [String] {
        var problems: [String] = []
        if source.url.isEmpty {
            problems.append(
                "\(file): source.url is missing: say which repository to follow, or set MAINSTAY_SOURCE_URL")
        }
        if source.branch.isEmpty { problems.append("\(file): source.branch is empty") }
        if source.interval < .seconds(1) { problems.append("\(file): source.interval must be at least 1s") }
        if ListenAddress(server.listen) == nil {
            problems.append("\(file): server.listen: \"\(server.listen)\" is no HOST:PORT, as in 127.0.0.1:8080")
        }
        if cluster.context != nil, cluster.kubeconfig == nil {
            problems.append(
                "\(file): cluster.context needs cluster.kubeconfig: a pod's service account has no contexts")
        }
        return problems
    }

    /// Relative paths are relative to the file they stand in.
    fileprivate mutating func resolvePaths(relativeTo directory: String) {
        func resolve(_ path: inout String?) {
            if let relative = path, !relative.hasPrefix("/") { path = "\(directory)/\(relative)" }
        }
        resolve(&cluster.kubeconfig)
        resolve(&source.credentials.passwordFile)
        resolve(&source.credentials.tokenFile)
        resolve(&source.credentials.sshKeyFile)
        resolve(&source.credentials.sshPassphraseFile)
        resolve(&source.credentials.knownHostsFile)
        var data: String? = dataDirectory
        resolve(&data)
        dataDirectory = data ?? dataDirectory
    }
}

extension Configuration.Log.Format: StrictChoice {
    static var placeholder: Self { .text }
}

extension Configuration.Log.Level: StrictChoice {
    static var placeholder: Self { .info }
}
