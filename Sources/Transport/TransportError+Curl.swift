// SPDX-License-Identifier: Apache-2.0

import CCurl

extension TransportError {
    init(_ code: Code, _ request: HTTPRequest, _ message: String) {
        self.init(code: code, subject: request.subject, message: message)
    }

    /// libcurl's code with libcurl's own words, which name host and port; the general phrase where it left none.
    init(_ code: CURLcode, _ request: HTTPRequest, _ text: String) {
        let text = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        if code == CURLE_FILESIZE_EXCEEDED {
            self = .tooLarge(request)
        } else {
            self.init(Code(code, text: text), request, text.withoutUserInfo)
        }
    }

    static func cancelled(_ request: HTTPRequest) -> TransportError {
        TransportError(.cancelled, request, "the request was given up before it was answered")
    }

    static func stopped(_ request: HTTPRequest) -> TransportError {
        TransportError(.cancelled, request, "the transport was shut down")
    }

    static func tooLarge(_ request: HTTPRequest) -> TransportError {
        TransportError(.tooLarge, request, "the body is larger than \(request.maximumResponseBytes) bytes")
    }
}

extension TransportError.Code {
    init(_ code: CURLcode, text: String) {
        self =
            switch code {
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
            case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED, CURLE_PROXY: .connect
            case CURLE_OPERATION_TIMEDOUT: .timeout
            // A peer that goes away during the handshake is no verdict on certificates.
            case CURLE_SSL_CONNECT_ERROR where text.contains("SSL_ERROR_SYSCALL") || text.contains("reset by peer"):
                .closed
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND,
                CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED,
                CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
                .tls
            case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2,
                CURLE_HTTP2_STREAM, CURLE_SSL_SHUTDOWN_FAILED:
                .closed
            case CURLE_FILESIZE_EXCEEDED: .tooLarge
            default: .other
            }
    }
}

extension HTTPRequest {
    /// Method and URL without user info, query and fragment, any of which may be a secret.
    package var subject: String {
        let end = url.firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
        return "\(method) \(String(url[..<end]).withoutUserInfo)"
    }
}

extension String {
    /// `scheme://user:password@host` becomes `scheme://host`, wherever it stands in the text.
    var withoutUserInfo: String {
        var result = ""
        var rest = self[...]
        while let scheme = rest.firstRange(of: "://") {
            result += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let end = rest.firstIndex { "/?# '\"".contains($0) } ?? rest.endIndex
            if let at = rest[..<end].lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        }
        return result + rest
    }

    func trimmingLineEnd() -> Substring {
        var text = self[...]
        while let last = text.last, last.isNewline { text.removeLast() }
        return text
    }
}

extension Substring {
    func trimmingBlanks() -> String {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}

extension Duration {
    /// Whole milliseconds, towards zero.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? (seconds < 0 ? .min : .max) : product + attoseconds / 1_000_000_000_000_000
    }

    /// `1.5 s`.
    var seconds: String {
        let milliseconds = wholeMilliseconds
        guard milliseconds % 1000 != 0 else { return "\(milliseconds / 1000) s" }
        let fraction = String(milliseconds % 1000 + 1000).dropFirst()
        return "\(milliseconds / 1000).\(fraction) s"
    }
}
