// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
internal import NIOCore

/// A request's context that knows its connection, so that a fault can break it.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Breaks the connection as a killed server does: with a reset (in HTTP/2 of the stream), not an orderly end.
    ///
    /// - Throws: always, since there is nobody left to answer.
    func breakConnection() async throws -> Never {
        // Lingering for no time turns the close into a reset (socket(7)); a stream of HTTP/2 has no such option.
        if let socket = channel as? any SocketOptionProvider {
            try? await socket.unsafeSetSocketOption(
                level: NIOBSDSocket.OptionLevel.socket, name: NIOBSDSocket.Option.so_linger,
                value: Linger()
            ).get()
        }
        try? await channel.close().get()
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
    static func cutOff(_ bytes: [UInt8], _ context: ConnectionContext) -> ResponseBody {
        ResponseBody(contentLength: bytes.count) { writer in
            try await writer.write(ByteBuffer(bytes: bytes.prefix(bytes.count / 2)))
            // An orderly end of the connection in disorder: with a reset the first half would be lost on the way.
            throw ConnectionBroken()
        }
    }
}
