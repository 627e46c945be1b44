// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Transport

@Suite struct BodyBufferTests {
    private let lost = TransportError(code: .closed, subject: "GET http://host/", message: "reset")

    @Test("What was written is read in order and at once, and then the end")
    func order() {
        var buffer = BodyBuffer(capacity: 8)
        #expect(buffer.take() == .empty)
        #expect(buffer.write([1, 2]) == true)
        #expect(buffer.write([3]) == true)
        buffer.finish(nil)
        #expect(buffer.take() == .bytes([1, 2, 3], unpauses: false))
        #expect(buffer.take() == .end)
        #expect(buffer.take() == .end)
    }

    @Test("A full buffer takes nothing of a chunk, and says once that the sender may go on")
    func backPressure() {
        var buffer = BodyBuffer(capacity: 4)
        #expect(buffer.write([1, 2, 3]) == true)
        #expect(buffer.write([4, 5]) == false)
        #expect(buffer.take() == .bytes([1, 2, 3], unpauses: true))
        #expect(buffer.write([4, 5]) == true)
        #expect(buffer.take() == .bytes([4, 5], unpauses: false))
    }

    @Test("An empty buffer takes a chunk larger than itself")
    func largeChunk() {
        var buffer = BodyBuffer(capacity: 2)
        #expect(buffer.write([1, 2, 3]) == true)
    }

    @Test("A failure comes after the bytes before it, and the first end stands")
    func failureIsLast() {
        var buffer = BodyBuffer(capacity: 4)
        #expect(buffer.write([1]) == true)
        buffer.finish(lost)
        buffer.finish(nil)
        #expect(buffer.take() == .bytes([1], unpauses: false))
        #expect(buffer.take() == .failure(lost))
    }
}
