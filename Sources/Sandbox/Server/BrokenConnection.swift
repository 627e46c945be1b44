// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
internal import NIOCore

extension Channel {
    /// Breaks off one request: by a reset, not an orderly end. Over HTTP/1.1 that is the connection's, as when a server
    /// is killed; over HTTP/2 the stream's alone (RST_STREAM), as when a handler gives up.
    ///
    /// - Throws: always, since there is nobody left to answer.
    func breakConnection() async throws -> Never {
        // Lingering for no time turns the close into a reset (socket(7)). A stream of HTTP/2 is no socket.
        if let socket = self as? any SocketOptionProvider {
            try? await socket.unsafeSetSocketOption(
                level: NIOBSDSocket.OptionLevel.socket, name: NIOBSDSocket.Option.so_linger,
                value: Linger()
            ).get()
        }
        try? await close().get()
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
