// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc

/// One request in libcurl's hands: the easy handle and all it points to. Lives on the owner thread only.
///
/// libcurl holds this object unretained; the loop's table owns it until `free`.
final class CurlExchange {
    let transfer: Transfer
    let easy: UnsafeMutableRawPointer
    /// libcurl keeps the pointer and writes to it: heap, not a Swift array.
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    private var response = HTTPResponse(status: 0)
    private var headerBytes = 0
    private var headersAreComplete = false
    /// Why a callback stopped the request; says more than libcurl's "failed writing".
    private var refusal: TransportError?

    private var silence: SilenceWatch

    private static let maximumHeaderBytes = 256 << 10

    init(transfer: Transfer, sockets: CurlSockets, now: ContinuousClock.Instant) throws(TransportError) {
        guard let easy = curl_easy_init() else {
            errorText.deallocate()
            throw TransportError(.other, transfer.request, "libcurl has no memory for a handle")
        }
        self.transfer = transfer
        self.easy = easy
        silence = SilenceWatch(deadlines: transfer.request.deadlines, started: now)
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let owner = Unmanaged.passUnretained(self).toOpaque()
        mainstay_easy_set_pointer(easy, CURLOPT_PRIVATE, owner)
        mainstay_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        mainstay_easy_set_pointer(easy, CURLOPT_HEADERDATA, owner)
        mainstay_easy_set_data(easy, CURLOPT_HEADERFUNCTION, takeHeader)
        mainstay_easy_set_pointer(easy, CURLOPT_WRITEDATA, owner)
        mainstay_easy_set_data(easy, CURLOPT_WRITEFUNCTION, takeBody)
        sockets.follow(easy)
        do throws(TransportError) {
            lists = try CurlOptions(request: transfer.request, easy: easy).apply(collects: transfer.body == nil)
        } catch {
            free()
            throw error
        }
    }

    /// After the handle was removed from its multi handle; the object is not used again.
    func free() {
        curl_easy_cleanup(easy)
        for list in lists { curl_slist_free_all(list) }
        errorText.deallocate()
    }

    /// What came of it, by libcurl's code.
    func outcome(_ code: CURLcode) -> Transfer.Outcome {
        if code == CURLE_OK { return .success(response) }
        if let refusal { return .failure(refusal) }
        var error = TransportError(code, transfer.request, String(cString: errorText))
        error.mayHaveBeenSent = error.mayHaveBeenSent && hasSent
        return .failure(error)
    }

    private var hasSent: Bool {
        var bytes = 0
        mainstay_easy_get_long(easy, CURLINFO_REQUEST_SIZE, &bytes)
        return bytes > 0
    }

    func unpause(at now: ContinuousClock.Instant) {
        silence.isPaused = false
        silence.received(at: now)
        curl_easy_pause(easy, CURLPAUSE_CONT)
    }

    // MARK: Connection

    var isMultiplexed: Bool { transfer.request.isMultiplexed }

    /// Tells connections to the same peer apart; nil before there is one.
    var localPort: Int? {
        var port = 0
        mainstay_easy_get_long(easy, CURLINFO_LOCAL_PORT, &port)
        return port > 0 ? port : nil
    }

    /// The connection ends with the request, where no other uses it.
    func giveUpConnection() { mainstay_easy_set_long(easy, CURLOPT_FORBID_REUSE, 1) }

    /// Changes the stream's window and back, which sends whatever the connection has queued.
    func flush() {
        curl_easy_pause(easy, CURLPAUSE_RECV)
        curl_easy_pause(easy, CURLPAUSE_CONT)
    }

    func waited(at now: ContinuousClock.Instant) -> Duration { silence.waited(at: now) }

    var isPaused: Bool { silence.isPaused }

    var isConnecting: Bool { connectedAfter == nil }

    private var connectedAfter: Duration? {
        var microseconds: curl_off_t = 0
        mainstay_easy_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T, &microseconds)
        return microseconds > 0 ? .microseconds(microseconds) : nil
    }

    // MARK: Silence

    func silenceDeadline(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        var sent: curl_off_t = 0
        mainstay_easy_get_offset(easy, CURLINFO_SIZE_UPLOAD_T, &sent)
        return silence.deadline(at: now, sentBytes: Int64(sent), connectedAfter: connectedAfter)
    }

    var silenceError: TransportError {
        let silence = transfer.request.deadlines.silence
        var error = TransportError(.timeout, transfer.request, "not a byte for \(silence.seconds)")
        error.mayHaveBeenSent = hasSent
        return error
    }

    // MARK: Callbacks

    /// One header line, with its line end. False stops the request.
    fileprivate func receiveHeader(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        silence.received(at: .now)
        headerBytes += line.count
        guard headerBytes <= Self.maximumHeaderBytes else {
            refusal = TransportError(
                .tooLarge, transfer.request, "the headers are larger than \(Self.maximumHeaderBytes) bytes")
            return false
        }
        // Trailers come after the body, when the answer may be with the caller already.
        if headersAreComplete { return true }
        let text = String(decoding: line, as: UTF8.self).trimmingLineEnd()
        if text.isEmpty {
            completeHeaders()
        } else if text.hasPrefix("HTTP/") {
            response.headers = HTTPHeaders()
        } else if let colon = text.firstIndex(of: ":") {
            response.headers.append(
                name: String(text[..<colon]), value: text[text.index(after: colon)...].trimmingBlanks())
        }
        return true
    }

    private func completeHeaders() {
        var status = 0
        mainstay_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        guard status >= 200 else { return }
        response.status = status
        headersAreComplete = true
        if transfer.body != nil { transfer.answer(response) }
    }

    fileprivate enum Received {
        case taken, paused, refused
    }

    fileprivate func receiveBody(_ chunk: UnsafeBufferPointer<UInt8>) -> Received {
        silence.received(at: .now)
        if let body = transfer.body {
            silence.isPaused = !body.write(chunk)
            return silence.isPaused ? .paused : .taken
        }
        guard response.body.count + chunk.count <= transfer.request.maximumResponseBytes else {
            refusal = .tooLarge(transfer.request)
            return .refused
        }
        response.body.append(contentsOf: chunk)
        return .taken
    }
}

extension HTTPRequest {
    /// It may share an HTTP/2 connection, which libcurl speaks over TLS only.
    var isMultiplexed: Bool { !isBulk && url.hasPrefix("https:") }
}

private func takeHeader(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ owner: UnsafeMutableRawPointer?
) -> Int {
    guard let data, let owner else { return 0 }
    let exchange = Unmanaged<CurlExchange>.fromOpaque(owner).takeUnretainedValue()
    return data.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
        exchange.receiveHeader(UnsafeBufferPointer(start: bytes, count: count)) ? count : 0
    }
}

private func takeBody(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ owner: UnsafeMutableRawPointer?
) -> Int {
    guard let data, let owner else { return 0 }
    let exchange = Unmanaged<CurlExchange>.fromOpaque(owner).takeUnretainedValue()
    return data.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
        switch exchange.receiveBody(UnsafeBufferPointer(start: bytes, count: count)) {
        case .taken: count
        // CURL_WRITEFUNC_PAUSE and CURL_WRITEFUNC_ERROR: macros that Swift does not import.
        case .paused: 0x1000_0001
        case .refused: 0xFFFF_FFFF
        }
    }
}
