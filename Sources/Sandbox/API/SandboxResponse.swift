// SPDX-License-Identifier: Apache-2.0

import Manifests

/// An HTTP response as a value.
package struct SandboxResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// A watch, each element one line of JSON with its newline, or a log that is followed. An empty element
        /// (`broken`) says that the connection breaks there. Ends when the watch or the container does; the sandbox
        /// drops it when the consumer goes away.
        case stream(AsyncStream<[UInt8]>)
    }

    /// How a fault breaks the connection.
    package enum Break: Sendable {
        /// Nothing is answered.
        case beforeAnswer
        /// A part of the body is.
        case midway
    }

    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: Body
    package var connectionBreak: Break?

    package init(status: Int, headers: [(name: String, value: String)] = [], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func text(_ text: String, status: Int = 200) -> SandboxResponse {
        SandboxResponse(
            status: status, headers: [(name: "content-type", value: "text/plain; charset=utf-8")],
            body: .bytes(Array(text.utf8)))
    }

    static func json(
        _ value: Value, status: Int = 200, contentType: String = "application/json", warnings: [String] = []
    ) -> SandboxResponse {
        var bytes = JSON.bytes(value)
        bytes.append(0x0A)
        var response = SandboxResponse(
            status: status, headers: [(name: "content-type", value: contentType)], body: .bytes(bytes))
        response.warn(warnings)
        return response
    }

    /// Adds `Warning` headers; a text is said once.
    mutating func warn(_ warnings: [String]) {
        for warning in warnings {
            // RFC 9110 section 5.6.4: a quoted string escapes quotes and backslashes.
            let escaped = warning.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            let value = "299 - \"\(escaped)\""
            if !headers.contains(where: { $0.name == "warning" && $0.value == value }) {
                headers.append((name: "warning", value: value))
            }
        }
    }
}
