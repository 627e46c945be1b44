// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Transport

/// One connection of a `LoopbackServer`, used by its handler, on its thread.
package final class LoopbackConnection {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// Nothing more is read from this connection.
    private(set) var isOver = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    // MARK: Answering

    package func respond(_ status: Int = 200, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        var headers = headers
        if headers["Content-Length"] == nil { headers["Content-Length"] = String(body.count) }
        write(Self.head(status, headers) + body)
    }

    package func beginChunked(_ status: Int = 200, headers: HTTPHeaders = [:]) {
        var headers = headers
        headers["Transfer-Encoding"] = "chunked"
        write(Self.head(status, headers))
    }

    /// False once the peer is gone.
    @discardableResult
    package func chunk(_ bytes: [UInt8]) -> Bool {
        write(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8))
    }

    package func endChunked() { write(Array("0\r\n\r\n".utf8)) }

    /// Anything, as it is.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else {
                isOver = true
                return false
            }
            sent += count
        }
        return true
    }

    // MARK: Ending

    /// Ends the connection in good order.
    package func close() {
        Glibc.shutdown(descriptor, Int32(SHUT_RDWR))
        isOver = true
    }

    /// Ends it with a reset (SO_LINGER of zero).
    package func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        isOver = true
    }

    /// Blocks until the peer has closed; half a minute at most. True when it has.
    package func waitForPeerToClose() -> Bool {
        isOver = true
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        while true {
            let count = receive()
            if count == 0 || (count < 0 && errno == ECONNRESET) { return true }
            if count < 0 { return false }
        }
    }

    func closeSocket() { Glibc.close(descriptor) }

    // MARK: Reading

    func readRequest(number: Int) -> LoopbackServer.Request? {
        guard let line = readLine() else { return nil }
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 3 else { return nil }
        var headers = HTTPHeaders()
        while let field = readLine(), !field.isEmpty {
            guard let colon = field.firstIndex(of: ":") else { return nil }
            headers.append(
                name: String(field[..<colon]),
                value: String(field[field.index(after: colon)...].drop { $0 == " " }))
        }
        let length = headers["Content-Length"].flatMap(Int.init) ?? 0
        while buffer.count < length { guard receive() > 0 else { return nil } }
        let body = Array(buffer.prefix(length))
        buffer.removeFirst(length)
        return LoopbackServer.Request(
            method: words[0], target: words[1], headers: headers, body: body, connection: number)
    }

    private func readLine() -> String? {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = buffer[..<end]
                defer { buffer.removeFirst(end + 1) }
                return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            }
            guard buffer.count < 1 << 20, receive() > 0 else { return nil }
        }
    }

    private func receive() -> Int {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count > 0 { buffer.append(contentsOf: bytes[..<count]) }
        return count
    }

    private static func head(_ status: Int, _ headers: HTTPHeaders) -> [UInt8] {
        let fields = headers.fields.map { "\($0.name): \($0.value)\r\n" }.joined()
        return Array("HTTP/1.1 \(status) Status\r\n\(fields)\r\n".utf8)
    }
}
