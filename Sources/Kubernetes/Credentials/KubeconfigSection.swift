// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Manifests

/// One cluster or user of a kubeconfig, with what its errors must name.
struct KubeconfigSection {
    let object: Object
    let path: String
    let subject: String
    let directory: String

    init(_ object: Object, path: String, subject: String, directory: String) {
        self.object = object
        self.path = path
        self.subject = subject
        self.directory = directory
    }

    func error(_ field: String, _ message: String, _ hint: String = "") -> KubernetesError {
        .configuration(subject, "\(path).\(field) \(message)", hint)
    }

    /// Nil when missing or empty, which mean the same in this format.
    func string(_ field: String) throws(KubernetesError) -> String? {
        guard let value = object[field], !value.isNull else { return nil }
        guard let text = value.string else { throw error(field, "is a \(value.typeName) and not a string") }
        return text.isEmpty ? nil : text
    }

    func flag(_ field: String) throws(KubernetesError) -> Bool {
        guard let value = object[field], !value.isNull else { return false }
        guard let flag = value.bool else { throw error(field, "is a \(value.typeName) and not true or false") }
        return flag
    }

    func absolute(_ file: String) -> String {
        if file.hasPrefix("/") { return file }
        return directory == "/" ? "/\(file)" : "\(directory)/\(file)"
    }

    /// `NAME-data` in base64, which goes before the file `NAME`.
    func material(_ field: String) throws(KubernetesError) -> ClusterEndpoint.Material? {
        if let text = try string("\(field)-data") {
            // YAML's block texts leave blanks and line breaks in, which do not count.
            guard let bytes = Base64.decode(text.filter { !$0.isWhitespace }) else {
                throw error("\(field)-data", "is not base64")
            }
            return .inline(Secret(bytes))
        }
        return try string(field).map { .file(path: absolute($0), field: "\(path).\(field)") }
    }
}

extension KubeconfigSection {
    func server() throws(KubernetesError) -> String {
        guard var server = try string("server") else { throw error("server", "is missing") }
        guard server.hasPrefix("https://") || server.hasPrefix("http://") else {
            throw error("server", "is no http:// or https:// address")
        }
        let rest = server.drop { $0 != "/" }.dropFirst(2)
        guard !rest.isEmpty, !rest.hasPrefix("/") else { throw error("server", "names no host") }
        guard !rest.contains("@"), !rest.contains("?"), !rest.contains("#"),
            rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw error("server", "holds a user, a query, a fragment or a blank", "write scheme, host, port and path")
        }
        while server.hasSuffix("/") { server.removeLast() }
        return server
    }

    func readTrust(into endpoint: inout ClusterEndpoint) throws(KubernetesError) {
        if try string("proxy-url") != nil {
            throw error("proxy-url", "is not supported", "reach the API server directly, or through a local tunnel")
        }
        endpoint.certificateAuthorities = try material("certificate-authority")
        endpoint.serverName = try string("tls-server-name")
        endpoint.skipsVerification = try flag("insecure-skip-tls-verify")
        if endpoint.skipsVerification, endpoint.certificateAuthorities != nil {
            throw error(
                "insecure-skip-tls-verify", "is set together with a certificate authority", "keep the authority only")
        }
    }

    func readIdentity(
        into endpoint: inout ClusterEndpoint, execRunner: (any ExecCredentialRunner)?
    ) throws(KubernetesError) {
        if let provider = object["auth-provider"], !provider.isNull {
            throw error(
                "auth-provider", "is not supported (client-go dropped it too)",
                "use an exec plugin, a token or a client certificate")
        }
        if try string("as") != nil { throw error("as", "(impersonation) is not supported") }
        let certificate = try material("client-certificate")
        let key = try material("client-key")
        switch (certificate, key) {
        case (let certificate?, let key?): endpoint.clientCertificate = .init(certificate: certificate, key: key)
        case (.some, nil): throw error("client-key", "is missing beside client-certificate")
        case (nil, .some): throw error("client-certificate", "is missing beside client-key")
        case (nil, nil): break
        }
        // A token file goes before a token, as in client-go: it is the one that is kept fresh.
        if let file = try string("tokenFile") {
            endpoint.authentication = .token(.file(path: absolute(file), field: "\(path).tokenFile"))
        } else if let token = try string("token") {
            endpoint.authentication = .token(.inline(Secret(token)))
        } else if let user = try string("username") {
            guard !user.contains(":") else { throw error("username", "holds a colon") }
            endpoint.authentication = .basic(user: user, password: Secret(try string("password") ?? ""))
        } else if let exec = object["exec"], !exec.isNull {
            guard let runner = execRunner else {
                throw error(
                    "exec", "names a plugin, and no process may be started here",
                    "use a token, a token file or a client certificate, or allow plugins in the configuration")
            }
            endpoint.authentication = .exec(try plugin(exec, endpoint: endpoint), runner)
        }
    }

    private func plugin(_ value: Value, endpoint: ClusterEndpoint) throws(KubernetesError) -> ExecPlugin {
        guard let object = value.object else { throw error("exec", "is no map") }
        let section = KubeconfigSection(object, path: "\(path).exec", subject: subject, directory: directory)
        guard let command = try section.string("command") else { throw section.error("command", "is missing") }
        guard let version = try section.string("apiVersion"),
            let apiVersion = ExecPlugin.APIVersion(rawValue: version)
        else {
            throw section.error(
                "apiVersion", "is none of \(ExecPlugin.APIVersion.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if try section.string("interactiveMode") == "Always" {
            throw section.error("interactiveMode", "is Always, and nobody is there to answer")
        }
        var arguments: [String] = []
        for argument in object["args"]?.array ?? [] {
            guard let text = argument.string else { throw section.error("args", "holds something that is no string") }
            arguments.append(text)
        }
        var environment: [ExecPlugin.Variable] = []
        for variable in object["env"]?.array ?? [] {
            guard let name = variable["name"]?.string, let value = variable["value"]?.string else {
                throw section.error("env", "holds an entry without name or value")
            }
            environment.append(.init(name: name, value: Secret(value)))
        }
        return ExecPlugin(
            command: command.contains("/") ? absolute(command) : command, arguments: arguments.map { Secret($0) },
            environment: environment, apiVersion: apiVersion,
            cluster: try section.flag("provideClusterInfo") ? try clusterInfo(endpoint) : nil, subject: subject)
    }

    /// What `provideClusterInfo` asks to be told (client.authentication.k8s.io `Cluster`).
    private func clusterInfo(_ endpoint: ClusterEndpoint) throws(KubernetesError) -> Object {
        var info = Object()
        info["server"] = .string(endpoint.server)
        if let name = endpoint.serverName { info["tls-server-name"] = .string(name) }
        if endpoint.skipsVerification { info["insecure-skip-tls-verify"] = true }
        if let material = endpoint.certificateAuthorities {
            info["certificate-authority-data"] = .string(Data(try endpoint.bytes(material)).base64EncodedString())
        }
        return info
    }
}
