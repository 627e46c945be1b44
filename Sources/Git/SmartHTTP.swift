// SPDX-License-Identifier: Apache-2.0

import Transport

/// Requests of git's smart HTTP protocol, and what its answers mean. Source: gitprotocol-http(5).
struct SmartHTTP: Sendable {
    enum Service: Sendable {
        case advertisement
        case uploadPack
    }

    let url: GitURL
    let base: String
    let session: RemoteSession

    /// Nil where the URL is no HTTP URL.
    init?(_ session: RemoteSession) {
        guard case .http(let base) = session.url.location else { return nil }
        url = session.url
        self.base = base
        self.session = session
    }

    func request(_ service: Service, body: [UInt8]? = nil, protocolVersion: Int? = nil) throws(GitError) -> HTTPRequest
    {
        var headers: HTTPHeaders = ["User-Agent": "git/2.0 (mainstay)"]
        if let protocolVersion { headers["Git-Protocol"] = "version=\(protocolVersion)" }
        headers["Authorization"] = try session.credentials.authorization(user: url.user)
        let limits = session.limits
        var request: HTTPRequest
        switch service {
        case .advertisement:
            request = HTTPRequest(url: "\(base)/info/refs?service=git-upload-pack", headers: headers)
        case .uploadPack:
            headers["Content-Type"] = "application/x-git-upload-pack-request"
            headers["Accept"] = "application/x-git-upload-pack-result"
            request = HTTPRequest(method: "POST", url: "\(base)/git-upload-pack", headers: headers, body: body)
        }
        request.tls = session.tls
        request.deadlines = HTTPDeadlines(connect: limits.connect, total: limits.heads, silence: limits.silence)
        request.maximumResponseBytes = limits.advertisementBytes
        return request
    }

    /// Throws unless the answer is git speaking.
    func check(status: Int, headers: HTTPHeaders, service: Service) throws(GitError) {
        let hasCredentials = session.credentials.tokenFile != nil || session.credentials.passwordFile != nil
        switch status {
        case 200:
            try checkContentType(headers["Content-Type"] ?? "", service: service)
        case 300..<400:
            let target = headers["Location"].map { GitURL.withoutUserInfo(LibGit2.oneLine($0)) } ?? "nowhere named"
            let end = target.firstRange(of: "/info/refs")?.lowerBound ?? target.firstIndex(of: "?") ?? target.endIndex
            let repository = target[..<end]
            throw GitError(
                .notFound, url.description, "the server redirects (\(status)) to \(repository)",
                hint: "redirects are not followed: put the new URL into the configuration")
        case 401 where !hasCredentials:
            throw GitError(
                .credentials, url.description, "the server asks for credentials and none are set",
                hint: "set a token file, or a user name and password file")
        case 401:
            throw GitError(
                .credentials, url.description, "the server does not accept the credentials (401)",
                hint: session.credentials.username == nil && url.user == nil
                    ? "check the token; GitHub and GitLab want a user name with it" : "check user name and token")
        case 403:
            throw GitError(
                .credentials, url.description, "access to this repository is forbidden (403)",
                hint: "check what the account or token may read")
        case 404, 410:
            throw GitError(
                .notFound, url.description, "there is no repository at this URL (\(status))",
                hint: "check the URL; a private repository answers so, too, to those who may not read it")
        case 408, 429, 500...:
            throw GitError(.unreachable, url.description, "the server cannot answer now (\(status))")
        default:
            throw GitError(.other, url.description, "the server answered with status \(status)")
        }
    }

    private func checkContentType(_ type: String, service: Service) throws(GitError) {
        let expected =
            switch service {
            case .advertisement: "application/x-git-upload-pack-advertisement"
            case .uploadPack: "application/x-git-upload-pack-result"
            }
        guard type.prefix(while: { $0 != ";" }).trimmed().lowercased() == expected else {
            let shown = type.isEmpty ? "no content type" : LibGit2.oneLine(type)
            throw GitError(
                .notFound, url.description, "the server answered with \(shown), not with git's smart protocol",
                hint: "check that the URL is the repository's, not a web page's")
        }
    }

    func error(for failure: TransportError) -> GitError {
        switch failure.code {
        case .timeout: session.timeout(failure.message)
        case .cancelled: GitError(.cancelled, url.description, "the caller no longer waits for it")
        case .tooLarge: GitError(.tooLarge, url.description, failure.message)
        case .tls:
            GitError(
                .unreachable, url.description, "TLS: \(failure.message)",
                hint: "check the server's certificate and the trusted authorities")
        case .invalidRequest: GitError(.invalidURL, url.description, failure.message)
        case .resolve, .connect, .closed, .other:
            GitError(.unreachable, url.description, "\(failure.code.rawValue): \(failure.message)")
        }
    }
}
