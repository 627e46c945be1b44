// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite("CurlTransport: streams, cancellation, shutdown", .timeLimit(.minutes(2)))
struct CurlTransportStreamTests {
    private let transport: CurlTransport
    private let deadlines = HTTPDeadlines(total: nil, silence: .seconds(60))

    init() throws { transport = try CurlTransport() }

    /// What a server's handler tells the test.
    private struct Signals<Value: Sendable>: Sendable {
        let stream: AsyncStream<Value>
        let send: AsyncStream<Value>.Continuation

        init() { (stream, send) = AsyncStream.makeStream() }

        func first() async -> Value? {
            for await value in stream { return value }
            return nil
        }
    }

    // MARK: Streams

    @Test("Status and headers come before the body, each chunk when it is sent, and then the end")
    func chunks() async throws {
        let gate = LoopbackGate()
        let server = try LoopbackServer { _, connection in
            connection.beginChunked(200, headers: ["X": "y"])
            for number: UInt8 in 1...3 {
                gate.pass()
                connection.chunk([number])
            }
            gate.pass()
            connection.endChunked()
        }
        defer { server.close() }
        let stream = try await transport.stream(HTTPRequest(url: server.url, deadlines: deadlines))
        #expect(stream.status == 200)
        #expect(stream.headers["x"] == "y")
        var iterator = stream.body.makeAsyncIterator()
        for number: UInt8 in 1...3 {
            gate.open()
            #expect(try await iterator.next() == [number])
        }
        gate.open()
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
    }

    @Test("An error status of a stream is an answer with a body")
    func errorStatus() async throws {
        let server = try LoopbackServer { _, connection in connection.respond(410, body: [1, 2]) }
        defer { server.close() }
        let stream = try await transport.stream(HTTPRequest(url: server.url, deadlines: deadlines))
        #expect(stream.status == 410)
        var body: [UInt8] = []
        for try await chunk in stream.body { body += chunk }
        #expect(body == [1, 2])
    }

    @Test("A failure in mid-stream comes after the bytes before it")
    func failure() async throws {
        let gate = LoopbackGate()
        let server = try LoopbackServer { _, connection in
            connection.beginChunked()
            connection.chunk([1])
            gate.pass()
            connection.reset()
        }
        defer { server.close() }
        let stream = try await transport.stream(HTTPRequest(url: server.url, deadlines: deadlines))
        var iterator = stream.body.makeAsyncIterator()
        #expect(try await iterator.next() == [1])
        gate.open()
        let error = await #expect(throws: TransportError.self) { _ = try await iterator.next() }
        #expect(error?.code == .closed)
    }

    @Test("A silent stream ends by its deadline")
    func silence() async throws {
        let server = try LoopbackServer { _, connection in
            connection.beginChunked()
            connection.chunk([1])
            _ = connection.waitForPeerToClose()
        }
        defer { server.close() }
        let deadlines = HTTPDeadlines(total: nil, silence: .milliseconds(500))
        let stream = try await transport.stream(HTTPRequest(url: server.url, deadlines: deadlines))
        let error = await #expect(throws: TransportError.self) { for try await _ in stream.body {} }
        #expect(error?.code == .timeout)
    }

    @Test("Leaving the iteration closes the connection")
    func earlyEnd() async throws {
        let closed = Signals<Bool>()
        let server = try LoopbackServer { _, connection in
            connection.beginChunked()
            connection.chunk([1])
            closed.send.yield(connection.waitForPeerToClose())
        }
        defer { server.close() }
        func readOne() async throws {
            for try await _ in try await transport.stream(HTTPRequest(url: server.url, deadlines: deadlines)).body {
                break
            }
        }
        try await readOne()
        #expect(await closed.first() == true)
    }

    @Test("Dropping a stream unread closes the connection")
    func dropped() async throws {
        let closed = Signals<Bool>()
        let server = try LoopbackServer { _, connection in
            connection.beginChunked()
            closed.send.yield(connection.waitForPeerToClose())
        }
        defer { server.close() }
        _ = try await transport.stream(HTTPRequest(url: server.url, deadlines: deadlines))
        #expect(await closed.first() == true)
    }

    @Test("A slow reader holds the sender up, holds up nobody else, and loses nothing")
    func backPressure() async throws {
        let written = Mutex(0)
        let total = 64 << 20
        let server = try LoopbackServer { request, connection in
            guard request.target == "/long" else { return connection.respond(body: [1]) }
            connection.respond(headers: ["Content-Length": String(total)])
            let piece = (0..<(64 << 10)).map { UInt8(truncatingIfNeeded: $0) }
            for _ in 0..<(total / piece.count) {
                if !connection.write(piece) { return }
                written.withLock { $0 += piece.count }
            }
        }
        defer { server.close() }
        let stream = try await transport.stream(HTTPRequest(url: server.url + "/long", deadlines: deadlines))
        var iterator = stream.body.makeAsyncIterator()
        var count = try await iterator.next()?.count ?? 0
        // Round trips enough for an unbounded reader to have taken it all.
        for _ in 0..<500 {
            #expect(try await transport.send(HTTPRequest(url: server.url)).body == [1])
        }
        #expect(written.withLock { $0 } < total)
        var isIntact = true
        while let chunk = try await iterator.next() {
            isIntact = isIntact && chunk.count <= 512 << 10 && chunk.first == UInt8(truncatingIfNeeded: count)
            count += chunk.count
        }
        #expect(isIntact)
        #expect(count == total)
    }

    @Test("A reader that takes longer than the peer may be silent loses nothing")
    func pausedSilence() async throws {
        let total = 8 << 20
        let server = try LoopbackServer { request, connection in
            guard request.target == "/long" else { return _ = connection.waitForPeerToClose() }
            connection.respond(headers: ["Content-Length": String(total)])
            let piece = [UInt8](repeating: 7, count: 64 << 10)
            for _ in 0..<(total / piece.count) where !connection.write(piece) { return }
        }
        defer { server.close() }
        var request = HTTPRequest(url: server.url + "/long", deadlines: deadlines)
        request.deadlines.silence = .milliseconds(500)
        let stream = try await transport.stream(request)
        var iterator = stream.body.makeAsyncIterator()
        var count = try await iterator.next()?.count ?? 0
        // Another request's deadline is the time that passes.
        let silent = HTTPRequest(
            url: server.url + "/silent", deadlines: HTTPDeadlines(total: nil, silence: .milliseconds(1500)))
        let late = await #expect(throws: TransportError.self) { _ = try await transport.send(silent) }
        #expect(late?.code == .timeout)
        while let chunk = try await iterator.next() { count += chunk.count }
        #expect(count == total)
    }

    // MARK: Cancellation

    @Test("A request of an already cancelled task never reaches the server")
    func cancelledBefore() async throws {
        let requests = Mutex<[String]>([])
        let server = try LoopbackServer { request, connection in
            requests.withLock { $0.append(request.target) }
            connection.respond()
        }
        defer { server.close() }
        let url = server.url
        await withTaskGroup(of: TransportError?.self) { [transport] group in
            group.cancelAll()
            for isStream in [true, false] {
                group.addTask {
                    await #expect(throws: TransportError.self) {
                        if isStream {
                            _ = try await transport.stream(HTTPRequest(url: url + "/cancelled"))
                        } else {
                            _ = try await transport.send(HTTPRequest(url: url + "/cancelled"))
                        }
                    }
                }
            }
            for await error in group { #expect(error?.code == .cancelled) }
        }
        _ = try await transport.send(HTTPRequest(url: url + "/after"))
        #expect(requests.withLock { $0 } == ["/after"])
    }

    @Test("Cancelling while waiting for the answer ends it at once and closes the connection")
    func cancelledWhileWaiting() async throws {
        let arrived = Signals<Void>()
        let closed = Signals<Bool>()
        let server = try LoopbackServer { _, connection in
            arrived.send.yield()
            closed.send.yield(connection.waitForPeerToClose())
        }
        defer { server.close() }
        await withTaskGroup(of: TransportError?.self) { [transport] group in
            group.addTask {
                await #expect(throws: TransportError.self) {
                    _ = try await transport.send(HTTPRequest(url: server.url))
                }
            }
            _ = await arrived.first()
            group.cancelAll()
            for await error in group { #expect(error?.code == .cancelled) }
        }
        #expect(await closed.first() == true)
    }

    @Test("Cancelling a task that iterates ends the stream and closes the connection")
    func cancelledWhileReading() async throws {
        let reading = Signals<Void>()
        let closed = Signals<Bool>()
        let server = try LoopbackServer { _, connection in
            connection.beginChunked()
            connection.chunk([1])
            closed.send.yield(connection.waitForPeerToClose())
        }
        defer { server.close() }
        await withTaskGroup(of: Void.self) { [transport, deadlines] group in
            group.addTask {
                do {
                    let stream = try await transport.stream(HTTPRequest(url: server.url, deadlines: deadlines))
                    for try await _ in stream.body { reading.send.yield() }
                } catch {
                    #expect((error as? TransportError)?.code == .cancelled)
                }
            }
            _ = await reading.first()
            group.cancelAll()
        }
        #expect(await closed.first() == true)
    }

    @Test("Cancelling at any moment answers once and leaves the transport usable")
    func cancelStorm() async throws {
        let server = try LoopbackServer { _, connection in connection.respond(body: [1]) }
        defer { server.close() }
        for round in 0..<300 {
            let task = Task { [transport] in try await transport.send(HTTPRequest(url: server.url)) }
            for _ in 0..<(round % 20) { await Task.yield() }
            task.cancel()
            switch await task.result {
            case .success(let response): #expect(response.body == [1])
            case .failure(let error): #expect((error as? TransportError)?.code == .cancelled)
            }
        }
        #expect(try await transport.send(HTTPRequest(url: server.url)).body == [1])
    }

    // MARK: Shutdown

    @Test("Shutdown fails what waits, what streams and what comes later, and returns when all is given back")
    func shutdown() async throws {
        let arrived = Signals<Void>()
        let closed = Signals<Bool>()
        let server = try LoopbackServer { request, connection in
            if request.target == "/stream" { connection.beginChunked() }
            arrived.send.yield()
            closed.send.yield(connection.waitForPeerToClose())
        }
        defer { server.close() }
        let stream = try await transport.stream(HTTPRequest(url: server.url + "/stream", deadlines: deadlines))
        await withTaskGroup(of: TransportError?.self) { [transport] group in
            group.addTask {
                await #expect(throws: TransportError.self) {
                    _ = try await transport.send(HTTPRequest(url: server.url))
                }
            }
            var arrivals = arrived.stream.makeAsyncIterator()
            await arrivals.next()
            await arrivals.next()
            await transport.shutdown()
            for await error in group { #expect(error?.code == .cancelled) }
        }
        let late = await #expect(throws: TransportError.self) { for try await _ in stream.body {} }
        #expect(late?.code == .cancelled)
        let later = await #expect(throws: TransportError.self) {
            _ = try await transport.send(HTTPRequest(url: server.url))
        }
        #expect(later?.message == "the transport was shut down")
        await transport.shutdown()
        var closings = closed.stream.makeAsyncIterator()
        #expect(await closings.next() == true)
        #expect(await closings.next() == true)
    }
}
