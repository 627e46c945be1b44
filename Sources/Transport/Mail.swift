// SPDX-License-Identifier: Apache-2.0

/// A message and the server that takes it.
package struct MailRequest: Sendable {
    package enum Security: Sendable, Hashable {
        /// From the first byte (`smtps://`, RFC 8314).
        case implicit
        /// By STARTTLS (RFC 3207); a server without it gets nothing.
        case startTLS
        /// For this machine, or where the operator says so.
        case none
    }

    /// `HOST:PORT`.
    package var server: String
    package var security: Security
    package var from: String
    package var to: [String]
    package var username: String?
    package var password: String?
    /// The whole message, headers and all, with lines that end in CRLF.
    package var message: [UInt8]
    package var tls: TLSOptions
    package var deadlines: HTTPDeadlines

    package init(
        server: String, security: Security, from: String, to: [String], username: String? = nil,
        password: String? = nil, message: [UInt8], tls: TLSOptions = TLSOptions(),
        deadlines: HTTPDeadlines = HTTPDeadlines(connect: .seconds(10), total: .seconds(30))
    ) {
        self.server = server
        self.security = security
        self.from = from
        self.to = to
        self.username = username
        self.password = password
        self.message = message
        self.tls = tls
        self.deadlines = deadlines
    }
}

/// Why a server did not take a message.
package struct MailError: Error, Sendable, Equatable, CustomStringConvertible {
    package var code: TransportError.Code
    /// libcurl's words, without credentials.
    package var message: String
    /// What the server answered last; 0 where it did not.
    package var reply: Int
    /// The whole message was sent, and nobody knows whether the server took it.
    package var mayHaveArrived: Bool
    /// The whole message was sent: an answer is about it.
    package var wasSent = false
    /// The answer is about who is to get it.
    package var isAboutRecipient = false

    package init(
        code: TransportError.Code, message: String, reply: Int, mayHaveArrived: Bool, wasSent: Bool = false,
        isAboutRecipient: Bool = false
    ) {
        self.code = code
        self.message = message
        self.reply = reply
        self.mayHaveArrived = mayHaveArrived
        self.wasSent = wasSent
        self.isAboutRecipient = isAboutRecipient
    }

    package var description: String {
        reply > 0 ? "\(code.rawValue): \(message) (the server said \(reply))" : "\(code.rawValue): \(message)"
    }
}

/// What sends mail: libcurl in the product.
package protocol MailTransport: Sendable {
    /// Returns once the server has taken the message for all who are to get it.
    func send(_ mail: MailRequest) async throws(MailError)
}
