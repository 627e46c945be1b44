// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Transport

/// A Kubernetes API server, spoken to through a transport. Each verb has its own file.
///
/// It does not retry (but once after a 401, with credentials read anew) and does not wait: what failed says whether it
/// is transient and how long to wait at least, and the caller decides. Safe to use from many tasks at once.
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

    /// - Parameters:
    ///   - userAgent: its part before the slash becomes a field manager where none is stated, so it must not be the
    ///     apply manager's name.
    ///   - clock: ages credentials and bounds how often discovery is refreshed.
    ///   - now: judges expiry times in the answers of credential plugins.
    package init(
        endpoint: ClusterEndpoint, transport: any HTTPTransport, userAgent: String = KubernetesClient.writeManager,
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp
    ) {
        self.endpoint = endpoint
        self.transport = transport
        self.clock = clock
        builder = RequestBuilder(server: endpoint.server, userAgent: userAgent)
        credentials = CredentialProvider(endpoint: endpoint, clock: clock, now: now)
        discovery = Discovery(clock: clock)
    }

    /// Sends with credentials and returns a success; anything else is judged and thrown.
    func perform(_ request: HTTPRequest, subject: String) async throws(KubernetesError) -> HTTPResponse {
        let used = try await credentials.credentials()
        var response = try await send(request, with: used, subject: subject)
        if response.status == 401, let renewed = try await renewed(insteadOf: used) {
            response = try await send(request, with: renewed, subject: subject)
        }
        guard (200..<300).contains(response.status) else { throw KubernetesError(response, subject: subject) }
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
            throw KubernetesError(response, subject: subject)
        }
        return stream
    }

    /// Nil where reading anew gave what was refused before.
    private func renewed(insteadOf used: Credentials) async throws(KubernetesError) -> Credentials? {
        let fresh = try await credentials.credentials(insteadOf: used.version)
        return fresh.authorization == used.authorization && fresh.tls == used.tls ? nil : fresh
    }

    private func send(
        _ request: HTTPRequest, with credentials: Credentials, subject: String
    ) async throws(KubernetesError) -> HTTPResponse {
        do throws(TransportError) {
            return try await transport.send(Self.signed(request, with: credentials))
        } catch {
            throw KubernetesError(error, subject: subject)
        }
    }

    private func start(
        _ request: HTTPRequest, with credentials: Credentials, subject: String
    ) async throws(KubernetesError) -> HTTPStream {
        do throws(TransportError) {
            return try await transport.stream(Self.signed(request, with: credentials))
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
