// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Kubernetes
internal import Manifests
internal import Planning
internal import Reconciler
internal import Transport

/// Asks registries whether they have an image, over the OCI distribution API (`HEAD /v2/NAME/manifests/REFERENCE`).
///
/// Only those that the operator listed, since images are named by whoever may merge. Redirects are not followed. Tokens
/// are fetched where the registry says, by https alone: it is the listed registry that says so, and its certificate
/// that vouches for that. Where one may be asked without TLS, its own address may give tokens too, and no other, since
/// anybody between could say so. Tokens' other hosts are vouched for by the registry's authority, or by the system's.
struct RegistryClient: ImageRegistry {
    private let registries: [String: Configuration.Registry]
    private let transport: any HTTPTransport
    private let files: FileReader

    private static let deadlines = HTTPDeadlines(connect: .seconds(5), total: .seconds(15), silence: .seconds(10))
    private static let tokenBytes = 64 << 10
    private static let longestToken = 16 << 10
    private static let fileBytes = 1 << 20
    /// Answers of a manifest's own type count as found; without these, a registry may convert or refuse.
    private static let manifestTypes = [
        "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ].joined(separator: ", ")

    init(_ registries: [Configuration.Registry], transport: any HTTPTransport, files: FileReader = .disk) {
        self.registries = Dictionary(registries.map { ($0.host.lowercased(), $0) }) { first, _ in first }
        self.transport = transport
        self.files = files
    }

    func mayAsk(_ host: String) -> Bool { registries[host] != nil }

    func look(for image: RegistryImage, with credentials: [PullCredential]) async -> ImageAnswer {
        guard let registry = registries[image.host] else {
            return .unknown("it is not among the registries of the daemon's configuration", isTransient: false)
        }
        do throws(Problem) {
            return try await ask(registry, image, credentials.filter { $0.isFor(image) })
        } catch {
            return .unknown(error.message, isTransient: error.isTransient)
        }
    }

    /// What keeps an answer from coming. Holds no credentials.
    private struct Problem: Error {
        var message: String
        var isTransient = false
        /// The certificate is not vouched for.
        var isOfTrust = false
    }

    private enum Authorization {
        case none
        case basic(PullCredential)
        case bearer(String)

        var header: String? {
            switch self {
            case .none: nil
            case .basic(let credential): Self.basicHeader(credential)
            case .bearer(let token): "Bearer \(token)"
            }
        }

        static func basicHeader(_ credential: PullCredential) -> String {
            "Basic " + Base64.encode(Array("\(credential.username):\(credential.password)".utf8))
        }
    }

    private func ask(
        _ registry: Configuration.Registry, _ image: RegistryImage, _ pullSecrets: [PullCredential]
    ) async throws(Problem) -> ImageAnswer {
        let tls = try trust(registry)
        let first = try await head(image, of: registry, .none, tls)
        if let answer = Self.meaning(of: first) { return answer }
        guard first.status == 401 else { throw Self.problem(first) }
        let challenges = first.headers.values(of: "WWW-Authenticate").flatMap(AuthenticationChallenge.all)
        let credentials = (try own(registry).map { [$0] } ?? []) + pullSecrets
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            // A public image has a token for anybody.
            for credential in credentials.map(Optional.some) + [nil] {
                guard let token = try await token(bearer, image, registry, credential, tls) else { continue }
                let answer = try await head(image, of: registry, .bearer(token), tls)
                if let answer = Self.meaning(of: answer) { return answer }
                guard [401, 403].contains(answer.status) else { throw Self.problem(answer) }
            }
        } else if challenges.contains(where: { $0.scheme == "basic" }) {
            for credential in credentials {
                let answer = try await head(image, of: registry, .basic(credential), tls)
                if let answer = Self.meaning(of: answer) { return answer }
                guard [401, 403].contains(answer.status) else { throw Self.problem(answer) }
            }
        } else {
            throw Problem(message: "it asks for a kind of credentials that is not known")
        }
        throw Problem(
            message: credentials.isEmpty
                ? "it wants credentials, and there is no pull secret for it"
                : "it refuses the credentials that there are")
    }

    private static func meaning(of answer: HTTPResponse) -> ImageAnswer? {
        switch answer.status {
        case 200: .isThere
        case 404: .isMissing
        default: nil
        }
    }

    private static func problem(_ answer: HTTPResponse) -> Problem {
        let status = answer.status
        if (300..<400).contains(status) { return Problem(message: "it answers with a redirect, which is not followed") }
        return Problem(message: "it answers with status \(status)", isTransient: status == 429 || status >= 500)
    }

    // MARK: Requests

    private func head(
        _ image: RegistryImage, of registry: Configuration.Registry, _ authorization: Authorization, _ tls: TLSOptions
    ) async throws(Problem) -> HTTPResponse {
        let scheme = registry.isInsecure ? "http" : "https"
        var request = HTTPRequest(
            method: "HEAD", url: "\(scheme)://\(image.host)/v2/\(image.repository)/manifests/\(image.reference)",
            headers: ["Accept": Self.manifestTypes])
        request.headers["Authorization"] = authorization.header
        return try await send(request, tls)
    }

    /// Nil where the credential gets none.
    private func token(
        _ challenge: AuthenticationChallenge, _ image: RegistryImage, _ registry: Configuration.Registry,
        _ credential: PullCredential?, _ tls: TLSOptions
    ) async throws(Problem) -> String? {
        let realm = challenge.parameters["realm"] ?? ""
        guard var url = URLComponents(string: realm), let host = url.host, url.user == nil, url.fragment == nil else {
            throw Problem(message: "it does not say where tokens come from")
        }
        let address = url.port.map { "\(host):\($0)" } ?? host
        let isItself = address == image.host
        guard registry.isInsecure ? isItself && ["http", "https"].contains(url.scheme) : url.scheme == "https" else {
            let allowed = registry.isInsecure ? "without TLS, its own address alone is" : "only https is"
            throw Problem(message: "it sends for tokens to \(address), which is not asked: \(allowed)")
        }
        var items = url.queryItems ?? []
        if let service = challenge.parameters["service"] { items.append(URLQueryItem(name: "service", value: service)) }
        items.append(URLQueryItem(name: "scope", value: "repository:\(image.repository):pull"))
        url.queryItems = items
        guard let text = url.string?.replacing("+", with: "%2B") else {
            throw Problem(message: "it does not say where tokens come from")
        }
        var request = HTTPRequest(url: text, headers: ["Accept": "application/json"])
        request.headers["Authorization"] = credential.map(Authorization.basicHeader)
        let answer: HTTPResponse
        do throws(Problem) {
            answer = try await send(request, tls)
        } catch {
            guard error.isOfTrust, !isItself, tls.certificateAuthorities != nil else { throw error }
            answer = try await send(request, TLSOptions())
        }
        guard answer.status == 200 else {
            guard [400, 401, 403].contains(answer.status) else { throw Self.problem(answer) }
            return nil
        }
        let body = try? JSON.parse(answer.body)
        guard let token = body?["token"]?.string ?? body?["access_token"]?.string, !token.isEmpty,
            token.utf8.count <= Self.longestToken, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw Problem(message: "what gives its tokens answered with none") }
        return token
    }

    private func send(_ request: HTTPRequest, _ tls: TLSOptions) async throws(Problem) -> HTTPResponse {
        var request = request
        request.headers["User-Agent"] = Version.userAgent
        request.tls = tls
        request.deadlines = Self.deadlines
        request.maximumResponseBytes = Self.tokenBytes
        do throws(TransportError) {
            return try await transport.send(request)
        } catch {
            throw Problem(
                message: error.description, isTransient: error.isTransient, isOfTrust: error.code == .tls)
        }
    }

    // MARK: What the operator says

    /// Read at each use, so that what is rotated needs no restart.
    private func own(_ registry: Configuration.Registry) throws(Problem) -> PullCredential? {
        guard let username = registry.username, let file = registry.passwordFile else { return nil }
        var password = String(decoding: try read(file, "passwordFile"), as: UTF8.self)
        while let last = password.unicodeScalars.last, last == "\n" || last == "\r" {
            password.unicodeScalars.removeLast()
        }
        return PullCredential(registry: registry.host, username: username, password: password)
    }

    private func trust(_ registry: Configuration.Registry) throws(Problem) -> TLSOptions {
        TLSOptions(
            certificateAuthorities: try registry.certificateAuthority.map { path throws(Problem) in
                try read(path, "certificateAuthority")
            })
    }

    private func read(_ path: String, _ key: String) throws(Problem) -> [UInt8] {
        do throws(FileReader.Failure) {
            return try files.read(path, Self.fileBytes)
        } catch {
            throw Problem(message: "registries: \(key) \(path): \(error.description)")
        }
    }
}
