// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Kubernetes
internal import Planning
internal import Reconciler
internal import Synchronization
internal import TestSupport
internal import Testing
internal import Transport

@testable internal import Mainstay

@Suite("Checks that ask others than the cluster", .timeLimit(.minutes(2)))
struct DirectProbeTests {
    private static func failure(_ body: () async throws -> Void) async -> ProbeFailure? {
        await #expect(throws: ProbeFailure.self) { try await body() }
    }

    @Test("A GET is answered as it is: a redirect is not followed, and no credentials go with it")
    func get() async throws {
        let seen = Mutex<[String]>([])
        let server = try LoopbackServer { request, connection in
            seen.withLock { $0.append("\(request.target) \(request.headers["Authorization"] ?? "-")") }
            connection.respond(302, headers: ["Location": "/elsewhere"], body: Array("moved".utf8))
        }
        defer { server.close() }
        let folder = try TemporaryDirectory()
        let file = try folder.write("secret\n", to: "token")
        let transport = try CurlTransport()
        let probe = DirectProbe(transport: transport, tokens: [.init(host: "127.0.0.1:\(server.port)", file: file)])
        let answer = try await probe.get("\(server.url)/health?x=1", sending: [], isQuery: false)
        #expect(answer.status == 302 && answer.body == Array("moved".utf8))
        _ = try await probe.get("\(server.url)/api/v1/query?query=up", sending: [], isQuery: true)
        #expect(seen.withLock(\.self) == ["/health?x=1 -", "/api/v1/query?query=up Bearer secret"])
        await transport.shutdown()
    }

    @Test("What a check sends goes with the question, Host in place of the URL's")
    func sentHeaders() async throws {
        let seen = Mutex<[String]>([])
        let server = try LoopbackServer { request, connection in
            seen.withLock {
                $0.append("\(request.headers["Host"] ?? "-") \(request.headers["X-Forwarded-Proto"] ?? "-")")
            }
            connection.respond(200)
        }
        defer { server.close() }
        let transport = try CurlTransport()
        let headers = [("host", "api.example.com"), ("X-Forwarded-Proto", "https")]
        _ = try await DirectProbe(transport: transport).get(
            "\(server.url)/", sending: headers.map { Application.SentHeader(name: $0.0, value: $0.1) }, isQuery: false)
        #expect(seen.withLock(\.self) == ["api.example.com https"])
        await transport.shutdown()
    }

    @Test(
        "A token goes over https alone, and to no port that the operator did not mean",
        arguments: [
            ("https://metrics.example.com/", "metrics.example.com", true),
            ("http://metrics.example.com/", "metrics.example.com", false),
            ("http://metrics.example.com:443/", "metrics.example.com", false),
            ("https://metrics.example.com:8081/", "metrics.example.com", false),
            ("https://metrics.example.com:9090/", "metrics.example.com:9090", true),
            ("http://metrics.example.com:9090/", "metrics.example.com:9090", false),
            ("http://127.0.0.1:9090/", "127.0.0.1:9090", true), ("http://127.0.0.1:9091/", "127.0.0.1:9090", false),
            ("http://127.0.0.1:9090/", "127.0.0.1", false),
        ])
    func whereTo(url: String, host: String, isSent: Bool) async throws {
        let transport = ScriptedTransport([.response(HTTPResponse(status: 200))])
        var probe = DirectProbe(transport: transport, tokens: [.init(host: host, file: "token")])
        probe.files = FileReader { _, _ in Array("secret".utf8) }
        _ = try await probe.get(url, sending: [], isQuery: true)
        #expect(transport.requests.map { $0.headers["Authorization"] } == [isSent ? "Bearer secret" : nil])
    }

    @Test("A token that cannot be read is nobody's failure but ours, and nothing is asked")
    func noToken() async throws {
        let transport = try CurlTransport()
        let probe = DirectProbe(transport: transport, tokens: [.init(host: "127.0.0.1:1", file: "/nowhere/token")])
        let failure = await Self.failure { _ = try await probe.get("http://127.0.0.1:1/", sending: [], isQuery: true) }
        #expect(failure?.isTheirs == false && failure?.message.contains("/nowhere/token") == true)
        await transport.shutdown()
    }

    @Test("A port that takes connections is told from one that does not, and from a name that nobody knows")
    func connect() async throws {
        let closed = try LoopbackServer { _, _ in }
        let port = Int(closed.port)
        closed.close()
        let transport = try CurlTransport()
        let probe = DirectProbe(transport: transport)
        let open = try LoopbackServer(onConnection: { connection in _ = connection.waitForPeerToClose() })
        try await probe.connect(host: "127.0.0.1", port: Int(open.port))
        open.close()
        let refused = await Self.failure { try await probe.connect(host: "127.0.0.1", port: port) }
        #expect(refused?.isTheirs == true)
        #expect(refused?.message.hasPrefix("connect to 127.0.0.1:\(port): no connection") == true)
        let unknown = await Self.failure { try await probe.connect(host: "nowhere.invalid", port: 80) }
        #expect(unknown?.isTheirs == false)
        await transport.shutdown()
    }

    @Test("More than a check may read is refused")
    func large() async throws {
        let server = try LoopbackServer { _, connection in
            connection.respond(body: [UInt8](repeating: 0x20, count: (1 << 20) + 1))
        }
        defer { server.close() }
        let transport = try CurlTransport()
        let probe = DirectProbe(transport: transport)
        #expect(
            await Self.failure { _ = try await probe.get(server.url, sending: [], isQuery: false) }?.isTheirs == true)
        await transport.shutdown()
    }
}
