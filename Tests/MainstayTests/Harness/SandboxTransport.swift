// SPDX-License-Identifier: Apache-2.0

internal import Sandbox
internal import Transport

/// Hands requests to a sandbox without a socket.
struct SandboxTransport: HTTPTransport {
    /// What requests must be addressed to.
    static let server = "http://sandbox.test"

    let cluster: SandboxCluster

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let answer = try await respond(request)
        guard case .bytes(let bytes) = answer.body else {
            throw TransportError(code: .invalidRequest, subject: request.url, message: "the answer is a stream")
        }
        guard bytes.count <= request.maximumResponseBytes else {
            throw TransportError(code: .tooLarge, subject: request.url, message: "\(bytes.count) bytes")
        }
        return HTTPResponse(status: answer.status, headers: Self.headers(answer), body: bytes)
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        let answer = try await respond(request)
        let body: AsyncThrowingStream<[UInt8], any Error>
        switch answer.body {
        case .bytes(let bytes):
            let (stream, output) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
            output.yield(bytes)
            output.finish()
            body = stream
        case .stream(let lines): body = AsyncThrowingStream(lines)
        }
        return HTTPStream(status: answer.status, headers: Self.headers(answer), body: body)
    }

    private func respond(_ request: HTTPRequest) async throws(TransportError) -> SandboxResponse {
        // As the product's transport does: a cancelled task asks nothing.
        guard !Task.isCancelled else {
            throw TransportError(code: .cancelled, subject: request.url, message: "the task was cancelled")
        }
        guard request.url.hasPrefix(Self.server) else {
            throw TransportError(code: .resolve, subject: request.url, message: "no such host")
        }
        return await cluster.respond(
            to: SandboxRequest(
                method: request.method, path: String(request.url.dropFirst(Self.server.count)),
                headers: request.headers.fields.map { (name: $0.name, value: $0.value) }, body: request.body ?? []))
    }

    private static func headers(_ answer: SandboxResponse) -> HTTPHeaders {
        HTTPHeaders(answer.headers.map { HTTPHeaders.Field(name: $0.name, value: $0.value) })
    }
}

extension AsyncThrowingStream where Element == [UInt8], Failure == any Error {
    /// The same elements; whoever stops listening here stops listening there.
    init(_ lines: AsyncStream<[UInt8]>) {
        let (stream, output) = Self.makeStream()
        let pump = Task {
            for await line in lines { output.yield(line) }
            output.finish()
        }
        output.onTermination = { _ in pump.cancel() }
        self = stream
    }
}
