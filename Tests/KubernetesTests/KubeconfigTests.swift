// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Kubernetes

@Suite struct KubeconfigTests {
    private static let token = "eyJhbGciOi.planted-token"

    private func kubeconfig(cluster: String, user: String = "token: \(KubeconfigTests.token)") -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: staging
        contexts:
        - {name: staging, context: {cluster: c, user: u, namespace: web}}
        - {name: other, context: {cluster: missing, user: u}}
        - name: anonymous
          context: {cluster: c}
        clusters:
        - name: c
          cluster:
            \(cluster.replacing("\n", with: "\n    "))
        users:
        - name: u
          user:
            \(user.replacing("\n", with: "\n    "))
        """
    }

    private let secure = "server: https://api.example:6443/"

    private func load(
        _ text: String, context: String? = nil, file: String = "/etc/mainstay/kubeconfig",
        files: FakeFiles = FakeFiles(), runner: (any ExecCredentialRunner)? = nil
    ) throws(KubernetesError) -> ClusterEndpoint {
        try Kubeconfig.load(
            Array(text.utf8), file: file, context: context, files: files.reader, execRunner: runner)
    }

    private func failure(
        _ text: String, context: String? = nil, files: FakeFiles = FakeFiles()
    ) -> String {
        do {
            return "no error: \(try load(text, context: context, files: files))"
        } catch {
            #expect(error.code == .configuration)
            return error.description
        }
    }

    @Test("the current context gives server, namespace, token and what is trusted")
    func plain() throws {
        let endpoint = try load(
            kubeconfig(cluster: "\(secure)\ncertificate-authority-data: Q0E=\ntls-server-name: kubernetes"))
        #expect(endpoint.server == "https://api.example:6443")
        #expect(endpoint.namespace == "web")
        #expect(endpoint.certificateAuthorities == .inline(Secret("CA")))
        #expect(endpoint.serverName == "kubernetes")
        #expect(!endpoint.skipsVerification)
        guard case .token(.inline(let token)) = endpoint.authentication else {
            Issue.record("not a token")
            return
        }
        #expect(token.text == Self.token)
    }

    @Test("JSON is read too, and a context can be named")
    func json() throws {
        let text = """
            {"contexts":[{"name":"a","context":{"cluster":"c"}}],
             "clusters":[{"name":"c","cluster":{"server":"http://127.0.0.1:8080"}}]}
            """
        #expect(try load(text, context: "a").server == "http://127.0.0.1:8080")
    }

    @Test("relative paths are relative to the file, and data goes before files")
    func paths() throws {
        let files = FakeFiles(["/etc/mainstay/pki/ca.crt": "CA", "/etc/mainstay/c.crt": "C", "/k/c.key": "K"])
        let user = "client-certificate: c.crt\nclient-key: /k/c.key"
        let endpoint = try load(
            kubeconfig(cluster: "\(secure)\ncertificate-authority: pki/ca.crt", user: user), files: files)
        #expect(
            endpoint.certificateAuthorities
                == .file(
                    path: "/etc/mainstay/pki/ca.crt", field: "clusters[c].cluster.certificate-authority"))
        let client = try #require(endpoint.clientCertificate)
        #expect(try endpoint.bytes(client.certificate) == Array("C".utf8))
        #expect(try endpoint.bytes(client.key) == Array("K".utf8))
        let both = try load(
            kubeconfig(cluster: "\(secure)\ncertificate-authority: nowhere\ncertificate-authority-data: Q0E="))
        #expect(both.certificateAuthorities == .inline(Secret("CA")))
    }

    @Test("verification is skipped only where the file says so")
    func skips() throws {
        #expect(try load(kubeconfig(cluster: "\(secure)\ninsecure-skip-tls-verify: true")).skipsVerification)
        #expect(try !load(kubeconfig(cluster: "\(secure)\ninsecure-skip-tls-verify: false")).skipsVerification)
    }

    @Test("errors name the file, the context and the field")
    func named() {
        let text = failure(
            kubeconfig(cluster: "\(secure)\ncertificate-authority: ca.crt"))
        #expect(text.contains("kubeconfig /etc/mainstay/kubeconfig, context staging"))
        #expect(text.contains("clusters[c].cluster.certificate-authority: cannot read /etc/mainstay/ca.crt"))
    }

    @Test(
        "what is not supported or contradicts itself is refused by name",
        arguments: [
            ("server: https://x\nproxy-url: http://p:1", "token: t", "clusters[c].cluster.proxy-url"),
            ("server: https://x", "auth-provider: {name: gcp}", "users[u].user.auth-provider"),
            ("server: https://x", "token: t\nas: admin", "users[u].user.as"),
            ("server: https://x", "client-certificate-data: Q0E=", "users[u].user.client-key is missing"),
            ("server: https://x", "client-key-data: '%%%'", "users[u].user.client-key-data is not base64"),
            ("server: https://x", "token: 12", "users[u].user.token is a number"),
            ("server: https://x", "exec: {command: c}", "users[u].user.exec names a plugin"),
            ("server: ftp://x", "token: t", "clusters[c].cluster.server is no http"),
            ("server: https://me:pw@x", "token: t", "clusters[c].cluster.server holds a user"),
            ("server: https:///x", "token: t", "names no host"),
            ("server: http://x:8080", "token: t", "in the clear"),
            ("insecure-skip-tls-verify: 'true'\nserver: https://x", "token: t", "insecure-skip-tls-verify is a string"),
            (
                "server: https://x\ninsecure-skip-tls-verify: true\ncertificate-authority-data: Q0E=", "token: t",
                "together with a certificate authority"
            ),
            ("certificate-authority-data: Q0E=", "token: t", "clusters[c].cluster.server is missing"),
        ])
    func refused(_ cluster: String, _ user: String, _ says: String) {
        let text = failure(kubeconfig(cluster: cluster, user: user))
        #expect(text.contains(says), "\(text)")
        #expect(!text.contains("pw"))
    }

    @Test("a context that does not lead anywhere is named with what there is")
    func contexts() {
        let text = kubeconfig(cluster: secure)
        #expect(failure(text, context: "nope").contains("no context nope (the file has staging, other, anonymous)"))
        #expect(failure(text, context: "other").contains("clusters has no entry named missing"))
        #expect(failure("contexts: []").contains("current-context is not set (the file has none)"))
        #expect(failure("kind: Pod").contains("kind is Pod"))
        #expect(failure("a: [").contains("not valid YAML at line"))
        #expect(failure("").contains("0 documents"))
    }

    @Test("no form of an endpoint or of an error shows a secret")
    func secrets() throws {
        let user = "token: \(Self.token)\nclient-certificate-data: Q0VSVA==\nclient-key-data: cGxhbnRlZC1rZXk="
        let endpoint = try load(kubeconfig(cluster: secure, user: user))
        var dumped = ""
        dump(endpoint, to: &dumped)
        let basic = try load(kubeconfig(cluster: secure, user: "username: u\npassword: planted-password"))
        dump(basic, to: &dumped)
        let all = "\(endpoint)\(String(reflecting: endpoint))\(dumped)\(String(reflecting: basic.authentication))"
        for secret in [Self.token, "planted", "112, 108, 97, 110"] { #expect(!all.contains(secret)) }
        let broken = failure(kubeconfig(cluster: secure, user: "token: \(Self.token)\n  bad: ["))
        #expect(!broken.contains("planted"))
    }

    @Test("an exec plugin is read where a runner is given")
    func exec() throws {
        let user = """
            exec:
              apiVersion: client.authentication.k8s.io/v1beta1
              command: bin/get-token
              args: [--cluster, c]
              env: [{name: A, value: planted}]
              provideClusterInfo: true
            """
        let endpoint = try load(
            kubeconfig(cluster: "\(secure)\ncertificate-authority-data: Q0E=", user: user), runner: FakeRunner([]))
        guard case .exec(let plugin, _) = endpoint.authentication else {
            Issue.record("no plugin")
            return
        }
        #expect(plugin.command == "/etc/mainstay/bin/get-token")
        #expect(plugin.arguments.map(\.text) == ["--cluster", "c"])
        let info = try JSON.parse(plugin.execInfo)
        #expect(info["apiVersion"]?.string == "client.authentication.k8s.io/v1beta1")
        #expect(info["spec"]?["interactive"]?.bool == false)
        #expect(info["spec"]?["cluster"]?["certificate-authority-data"]?.string == "Q0E=")
        #expect(!String(reflecting: plugin).contains("planted"))
    }

    @Test(
        "an exec plugin that cannot work unattended is refused",
        arguments: [
            ("apiVersion: client.authentication.k8s.io/v1alpha1\n  command: c", "exec.apiVersion is none of"),
            ("apiVersion: client.authentication.k8s.io/v1", "exec.command is missing"),
            (
                "apiVersion: client.authentication.k8s.io/v1\n  command: c\n  interactiveMode: Always",
                "exec.interactiveMode is Always"
            ),
        ])
    func refusedPlugin(_ exec: String, _ says: String) {
        let error = #expect(throws: KubernetesError.self) {
            try load(kubeconfig(cluster: secure, user: "exec:\n  \(exec)"), runner: FakeRunner([]))
        }
        #expect(error?.description.contains(says) == true, "\(error.debugDescription)")
    }
}
