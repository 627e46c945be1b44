// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
package import Transport

/// Answers requests from a script, in order, and remembers them.
package final class ScriptedTransport: HTTPTransport {
    package enum Answer: Sendable {
        case response(HTTPResponse)
        case failure(TransportError)
        /// Body pieces of a stream, then its end or an error.
        case pieces(status: Int, [[UInt8]], end: TransportError?)
    }

    private struct State {
        var script: [Answer]
        var requests: [HTTPRequest] = []
    }

    private let state: Mutex<State>
    /// Chosen before the script where it gives an answer: for requests whose number or order does not matter.
    private let routes: @Sendable (HTTPRequest) -> Answer?

    package init(_ script: [Answer] = [], routes: @escaping @Sendable (HTTPRequest) -> Answer? = { _ in nil }) {
        state = Mutex(State(script: script))
        self.routes = routes
    }

    package var requests: [HTTPRequest] { state.withLock { $0.requests } }

    package static func json(_ status: Int, _ body: String, headers: HTTPHeaders = [:]) -> Answer {
        var headers = headers
        if headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
        return .response(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
    }

    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        switch try answer(request) {
        case .response(let response): return response
        case .failure(let error): throw error
        case .pieces: throw unexpected(request)
        }
    }

    package func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        switch try answer(request) {
        case .response(let response):
            return HTTPStream(status: response.status, headers: response.headers, body: body([response.body], end: nil))
        case .failure(let error): throw error
        case .pieces(let status, let pieces, let end):
            return HTTPStream(status: status, headers: [:], body: body(pieces, end: end))
        }
    }

    private func answer(_ request: HTTPRequest) throws(TransportError) -> Answer {
        let routed = routes(request)
        let scripted = state.withLock { state -> Answer? in
            state.requests.append(request)
            if let routed { return routed }
            return state.script.isEmpty ? nil : state.script.removeFirst()
        }
        guard let scripted else { throw unexpected(request) }
        return scripted
    }

    private func unexpected(_ request: HTTPRequest) -> TransportError {
        TransportError(
            code: .invalidRequest, subject: "\(request.method) \(request.url)", message: "the script has no answer")
    }

    private func body(_ pieces: [[UInt8]], end: TransportError?) -> AsyncThrowingStream<[UInt8], any Error> {
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        for piece in pieces { continuation.yield(piece) }
        continuation.finish(throwing: end)
        return stream
    }
}
