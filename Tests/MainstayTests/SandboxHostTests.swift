// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kubernetes
import Logging
import Manifests
import Sandbox
import TestSupport
import Testing
import Transport

@testable import Mainstay

/// Real sockets and real TLS: the daemon's own client on the sandbox's own listener.
@Suite("The sandbox over TLS", .timeLimit(.minutes(1)))
struct SandboxHostTests {
    private static let namespaces = GroupVersionKind(group: "", version: "v1", kind: "Namespace")

    @Test("The kubeconfig's certificate may do everything")
    func administrator() async throws {
        let host = SandboxHost(authority: try SandboxAuthority(host: "127.0.0.1"), logger: Logger(label: "test"))
        try await serving(host) { server in
            try await asking(host.kubeconfig(server: server)) { client in
                let resource = try #require(try await client.resource(for: Self.namespaces))
                let list = try await client.list(resource, namespace: nil, labelSelector: nil, fieldSelector: nil)
                #expect(list.items.contains { $0.name == "kube-system" })
                let made = try await client.apply(
                    ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "staging"]],
                    fieldManager: "test", force: false, dryRun: false)
                #expect(made.object.name == "staging")
            }
        }
    }

    @Test("A service account's token may do what RBAC grants it")
    func token() async throws {
        let authority = try SandboxAuthority(host: "127.0.0.1")
        let host = SandboxHost(authority: authority, logger: Logger(label: "test"))
        let answer = await host.cluster.respond(
            to: SandboxRequest(
                method: "POST", path: "/api/v1/namespaces/default/serviceaccounts",
                headers: [(name: "Content-Type", value: "application/json")],
                body: Array(#"{"metadata":{"name":"robot"}}"#.utf8), clientCertificate: .administrator))
        #expect(answer.status == 201)
        let token = try await issueToken(host.cluster)
        try await serving(host) { server in
            try await asking(kubeconfig(server, authority: authority.certificate, user: "token: \(token)")) { client in
                // Discovery is for everybody who proved who they are.
                let resource = try #require(try await client.resource(for: Self.namespaces))
                let error = await #expect(throws: KubernetesError.self) {
                    try await client.list(resource, namespace: nil, labelSelector: nil, fieldSelector: nil)
                }
                #expect(error?.code == .forbidden)
            }
            try await asking(kubeconfig(server, authority: authority.certificate, user: "token: wrong")) { client in
                let error = await #expect(throws: KubernetesError.self) { try await client.version() }
                #expect(error?.code == .unauthorized)
            }
        }
    }

    @Test("A server that another authority vouches for is not talked to, and a client that one vouches for is told 401")
    func otherAuthority() async throws {
        let host = SandboxHost(authority: try SandboxAuthority(host: "127.0.0.1"), logger: Logger(label: "test"))
        let other = SandboxHost(authority: try SandboxAuthority(host: "127.0.0.1"), logger: Logger(label: "test"))
        try await serving(host) { server in
            try await asking(other.kubeconfig(server: server)) { client in
                let error = await #expect(throws: KubernetesError.self) { try await client.version() }
                #expect(error?.code == .configuration)
            }
            // Its authority is right, its client certificate is not.
            let own = host.kubeconfig(server: server).split(separator: "\n")
            let foreign = other.kubeconfig(server: server).split(separator: "\n")
            let mixed = zip(own, foreign).map { $0.contains("client-certificate-data") ? $1 : $0 }
            try await asking(mixed.joined(separator: "\n") + "\n") { client in
                let error = await #expect(throws: KubernetesError.self) { try await client.version() }
                #expect(error?.code == .unauthorized)
            }
        }
    }

    @Test("A large answer is compressed for who takes it, and reads the same")
    func compression() async throws {
        let authority = try SandboxAuthority(host: "127.0.0.1")
        let host = SandboxHost(authority: authority, logger: Logger(label: "test"))
        let transport = try transport()
        try await serving(host) { server in
            let tls = tls(authority)
            func get(_ path: String, _ headers: HTTPHeaders) async throws -> HTTPResponse {
                try await transport.send(HTTPRequest(url: server + path, headers: headers, tls: tls))
            }
            let plain = try await get("/openapi/v2", [:])
            #expect(plain.status == 200 && plain.body.count > 128 << 10 && plain.headers["content-encoding"] == nil)
            let compressed = try await get("/openapi/v2", ["Accept-Encoding": "deflate, gzip"])
            #expect(compressed.headers["content-encoding"] == "gzip")
            #expect(compressed.body.count < plain.body.count / 4)
            let file = FileManager.default.temporaryDirectory.appending(path: "\(SystemTime.makeID()).gz")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(compressed.body).write(to: file)
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let unpacked = try Command.run("gzip", ["-dc", file.path], environment: ["PATH": path])
            #expect(unpacked.status == 0 && Array(unpacked.output) == plain.body)
            let small = try await get("/version", ["Accept-Encoding": "gzip"])
            #expect(small.headers["content-encoding"] == nil)
        }
        await transport.shutdown()
    }

    @Test("A fault that resets a request over HTTP/2 leaves the others of its connection alone")
    func streamReset() async throws {
        let authority = try SandboxAuthority(host: "127.0.0.1")
        let host = SandboxHost(authority: authority, logger: Logger(label: "test"))
        try await host.cluster.addFault(FaultRule(.reset(.before), match: FaultMatch(resource: ["secrets"])))
        let transport = try transport()
        try await serving(host) { server in
            let tls = tls(authority)
            let watch = try await transport.stream(
                HTTPRequest(url: server + "/api/v1/configmaps?watch=1&resourceVersion=1", tls: tls))
            await #expect(throws: TransportError.self) {
                try await transport.send(HTTPRequest(url: server + "/api/v1/secrets", tls: tls))
            }
            let made = try await transport.send(
                HTTPRequest(
                    method: "POST", url: server + "/api/v1/namespaces/default/configmaps",
                    headers: ["Content-Type": "application/json"], body: Array(#"{"metadata":{"name":"late"}}"#.utf8),
                    tls: tls))
            #expect(made.status == 201)
            var text = ""
            for try await part in watch.body {
                text += String(decoding: part, as: UTF8.self)
                if text.contains("\"late\"") { break }
            }
            #expect(text.contains("\"late\""))
        }
        await transport.shutdown()
    }

    @Test("The kubeconfig is for nobody else to read, whatever stood there before")
    func kubeconfigMode() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "kubeconfig-\(SystemTime.makeID())").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o644]))
        try SandboxHost.write("apiVersion: v1\n", to: path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "apiVersion: v1\n")
        #expect(throws: SandboxHost.Unwritable.self) { try SandboxHost.write("", to: "/nonexistent/kubeconfig") }
    }

    // MARK: Support

    private func transport() throws -> CurlTransport {
        try CurlTransport.globalInit()
        return try CurlTransport()
    }

    private func tls(_ authority: SandboxAuthority) -> TLSOptions {
        TLSOptions(
            certificateAuthorities: Array(authority.certificate.utf8),
            clientCertificate: Array(authority.administrator.certificate.utf8),
            clientKey: Array(authority.administrator.key.utf8))
    }

    private func issueToken(_ cluster: SandboxCluster) async throws -> String {
        let answer = await cluster.respond(
            to: SandboxRequest(
                method: "POST", path: "/api/v1/namespaces/default/serviceaccounts/robot/token",
                headers: [(name: "Content-Type", value: "application/json")], body: Array(#"{"spec":{}}"#.utf8),
                clientCertificate: .administrator))
        guard case .bytes(let bytes) = answer.body else { return "" }
        return try #require(try JSON.parse(bytes)["status"]?["token"]?.string)
    }

    private func kubeconfig(_ server: String, authority: String, user: String) -> String {
        """
        apiVersion: v1
        kind: Config
        clusters:
        - name: c
          cluster: {server: "\(server)", certificate-authority-data: \(Base64.encode(Array(authority.utf8)))}
        contexts:
        - {name: c, context: {cluster: c, user: u}}
        current-context: c
        users:
        - {name: u, user: {\(user)}}

        """
    }

    private func asking(
        _ kubeconfig: String, _ ask: (KubernetesClient) async throws -> Void
    ) async throws {
        let transport = try transport()
        let client = KubernetesClient(
            endpoint: try Kubeconfig.load(Array(kubeconfig.utf8), file: "kubeconfig", context: nil),
            transport: transport, clock: ContinuousClock(), now: SystemTime.now)
        do {
            try await ask(client)
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
    }

    private func serving(_ host: SandboxHost, _ use: (String) async throws -> Void) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { port.finish() }
                try await host.listener(host: "127.0.0.1", port: 0) { port.yield($0) }.run()
            }
            for await number in ports {
                try await use("https://127.0.0.1:\(number)")
                break
            }
            group.cancelAll()
        }
    }
}
