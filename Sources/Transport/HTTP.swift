// SPDX-License-Identifier: Apache-2.0

/// Header fields in order; names compare without regard to case (RFC 9110, section 5.1).
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var fields: [Field]

    package init(_ fields: [Field] = []) { self.fields = fields }

    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first field of a name. Setting replaces all of that name; nil removes them.
    package subscript(name: String) -> String? {
        get { values(of: name).first }
        set {
            fields.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }

    package func values(of name: String) -> [String] {
        let lowercased = name.lowercased()
        return fields.filter { $0.name.lowercased() == lowercased }.map(\.value)
    }

    package mutating func append(name: String, value: String) { fields.append(Field(name: name, value: value)) }
}

/// How a peer proves who it is, and how we do. PEM bytes, never file paths, so that rotation is the caller's business.
package struct TLSOptions: Sendable, Hashable {
    /// Trusted certificate authorities in PEM; nil means the system's.
    package var certificateAuthorities: [UInt8]?
    package var clientCertificate: [UInt8]?
    package var clientKey: [UInt8]?
    /// The name to expect in the certificate, where it is not the URL's host.
    package var serverName: String?
    /// Accept any certificate: only where the operator's file says so.
    package var skipsVerification: Bool

    package init(
        certificateAuthorities: [UInt8]? = nil, clientCertificate: [UInt8]? = nil, clientKey: [UInt8]? = nil,
        serverName: String? = nil, skipsVerification: Bool = false
    ) {
        self.certificateAuthorities = certificateAuthorities
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.serverName = serverName
        self.skipsVerification = skipsVerification
    }
}

/// How long a request may take. Every request has a deadline; a stream has one for silence instead.
package struct HTTPDeadlines: Sendable, Hashable {
    package var connect: Duration
    /// From start to the last byte; nil for streams, which end by `silence`.
    package var total: Duration?
    /// The longest time without a single byte.
    package var silence: Duration

    package init(connect: Duration = .seconds(10), total: Duration? = .seconds(60), silence: Duration = .seconds(30)) {
        self.connect = connect
        self.total = total
        self.silence = silence
    }
}

package struct HTTPRequest: Sendable {
    package var method: String
    package var url: String
    package var headers: HTTPHeaders
    package var body: [UInt8]?
    package var tls: TLSOptions
    package var deadlines: HTTPDeadlines
    /// The largest body that `send` accepts (a stream's reader bounds itself).
    package var maximumResponseBytes: Int
    /// For a large stream whose reader may be slower than the peer: a connection of its own, over HTTP/1.1, where TCP
    /// holds the peer up. libcurl offers every HTTP/2 stream a window of 32 MiB and keeps what comes.
    package var isBulk = false
    /// Over a connection that nothing went over before. On another, libcurl sends again by itself what the peer did not
    /// answer before it closed, though it may have taken it.
    package var isSentOnce = false
    /// Nothing is sent: that something takes the connection is the answer, of status 0. Over no proxy.
    package var connectsOnly = false
    /// The path of a Unix socket to connect to in place of the URL's host.
    package var unixSocket: String?

    package init(
        method: String = "GET", url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
        tls: TLSOptions = TLSOptions(), deadlines: HTTPDeadlines = HTTPDeadlines(),
        maximumResponseBytes: Int = 64 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.tls = tls
        self.deadlines = deadlines
        self.maximumResponseBytes = maximumResponseBytes
    }
}

package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// From the request's sending to the answer's end, as far as whoever sent it has measured that.
    package var took = Duration.zero

    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// An answer whose body comes in pieces. Ending the iteration, or the task that iterates, ends the request.
package struct HTTPStream: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: AsyncThrowingStream<[UInt8], any Error>

    package init(status: Int, headers: HTTPHeaders, body: AsyncThrowingStream<[UInt8], any Error>) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What speaks HTTP: libcurl in the product, the sandbox itself where a test needs no socket.
///
/// Any status is an answer; only what kept an answer from coming is thrown.
package protocol HTTPTransport: Sendable {
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
    /// Returns once the status and headers are there.
    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream
}
