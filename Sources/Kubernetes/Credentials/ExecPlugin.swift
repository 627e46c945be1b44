// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
package import Manifests

/// A credential plugin (Kubernetes documentation, "client-go credential plugins"): a program that prints a token or a
/// certificate.
package struct ExecPlugin: Sendable {
    package enum APIVersion: String, Sendable, CaseIterable {
        case v1 = "client.authentication.k8s.io/v1"
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    package struct Variable: Sendable {
        package var name: String
        package var value: Secret

        package init(name: String, value: Secret) {
            self.name = name
            self.value = value
        }
    }

    /// A path, or a name to be looked up in `PATH`.
    package var command: String
    package var arguments: [Secret]
    package var environment: [Variable]
    package var apiVersion: APIVersion
    /// What the plugin is told of the cluster; nil when it is not to be told.
    package var cluster: Object?
    /// For messages: the file and context.
    package var subject: String

    package init(
        command: String, arguments: [Secret] = [], environment: [Variable] = [], apiVersion: APIVersion = .v1,
        cluster: Object? = nil, subject: String
    ) {
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.apiVersion = apiVersion
        self.cluster = cluster
        self.subject = subject
    }

    /// The value of `KUBERNETES_EXEC_INFO`.
    package var execInfo: String {
        var spec: Object = ["interactive": false]
        if let cluster { spec["cluster"] = .object(cluster) }
        return JSON.text([
            "apiVersion": .string(apiVersion.rawValue), "kind": "ExecCredential", "spec": .object(spec),
        ])
    }
}

/// What starts a credential plugin: the only place where this module starts a process, and only if the caller hands it in.
package protocol ExecCredentialRunner: Sendable {
    /// Runs the plugin with a deadline and returns what it printed, bounded.
    func run(_ plugin: ExecPlugin) async throws(KubernetesError) -> [UInt8]
}

/// What a plugin answered.
struct ExecCredential {
    var token: Secret?
    var certificate: Secret?
    var key: Secret?
    var expiry: Timestamp?

    /// The output is never quoted: it holds the credential.
    init(_ output: [UInt8], plugin: ExecPlugin) throws(KubernetesError) {
        func error(_ message: String) -> KubernetesError {
            .configuration(
                plugin.subject, "credential plugin \(plugin.command): \(message)",
                "run it by hand with KUBERNETES_EXEC_INFO set")
        }
        guard let document = try? JSON.parse(output).object else { throw error("its output is no JSON object") }
        guard document.kind == "ExecCredential" else { throw error("its output is no ExecCredential") }
        guard document.apiVersion == plugin.apiVersion.rawValue else {
            throw error("it answers in another apiVersion than \(plugin.apiVersion.rawValue)")
        }
        guard let status = document["status"]?.object else { throw error("its answer has no status") }
        func text(_ field: String) -> Secret? {
            status[field]?.string.flatMap { $0.isEmpty ? nil : Secret($0) }
        }
        token = text("token")
        certificate = text("clientCertificateData")
        key = text("clientKeyData")
        guard (certificate == nil) == (key == nil) else { throw error("it gives a certificate or a key, and not both") }
        guard token != nil || certificate != nil else { throw error("it gives neither token nor certificate") }
        if let text = status["expirationTimestamp"]?.string {
            guard let time = Timestamp(text) else { throw error("its expirationTimestamp is no RFC 3339 time") }
            expiry = time
        }
    }
}
