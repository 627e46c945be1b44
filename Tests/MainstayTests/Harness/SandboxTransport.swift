// SPDX-License-Identifier: Apache-2.0

internal import Sandbox
internal import Transport

/// Hands requests to a sandbox without a socket.
struct SandboxTransport: HTTPTransport {
    /// What requests must be addressed to.
    static let server = "http://sandbox.test"

    let cluster: SandboxCluster
    /// What requests' deadlines are counted on.
    let clock: any Clock<Duration>

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let answer = try await respond(request)
        guard case .bytes(let bytes) = answer.body else {
            throw TransportError(code: .invalidRequest, subject: request.url, message: "the answer is a stream")
        }
        if answer.connectionBreak == .midway { throw Self.reset(request) }
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
            let isCut = answer.connectionBreak == .midway
            output.yield(isCut ? Array(bytes.prefix(bytes.count / 2)) : bytes)
            output.finish(throwing: isCut ? Self.reset(request) : nil)
            body = stream
        case .stream(let lines):
            body = AsyncThrowingStream(lines, breakingAtOnce: answer.connectionBreak != nil, with: Self.reset(request))
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
        let asked = SandboxRequest(
            method: request.method, path: String(request.url.dropFirst(Self.server.count)),
            headers: request.headers.fields.map { (name: $0.name, value: $0.value) }, body: request.body ?? [])
        guard let answer = await answer(asked, within: request.deadlines.total ?? request.deadlines.silence) else {
            throw TransportError(
                code: Task.isCancelled ? .cancelled : .timeout, subject: request.url, message: "no answer came")
        }
        if answer.connectionBreak == .beforeAnswer { throw Self.reset(request) }
        return answer
    }

    /// Nil when the time is over before the answer is there.
    private func answer(_ request: SandboxRequest, within limit: Duration) async -> SandboxResponse? {
        await withTaskGroup(of: SandboxResponse?.self) { group in
            group.addTask { await cluster.respond(to: request) }
            group.addTask {
                try? await clock.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private static func reset(_ request: HTTPRequest) -> TransportError {
        TransportError(code: .closed, subject: request.method, message: "connection reset by peer")
    }

    private static func headers(_ answer: SandboxResponse) -> HTTPHeaders {
        HTTPHeaders(answer.headers.map { HTTPHeaders.Field(name: $0.name, value: $0.value) })
    }
}

extension AsyncThrowingStream where Element == [UInt8], Failure == any Error {
    /// The same elements, to where the sandbox breaks the connection; whoever stops listening here stops listening
    /// there.
    init(_ lines: AsyncStream<[UInt8]>, breakingAtOnce: Bool, with error: TransportError) {
        let (stream, output) = Self.makeStream()
        let pump = Task {
            if breakingAtOnce { return output.finish(throwing: error) }
            for await line in lines {
                if line == SandboxResponse.broken { return output.finish(throwing: error) }
                output.yield(line)
            }
            output.finish()
        }
        output.onTermination = { _ in pump.cancel() }
        self = stream
    }
}
