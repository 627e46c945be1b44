// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc

/// Puts a request into an easy handle. A request libcurl would misread (line breaks in a header, another protocol) is
/// refused here, before anything is sent.
///
/// Redirects are answers, cookies and `.netrc` are off; a proxy is taken from the environment as libcurl does
/// (`https_proxy`, `no_proxy` and so on), but never for this machine itself, as Go and kubectl have it.
struct CurlOptions {
    let request: HTTPRequest
    let easy: UnsafeMutableRawPointer

    /// Answers the lists that the handle points to: to be freed after it. On error nothing is left to free but the handle.
    func apply(collects: Bool) throws(TransportError) -> [UnsafeMutablePointer<curl_slist>] {
        try checkSyntax()
        connection()
        if let path = request.unixSocket {
            // libcurl would take a longer one, and fail when it connects (unix(7)).
            guard !path.isEmpty, path.utf8.count <= 107 else {
                throw TransportError(.invalidRequest, request, "the path of a Unix socket has 1 to 107 bytes")
            }
            try set(CURLOPT_UNIX_SOCKET_PATH, path)
            mainstay_easy_set_string(easy, CURLOPT_PROXY, "")
        }
        deadlines()
        if collects, request.method != "HEAD" {
            // Known lengths are refused at once; the others while they come.
            mainstay_easy_set_offset(
                easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(clamping: request.maximumResponseBytes))
        }
        try body()
        try trust()
        var lists: [UnsafeMutablePointer<curl_slist>] = []
        do throws(TransportError) {
            var fields = headerLines()
            if let serverName = request.tls.serverName {
                let route = try ServerNameRoute(url: request.url, serverName: serverName, request: request)
                try set(CURLOPT_URL, route.url)
                try attach(CURLOPT_CONNECT_TO, [route.connectTo], to: &lists)
                if request.headers["Host"] == nil { fields.append("Host: \(route.host)") }
            } else {
                try set(CURLOPT_URL, request.url)
            }
            try attach(CURLOPT_HTTPHEADER, fields, to: &lists)
        } catch {
            for list in lists { curl_slist_free_all(list) }
            throw error
        }
        return lists
    }

    private func checkSyntax() throws(TransportError) {
        guard !request.method.isEmpty, request.method.utf8.allSatisfy(\.isTokenByte) else {
            throw TransportError(.invalidRequest, request, "the method is not a word")
        }
        guard request.url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw TransportError(.invalidRequest, request, "the URL holds a blank or a control character")
        }
        for field in request.headers.fields {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(\.isTokenByte) else {
                throw TransportError(.invalidRequest, request, "a header's name is not a word")
            }
            guard field.value.utf8.allSatisfy({ $0 != 0 && $0 != 0x0A && $0 != 0x0D }) else {
                throw TransportError(.invalidRequest, request, "header \(field.name) holds a line break or a null byte")
            }
        }
    }

    private func connection() {
        set(CURLOPT_NOSIGNAL, 1)
        // A hung name lookup must not hold up the owner thread when its request is given up.
        set(CURLOPT_QUICK_EXIT, 1)
        mainstay_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_HTTP_VERSION, Int(request.isBulk ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS))
        if request.isBulk || request.isSentOnce {
            // An idle HTTP/2 connection would be taken otherwise, or one on which a request is sent again.
            set(CURLOPT_FRESH_CONNECT, 1)
            set(CURLOPT_FORBID_REUSE, 1)
        }
        if request.connectsOnly {
            set(CURLOPT_CONNECT_ONLY, 1)
            mainstay_easy_set_string(easy, CURLOPT_PROXY, "")
        }
        // Wait for a connection that is being made and may carry many requests, instead of opening one for each.
        set(CURLOPT_PIPEWAIT, 1)
        // Empty is "none, whatever the environment says" (CURLOPT_PROXY(3)).
        if LoopbackHost.isNamed(in: request.url) { mainstay_easy_set_string(easy, CURLOPT_PROXY, "") }
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 30)
        set(CURLOPT_TCP_KEEPINTVL, 15)
        mainstay_easy_set_sockopt(easy, prepareSocket)
    }

    private func deadlines() {
        let deadlines = request.deadlines
        set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(deadlines.connect))
        if let total = deadlines.total { set(CURLOPT_TIMEOUT_MS, Self.milliseconds(total)) }
    }

    /// libcurl takes 0 as "no deadline" or "the default".
    private static func milliseconds(_ duration: Duration) -> Int {
        Int(clamping: min(max(1, duration.wholeMilliseconds), Int64(Int32.max)))
    }

    private func body() throws(TransportError) {
        let bytes = request.body
        let method = request.method
        if method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
            return
        }
        if bytes != nil || ["POST", "PUT", "PATCH"].contains(method) {
            // The size first: without it the copy would end at a null byte (CURLOPT_COPYPOSTFIELDS(3)).
            let bytes = bytes ?? []
            mainstay_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
            // libcurl takes a null pointer as "no body", so an empty one needs an address.
            let code = (bytes + [0]).withUnsafeBytes { buffer in
                mainstay_easy_set_pointer(
                    easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: buffer.baseAddress))
            }
            try check(code)
        }
        if method != "GET" || bytes != nil { try set(CURLOPT_CUSTOMREQUEST, method) }
    }

    private func trust() throws(TransportError) {
        let tls = request.tls
        // Whatever the system's configuration of OpenSSL allows.
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let authorities = tls.certificateAuthorities {
            try setBlob(CURLOPT_CAINFO_BLOB, authorities)
            // The blob replaces the system's bundle only, not its folder of authorities: nobody else is trusted.
            mainstay_easy_set_string(easy, CURLOPT_CAPATH, nil)
        }
        if let certificate = tls.clientCertificate { try setBlob(CURLOPT_SSLCERT_BLOB, certificate) }
        if let key = tls.clientKey { try setBlob(CURLOPT_SSLKEY_BLOB, key) }
        set(CURLOPT_SSL_VERIFYPEER, tls.skipsVerification ? 0 : 1)
        set(CURLOPT_SSL_VERIFYHOST, tls.skipsVerification ? 0 : 2)
    }

    /// Ours, and the ones libcurl would add by itself and should not ("Name:" takes one away).
    private func headerLines() -> [String] {
        var lines = request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        if request.headers["Expect"] == nil { lines.append("Expect:") }
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        return lines
    }

    // MARK: Setting

    private func set(_ option: CURLoption, _ value: Int) {
        mainstay_easy_set_long(easy, option, value)
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransportError) {
        try check(mainstay_easy_set_string(easy, option, value))
    }

    private func setBlob(_ option: CURLoption, _ bytes: [UInt8]) throws(TransportError) {
        let code = bytes.withUnsafeBytes { buffer in
            var blob = curl_blob(
                data: UnsafeMutableRawPointer(mutating: buffer.baseAddress), len: buffer.count,
                flags: UInt32(CURL_BLOB_COPY))
            return mainstay_easy_set_pointer(easy, option, &blob)
        }
        try check(code)
    }

    private func attach(
        _ option: CURLoption, _ lines: [String], to lists: inout [UnsafeMutablePointer<curl_slist>]
    ) throws(TransportError) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw TransportError(.other, request, "libcurl has no memory for the headers")
            }
            list = longer
        }
        guard let list else { return }
        lists.append(list)
        try check(mainstay_easy_set_pointer(easy, option, list))
    }

    private func check(_ code: CURLcode) throws(TransportError) {
        if code != CURLE_OK { throw TransportError(code, request, "") }
    }
}

extension UInt8 {
    /// RFC 9110, section 5.6.2.
    fileprivate var isTokenByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
