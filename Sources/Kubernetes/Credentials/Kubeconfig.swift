// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// Reads a kubeconfig (client-go `clientcmd/api/v1`). Fields that do not concern a connection are ignored, as kubectl
/// does; those that would change it and are not supported are refused by name.
package enum Kubeconfig {
    /// - Parameters:
    ///   - file: the path as the operator wrote it; relative paths inside are relative to its directory.
    ///   - context: nil for the file's `current-context`.
    ///   - execRunner: what may run credential plugins; nil where no process may be started.
    /// - Throws: `configuration` that names the file, the context and the field.
    package static func load(
        _ bytes: [UInt8], file: String, context: String?, files: FileReader = .disk,
        execRunner: (any ExecCredentialRunner)? = nil
    ) throws(KubernetesError) -> ClusterEndpoint {
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            documents = try YAML.documents(bytes, file: file)
        } catch {
            // The line and column, not the message: it may print a part of the file.
            throw .configuration(
                "kubeconfig \(file)", "not valid YAML at line \(error.line), column \(error.column)",
                "check the file's indentation and quotes")
        }
        guard documents.count == 1, let first = documents.first else {
            throw .configuration("kubeconfig \(file)", "it holds \(documents.count) documents and not one")
        }
        return try endpoint(first.value, file: file, context: context, files: files, execRunner: execRunner)
    }

    static func endpoint(
        _ document: Value, file: String, context: String?, files: FileReader,
        execRunner: (any ExecCredentialRunner)?
    ) throws(KubernetesError) -> ClusterEndpoint {
        let plain = "kubeconfig \(file)"
        guard let root = document.object else { throw .configuration(plain, "it is no map") }
        if let kind = root["kind"]?.string, kind != "Config" {
            throw .configuration(plain, "kind is \(kind) and not Config")
        }
        let name = try contextName(context, in: root, subject: plain)
        let subject = "\(plain), context \(name)"
        let chosen = try entry(name, list: "contexts", member: "context", in: root, subject: subject)
        guard let clusterName = chosen["cluster"]?.string, !clusterName.isEmpty else {
            throw .configuration(subject, "contexts[\(name)].context.cluster is missing")
        }
        let cluster = KubeconfigSection(
            try entry(clusterName, list: "clusters", member: "cluster", in: root, subject: subject),
            path: "clusters[\(clusterName)].cluster", subject: subject, directory: directory(of: file))
        var endpoint = ClusterEndpoint(server: try cluster.server(), origin: subject, files: files)
        endpoint.namespace = chosen["namespace"]?.string ?? ""
        try cluster.readTrust(into: &endpoint)
        if let userName = chosen["user"]?.string, !userName.isEmpty {
            let user = KubeconfigSection(
                try entry(userName, list: "users", member: "user", in: root, subject: subject),
                path: "users[\(userName)].user", subject: subject, directory: directory(of: file))
            try user.readIdentity(into: &endpoint, execRunner: execRunner)
        }
        try endpoint.refuseSecretsInTheClear()
        try endpoint.checkFiles()
        return endpoint
    }

    private static func contextName(
        _ asked: String?, in root: Object, subject: String
    ) throws(KubernetesError) -> String {
        let name = asked ?? root["current-context"]?.string ?? ""
        let known = names("contexts", in: root)
        let list = known.isEmpty ? "the file has none" : "the file has \(known.joined(separator: ", "))"
        guard !name.isEmpty else {
            throw .configuration(subject, "current-context is not set (\(list))", "name a context in the configuration")
        }
        guard known.contains(name) else {
            throw .configuration(subject, "there is no context \(name) (\(list))")
        }
        return name
    }

    private static func names(_ list: String, in root: Object) -> [String] {
        (root[list]?.array ?? []).prefix(1000).compactMap { $0["name"]?.string }
    }

    /// The first entry of a name, as client-go takes it.
    private static func entry(
        _ name: String, list: String, member: String, in root: Object, subject: String
    ) throws(KubernetesError) -> Object {
        guard let found = (root[list]?.array ?? []).first(where: { $0["name"]?.string == name }) else {
            throw .configuration(subject, "\(list) has no entry named \(name)")
        }
        return found[member]?.object ?? Object()
    }

    private static func directory(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }
}

extension ClusterEndpoint {
    /// Plain HTTP is for a server on the same host; anything that proves who we are is not sent further in the clear.
    fileprivate func refuseSecretsInTheClear() throws(KubernetesError) {
        guard server.hasPrefix("http://") else { return }
        if case .none = authentication { return }
        let authority = server.dropFirst(7).prefix { $0 != "/" }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        guard ["localhost", "127.0.0.1", "[::1]"].contains(String(host)) else {
            throw .configuration(
                origin, "the server is http:// and credentials would be sent in the clear", "use https://")
        }
    }
}
