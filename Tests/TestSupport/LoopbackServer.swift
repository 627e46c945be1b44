// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import Synchronization
package import Transport

/// A small HTTP/1.1 server on 127.0.0.1 for tests that need a real socket. Each connection has a thread on which the
/// handler runs, so a handler may block: on a `LoopbackGate` the test opens, or until the peer goes.
package final class LoopbackServer: Sendable {
    package struct Request: Sendable, Equatable {
        package var method: String
        package var target: String
        package var headers: HTTPHeaders
        package var body: [UInt8]
        /// Which connection it came over, counted from 1.
        package var connection: Int
    }

    package struct SocketError: Error {
        package var call: String
        package var number: Int32
    }

    package typealias Handler = @Sendable (Request, LoopbackConnection) -> Void

    private struct State {
        var connections: [Int: Int32] = [:]
        var accepted = 0
        var isClosed = false
    }

    package let port: UInt16
    private let listener: Int32
    private let serveConnection: @Sendable (LoopbackConnection, Int) -> Void
    private let state = Mutex(State())

    package var url: String { "http://127.0.0.1:\(port)" }
    package var acceptedConnections: Int { state.withLock { $0.accepted } }

    package convenience init(_ handler: @escaping Handler) throws {
        try self.init(serving: { connection, number in
            while !connection.isOver, let request = connection.readRequest(number: number) {
                handler(request, connection)
            }
        })
    }

    /// For peers that do not speak HTTP: the handler has the connection from its beginning, and it ends with it.
    package convenience init(onConnection handler: @escaping @Sendable (LoopbackConnection) -> Void) throws {
        try self.init(serving: { connection, _ in handler(connection) })
    }

    private init(serving serveConnection: @escaping @Sendable (LoopbackConnection, Int) -> Void) throws {
        signal(SIGPIPE, SIG_IGN)
        // No child of another test is to hold a connection open.
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw SocketError(call: "socket", number: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let code = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
            guard bind(listener, base, length) == 0, listen(listener, 256) == 0 else { return -1 }
            return getsockname(listener, base, &length)
        }
        guard code == 0 else {
            let number = errno
            Glibc.close(listener)
            throw SocketError(call: "bind", number: number)
        }
        port = UInt16(bigEndian: address.sin_port)
        self.serveConnection = serveConnection
        Self.onThread { [self] in acceptAll() }
    }

    /// Ends all connections; new ones are refused.
    package func close() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            Glibc.shutdown(listener, Int32(SHUT_RDWR))
            for descriptor in state.connections.values { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let number = state.withLock { state -> Int? in
                guard descriptor >= 0, !state.isClosed else { return nil }
                state.accepted += 1
                state.connections[state.accepted] = descriptor
                return state.accepted
            }
            guard let number else {
                if descriptor >= 0 { Glibc.close(descriptor) }
                break
            }
            Self.onThread { [self] in serve(descriptor, number) }
        }
        Glibc.close(listener)
    }

    private func serve(_ descriptor: Int32, _ number: Int) {
        let connection = LoopbackConnection(descriptor: descriptor)
        serveConnection(connection, number)
        state.withLock { state in
            state.connections[number] = nil
            connection.closeSocket()
        }
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        if code == 0 { pthread_detach(thread) } else { box.release() }
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// Holds a server's handler until the test opens it. Opening once lets one through.
package final class LoopbackGate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    package init() {}

    package func open() { semaphore.signal() }

    /// For handlers only: blocks the thread, half a minute at most, so that a failing test ends.
    package func pass() { _ = semaphore.wait(timeout: .now() + 30) }
}
