// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Reconciler
internal import Synchronization
internal import Transport

/// What goes wrong between the daemon and the API server, and for which requests.
struct Fault: Sendable {
    enum Action: Sendable {
        /// Answered without asking the server.
        case answer(status: Int, body: String, headers: HTTPHeaders = [:])
        /// Not even asked.
        case failure(TransportError.Code)
        /// Carried out, once the signal was given.
        case held(Signal)
        /// Carried out at once, and answered once the signal was given.
        case answeredLate(Signal)
    }

    var action: Action
    /// How many requests it strikes; nil until it is lifted.
    var times: Int?
    var strikes: @Sendable (HTTPRequest) -> Bool

    init(_ action: Action, times: Int? = nil, where strikes: @escaping @Sendable (HTTPRequest) -> Bool = { _ in true })
    {
        self.action = action
        self.times = times
        self.strikes = strikes
    }

    /// A refusal as the API server words it.
    static func status(
        _ code: Int, _ reason: String, _ message: String, headers: HTTPHeaders = [:], details: String = "{}"
    ) -> Action {
        .answer(
            status: code,
            body: #"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"\#(reason)","#
                + #""message":"\#(message)","details":\#(details),"code":\#(code)}"#,
            headers: headers)
    }
}

/// Remembers every request, and lets a test come between: faults, and a look at the cluster while a request waits.
final class FaultyTransport: HTTPTransport {
    /// A request as the assertions read it.
    struct Seen: Sendable {
        var method: String
        /// Without server and query.
        var path: String
        var query: String
        var body: String

        /// A question about rights is a POST, and changes nothing.
        var isWrite: Bool {
            method != "GET" && !query.contains("dryRun=All") && !path.hasPrefix("/apis/authorization.k8s.io/")
        }
    }

    private struct State {
        var seen: [Seen] = []
        var faults: [Fault] = []
        var nextWatch = 0
        var watches: [Int: AsyncThrowingStream<[UInt8], any Error>.Continuation] = [:]
        var onRequest: @Sendable (Seen) async -> Void = { _ in }
    }

    private let base: any HTTPTransport
    private let state = Mutex(State())
    /// Notified of every request.
    let requests = Signal()

    init(_ base: any HTTPTransport) { self.base = base }

    var seen: [Seen] { state.withLock(\.seen) }
    var writes: [Seen] { seen.filter(\.isWrite) }
    var openWatches: Int { state.withLock(\.watches.count) }

    func add(_ fault: Fault) { state.withLock { $0.faults.append(fault) } }
    func liftFaults() { state.withLock { $0.faults = [] } }
    /// Awaited before a request goes on.
    func onRequest(_ look: @escaping @Sendable (Seen) async -> Void) { state.withLock { $0.onRequest = look } }

    /// Ends every watch: in order, or as a connection that breaks.
    func endWatches(breaking: Bool) {
        let open = state.withLock { state in
            defer { state.watches = [:] }
            return state.watches.values.map(\.self)
        }
        let error = TransportError(code: .closed, subject: "watch", message: "connection reset by peer")
        for watch in open { watch.finish(throwing: breaking ? error : nil) }
    }

    // MARK: HTTPTransport

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        switch try await fault(for: request) {
        case .answer(let status, let body, let headers)?:
            return HTTPResponse(status: status, headers: Self.json(headers), body: Array(body.utf8))
        case .answeredLate(let signal)?:
            let answer = try await base.send(request)
            await signal.wait(after: 0)
            return answer
        default: return try await base.send(request)
        }
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        if case .answer(let status, let body, let headers)? = try await fault(for: request) {
            let (stream, output) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
            output.yield(Array(body.utf8))
            output.finish()
            return HTTPStream(status: status, headers: Self.json(headers), body: stream)
        }
        var answer = try await base.stream(request)
        answer.body = endable(answer.body)
        return answer
    }

    private func fault(for request: HTTPRequest) async throws(TransportError) -> Fault.Action? {
        let seen = Seen(request)
        let (look, action) = state.withLock { state in
            state.seen.append(seen)
            return (state.onRequest, Self.take(from: &state.faults, for: request))
        }
        requests.notify()
        await look(seen)
        switch action {
        case .failure(let code)?: throw Self.error(code, request)
        case .held(let signal)?:
            await signal.wait(after: 0)
            guard !Task.isCancelled else { throw Self.error(.cancelled, request) }
            return nil
        default: return action
        }
    }

    private static func take(from faults: inout [Fault], for request: HTTPRequest) -> Fault.Action? {
        guard let index = faults.firstIndex(where: { $0.strikes(request) }) else { return nil }
        let action = faults[index].action
        if let times = faults[index].times {
            faults[index].times = times - 1
            if times <= 1 { faults.remove(at: index) }
        }
        return action
    }

    /// The same body, which `endWatches` can end.
    private func endable(_ body: AsyncThrowingStream<[UInt8], any Error>) -> AsyncThrowingStream<[UInt8], any Error> {
        let (stream, output) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        let id = state.withLock { state in
            state.nextWatch += 1
            state.watches[state.nextWatch] = output
            return state.nextWatch
        }
        let pump = Task {
            do {
                for try await piece in body { output.yield(piece) }
                output.finish()
            } catch {
                output.finish(throwing: error)
            }
        }
        output.onTermination = { [weak self] _ in
            pump.cancel()
            self?.state.withLock { $0.watches[id] = nil }
        }
        return stream
    }

    private static func json(_ headers: HTTPHeaders) -> HTTPHeaders {
        var headers = headers
        headers["Content-Type"] = "application/json"
        return headers
    }

    private static func error(_ code: TransportError.Code, _ request: HTTPRequest) -> TransportError {
        TransportError(code: code, subject: request.method, message: "a fault of the test's")
    }
}

extension FaultyTransport.Seen {
    init(_ request: HTTPRequest) {
        let target = request.url.dropFirst(SandboxTransport.server.count)
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        self.init(
            method: request.method, path: parts.first ?? "", query: parts.count > 1 ? parts[1] : "",
            body: String(decoding: request.body ?? [], as: UTF8.self))
    }

    /// `deployments/worker`.
    var shortPath: String { path.split(separator: "/").suffix(2).joined(separator: "/") }
}

extension HTTPRequest {
    var isWrite: Bool { FaultyTransport.Seen(self).isWrite }
    var isWatch: Bool { url.contains("watch=true") }
}
