// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc
import Synchronization

/// SMTP by libcurl, each message over a connection of its own, on a thread of its own: mail is rare.
///
/// Certificates are verified. Lines that begin with a dot are libcurl's business (RFC 5321, section 4.5.2). What would be
/// read as further SMTP commands, line breaks in an address or a name, is refused before anything is sent.
package struct CurlMail: MailTransport {
    package init() throws(TransportError) { try CurlTransport.globalInit() }

    package func send(_ mail: MailRequest) async throws(MailError) {
        try Self.check(mail)
        let job = try MailJob(mail)
        let failure: MailError? = await withTaskCancellationHandler {
            await withCheckedContinuation { caller in job.start(caller) }
        } onCancel: {
            job.cancel()
        }
        if let failure { throw failure }
    }

    private static func check(_ mail: MailRequest) throws(MailError) {
        func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
        func isAddress(_ text: String) -> Bool {
            !text.isEmpty && isPlain(text) && !text.utf8.contains { " <>".utf8.contains($0) }
        }
        guard isAddress(mail.from), !mail.to.isEmpty, mail.to.allSatisfy(isAddress) else {
            throw MailError(.invalidRequest, "an address holds what no address can")
        }
        guard isPlain(mail.username ?? ""), isPlain(mail.password ?? "") else {
            throw MailError(.invalidRequest, "the user name or the password holds a control character")
        }
        guard !mail.server.isEmpty, mail.server.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/?#@".utf8.contains($0) })
        else { throw MailError(.invalidRequest, "the server is no HOST:PORT") }
    }
}

extension MailError {
    init(_ code: TransportError.Code, _ message: String) {
        self.init(code: code, message: message, reply: 0, mayHaveArrived: false)
    }
}

/// One message on its thread.
///
/// SAFETY: the handles and the position in the message belong to the thread from `start` on; what another thread touches,
/// the flag and the multi handle for `curl_multi_wakeup`, is under the lock, which the thread takes before it frees them.
private final class MailJob: @unchecked Sendable {
    private struct Shared {
        var isCancelled = false
        var multi: CurlMailbox.Multi?
    }

    private let mail: MailRequest
    private let easy: UnsafeMutableRawPointer
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private let shared: Mutex<Shared>
    private var recipients: UnsafeMutablePointer<curl_slist>?
    private var sent = 0
    private var caller: CheckedContinuation<MailError?, Never>?

    init(_ mail: MailRequest) throws(MailError) {
        guard let easy = curl_easy_init(), let multi = curl_multi_init() else {
            throw MailError(.other, "libcurl has no memory for a handle")
        }
        self.mail = mail
        self.easy = easy
        shared = Mutex(Shared(multi: CurlMailbox.Multi(raw: multi)))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(recipients)
        shared.withLock { if let multi = $0.multi { curl_multi_cleanup(multi.raw) } }
        errorText.deallocate()
    }

    func cancel() {
        shared.withLock {
            $0.isCancelled = true
            if let multi = $0.multi { curl_multi_wakeup(multi.raw) }
        }
    }

    func start(_ caller: CheckedContinuation<MailError?, Never>) {
        self.caller = caller
        var attributes = pthread_attr_t()
        var thread = pthread_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, 1 << 20)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let argument = Unmanaged.passRetained(self)
        let code = pthread_create(&thread, &attributes, runMailJob, argument.toOpaque())
        guard code != 0 else { return }
        argument.release()
        self.caller = nil
        caller.resume(returning: MailError(.other, "no thread: \(String(cString: strerror(code)))"))
    }

    // MARK: On the thread

    fileprivate func run() {
        let failure = perform()
        let caller = caller
        self.caller = nil
        caller?.resume(returning: failure)
    }

    private func perform() -> MailError? {
        guard let multi = shared.withLock({ $0.isCancelled ? nil : $0.multi })?.raw else { return Self.cancelled }
        guard setOptions() else { return MailError(.other, "libcurl does not take the request") }
        let code = curl_multi_add_handle(multi, easy)
        guard code == CURLM_OK else { return MailError(.other, String(cString: curl_multi_strerror(code))) }
        defer { curl_multi_remove_handle(multi, easy) }
        while true {
            var running: Int32 = 0
            guard curl_multi_perform(multi, &running) == CURLM_OK else {
                return MailError(.other, "libcurl cannot go on")
            }
            var remaining: Int32 = 0
            while let message = curl_multi_info_read(multi, &remaining) {
                guard message.pointee.msg == CURLMSG_DONE else { continue }
                return failure(message.pointee.data.result)
            }
            if shared.withLock(\.isCancelled) { return cancelled() }
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
    }

    private static let cancelled = MailError(.cancelled, "the message was given up before the server took it")

    private func cancelled() -> MailError {
        var error = Self.cancelled
        error.mayHaveArrived = sent == mail.message.count
        return error
    }

    private func failure(_ code: CURLcode) -> MailError? {
        guard code != CURLE_OK else { return nil }
        var reply = 0
        mainstay_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &reply)
        let text = String(cString: errorText)
        let words = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        let hasRefused = (400..<600).contains(reply)
        return MailError(
            code: TransportError.Code(code, text: words), message: words.withoutUserInfo, reply: reply,
            mayHaveArrived: sent == mail.message.count && !hasRefused, wasSent: sent == mail.message.count,
            // libcurl's own words for the answer to RCPT TO.
            isAboutRecipient: words.hasPrefix("RCPT failed"))
    }

    private func setOptions() -> Bool {
        let scheme = mail.security == .implicit ? "smtps" : "smtp"
        let url = "\(scheme)://\(mail.server)"
        func set(_ option: CURLoption, _ value: Int) { mainstay_easy_set_long(easy, option, value) }
        func set(_ option: CURLoption, _ value: String) -> Bool {
            mainstay_easy_set_string(easy, option, value) == CURLE_OK
        }
        mainstay_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(mail.deadlines.connect))
        set(CURLOPT_TIMEOUT_MS, milliseconds(mail.deadlines.total ?? .seconds(30)))
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_SSL_VERIFYPEER, mail.tls.skipsVerification ? 0 : 1)
        set(CURLOPT_SSL_VERIFYHOST, mail.tls.skipsVerification ? 0 : 2)
        set(CURLOPT_USE_SSL, Int((mail.security == .none ? CURLUSESSL_NONE : CURLUSESSL_ALL).rawValue))
        if let authorities = mail.tls.certificateAuthorities {
            let code = authorities.withUnsafeBytes { buffer in
                var blob = curl_blob(
                    data: UnsafeMutableRawPointer(mutating: buffer.baseAddress), len: buffer.count,
                    flags: UInt32(CURL_BLOB_COPY))
                return mainstay_easy_set_pointer(easy, CURLOPT_CAINFO_BLOB, &blob)
            }
            guard code == CURLE_OK else { return false }
            mainstay_easy_set_string(easy, CURLOPT_CAPATH, nil)
        }
        // No proxy speaks SMTP unless it is told to; the environment's are for HTTP.
        guard set(CURLOPT_PROTOCOLS_STR, "smtp,smtps"), set(CURLOPT_URL, url), set(CURLOPT_PROXY, ""),
            set(CURLOPT_MAIL_FROM, "<\(mail.from)>")
        else { return false }
        if let username = mail.username {
            guard set(CURLOPT_USERNAME, username), set(CURLOPT_PASSWORD, mail.password ?? "") else { return false }
        }
        for address in mail.to {
            guard let longer = curl_slist_append(recipients, "<\(address)>") else { return false }
            recipients = longer
        }
        mainstay_easy_set_pointer(easy, CURLOPT_MAIL_RCPT, recipients)
        set(CURLOPT_UPLOAD, 1)
        mainstay_easy_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
        return mainstay_easy_set_source(easy, readMail) == CURLE_OK
    }

    private func milliseconds(_ duration: Duration) -> Int {
        Int(clamping: min(max(1, duration.wholeMilliseconds), Int64(Int32.max)))
    }

    fileprivate func read(into buffer: UnsafeMutablePointer<CChar>, _ size: Int) -> Int {
        let count = min(size, mail.message.count - sent)
        guard count > 0 else { return 0 }
        mail.message.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            memcpy(buffer, base + sent, count)
        }
        sent += count
        return count
    }
}

private func runMailJob(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<MailJob>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}

private func readMail(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ owner: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let owner else { return 0 }
    return Unmanaged<MailJob>.fromOpaque(owner).takeUnretainedValue().read(into: buffer, size * count)
}
