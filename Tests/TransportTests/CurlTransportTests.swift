// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(2))) struct CurlTransportTests {
    private let transport: CurlTransport

    init() throws { transport = try CurlTransport() }

    private func error(_ body: () async throws -> Void) async -> TransportError? {
        await #expect(throws: TransportError.self) { try await body() }
    }

    @Test("What is to be sent once is not sent again where the peer closes a connection without an answer")
    func sentOnce() async throws {
        let received = Mutex(0)
        let server = try LoopbackServer { _, connection in
            let count = received.withLock {
                $0 += 1
                return $0
            }
            if count == 1 { connection.respond() } else { connection.close() }
        }
        defer { server.close() }
        var request = HTTPRequest(method: "POST", url: server.url, body: [1])
        request.isSentOnce = true
        let once = request
        _ = try await transport.send(once)
        let failure = await error { _ = try await transport.send(once) }
        #expect(failure?.mayHaveBeenSent == true)
        #expect(received.withLock(\.self) == 2)
        #expect(server.acceptedConnections == 2)
    }

    // MARK: Answers

    @Test("Method, target, headers and body arrive, and so do status, headers and body of the answer")
    func roundTrip() async throws {
        let server = try LoopbackServer { request, connection in
            let seen = "\(request.method) \(request.target) \(request.headers["User-Agent"] ?? "-")"
            connection.respond(
                201, headers: ["Content-Type": "text/plain", "X-Seen": seen, "X-Two": "a", "x-two": "b"],
                body: request.body.reversed())
        }
        defer { server.close() }
        let response = try await transport.send(
            HTTPRequest(
                method: "POST", url: "\(server.url)/api?x=1", headers: ["User-Agent": "mainstay/test"],
                body: [1, 0, 2, 0, 3]))
        #expect(response.status == 201)
        #expect(response.body == [3, 0, 2, 0, 1])
        #expect(response.headers["content-type"] == "text/plain")
        #expect(response.headers["X-Seen"] == "POST /api?x=1 mainstay/test")
        #expect(response.headers.values(of: "X-Two") == ["a", "b"])
    }

    @Test(
        "Each method goes out under its own name, with a length where it has a body",
        arguments: [
            ("GET", nil, nil), ("DELETE", nil, nil), ("HEAD", nil, nil), ("POST", nil, "0"), ("PATCH", "{}", "2"),
            ("PUT", "", "0"), ("DELETE", "abc", "3"), ("GET", "q", "1"),
        ] as [(String, String?, String?)])
    func methods(method: String, body: String?, length: String?) async throws {
        let server = try LoopbackServer { request, connection in
            connection.respond(
                headers: [
                    "X-Method": request.method, "X-Length": request.headers["Content-Length"] ?? "none",
                    "X-Type": request.headers["Content-Type"] ?? "none", "Content-Length": "0",
                ])
        }
        defer { server.close() }
        let response = try await transport.send(
            HTTPRequest(method: method, url: server.url, body: body.map { Array($0.utf8) }))
        #expect(response.headers["X-Method"] == method)
        #expect(response.headers["X-Length"] == length ?? "none")
        #expect(response.headers["X-Type"] == "none")
    }

    /// In a process of its own, since the environment is everybody's.
    @Test("A proxy that the environment names is used, but never for this machine itself")
    func proxies() async {
        await #expect(processExitsWith: .success) {
            let proxy = try LoopbackServer { request, connection in
                connection.respond(body: Array("proxy \(request.target)".utf8))
            }
            let near = try LoopbackServer { request, connection in
                connection.respond(body: Array("near \(request.target)".utf8))
            }
            setenv("http_proxy", proxy.url, 1)
            let transport = try CurlTransport()
            func answer(_ url: String) async throws -> String {
                String(decoding: try await transport.send(HTTPRequest(url: url)).body, as: UTF8.self)
            }
            #expect(
                try await answer("http://api.example.test:6443/version") == "proxy http://api.example.test:6443/version"
            )
            #expect(try await answer("\(near.url)/version") == "near /version")
        }
    }

    @Test("A redirect is an answer, an error status too")
    func redirect() async throws {
        let asked = Mutex<[String]>([])
        let server = try LoopbackServer { request, connection in
            asked.withLock { $0.append(request.target) }
            connection.respond(request.target == "/a" ? 302 : 500, headers: ["Location": "/b"])
        }
        defer { server.close() }
        #expect(try await transport.send(HTTPRequest(url: server.url + "/a")).status == 302)
        #expect(asked.withLock { $0 } == ["/a"])
        #expect(try await transport.send(HTTPRequest(url: server.url + "/b")).status == 500)
    }

    @Test("Informational answers and trailers are not mistaken for the answer")
    func informational() async throws {
        let server = try LoopbackServer { _, connection in
            connection.write(Array("HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n".utf8))
            connection.beginChunked(200, headers: ["X-Late": "no"])
            connection.chunk([7])
            connection.write(Array("0\r\nX-Trailer: yes\r\n\r\n".utf8))
        }
        defer { server.close() }
        let response = try await transport.send(HTTPRequest(url: server.url))
        #expect(response.status == 200)
        #expect(response.body == [7])
        #expect(response.headers["X-Early"] == nil)
        #expect(response.headers["X-Late"] == "no")
        #expect(response.headers["X-Trailer"] == nil)
    }

    // MARK: Bounds

    @Test("A body above the bound is refused, with a stated length and without, and one at the bound is not")
    func bounds() async throws {
        let server = try LoopbackServer { request, connection in
            let size = request.target == "/fits" ? 1000 : 1001
            let body = [UInt8](repeating: 1, count: size)
            if request.target == "/chunked" {
                connection.beginChunked()
                connection.chunk(body)
                connection.endChunked()
            } else {
                connection.respond(body: body)
            }
        }
        defer { server.close() }
        for target in ["/long", "/chunked"] {
            let error = await error {
                _ = try await transport.send(HTTPRequest(url: server.url + target, maximumResponseBytes: 1000))
            }
            #expect(error?.code == .tooLarge)
            #expect(error?.message == "the body is larger than 1000 bytes")
        }
        let fits = try await transport.send(HTTPRequest(url: server.url + "/fits", maximumResponseBytes: 1000))
        #expect(fits.body.count == 1000)
    }

    @Test("Endless headers are refused")
    func endlessHeaders() async throws {
        let server = try LoopbackServer { _, connection in
            connection.write(Array("HTTP/1.1 200 OK\r\n".utf8))
            let line = Array("X: \(String(repeating: "x", count: 1000))\r\n".utf8)
            while connection.write(line) {}
        }
        defer { server.close() }
        let error = await error { _ = try await transport.send(HTTPRequest(url: server.url)) }
        #expect(error?.code == .tooLarge)
    }

    @Test(
        "What would be misread is refused before anything is sent",
        arguments: [
            HTTPRequest(method: "GET /", url: "http://127.0.0.1:1"),
            HTTPRequest(url: "http://127.0.0.1:1/a b"),
            HTTPRequest(url: "http://127.0.0.1:1/\u{0}"),
            HTTPRequest(url: "http://127.0.0.1:1/", headers: ["X": "a\r\nY: b"]),
            HTTPRequest(url: "http://127.0.0.1:1/", headers: ["X Y": "a"]),
            HTTPRequest(url: "file:///etc/hostname"),
            HTTPRequest(url: "https://"),
        ])
    func invalid(request: HTTPRequest) async {
        let error = await error { _ = try await transport.send(request) }
        #expect(error?.code == .invalidRequest)
    }

    // MARK: Failures

    @Test("A refused connection is named, without the URL's credentials")
    func refused() async throws {
        let server = try LoopbackServer { _, _ in }
        let port = server.port
        server.close()
        // Closing is the accepting thread's work: ask until nobody listens.
        var error: TransportError?
        repeat {
            error = await self.error {
                _ = try await transport.send(HTTPRequest(url: "http://me:hush@127.0.0.1:\(port)/x?token=hush"))
            }
        } while error?.code == .closed
        #expect(error?.code == .connect)
        #expect(error?.subject == "GET http://127.0.0.1:\(port)/x")
        #expect(error?.message.contains("\(port)") == true)
        #expect(error?.description.contains("hush") == false)
        #expect(error?.isTransient == true)
    }

    @Test("A peer that does not answer the TLS handshake in time has seen nothing of the request")
    func unsent() async throws {
        let server = try LoopbackServer(onConnection: { _ = $0.waitForPeerToClose() })
        defer { server.close() }
        let request = HTTPRequest(
            url: server.url.replacing("http:", with: "https:"), deadlines: HTTPDeadlines(connect: .milliseconds(200)))
        let error = await error { _ = try await transport.send(request) }
        #expect(error?.code == .timeout)
        #expect(error?.mayHaveBeenSent == false)
    }

    @Test("A reset, an early end and an empty answer are closed connections")
    func reset() async throws {
        let server = try LoopbackServer { request, connection in
            switch request.target {
            case "/reset":
                connection.reset()
            case "/early":
                connection.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".utf8))
                connection.close()
            default:
                connection.close()
            }
        }
        defer { server.close() }
        for target in ["/reset", "/early", "/empty"] {
            let error = await error { _ = try await transport.send(HTTPRequest(url: server.url + target)) }
            #expect(error?.code == .closed, "\(target): \(String(describing: error))")
        }
    }

    @Test("Silence ends a request that connected and is never answered")
    func silence() async throws {
        let server = try LoopbackServer { _, connection in _ = connection.waitForPeerToClose() }
        defer { server.close() }
        let deadlines = HTTPDeadlines(connect: .seconds(20), total: nil, silence: .milliseconds(50))
        let error = await error {
            _ = try await transport.send(HTTPRequest(url: server.url, deadlines: deadlines))
        }
        #expect(error?.code == .timeout)
        #expect(error?.message == "not a byte for 0.050 s")
    }

    @Test("The total deadline ends a request whose bytes keep coming")
    func total() async throws {
        let server = try LoopbackServer { _, connection in
            connection.beginChunked()
            while connection.chunk([1]) {}
        }
        defer { server.close() }
        let deadlines = HTTPDeadlines(total: .milliseconds(50), silence: .seconds(60))
        let error = await error {
            _ = try await transport.send(
                HTTPRequest(url: server.url, deadlines: deadlines, maximumResponseBytes: .max))
        }
        #expect(error?.code == .timeout)
    }

    @Test("A peer that drops the TLS handshake is a closed connection, not a judgement on certificates")
    func handshake() async throws {
        let server = try LoopbackServer(onConnection: { $0.close() })
        defer { server.close() }
        let url = "https://127.0.0.1:\(server.port)/"
        let error = await error { _ = try await transport.send(HTTPRequest(url: url)) }
        #expect(error?.code == .closed, "\(String(describing: error))")
    }

    // MARK: Load

    @Test("A thousand requests in turn use one connection")
    func sequential() async throws {
        let server = try LoopbackServer { request, connection in connection.respond(body: request.body) }
        defer { server.close() }
        for number in 0..<1000 {
            let body = Array(String(number).utf8)
            let response = try await transport.send(HTTPRequest(method: "PUT", url: server.url, body: body))
            #expect(response.body == body)
        }
        #expect(server.acceptedConnections == 1)
    }

    @Test("Sixty-four requests at once each get their own answer")
    func concurrent() async throws {
        let server = try LoopbackServer { request, connection in connection.respond(body: request.body) }
        defer { server.close() }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask { [transport] in
                    let body = [UInt8](repeating: UInt8(number), count: 10_000 + number)
                    let request = HTTPRequest(method: "POST", url: server.url, body: body)
                    return try await transport.send(request).body == body
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test("A large body goes both ways unharmed")
    func large() async throws {
        let server = try LoopbackServer { request, connection in connection.respond(body: request.body) }
        defer { server.close() }
        let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 7) }
        let response = try await transport.send(HTTPRequest(method: "POST", url: server.url, body: body))
        #expect(response.body == body)
    }
}
