// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Transport

/// A Kubernetes API server, spoken to through a transport. Each verb has its own file.
///
/// It sends again only what is over in seconds and safe to send twice (`RetryPolicy`), and once after a 401, with
/// credentials read anew. What is thrown says whether it is transient, how long to wait at least, and whether it may have
/// been done all the same; the caller decides. How many requests are under way at once follows the server's answers, and
/// each flow gets its turn (`RequestLimiter`). Safe to use from many tasks at once.
package final class KubernetesClient: Sendable {
    /// The field manager of every write that is no apply. It is not the one applies use: fields owned by both would
    /// stay when the manifest drops them.
    package static let writeManager = "mainstay-controller"

    /// The address and the origin, without credentials.
    package let endpoint: ClusterEndpoint
    let builder: RequestBuilder
    let transport: any HTTPTransport
    let clock: any Clock<Duration>
    let discovery: Discovery
    private let credentials: CredentialProvider
    private let limiter: RequestLimiter
    private let now: @Sendable () -> Timestamp
    private let random: @Sendable () -> Double

    /// On whose behalf the task sends requests: an application, or empty for the daemon's own watching. Flows wait for
    /// their own requests, not for those of others.
    @TaskLocal package static var flow = ""

    package var limits: RequestLimits { limiter.snapshot }

    /// - Parameters:
    ///   - userAgent: its part before the slash becomes a field manager where none is stated, so it must not be the
    ///     apply manager's name.
    ///   - clock: ages credentials and bounds how often discovery is refreshed.
    ///   - now: judges expiry times in the answers of credential plugins.
    ///   - random: from 0 up to 1; spreads what is sent again.
    package init(
        endpoint: ClusterEndpoint, transport: any HTTPTransport, userAgent: String = KubernetesClient.writeManager,
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp,
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.endpoint = endpoint
        self.transport = transport
        self.clock = clock
        builder = RequestBuilder(server: endpoint.server, userAgent: userAgent)
        credentials = CredentialProvider(endpoint: endpoint, clock: clock, now: now)
        discovery = Discovery(clock: clock)
        limiter = RequestLimiter(clock: clock)
        self.now = now
        self.random = random
    }

    /// Sends, again where the policy says so, and returns a success; anything else is judged and thrown.
    ///
    /// - Parameter isAnswer: what is a success.
    func perform(
        _ request: HTTPRequest, subject: String, retries: RetryPolicy = .standard,
        kind: RequestLimiter.Kind? = .short,
        isAnswer: (HTTPResponse) -> Bool = { (200..<300).contains($0.status) }
    ) async throws(KubernetesError) -> HTTPResponse {
        let effect = RetryPolicy.Effect(of: request)
        let age = stopwatch(on: clock)
        var waited = Duration.zero
        var tries = 0
        while true {
            do throws(KubernetesError) {
                return try await performOnce(request, subject: subject, kind: kind, isAnswer: isAnswer)
            } catch {
                tries += 1
                let spent = max(age(), waited)
                guard
                    let wait = retries.wait(
                        after: error, effect: effect, tries: tries, spent: spent, random: random())
                else { throw error }
                waited += wait
                do {
                    try await clock.sleep(for: wait)
                } catch {
                    throw KubernetesError(
                        code: .cancelled, subject: subject, message: "given up while waiting to be sent again")
                }
                limiter.noteRepeat()
            }
        }
    }

    /// - Parameter kind: nil for what never waits for its turn.
    private func performOnce(
        _ request: HTTPRequest, subject: String, kind: RequestLimiter.Kind?, isAnswer: (HTTPResponse) -> Bool
    ) async throws(KubernetesError) -> HTTPResponse {
        let used = try await credentials.credentials()
        var response = try await send(request, with: used, subject: subject, kind: kind)
        if response.status == 401, let renewed = try await renewed(insteadOf: used) {
            response = try await send(request, with: renewed, subject: subject, kind: kind)
        }
        guard isAnswer(response) else { throw KubernetesError(response, subject: subject, now: now()) }
        return response
    }

    /// The same for an answer that comes in pieces.
    func open(_ request: HTTPRequest, subject: String) async throws(KubernetesError) -> HTTPStream {
        let used = try await credentials.credentials()
        var stream = try await start(request, with: used, subject: subject)
        if stream.status == 401, let renewed = try await renewed(insteadOf: used) {
            stream = try await start(request, with: renewed, subject: subject)
        }
        guard (200..<300).contains(stream.status) else {
            let response = HTTPResponse(
                status: stream.status, headers: stream.headers, body: await Self.beginning(of: stream.body))
            throw KubernetesError(response, subject: subject, now: now())
        }
        return stream
    }

    /// Nil where reading anew gave what was refused before.
    private func renewed(insteadOf used: Credentials) async throws(KubernetesError) -> Credentials? {
        let fresh = try await credentials.credentials(insteadOf: used.version)
        return fresh.authorization == used.authorization && fresh.tls == used.tls ? nil : fresh
    }

    private func send(
        _ request: HTTPRequest, with credentials: Credentials, subject: String, kind: RequestLimiter.Kind?
    ) async throws(KubernetesError) -> HTTPResponse {
        let signed = Self.signed(request, with: credentials)
        do throws(TransportError) {
            guard let kind else { return try await sendNow(signed) }
            return try await limiter.run(
                kind, flow: Self.flow, request: request, isOverload: { $0.status == 429 },
                { () async throws(TransportError) in try await sendNow(signed) })
        } catch {
            throw KubernetesError(error, subject: subject)
        }
    }

    /// Measures the server alone: not how long the request waited here, nor what it took to have credentials.
    private func sendNow(_ signed: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        limiter.noteSent(signed.method)
        let age = stopwatch(on: clock)
        var response = try await transport.send(signed)
        response.took = age()
        return response
    }

    /// A stream waits for its turn to be opened; then it is the server's business, as it is there (a watch is no
    /// request under way to priority and fairness).
    private func start(
        _ request: HTTPRequest, with credentials: Credentials, subject: String
    ) async throws(KubernetesError) -> HTTPStream {
        let signed = Self.signed(request, with: credentials)
        do throws(TransportError) {
            return try await limiter.run(
                .long, flow: Self.flow, request: request, isOverload: { $0.status == 429 },
                { () async throws(TransportError) in
                    limiter.noteSent("WATCH")
                    return try await transport.stream(signed)
                })
        } catch {
            throw KubernetesError(error, subject: subject)
        }
    }

    private static func signed(_ request: HTTPRequest, with credentials: Credentials) -> HTTPRequest {
        var signed = request
        signed.tls = credentials.tls
        if let authorization = credentials.authorization { signed.headers["Authorization"] = authorization.text }
        return signed
    }

    /// Enough of an error's body to judge it; a broken one is judged by its status alone.
    private static func beginning(of body: AsyncThrowingStream<[UInt8], any Error>) async -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await piece in body {
                bytes += piece
                if bytes.count > 1 << 20 { return [] }
            }
        } catch {
            return []
        }
        return bytes
    }
}

extension KubernetesClient {
    func object(_ response: HTTPResponse, subject: String) throws(KubernetesError) -> Object {
        guard case .object(let object) = try document(response, subject: subject), !object.kind.isEmpty else {
            throw .malformed(subject, "the answer is no Kubernetes object")
        }
        return object
    }

    func document(_ response: HTTPResponse, subject: String) throws(KubernetesError) -> Value {
        do throws(JSONError) {
            return try JSON.parse(response.body)
        } catch {
            throw .malformed(subject, "the answer is no JSON (byte \(error.offset))")
        }
    }
}
