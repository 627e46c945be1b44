// SPDX-License-Identifier: Apache-2.0

import Manifests
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Kubernetes

/// Answers plugins from a list, the last answer again and again.
final class FakeRunner: ExecCredentialRunner {
    private let outputs: [String]
    private let count = Mutex(0)

    init(_ outputs: [String]) { self.outputs = outputs }

    var runs: Int { count.withLock { $0 } }

    func run(_ plugin: ExecPlugin) async throws(KubernetesError) -> [UInt8] {
        let run = count.withLock { count in
            count += 1
            return count
        }
        return Array((outputs.isEmpty ? "" : outputs[min(run, outputs.count) - 1]).utf8)
    }
}

@Suite struct InClusterTests {
    private let mount = "/var/run/secrets/kubernetes.io/serviceaccount"

    private func load(_ host: String?, _ port: String?, files: [String: String]) throws -> ClusterEndpoint {
        var environment: [String: String] = [:]
        environment["KUBERNETES_SERVICE_HOST"] = host
        environment["KUBERNETES_SERVICE_PORT"] = port
        return try InCluster.load(
            environment: environment,
            files: FakeFiles(
                Dictionary(uniqueKeysWithValues: files.map { ("\(mount)/\($0.key)", $0.value) })
            ).reader)
    }

    @Test("the pod's variables and files make the endpoint, with IPv6 in brackets")
    func server() throws {
        let files = ["token": "t", "ca.crt": "CA", "namespace": "web\n"]
        #expect(try load("10.0.0.1", "443", files: files).server == "https://10.0.0.1:443")
        #expect(try load("10.0.0.1", "443", files: files).namespace == "web")
        #expect(try load("fd00::1", "6443", files: files).server == "https://[fd00::1]:6443")
    }

    @Test("what is missing is named")
    func missing() {
        func says(_ host: String?, _ port: String?, _ files: [String: String]) -> String {
            let error = #expect(throws: KubernetesError.self) { try load(host, port, files: files) }
            return error?.description ?? ""
        }
        #expect(says(nil, "443", [:]).contains("KUBERNETES_SERVICE_HOST is not set"))
        #expect(says("h", nil, [:]).contains("KUBERNETES_SERVICE_PORT is not set"))
        #expect(says("h", "https", [:]).contains("no port number"))
        #expect(says("h", "443", ["ca.crt": "CA"]).contains("token: cannot read \(mount)/token"))
        #expect(says("h", "443", ["token": "t"]).contains("ca.crt: cannot read"))
        #expect(says("h", "443", ["token": "", "ca.crt": "CA"]).contains("is empty"))
    }
}

@Suite struct CredentialProviderTests {
    private let version = ScriptedTransport.json(200, #"{"gitVersion":"v1.36.2"}"#)
    private let unauthorized = ScriptedTransport.json(
        401, #"{"kind":"Status","apiVersion":"v1","message":"Unauthorized","reason":"Unauthorized","code":401}"#)

    private func file(_ path: String) -> ClusterEndpoint.Authentication { .token(.file(path: path, field: "token")) }

    private func sent(_ transport: ScriptedTransport) -> [String] {
        transport.requests.map { $0.headers["Authorization"] ?? "" }
    }

    @Test("a token file is read again after a minute, and not before")
    func aged() async throws {
        let files = FakeFiles(["/t": " one\n"])
        let clock = StandingClock()
        let transport = ScriptedTransport([version, version, version])
        let client = client(transport, authentication: file("/t"), clock: clock, files: files)
        _ = try await client.version()
        files.write("/t", "two")
        clock.advance(by: .seconds(59))
        _ = try await client.version()
        clock.advance(by: .seconds(1))
        _ = try await client.version()
        #expect(sent(transport) == ["Bearer one", "Bearer one", "Bearer two"])
        #expect(files.reads == 2)
    }

    @Test("certificate authority, client certificate and key are read again after a minute, and at a 401")
    func renewedCertificates() async throws {
        let files = FakeFiles(["/ca": "CA1", "/crt": "CRT1", "/key": "KEY1"])
        func material(_ path: String) -> ClusterEndpoint.Material { .file(path: path, field: path) }
        let clock = StandingClock()
        let transport = ScriptedTransport([version, version, unauthorized, version])
        let client = KubernetesClient(
            endpoint: ClusterEndpoint(
                server: "https://api.example", certificateAuthorities: material("/ca"),
                clientCertificate: .init(certificate: material("/crt"), key: material("/key")), files: files.reader),
            transport: transport, clock: clock, now: { startOfTime })
        _ = try await client.version()
        for (path, text) in [("/ca", "CA2"), ("/crt", "CRT2"), ("/key", "KEY2")] { files.write(path, text) }
        clock.advance(by: .seconds(60))
        _ = try await client.version()
        files.write("/crt", "CRT3")
        _ = try await client.version()
        func sent(_ field: (TLSOptions) -> [UInt8]?) -> [String] {
            transport.requests.map { String(decoding: field($0.tls) ?? [], as: UTF8.self) }
        }
        #expect(sent(\.certificateAuthorities) == ["CA1", "CA2", "CA2", "CA2"])
        #expect(sent(\.clientCertificate) == ["CRT1", "CRT2", "CRT2", "CRT3"])
        #expect(sent(\.clientKey) == ["KEY1", "KEY2", "KEY2", "KEY2"])
    }

    @Test("what cannot be read anew serves on, is tried again every ten seconds, and is an error once it is refused")
    func unreadable() async throws {
        let files = FakeFiles(["/t": "one"])
        let clock = StandingClock()
        let transport = ScriptedTransport([version, version, version, version, unauthorized])
        let client = client(transport, authentication: file("/t"), clock: clock, files: files)
        _ = try await client.version()
        files.remove("/t")
        clock.advance(by: .seconds(60))
        for _ in 0..<2 { _ = try await client.version() }
        #expect(files.reads == 2)
        clock.advance(by: .seconds(10))
        _ = try await client.version()
        #expect(files.reads == 3)
        #expect(sent(transport) == Array(repeating: "Bearer one", count: 4))
        let error = await refusal { _ = try await client.version() }
        #expect(error?.description.contains("/t") == true)
    }

    @Test("a plugin that fails leaves its token in force until that expires, and no longer")
    func failingPlugin() async throws {
        let time = Mutex(startOfTime)
        let runner = FakeRunner([answer("one", expires: (startOfTime + .seconds(3600)).secondsDescription), "broken"])
        let transport = ScriptedTransport { [version] _ in version }
        let client = client(
            transport, authentication: .exec(ExecPlugin(command: "c", subject: "test"), runner),
            now: { time.withLock { $0 } })
        _ = try await client.version()
        time.withLock { $0 = startOfTime + .seconds(3599) }
        _ = try await client.version()
        #expect(runner.runs == 2)
        #expect(sent(transport) == ["Bearer one", "Bearer one"])
        time.withLock { $0 = startOfTime + .seconds(3600) }
        #expect(await refusal { _ = try await client.version() }?.code == .configuration)
        #expect(transport.requests.count == 2)
    }

    @Test("a 401 reads the token anew and tries once more")
    func rejected() async throws {
        let files = FakeFiles(["/t": "one"])
        let transport = ScriptedTransport([version, unauthorized, version])
        let client = client(transport, authentication: file("/t"), files: files)
        _ = try await client.version()
        files.write("/t", "two")
        #expect(try await client.version() == "v1.36.2")
        #expect(sent(transport) == ["Bearer one", "Bearer one", "Bearer two"])
    }

    @Test("a second 401, or the same token again, is the answer")
    func rejectedAgain() async throws {
        let files = FakeFiles(["/t": "planted-token"])
        let same = ScriptedTransport([unauthorized])
        let error = await refusal {
            _ = try await client(same, authentication: file("/t"), files: files).version()
        }
        #expect(error?.code == .unauthorized)
        #expect(same.requests.count == 1)
        #expect(error?.description.contains("planted") == false)

        let twice = ScriptedTransport([unauthorized, unauthorized])
        let changing = client(
            twice,
            authentication: .exec(
                ExecPlugin(command: "c", subject: "test"), FakeRunner([answer("a"), answer("b"), answer("c")])))
        #expect(await refusal { _ = try await changing.version() }?.code == .unauthorized)
        #expect(twice.requests.count == 2)
    }

    @Test("a watch that is refused by 401 tries once more too")
    func stream() async throws {
        let files = FakeFiles(["/t": "one"])
        let transport = ScriptedTransport([version, unauthorized, .pieces(status: 200, [], end: nil)])
        let client = client(transport, authentication: file("/t"), files: files)
        _ = try await client.version()
        files.write("/t", "two")
        for try await _ in client.watch(
            configMaps, namespace: nil, labelSelector: nil, from: .after(resourceVersion: "1"))
        {}
        #expect(sent(transport) == ["Bearer one", "Bearer one", "Bearer two"])
    }

    @Test("a token that could forge a header is refused and not printed")
    func forged() async {
        let transport = ScriptedTransport()
        let files = FakeFiles(["/t": "planted\r\nX-Admin: 1"])
        let error = await refusal {
            _ = try await client(transport, authentication: file("/t"), files: files).version()
        }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("planted") == false)
        #expect(transport.requests.isEmpty)
    }

    @Test("user and password go as Basic")
    func basic() async throws {
        let transport = ScriptedTransport([version])
        _ = try await client(transport, authentication: .basic(user: "u", password: Secret("p"))).version()
        #expect(sent(transport) == ["Basic dTpw"])
    }

    private func answer(_ token: String, expires: String? = nil) -> String {
        let expiry = expires.map { ",\"expirationTimestamp\":\"\($0)\"" } ?? ""
        return """
            {"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"\(token)"\(expiry)}}
            """
    }

    @Test("a plugin runs once, and again shortly before its token expires")
    func plugin() async throws {
        let time = Mutex(startOfTime)
        let runner = FakeRunner([
            answer("one", expires: (startOfTime + .seconds(3600)).secondsDescription), answer("two"),
        ])
        let transport = ScriptedTransport([version, version, version])
        let client = client(
            transport, authentication: .exec(ExecPlugin(command: "c", subject: "test"), runner),
            now: { time.withLock { $0 } })
        _ = try await client.version()
        time.withLock { $0 = startOfTime + .seconds(3569) }
        _ = try await client.version()
        time.withLock { $0 = startOfTime + .seconds(3570) }
        _ = try await client.version()
        #expect(sent(transport) == ["Bearer one", "Bearer one", "Bearer two"])
        #expect(runner.runs == 2)
    }

    @Test("a plugin's certificate goes into TLS")
    func certificate() async throws {
        let output = """
            {"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":\
            {"clientCertificateData":"CERT","clientKeyData":"KEY"}}
            """
        let transport = ScriptedTransport([version])
        _ = try await client(
            transport, authentication: .exec(ExecPlugin(command: "c", subject: "test"), FakeRunner([output]))
        ).version()
        #expect(transport.requests.first?.tls.clientCertificate == Array("CERT".utf8))
        #expect(transport.requests.first?.tls.clientKey == Array("KEY".utf8))
    }

    @Test(
        "a plugin's bad answer is refused without being printed",
        arguments: [
            "planted", "{}", #"{"kind":"ExecCredential","apiVersion":"v2","status":{"token":"planted"}}"#,
            #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}"#,
            #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}"#,
            #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientKeyData":"planted"}}"#,
        ])
    func badAnswer(_ output: String) {
        let error = #expect(throws: KubernetesError.self) {
            try ExecCredential(Array(output.utf8), plugin: ExecPlugin(command: "get-token", subject: "test"))
        }
        #expect(error?.description.contains("credential plugin get-token") == true)
        #expect(error?.description.contains("planted") == false)
    }

    @Test("many requests at once make one read")
    func singleFlight() async throws {
        let files = FakeFiles(["/t": "one"])
        let transport = ScriptedTransport { [version] _ in version }
        let client = client(transport, authentication: file("/t"), files: files)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await client.version() } }
            try await group.waitForAll()
        }
        #expect(files.reads == 1)
        #expect(transport.requests.count == 20)
    }
}
