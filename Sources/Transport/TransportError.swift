// SPDX-License-Identifier: Apache-2.0

/// Why no answer came. Holds no credentials: the URL is given without user info and query.
package struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case invalidRequest = "invalid request"
        case resolve = "name not found"
        case connect = "no connection"
        case tls = "TLS refused"
        case timeout = "timed out"
        case closed = "connection closed"
        case tooLarge = "answer too large"
        case cancelled = "cancelled"
        case other = "transport failure"
    }

    package var code: Code
    /// What was asked: method and URL without secrets.
    package var subject: String
    package var message: String
    /// False where the peer cannot have seen any of the request.
    package var mayHaveBeenSent: Bool

    package init(code: Code, subject: String, message: String, mayHaveBeenSent: Bool? = nil) {
        self.code = code
        self.subject = subject
        self.message = message
        self.mayHaveBeenSent = mayHaveBeenSent ?? code.mayHaveBeenSent
    }

    /// True where the same request may succeed later without anybody changing anything.
    package var isTransient: Bool {
        switch code {
        case .resolve, .connect, .timeout, .closed, .other: true
        case .invalidRequest, .tls, .tooLarge, .cancelled: false
        }
    }

    package var description: String { "\(subject): \(code.rawValue): \(message)" }
}

extension TransportError.Code {
    /// What holds where nothing finer is known.
    fileprivate var mayHaveBeenSent: Bool {
        switch self {
        case .invalidRequest, .resolve, .connect, .tls: false
        case .timeout, .closed, .tooLarge, .cancelled, .other: true
        }
    }
}
