// SPDX-License-Identifier: Apache-2.0

import CCurl

/// How to reach a host under another name than its certificate's.
///
/// libcurl expects the URL's name in the certificate, so the URL is given the expected name, and the connection goes to the
/// host that was asked for (CURLOPT_CONNECT_TO(3)).
struct ServerNameRoute: Equatable {
    var url: String
    /// `name:port:host:port`.
    var connectTo: String
    /// What the Host header says: the host that was asked for.
    var host: String

    init(url: String, serverName: String, request: HTTPRequest) throws(TransportError) {
        guard let parsed = curl_url() else { throw TransportError(.other, request, "libcurl has no memory for a URL") }
        defer { curl_url_cleanup(parsed) }
        func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parsed, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK, let host = part(CURLUPART_HOST),
            let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT)
        else { throw TransportError(.invalidRequest, request, "not a URL") }
        let explicitPort = part(CURLUPART_PORT)
        guard curl_url_set(parsed, CURLUPART_HOST, serverName, 0) == CURLUE_OK, let rewritten = part(CURLUPART_URL)
        else { throw TransportError(.invalidRequest, request, "the server name is not a host name") }
        self.url = rewritten
        self.host = explicitPort.map { "\(host):\($0)" } ?? host
        connectTo = "\(serverName):\(port):\(host):\(port)"
    }
}
