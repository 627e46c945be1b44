// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc

/// The owner thread: every libcurl call but `curl_multi_wakeup` happens here (libcurl-thread(3)).
///
/// A round: do what others asked, let libcurl work, hand out what is done, end what has been silent too long, sleep.
final class CurlLoop {
    private let mailbox: CurlMailbox
    private let multi: CurlMailbox.Multi
    private let sockets = CurlSockets()
    private let clock = ContinuousClock()
    private var exchanges: [ObjectIdentifier: CurlExchange] = [:]
    /// Waiting for a connection with room, in order.
    private var held: [Transfer] = []
    /// No exchange's silence can end before this; saves looking at each of them every round.
    private var nextSilenceCheck: ContinuousClock.Instant?
    private var stops = false

    /// With nothing to do the thread sleeps this long; a command wakes it.
    private static let idleMilliseconds: Int64 = 60_000

    private init(mailbox: CurlMailbox, multi: CurlMailbox.Multi) {
        self.mailbox = mailbox
        self.multi = multi
    }

    /// Starts the thread, which ends after `stop` and then closes the mailbox.
    static func start(multi: CurlMailbox.Multi) throws(TransportError) -> CurlMailbox {
        let mailbox = CurlMailbox(multi: multi)
        let argument = Unmanaged.passRetained(CurlLoop(mailbox: mailbox, multi: multi))
        var attributes = pthread_attr_t()
        var thread = pthread_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, 1 << 20)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let code = pthread_create(&thread, &attributes, runCurlLoop, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            mailbox.close()
            throw TransportError(
                code: .other, subject: "libcurl", message: "no thread: \(String(cString: strerror(code)))")
        }
        return mailbox
    }

    fileprivate func run() {
        while !stops {
            for command in mailbox.take() { perform(command) }
            if mayStartHeld { start(held.removeFirst()) }
            var running: Int32 = 0
            let code = curl_multi_perform(multi.raw, &running)
            if code != CURLM_OK { failAll(code) }
            collectFinished()
            let timeout = mayStartHeld ? 0 : endSilent(at: clock.now)
            if !stops { curl_multi_poll(multi.raw, nil, 0, Int32(timeout), nil) }
        }
        for exchange in Array(exchanges.values) { end(exchange, .failure(.stopped(exchange.transfer.request))) }
        for transfer in held { transfer.finish(.failure(.stopped(transfer.request))) }
        for case .start(let transfer) in mailbox.take() { transfer.finish(.failure(.stopped(transfer.request))) }
        mailbox.close()
    }

    private func perform(_ command: CurlMailbox.Command) {
        switch command {
        case .start(let transfer):
            if isFull(for: transfer) { held.append(transfer) } else { start(transfer) }
        case .cancel(let transfer):
            if let index = held.firstIndex(where: { $0 === transfer }) {
                held.remove(at: index)
                transfer.finish(.failure(.cancelled(transfer.request)))
            }
            guard let exchange = exchanges[ObjectIdentifier(transfer)] else { return }
            end(exchange, .failure(.cancelled(transfer.request)))
        case .unpause(let transfer):
            guard let exchange = exchanges[ObjectIdentifier(transfer)] else { return }
            exchange.unpause(at: clock.now)
            watchSilence(of: exchange)
        case .stop:
            stops = true
        }
    }

    // MARK: Streams per connection

    /// True where all streams of the first connection are taken. libcurl keeps to the limit, but opens a connection
    /// for each request that comes meanwhile.
    private func isFull(for transfer: Transfer) -> Bool {
        guard transfer.request.isMultiplexed else { return false }
        return !held.isEmpty || exchanges.values.count(where: \.isMultiplexed) >= CurlTransport.streamsPerConnection
    }

    /// One of those that wait is next, unless another is just opening a connection that may have room for it.
    private var mayStartHeld: Bool {
        guard !held.isEmpty else { return false }
        let others = exchanges.values.filter(\.isMultiplexed)
        return others.count < CurlTransport.streamsPerConnection || !others.contains(where: \.isConnecting)
    }

    private func start(_ transfer: Transfer) {
        do throws(TransportError) {
            let exchange = try CurlExchange(transfer: transfer, sockets: sockets, now: clock.now)
            let code = curl_multi_add_handle(multi.raw, exchange.easy)
            guard code == CURLM_OK else {
                throw TransportError(.other, transfer.request, String(cString: curl_multi_strerror(code)))
            }
            exchanges[ObjectIdentifier(transfer)] = exchange
            watchSilence(of: exchange)
        } catch {
            transfer.finish(.failure(error))
        }
    }

    private func collectFinished() {
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(multi.raw, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            var owner: UnsafeMutableRawPointer?
            mainstay_easy_get_pointer(easy, CURLINFO_PRIVATE, &owner)
            guard let owner else { continue }
            let exchange = Unmanaged<CurlExchange>.fromOpaque(owner).takeUnretainedValue()
            end(exchange, exchange.outcome(code))
        }
    }

    /// Gives everything back first, so that who is told can rely on it.
    private func end(_ exchange: CurlExchange, _ outcome: Transfer.Outcome) {
        exchanges[ObjectIdentifier(exchange.transfer)] = nil
        let sibling = sibling(of: exchange)
        if case .failure(let error) = outcome {
            if error.code == .timeout { breakDeadConnection(of: exchange) }
            if sibling == nil { exchange.giveUpConnection() }
        }
        curl_multi_remove_handle(multi.raw, exchange.easy)
        exchange.free()
        if case .failure = outcome { sibling?.flush() }
        exchange.transfer.finish(outcome)
    }

    /// Another on the same HTTP/2 connection. libcurl 7.88 queues the RST_STREAM of what is removed, and sends it with
    /// the next frame of the connection only, which may be a minute away: the sibling sends one. Without a sibling the
    /// connection is given up, which tells the peer as well.
    private func sibling(of exchange: CurlExchange) -> CurlExchange? {
        guard exchange.isMultiplexed, let port = exchange.localPort else { return nil }
        return exchanges.values.first { $0.isMultiplexed && $0.localPort == port && !$0.isPaused }
    }

    /// Where a request ended unanswered and nothing else came lately either, not one answer is slow: the connection is
    /// dead, though it may look alive (a load balancer that has lost its backend). libcurl would send over it for as long
    /// as anything is under way there.
    private func breakDeadConnection(of exchange: CurlExchange) {
        guard exchange.isMultiplexed, !exchange.isPaused, let port = exchange.localPort else { return }
        // Half, since what opened the connection was sent something as it did.
        sockets.end(localPort: port, ifSilentFor: exchange.waited(at: clock.now) / 2)
    }

    private func failAll(_ code: CURLMcode) {
        let message = String(cString: curl_multi_strerror(code))
        for exchange in Array(exchanges.values) {
            end(exchange, .failure(TransportError(.other, exchange.transfer.request, message)))
        }
    }

    private func watchSilence(of exchange: CurlExchange) {
        let deadline = exchange.silenceDeadline(at: clock.now)
        nextSilenceCheck = nextSilenceCheck.map { min($0, deadline) } ?? deadline
    }

    /// Ends what was silent too long. Answers how many milliseconds from now the next look is due.
    private func endSilent(at now: ContinuousClock.Instant) -> Int64 {
        if let check = nextSilenceCheck, check <= now {
            nextSilenceCheck = nil
            for exchange in Array(exchanges.values) {
                if exchange.silenceDeadline(at: now) <= now {
                    end(exchange, .failure(exchange.silenceError))
                } else {
                    watchSilence(of: exchange)
                }
            }
        }
        guard let check = nextSilenceCheck else { return Self.idleMilliseconds }
        // Rounded up, or the last millisecond would be spent spinning.
        return min(max(0, now.duration(to: check).wholeMilliseconds + 1), Self.idleMilliseconds)
    }
}

private func runCurlLoop(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<CurlLoop>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
