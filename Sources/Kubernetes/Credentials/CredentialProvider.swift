// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Manifests
internal import Transport

/// What goes with each request.
struct Credentials: Sendable {
    var tls: TLSOptions
    /// The `Authorization` header's value.
    var authorization: Secret?
    /// Counts the reads, so that a 401 can tell whether somebody else has read anew since.
    var version: Int
}

/// Keeps credentials fresh: files are read again after a minute, plugins run again when their answer expires, and all
/// of it at once when the server says 401. What cannot be read anew leaves in force what was read before, until it expires
/// or the server refuses it (client-go does the same). One read at a time; who comes meanwhile waits for it.
actor CredentialProvider {
    static let maximumAge = Duration.seconds(60)
    /// How long before its end an expiring credential is replaced.
    static let expiryMargin = Duration.seconds(30)
    /// When what could not be read anew is tried again.
    static let retryInterval = Duration.seconds(10)

    private let endpoint: ClusterEndpoint
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    private var current: Credentials?
    private var age: @Sendable () -> Duration = { .zero }
    private var expiry: Timestamp?
    /// The time since the last read failed; nil when it did not.
    private var sinceFailure: (@Sendable () -> Duration)?
    private var versions = 0
    private var reading = SharedWork()

    init(endpoint: ClusterEndpoint, clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp) {
        self.endpoint = endpoint
        self.clock = clock
        self.now = now
    }

    /// - Parameter rejected: the version that the server refused; anything newer is good enough.
    func credentials(insteadOf rejected: Int? = nil) async throws(KubernetesError) -> Credentials {
        while true {
            if let current, current.version != rejected, !isStale { return current }
            guard reading.isRunning else { break }
            if let failure = await withCheckedContinuation({ reading.wait($0) }) { throw failure }
        }
        reading.begin()
        do throws(KubernetesError) {
            let (fresh, expiry) = try await read()
            current = fresh
            self.expiry = expiry
            age = stopwatch(on: clock)
            sinceFailure = nil
            reading.end(nil)
            return fresh
        } catch {
            // A file that is just being replaced, a plugin in trouble: what was good serves on while the server takes it.
            if error.code != .cancelled, let current, current.version != rejected, !isExpired {
                sinceFailure = stopwatch(on: clock)
                reading.end(nil)
                return current
            }
            reading.end(error)
            throw error
        }
    }

    private var isExpired: Bool { expiry.map { now() >= $0 } ?? false }

    private var isStale: Bool {
        if isExpired { return true }
        if let sinceFailure, sinceFailure() < Self.retryInterval { return false }
        if let expiry, now() + Self.expiryMargin >= expiry { return true }
        return endpoint.readsFiles && age() >= Self.maximumAge
    }

    private func read() async throws(KubernetesError) -> (Credentials, expiry: Timestamp?) {
        var tls = TLSOptions(serverName: endpoint.serverName, skipsVerification: endpoint.skipsVerification)
        if let material = endpoint.certificateAuthorities { tls.certificateAuthorities = try endpoint.bytes(material) }
        if let client = endpoint.clientCertificate {
            tls.clientCertificate = try endpoint.bytes(client.certificate)
            tls.clientKey = try endpoint.bytes(client.key)
        }
        var authorization: Secret?
        var expiry: Timestamp?
        switch endpoint.authentication {
        case .none: break
        case .token(let material): authorization = try bearer(try endpoint.bytes(material))
        case .basic(let user, let password):
            let pair = Data(Array("\(user):".utf8) + password.bytes).base64EncodedString()
            authorization = Secret("Basic \(pair)")
        case .exec(let plugin, let runner):
            let answer = try ExecCredential(try await runner.run(plugin), plugin: plugin)
            if let token = answer.token { authorization = try bearer(token.bytes) }
            if let certificate = answer.certificate, let key = answer.key {
                tls.clientCertificate = certificate.bytes
                tls.clientKey = key.bytes
            }
            expiry = answer.expiry
        }
        versions += 1
        return (Credentials(tls: tls, authorization: authorization, version: versions), expiry)
    }

    /// A token is one word of visible ASCII (RFC 6750); anything else could forge further headers.
    private func bearer(_ bytes: [UInt8]) throws(KubernetesError) -> Secret {
        let token = bytes.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed()
        guard !token.isEmpty, token.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .configuration(endpoint.origin, "the token is empty, or holds blanks or control characters")
        }
        return Secret(Array("Bearer ".utf8) + Array(token))
    }
}

extension ClusterEndpoint {
    fileprivate var readsFiles: Bool {
        var materials = [certificateAuthorities, clientCertificate?.certificate, clientCertificate?.key]
        if case .token(let material) = authentication { materials.append(material) }
        return materials.contains { if case .file = $0 { true } else { false } }
    }
}
