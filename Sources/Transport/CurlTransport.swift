// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc

/// HTTP/1.1, and HTTP/2 over TLS, by libcurl's multi interface on threads of its own: one for requests and one for bulk
/// streams.
///
/// All requests share its connections, so one per process is right. Never blocks the caller's thread. Cancelling the task
/// that waits takes the request off the wire; so does ending a stream's iteration or dropping the stream. A stream holds
/// at most 256 KiB that nobody has read; then the peer waits, and a waiting peer's silence is not counted. Over HTTP/2
/// libcurl itself keeps up to 32 MiB more of each stream: a request that may bring much says so (`HTTPRequest.isBulk`).
/// At most 64 requests and streams share an HTTP/2 connection; more of them open another. Where one of them waits in vain
/// and nothing else comes over the connection either, all of them fail with it, and the next begin on a new one.
/// A redirect is an answer. Proxies come from the environment (`https_proxy`, `no_proxy` …) as in libcurl, but are never
/// used for this machine itself; nothing else comes from there: no cookies, no `.netrc`, no configuration file. The
/// User-Agent is the caller's, or none.
package final class CurlTransport: HTTPTransport {
    private let requests: CurlMailbox
    /// With connections of its own: once a host has HTTP/2, libcurl 7.88 may send a request over an HTTP/1.1 connection
    /// to it on which a stream is still coming, where nobody answers it.
    private let bulk: CurlMailbox

    private static let streamBufferBytes = 256 << 10
    /// A bound against runaways only: on HTTP/1.1 every watch holds a connection.
    private static let connectionsPerHost = 512
    /// API servers allow 100 (CVE-2023-44487) and end the connection of who begins more; watches count too.
    static let streamsPerConnection = 64

    /// Starts the thread. `globalInit` is done if nobody has.
    package init() throws(TransportError) {
        try Self.globalInit()
        requests = try Self.startLoop()
        do throws(TransportError) {
            bulk = try Self.startLoop()
        } catch {
            requests.post(.stop)
            throw error
        }
    }

    deinit {
        requests.post(.stop)
        bulk.post(.stop)
    }

    private static func startLoop() throws(TransportError) -> CurlMailbox {
        guard let multi = curl_multi_init() else {
            throw TransportError(code: .other, subject: "libcurl", message: "no memory for a multi handle")
        }
        mainstay_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHost)
        mainstay_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, streamsPerConnection)
        return try CurlLoop.start(multi: CurlMailbox.Multi(raw: multi))
    }

    private func mailbox(of transfer: Transfer) -> CurlMailbox { transfer.request.isBulk ? bulk : requests }

    /// Once, best before the process has threads; never undone (curl_global_init(3)). SIGPIPE is ignored from then on:
    /// OpenSSL raises it when a peer has gone.
    package static func globalInit() throws(TransportError) {
        guard globalCode == CURLE_OK else {
            throw TransportError(
                code: .other, subject: "libcurl", message: String(cString: curl_easy_strerror(globalCode)))
        }
    }

    private static let globalCode: CURLcode = {
        signal(SIGPIPE, SIG_IGN)
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    }()

    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        try await run(Transfer(request: request)).get()
    }

    package func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        let body = StreamBody(capacity: Self.streamBufferBytes)
        let transfer = Transfer(request: request, body: body)
        let head = try await run(transfer).get()
        let reader = StreamReader(transfer: transfer, body: body, transport: self)
        return HTTPStream(
            status: head.status, headers: head.headers, body: AsyncThrowingStream { try await reader.next() })
    }

    /// Fails all that waits with `.cancelled`, and returns once the threads have let go of everything. Requests made later
    /// fail the same way. May be called again.
    package func shutdown() async {
        requests.post(.stop)
        bulk.post(.stop)
        await requests.waitUntilClosed()
        await bulk.waitUntilClosed()
    }

    private func run(_ transfer: Transfer) async -> Transfer.Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { caller in
                guard transfer.begin(caller) else { return }
                if !mailbox(of: transfer).post(.start(transfer)) {
                    transfer.finish(.failure(.stopped(transfer.request)))
                }
            }
        } onCancel: {
            cancel(transfer)
        }
    }

    fileprivate func cancel(_ transfer: Transfer) {
        if transfer.cancel() { mailbox(of: transfer).post(.cancel(transfer)) }
    }

    fileprivate func unpause(_ transfer: Transfer) {
        mailbox(of: transfer).post(.unpause(transfer))
    }
}

/// The reading end of a stream. Its end of life is the request's: whoever drops the stream stops it.
private final class StreamReader: Sendable {
    private let transfer: Transfer
    private let body: StreamBody
    private let transport: CurlTransport

    init(transfer: Transfer, body: StreamBody, transport: CurlTransport) {
        self.transfer = transfer
        self.body = body
        self.transport = transport
    }

    deinit { transport.cancel(transfer) }

    func next() async throws(TransportError) -> [UInt8]? {
        let taken = await withTaskCancellationHandler {
            await body.read()
        } onCancel: {
            transport.cancel(transfer)
        }
        switch taken {
        case .bytes(let bytes, let unpauses):
            if unpauses { transport.unpause(transfer) }
            return bytes
        case .end:
            return nil
        case .failure(let error):
            throw error
        case .empty:
            throw TransportError(.invalidRequest, transfer.request, "two tasks read the same body")
        }
    }
}
