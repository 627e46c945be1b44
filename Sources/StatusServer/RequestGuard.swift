// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTPTypes

/// Closes a connection whose request takes too long or brings too much, so that slow and endless requests hold nothing.
///
/// The idle timeout covers what comes before a request and after its answer; this covers what is in between: a body that
/// trickles in, and an answer that nobody reads. Lives on its connection's event loop.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let deadline: TimeAmount
    private let bodyLimit: Int
    private var isReading = false
    private var bodyBytes = 0
    private var unanswered = 0
    private var timer: Scheduled<Void>?

    init(deadline: TimeAmount, bodyLimit: Int) {
        self.deadline = deadline
        self.bodyLimit = bodyLimit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isReading = true
            bodyBytes = 0
            unanswered += 1
            if timer == nil { startTimer(context) }
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            guard bodyBytes <= bodyLimit else { return context.close(promise: nil) }
        case .end:
            isReading = false
            stopTimerIfIdle()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            unanswered -= 1
            stopTimerIfIdle()
            // The next of pipelined requests has the whole time for itself.
            if unanswered > 0 { startTimer(context) }
        }
        context.write(data, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    /// An early answer does not end a request whose body is still coming.
    private func stopTimerIfIdle() {
        guard !isReading, unanswered == 0 else { return }
        timer?.cancel()
        timer = nil
    }

    private func startTimer(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: deadline) { context.close(promise: nil) }
    }
}
