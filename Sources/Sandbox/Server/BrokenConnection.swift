// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
internal import NIOCore

extension Channel {
    /// Breaks the connection as a killed server does, with all requests on it: by a reset, not an orderly end.
    ///
    /// - Throws: always, since there is nobody left to answer.
    func breakConnection() async throws -> Never {
        // A stream of HTTP/2 is no socket; the connection that it is on is its parent.
        let connection = self is any SocketOptionProvider ? self : parent ?? self
        // Lingering for no time turns the close into a reset (socket(7)).
        if let socket = connection as? any SocketOptionProvider {
            try? await socket.unsafeSetSocketOption(
                level: NIOBSDSocket.OptionLevel.socket, name: NIOBSDSocket.Option.so_linger,
                value: Linger()
            ).get()
        }
        try? await connection.close().get()
        throw ConnectionBroken()
    }
}

/// `struct linger` of the C library: on, for no seconds.
private struct Linger: Sendable {
    var isOn: Int32 = 1
    var seconds: Int32 = 0
}

struct ConnectionBroken: Error {}

extension ResponseBody {
    /// Announces the whole and sends half of it.
    static func cutOff(_ bytes: [UInt8]) -> ResponseBody {
        ResponseBody(contentLength: bytes.count) { writer in
            try await writer.write(ByteBuffer(bytes: bytes.prefix(bytes.count / 2)))
            // An orderly end of the connection in disorder: with a reset the first half would be lost on the way.
            throw ConnectionBroken()
        }
    }
}
