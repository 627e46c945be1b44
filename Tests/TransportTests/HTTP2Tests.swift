// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite(
    "CurlTransport over TLS and HTTP/2", .timeLimit(.minutes(2)),
    .enabled(if: NginxServer.isInstalled, "needs /usr/sbin/nginx: install the package nginx-light"))
struct HTTP2Tests {
    private let transport: CurlTransport

    init() throws { transport = try CurlTransport() }

    @Test("No connection carries more than 64 requests at once; more of them open another")
    func streams() async throws {
        let open = Mutex<[String: Int]>([:])
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let gate = LoopbackGate()
        let backend = try LoopbackServer { request, connection in
            #expect(request.headers["X-Protocol"] == "HTTP/2.0")
            open.withLock { $0[request.headers["X-Connection"] ?? "", default: 0] += 1 }
            arrived.yield()
            gate.pass()
            connection.respond()
        }
        defer { backend.close() }
        let nginx = try NginxServer(before: backend)
        try await withThrowingTaskGroup(of: Int.self) { [transport] group in
            for _ in 0..<150 { group.addTask { try await transport.send(nginx.request("/")).status } }
            var all = arrivals.makeAsyncIterator()
            for _ in 0..<150 { await all.next() }
            for _ in 0..<150 { gate.open() }
            for try await status in group { #expect(status == 200) }
        }
        let counts = open.withLock { $0.values.sorted() }
        #expect(counts.reduce(0, +) == 150)
        #expect(counts.allSatisfy { $0 <= 64 })
        #expect(counts.count < 10, "connections are shared: \(counts)")
    }

    @Test("A cancelled request stops at the server, and what shares its connection goes on", arguments: [true, false])
    func cancellation(isShared: Bool) async throws {
        let (closings, closed) = AsyncStream<Bool>.makeStream()
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let gate = LoopbackGate()
        let backend = try LoopbackServer { request, connection in
            if request.target == "/connection" {
                return connection.respond(body: Array((request.headers["X-Connection"] ?? "").utf8))
            }
            connection.beginChunked()
            connection.chunk([1])
            arrived.yield()
            guard request.target == "/sibling" else {
                closed.yield(connection.waitForPeerToClose())
                return
            }
            gate.pass()
            connection.chunk([2])
            connection.endChunked()
        }
        defer { backend.close() }
        let nginx = try NginxServer(before: backend)
        let before = try await transport.send(nginx.request("/connection")).body
        var all = arrivals.makeAsyncIterator()
        var sibling: AsyncThrowingStream<[UInt8], any Error>.Iterator?
        if isShared {
            let stream = try await transport.stream(nginx.request("/sibling"))
            sibling = stream.body.makeAsyncIterator()
            await all.next()
            #expect(try await sibling?.next() == [1])
        }
        var ends = closings.makeAsyncIterator()
        for path in ["/held", "/streamed"] {
            let request = nginx.request(path)
            let task = Task { [transport] in
                if path == "/held" { return _ = try await transport.send(request) }
                for try await _ in try await transport.stream(request).body {}
            }
            await all.next()
            task.cancel()
            _ = await task.result
            #expect(await ends.next() == true)
        }
        if isShared {
            #expect(try await transport.send(nginx.request("/connection")).body == before)
            gate.open()
            #expect(try await sibling?.next() == [2])
            #expect(try await sibling?.next() == nil)
        } else {
            #expect(try await transport.send(nginx.request("/connection")).status == 200)
        }
    }

    @Test("A slow reader of a bulk stream holds the peer up, and nobody else")
    func bulk() async throws {
        let written = Mutex(0)
        let total = 64 << 20
        let backend = try LoopbackServer { request, connection in
            guard request.target == "/long" else { return connection.respond(body: [1]) }
            #expect(request.headers["X-Protocol"] == "HTTP/1.1")
            connection.respond(headers: ["Content-Length": String(total)])
            let piece = [UInt8](repeating: 7, count: 64 << 10)
            for _ in 0..<(total / piece.count) {
                if !connection.write(piece) { return }
                written.withLock { $0 += piece.count }
            }
        }
        defer { backend.close() }
        let nginx = try NginxServer(before: backend)
        // An idle HTTP/2 connection is there, and not taken.
        #expect(try await transport.send(nginx.request("/short")).body == [1])
        var request = nginx.request("/long")
        request.isBulk = true
        let stream = try await transport.stream(request)
        var iterator = stream.body.makeAsyncIterator()
        var count = try await iterator.next()?.count ?? 0
        for _ in 0..<300 { #expect(try await transport.send(nginx.request("/short")).body == [1]) }
        // What the sockets on the way hold, and less than libcurl's window of 32 MiB.
        #expect(written.withLock { $0 } < 30 << 20)
        while let chunk = try await iterator.next() { count += chunk.count }
        #expect(count == total)
    }

    @Test(
        "Where nothing at all comes over a connection, all that waits there fails with it, and the next opens another")
    func deadConnection() async throws {
        let connections = Mutex<[String: String]>([:])
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let gate = LoopbackGate()
        let backend = try LoopbackServer { request, connection in
            connections.withLock { $0[request.target] = request.headers["X-Connection"] }
            guard request.target.hasPrefix("/held") else { return connection.respond() }
            arrived.yield()
            gate.pass()
        }
        defer { backend.close() }
        let nginx = try NginxServer(before: backend)
        #expect(try await transport.send(nginx.request("/before")).status == 200)
        let patient = nginx.request("/held/patient")
        let waiting = Task { [transport] in try await transport.send(patient) }
        var all = arrivals.makeAsyncIterator()
        await all.next()
        var impatient = nginx.request("/held/impatient")
        impatient.deadlines.silence = .milliseconds(500)
        let late = await #expect(throws: TransportError.self) { _ = try await transport.send(impatient) }
        #expect(late?.code == .timeout)
        let broken = await #expect(throws: TransportError.self) { _ = try await waiting.value }
        #expect(broken?.code == .closed && broken?.mayHaveBeenSent == true, "\(String(describing: broken))")
        #expect(try await transport.send(nginx.request("/after")).status == 200)
        for _ in 0..<2 { gate.open() }
        connections.withLock { seen in
            #expect(seen["/held/patient"] == seen["/before"] && seen["/held/impatient"] == seen["/before"])
            #expect(seen["/after"] != nil && seen["/after"] != seen["/before"])
        }
    }

    @Test("A connection over which other answers come outlives a request that is never answered")
    func livelyConnection() async throws {
        let connections = Mutex<[String: String]>([:])
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let backend = try LoopbackServer { request, connection in
            connections.withLock { $0[request.target] = request.headers["X-Connection"] }
            switch request.target {
            case "/held":
                arrived.yield()
                _ = connection.waitForPeerToClose()
            case "/lively":
                connection.beginChunked()
                while connection.chunk([1]) { usleep(10_000) }
            default: connection.respond()
            }
        }
        defer { backend.close() }
        let nginx = try NginxServer(before: backend)
        let stream = try await transport.stream(nginx.request("/lively"))
        var lively = stream.body.makeAsyncIterator()
        var held = nginx.request("/held")
        held.deadlines.silence = .milliseconds(500)
        let request = held
        let waiting = Task { [transport] in try await transport.send(request) }
        var all = arrivals.makeAsyncIterator()
        await all.next()
        let ended = Task { await waiting.result }
        let isOver = Mutex(false)
        Task {
            _ = await ended.value
            isOver.withLock { $0 = true }
        }
        while !isOver.withLock({ $0 }) { #expect(try await lively.next() != nil) }
        let late = await #expect(throws: TransportError.self) { _ = try await waiting.value }
        #expect(late?.code == .timeout)
        #expect(try await lively.next() != nil)
        #expect(try await transport.send(nginx.request("/after")).status == 200)
        connections.withLock { #expect($0["/after"] == $0["/lively"] && $0["/held"] == $0["/lively"]) }
    }

    @Test("A renewed client certificate is shown by the next request, over a connection of its own")
    func clientCertificates() async throws {
        let backend = try LoopbackServer { request, connection in
            connection.respond(body: Array((request.headers["X-Client"] ?? "").utf8))
        }
        defer { backend.close() }
        let nginx = try NginxServer(before: backend, tls: "ssl_verify_client optional_no_ca;")
        for name in ["first", "second"] {
            var request = nginx.request("/")
            let folder = try TemporaryDirectory()
            (request.tls.clientCertificate, request.tls.clientKey) = try NginxServer.makeCertificate(
                of: name, in: folder)
            for _ in 0..<2 {
                let answer = try await transport.send(request)
                #expect(String(decoding: answer.body, as: UTF8.self) == "CN=\(name)")
            }
        }
        #expect(try await transport.send(nginx.request("/")).body.isEmpty)
    }

    /// Debian's OpenSSL refuses what is older by itself (its security level). Without that bar, only our minimum stands.
    @Test("Nothing older than TLS 1.2 is spoken, however little the system's OpenSSL asks for")
    func minimumVersion() throws {
        let backend = try LoopbackServer { _, connection in connection.respond() }
        defer { backend.close() }
        let old = try NginxServer(
            before: backend, tls: "ssl_protocols TLSv1 TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;")
        func outcome(_ change: (UnsafeMutableRawPointer) -> Void) throws -> CURLcode {
            let easy = try #require(curl_easy_init())
            defer { curl_easy_cleanup(easy) }
            let lists = try CurlOptions(request: old.request("/"), easy: easy).apply(collects: true)
            defer { for list in lists { curl_slist_free_all(list) } }
            #expect(mainstay_easy_set_string(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0") == CURLE_OK)
            change(easy)
            return curl_easy_perform(easy)
        }
        // That the two would come together otherwise.
        let lower = Int(CURL_SSLVERSION_TLSv1_0)
        #expect(try outcome { mainstay_easy_set_long($0, CURLOPT_SSLVERSION, lower) } == CURLE_OK)
        #expect(try outcome { _ in } == CURLE_SSL_CONNECT_ERROR)
    }

    @Test("A certificate of another name is refused, unless that name is the one to expect")
    func otherName() async throws {
        let backend = try LoopbackServer { request, connection in
            connection.respond(body: Array((request.headers["X-Host"] ?? "").utf8))
        }
        defer { backend.close() }
        let nginx = try NginxServer(before: backend)
        var request = nginx.request("/")
        request.url = request.url.replacing("127.0.0.1", with: "localhost")
        let other = request
        let refused = await #expect(throws: TransportError.self) { _ = try await transport.send(other) }
        #expect(refused?.code == .tls && refused?.mayHaveBeenSent == false)
        request.tls.serverName = "127.0.0.1"
        let answer = try await transport.send(request)
        #expect(
            String(decoding: answer.body, as: UTF8.self).hasPrefix("localhost:"), "what was asked for, not the name")
    }

    @Test("A server that nobody vouches for is refused before anything is sent")
    func stranger() async throws {
        let backend = try LoopbackServer { _, connection in connection.respond() }
        defer { backend.close() }
        let nginx = try NginxServer(before: backend, tls: "ssl_protocols TLSv1.2;")
        #expect(try await transport.send(nginx.request("/")).status == 200)
        var stranger = nginx.request("/")
        stranger.tls = TLSOptions(
            certificateAuthorities: try NginxServer.makeCertificate(of: "127.0.0.1", in: try TemporaryDirectory())
                .certificate)
        let unknown = await #expect(throws: TransportError.self) { _ = try await transport.send(stranger) }
        #expect(unknown?.code == .tls)
        #expect(unknown?.mayHaveBeenSent == false)
    }
}
