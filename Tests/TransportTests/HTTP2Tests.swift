// SPDX-License-Identifier: Apache-2.0

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

    @Test("A server that speaks nothing newer than TLS 1.1 is refused, and one that nobody vouches for too")
    func tls() async throws {
        let backend = try LoopbackServer { _, connection in connection.respond() }
        defer { backend.close() }
        let old = try NginxServer(
            before: backend, tls: "ssl_protocols TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;")
        let refused = await #expect(throws: TransportError.self) { _ = try await transport.send(old.request("/")) }
        #expect(refused?.code == .tls, "\(String(describing: refused))")
        let new = try NginxServer(before: backend, tls: "ssl_protocols TLSv1.2;")
        #expect(try await transport.send(new.request("/")).status == 200)
        var stranger = new.request("/")
        stranger.tls = TLSOptions(certificateAuthorities: old.certificate)
        let unknown = await #expect(throws: TransportError.self) { _ = try await transport.send(stranger) }
        #expect(unknown?.code == .tls)
        #expect(unknown?.mayHaveBeenSent == false)
    }
}
