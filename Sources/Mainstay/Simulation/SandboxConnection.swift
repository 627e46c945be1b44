// SPDX-License-Identifier: Apache-2.0

internal import Sandbox
internal import Transport

/// Requests to a sandbox in the caller's own task: without a socket, and so that a virtual clock knows of all that is
/// under way.
struct SandboxConnection: HTTPTransport {
    /// What requests must be addressed to.
    static let server = "http://sandbox.invalid"

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
        case .stream(let lines):
            let source = LineSource(lines)
            body = AsyncThrowingStream { await source.next() }
        }
        return HTTPStream(status: answer.status, headers: Self.headers(answer), body: body)
    }

    private func respond(_ request: HTTPRequest) async throws(TransportError) -> SandboxResponse {
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

/// The lines of a watch, taken one by one.
private actor LineSource {
    private var iterator: AsyncStream<[UInt8]>.Iterator

    init(_ lines: AsyncStream<[UInt8]>) { iterator = lines.makeAsyncIterator() }

    func next() async -> [UInt8]? {
        var lines = iterator
        defer { iterator = lines }
        return await lines.next(isolation: #isolation)
    }
}
