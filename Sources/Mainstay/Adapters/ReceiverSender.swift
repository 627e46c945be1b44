// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import Manifests
internal import Planning
internal import Reconciler
internal import Transport

/// Brings notifications to their receivers by HTTP and SMTP.
///
/// Certificates are verified, redirects are answers, and nothing of a URL but its host is ever told: it may be a secret
/// itself. What a receiver answers is quoted in part, without credentials, and without what it repeats of such a URL.
struct ReceiverSender: NotificationSender {
    private static let deadlines = HTTPDeadlines(connect: .seconds(5), total: .seconds(30), silence: .seconds(30))
    private static let largestAnswer = 64 << 10
    private static let quoted = 200

    private struct Queue {
        var receiver: Configuration.Receiver
        var address: String?
    }

    /// By name.
    private let queues: [String: Queue]
    private let transport: any HTTPTransport
    private let mail: any MailTransport
    private let credentials: CredentialReader
    /// Names the daemon: the repository and branch that it follows.
    private let source: String

    init(
        receivers: [Configuration.Receiver], transport: any HTTPTransport, mail: any MailTransport,
        credentials: CredentialReader, source: String
    ) {
        var queues: [String: Queue] = [:]
        for receiver in receivers {
            for (name, address) in receiver.queues { queues[name] = Queue(receiver: receiver, address: address) }
        }
        self.queues = queues
        self.transport = transport
        self.mail = mail
        self.credentials = credentials
        self.source = source
    }

    func send(_ message: OutgoingNotification, to name: String) async -> DeliveryAnswer {
        guard let queue = queues[name], let place = queue.receiver.url else {
            return .refused("the configuration has no such receiver")
        }
        let receiver = queue.receiver
        let url: String
        let secret: String?
        var tls = TLSOptions()
        do throws(CredentialReader.Failure) {
            url = try await credentials.read(place)
            if let credential = receiver.secret {
                secret = try await credentials.read(credential)
            } else {
                secret = nil
            }
            if let file = receiver.caFile { tls.certificateAuthorities = try credentials.certificates(file) }
        } catch {
            return .failed(error.message, hasArrived: false, retryAfter: nil)
        }
        if let address = queue.address {
            return await sendMail(message, receiver, to: address, url, secret, tls)
        }
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            return .failed("its URL is no http(s):// URL", hasArrived: false, retryAfter: nil)
        }
        if receiver.sendsSecrets, !url.hasPrefix("https://"), !LoopbackHost.isNamed(in: url) {
            return .failed("its URL must be https: credentials are sent to it", hasArrived: false, retryAfter: nil)
        }
        guard var request = request(message, receiver, url, secret) else {
            return .refused("the event is about no commit")
        }
        prepare(&request, tls)
        var hidden = [url]
        if case .value = place {} else { hidden = SecretURL.parts(of: url) }
        if let secret {
            hidden.append(secret)
            // As it was sent: some say the request again.
            if let user = receiver.username { hidden.append(Base64.encode(Array("\(user):\(secret)".utf8))) }
        }
        return await answer(to: request, of: receiver, hiding: hidden) {
            await hasLostCommit(of: message.event, receiver, url.withoutLastSlash, secret ?? "", tls)
        }
    }

    private func prepare(_ request: inout HTTPRequest, _ tls: TLSOptions) {
        request.tls = tls
        request.deadlines = Self.deadlines
        // What may be the second one has to say so.
        request.isSentOnce = true
        request.maximumResponseBytes = Self.largestAnswer
        request.headers["User-Agent"] = Version.userAgent
    }

    // MARK: HTTP

    private func request(
        _ message: OutgoingNotification, _ receiver: Configuration.Receiver, _ url: String, _ secret: String?
    ) -> HTTPRequest? {
        let event = message.event
        switch receiver.service {
        case .webhook:
            let body = JSON.bytes(WebhookPayload.body(event, message: message.message, source: source))
            var request = HTTPRequest(method: "POST", url: url, body: body)
            request.headers["Content-Type"] = WebhookPayload.contentType
            if let secret { request.headers["X-Signature"] = "sha256=\(Self.signature(of: body, key: secret))" }
            return request
        case .slack:
            return post(
                url,
                SlackPayload.body(event, message: message.message, mayBeRepeated: message.mayBeRepeated))
        case .pagerduty:
            return post(
                url,
                PagerDutyPayload.body(event, message: message.message, source: source, routingKey: secret ?? ""))
        case .alertmanager:
            var request = post(
                "\(url.withoutLastSlash)/api/v2/alerts",
                AlertmanagerPayload.body(event, message: message.message, source: source))
            if let secret {
                let basic = receiver.username.map { Base64.encode(Array("\($0):\(secret)".utf8)) }
                request.headers["Authorization"] = basic.map { "Basic \($0)" } ?? "Bearer \(secret)"
            }
            return request
        case .github, .gitlab, .gitea: return statusRequest(message, receiver, url.withoutLastSlash, secret ?? "")
        case .email: return nil
        }
    }

    private func statusRequest(
        _ message: OutgoingNotification, _ receiver: Configuration.Receiver, _ url: String, _ token: String
    ) -> HTTPRequest? {
        // No commit to say anything about: whether the token may read the repository is what can be seen.
        if message.event.kind == .test { return repositoryRequest(receiver, url, token) }
        guard let status = CommitStatusPayload(message.event, message: message.message) else { return nil }
        var request = repositoryRequest(receiver, url, token, "/statuses/\(status.commit)")
        request.method = "POST"
        request.headers["Content-Type"] = "application/json"
        request.body = JSON.bytes(receiver.service == .gitlab ? status.gitLabBody : status.body)
        return request
    }

    /// A GET.
    private func repositoryRequest(
        _ receiver: Configuration.Receiver, _ url: String, _ token: String, _ path: String = ""
    ) -> HTTPRequest {
        let base =
            switch receiver.service {
            case .gitlab: "\(url)/api/v4/projects/\(receiver.repository.percentEncoded)"
            case .gitea: "\(url)/api/v1/repos/\(receiver.repository.percentEncodedParts)"
            default: "\(url)/repos/\(receiver.repository.percentEncodedParts)"
            }
        var request = HTTPRequest(url: base + path)
        switch receiver.service {
        case .gitlab: request.headers["PRIVATE-TOKEN"] = token
        case .gitea: request.headers["Authorization"] = "token \(token)"
        default:
            request.headers["Authorization"] = "Bearer \(token)"
            request.headers["Accept"] = "application/vnd.github+json"
        }
        return request
    }

    /// Whether the repository is there, and the commit is not: a push rewrote history, and no status will ever be taken.
    private func hasLostCommit(
        of event: NotificationEvent, _ receiver: Configuration.Receiver, _ url: String, _ token: String,
        _ tls: TLSOptions
    ) async -> Bool {
        guard receiver.service.showsCommitStatus, event.kind != .test,
            let commit = CommitStatusPayload(event, message: nil)?.commit
        else { return false }
        func status(of path: String) async -> Int? {
            var request = repositoryRequest(receiver, url, token, path)
            prepare(&request, tls)
            return try? await transport.send(request).status
        }
        let folder =
            switch receiver.service {
            case .gitlab: "/repository/commits"
            case .gitea: "/git/commits"
            default: "/commits"
            }
        guard await status(of: "") == 200, let answer = await status(of: "\(folder)/\(commit)") else { return false }
        // GitHub's word for an id that it does not have is 422.
        return answer == 404 || answer == 422
    }

    private func post(_ url: String, _ body: Value) -> HTTPRequest {
        HTTPRequest(
            method: "POST", url: url, headers: ["Content-Type": "application/json"], body: JSON.bytes(body))
    }

    private func answer(
        to request: HTTPRequest, of receiver: Configuration.Receiver, hiding secrets: [String],
        hasLostCommit: () async -> Bool
    ) async -> DeliveryAnswer {
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await transport.send(request)
        } catch {
            // Not the subject: it holds the URL's path.
            let text = "\(error.code.rawValue): \(error.message)".hiding(secrets)
            if error.code == .timeout, error.mayHaveBeenSent { return .unanswered(text) }
            return .failed(text, hasArrived: error.mayHaveBeenSent ? nil : false, retryAfter: nil)
        }
        // All of it, before it is cut: half a secret would not be found.
        let body = String(decoding: response.body, as: UTF8.self).singleLine.hiding(secrets)
        let quote = body.isEmpty ? "" : ": \(body.shortened(to: Self.quoted))"
        let text = "it answered \(response.status)\(quote)"
        if response.status == 404, await hasLostCommit() {
            return .refused("\(text); the repository is there, and has no such commit")
        }
        switch response.status {
        case 200..<300: return .delivered(text)
        case 400 where receiver.service == .gitlab && CommitStatusPayload.saysAlreadySo(body): return .delivered(text)
        // Wrong for what it is: the same again gets the same answer.
        case 400, 413, 422: return .refused(text)
        default:
            // A server's trouble may come after it took the message; anything else is a refusal.
            return .failed(
                text, hasArrived: response.status >= 500 ? nil : false,
                retryAfter: RetryAfter.duration(of: response.headers, now: SystemTime.now()))
        }
    }

    static func signature(of body: [UInt8], key: String) -> String {
        HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array(key.utf8)))
            .map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }

    // MARK: Mail

    private func sendMail(
        _ message: OutgoingNotification, _ receiver: Configuration.Receiver, to address: String, _ url: String,
        _ password: String?, _ tls: TLSOptions
    ) async -> DeliveryAnswer {
        let isImplicit = url.hasPrefix("smtps://")
        let security: MailRequest.Security = isImplicit ? .implicit : receiver.isPlain ? .none : .startTLS
        // All who get it are told who else does.
        let content = MailMessage(
            message.event, message: message.message, from: receiver.from, to: receiver.to, source: source)
        let request = MailRequest(
            server: String(url.dropFirst(isImplicit ? 8 : 7)), security: security, from: receiver.from,
            to: [address], username: receiver.username, password: password, message: content.bytes, tls: tls,
            deadlines: HTTPDeadlines(connect: .seconds(5), total: .seconds(30)))
        do throws(MailError) {
            try await mail.send(request)
            return .delivered("the server took it for \(address)")
        } catch {
            return Self.answer(error, for: address, hiding: password)
        }
    }

    private static func answer(_ error: MailError, for address: String, hiding password: String?) -> DeliveryAnswer {
        let text = "\(address): \(error.description.singleLine.hiding([password ?? ""]))"
        // RFC 5321: too large (552), or a permanent answer to the message that was sent whole. What is said of an address,
        // a full mailbox too, may be another tomorrow.
        if error.isAboutMessage { return .refused(text) }
        if error.code == .timeout, error.mayHaveArrived { return .unanswered(text) }
        return .failed(text, hasArrived: error.mayHaveArrived ? nil : false, retryAfter: nil)
    }
}

extension MailError {
    fileprivate var isAboutMessage: Bool {
        wasSent ? (500..<600).contains(reply) : reply == 552 && !isAboutRecipient
    }
}

extension String {
    fileprivate var withoutLastSlash: String { hasSuffix("/") ? String(dropLast()) : self }

    /// With marks in place of what must not be told.
    fileprivate func hiding(_ secrets: [String]) -> String {
        secrets.filter { $0.utf8.count >= 4 }.reduce(self) { $0.replacing($1, with: "(hidden)") }
    }

    fileprivate var percentEncodedParts: String {
        split(separator: "/").map { String($0).percentEncoded }.joined(separator: "/")
    }
}
