// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import StatusServer

/// On an event loop whose time is moved by hand.
@Suite("Request guard")
struct RequestGuardTests {
    private static let deadline = TimeAmount.seconds(30)
    private static let head = HTTPRequestPart.head(
        HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/healthz"))
    private static let answer: [HTTPResponsePart] = [.head(HTTPResponse(status: .ok)), .end(nil)]

    private let channel: EmbeddedChannel

    init() throws {
        channel = EmbeddedChannel(handler: RequestGuard(deadline: Self.deadline, bodyLimit: 10))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func receive(_ parts: HTTPRequestPart...) throws {
        for part in parts where channel.isActive { try channel.writeInbound(part) }
    }

    private func send(_ parts: [HTTPResponsePart]) throws {
        for part in parts { try channel.writeOutbound(part) }
    }

    private func advance(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    private static func body(_ count: Int) -> HTTPRequestPart { .body(ByteBuffer(repeating: 0, count: count)) }

    @Test("A request that is answered in time leaves the connection open")
    func inTime() throws {
        try receive(Self.head, Self.body(10), .end(nil))
        advance(29)
        try send(Self.answer)
        advance(3600)
        #expect(channel.isActive)
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == Self.head)
    }

    @Test("Each request on a connection has the whole time")
    func manyRequests() throws {
        for _ in 0..<5 {
            try receive(Self.head, .end(nil))
            advance(20)
            try send(Self.answer)
        }
        #expect(channel.isActive)
    }

    @Test("Requests sent ahead have the whole time from when the one before was answered")
    func pipelined() throws {
        try receive(Self.head, .end(nil), Self.head, .end(nil))
        advance(20)
        try send(Self.answer)
        advance(20)
        #expect(channel.isActive)
        advance(10)
        #expect(!channel.isActive)
    }

    @Test("A body that trickles in does not hold the connection, answered or not", arguments: [false, true])
    func slowBody(isAnswered: Bool) throws {
        try receive(Self.head)
        if isAnswered { try send(Self.answer) }
        for _ in 0..<9 {
            advance(3)
            try receive(Self.body(1))
        }
        #expect(channel.isActive)
        advance(3)
        #expect(!channel.isActive)
    }

    @Test("An answer that is not taken does not hold the connection")
    func slowReader() throws {
        try receive(Self.head, .end(nil))
        try send([Self.answer[0]])
        advance(30)
        #expect(!channel.isActive)
    }

    @Test("A body above the limit ends the connection, and is not passed on")
    func largeBody() throws {
        try receive(Self.head, Self.body(6), Self.body(5))
        #expect(!channel.isActive)
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == Self.head)
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == Self.body(6))
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == nil)
    }
}
