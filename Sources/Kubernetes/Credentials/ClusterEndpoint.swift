// SPDX-License-Identifier: Apache-2.0

/// Where an API server is and how to be known there. Files stay files: what they hold is read again as it changes.
package struct ClusterEndpoint: Sendable, CustomStringConvertible {
    /// A certificate, key or token: given, or to be read from a file.
    package enum Material: Sendable, Hashable {
        case inline(Secret)
        case file(path: String, field: String)
    }

    package enum Authentication: Sendable {
        case none
        case token(Material)
        case basic(user: String, password: Secret)
        case exec(ExecPlugin, any ExecCredentialRunner)
    }

    package struct ClientCertificate: Sendable, Hashable {
        package var certificate: Material
        package var key: Material

        package init(certificate: Material, key: Material) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// `https://host:port`, a path where there is one, without a slash at the end.
    package var server: String
    /// Where this was read, for messages: `kubeconfig ./kubeconfig, context staging`.
    package var origin: String
    package var certificateAuthorities: Material?
    package var serverName: String?
    package var skipsVerification: Bool
    package var clientCertificate: ClientCertificate?
    package var authentication: Authentication
    /// The context's namespace; empty when it names none.
    package var namespace: String
    package var files: FileReader

    package init(
        server: String, origin: String = "configuration", certificateAuthorities: Material? = nil,
        serverName: String? = nil, skipsVerification: Bool = false, clientCertificate: ClientCertificate? = nil,
        authentication: Authentication = .none, namespace: String = "", files: FileReader = .disk
    ) {
        self.server = server
        self.origin = origin
        self.certificateAuthorities = certificateAuthorities
        self.serverName = serverName
        self.skipsVerification = skipsVerification
        self.clientCertificate = clientCertificate
        self.authentication = authentication
        self.namespace = namespace
        self.files = files
    }

    package var description: String { "\(server) (\(origin))" }

    static let maximumFileBytes = 1 << 20

    func bytes(_ material: Material) throws(KubernetesError) -> [UInt8] {
        switch material {
        case .inline(let secret): return secret.bytes
        case .file(let path, let field):
            do throws(FileReader.Failure) {
                return try files.read(path, Self.maximumFileBytes)
            } catch {
                throw .configuration(origin, "\(field): cannot read \(path): \(error)", "check the path and its rights")
            }
        }
    }
}

extension KubernetesError {
    static func configuration(_ subject: String, _ message: String, _ hint: String = "") -> KubernetesError {
        KubernetesError(code: .configuration, subject: subject, message: message, hint: hint)
    }
}
