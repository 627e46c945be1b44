// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import Foundation
internal import Kubernetes
internal import Manifests
internal import Planning
internal import Reconciler
internal import Synchronization
internal import TestSupport
internal import Testing
internal import Transport

@testable internal import Mainstay

/// What reaches a real HTTP server, and what is told of its answers.
@Suite("The sender of notifications", .timeLimit(.minutes(2)))
struct ReceiverSenderTests {
    private static let secret = "hunter2-token"
    private static let event = NotificationEvent(
        id: "r1-failed", kind: .failed, target: TargetID(application: "api", environment: "production"),
        at: Timestamp(secondsSinceEpoch: 1_795_255_200), revision: String(repeating: "b", count: 40),
        cause: Cause(reason: "CrashLoopBackOff", message: "it crashes"))

    /// A server that answers as it is told, and remembers what it was asked.
    private final class Sink: Sendable {
        let server: LoopbackServer
        private let seen: Requests

        private final class Requests: Sendable {
            let all = Mutex<[LoopbackServer.Request]>([])
        }

        convenience init(_ status: Int = 200, headers: HTTPHeaders = [:], body: String = "ok") throws {
            try self.init { _ in (status, headers, body) }
        }

        init(_ answer: @escaping @Sendable (LoopbackServer.Request) -> (Int, HTTPHeaders, String)) throws {
            let seen = Requests()
            self.seen = seen
            server = try LoopbackServer { request, connection in
                seen.all.withLock { $0.append(request) }
                let (status, headers, body) = answer(request)
                connection.respond(status, headers: headers, body: Array(body.utf8))
            }
        }

        var requests: [LoopbackServer.Request] { seen.all.withLock(\.self) }

        func json(_ index: Int = 0) throws -> Value { try JSON.parse(requests[index].body) }
    }

    private static func send(
        _ receiver: Configuration.Receiver, _ event: NotificationEvent = event, message: String? = nil,
        mayBeRepeated: Bool = false, files: [String: String] = ["/key": secret + "\n"],
        mail: (any MailTransport)? = nil, queue: String? = nil
    ) async throws -> DeliveryAnswer {
        let transport = try CurlTransport()
        let sender = try sender(receiver, over: transport, files: files, mail: mail)
        let answer = await sender.send(
            OutgoingNotification(event: event, message: message, mayBeRepeated: mayBeRepeated),
            to: queue ?? receiver.name)
        await transport.shutdown()
        return answer
    }

    private static func sender(
        _ receiver: Configuration.Receiver, over transport: CurlTransport,
        files: [String: String] = ["/key": secret + "\n"], mail: (any MailTransport)? = nil
    ) throws -> ReceiverSender {
        ReceiverSender(
            receivers: [receiver], transport: transport, mail: try mail ?? CurlMail(),
            credentials: CredentialReader(
                files: FileReader { path, _ throws(FileReader.Failure) in
                    guard let text = files[path] else { throw FileReader.Failure("No such file or directory") }
                    return Array(text.utf8)
                }, cluster: SecretCluster()),
            source: "https://git.example.com/planet.git#main")
    }

    private static func receiver(
        _ service: NotificationService, _ url: String, secret: Configuration.Credential? = .file("/key")
    ) -> Configuration.Receiver {
        var receiver = Configuration.Receiver(name: "r", service: service)
        receiver.url = .value(url)
        receiver.secret = secret
        return receiver
    }

    @Test("A webhook's body is signed as it is sent")
    func webhook() async throws {
        let sink = try Sink(202)
        let answer = try await Self.send(Self.receiver(.webhook, sink.server.url + "/hook?x=1"))
        #expect(answer == .delivered("it answered 202: ok"))
        let request = try #require(sink.requests.first)
        #expect(request.method == "POST")
        #expect(request.target == "/hook?x=1")
        #expect(request.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8")
        #expect(try sink.json()["id"]?.string == "r1-failed")
        let signature = HMAC<SHA256>.authenticationCode(
            for: request.body, using: SymmetricKey(data: Array(Self.secret.utf8)))
        let hex = signature.map { String(format: "%02x", $0) }.joined()
        #expect(request.headers["X-Signature"] == "sha256=\(hex)")
    }

    @Test("The signature is HMAC-SHA256 (RFC 4231, test case 2)")
    func signature() {
        #expect(
            ReceiverSender.signature(of: Array("what do ya want for nothing?".utf8), key: "Jefe")
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test("Slack's URL is read from its file, and stands in no answer")
    func slack() async throws {
        let sink = try Sink(404, body: "no_service")
        let url = sink.server.url + "/services/T0/B0/very-secret"
        var receiver = Self.receiver(.slack, "", secret: nil)
        receiver.url = .file("/slack")
        let answer = try await Self.send(receiver, mayBeRepeated: true, files: ["/slack": url])
        #expect(answer == .failed("it answered 404: no_service", hasArrived: false, retryAfter: nil))
        #expect(sink.requests.map(\.target) == ["/services/T0/B0/very-secret"])
        #expect(try sink.json()["text"]?.string?.contains("perhaps for the second time") == true)
        sink.server.close()
        let refused = try await Self.send(receiver, files: ["/slack": url])
        guard case .failed(let text, hasArrived: false, _) = refused else {
            Issue.record("\(refused)")
            return
        }
        #expect(!text.contains("secret"))
        #expect(text.contains("no connection"))
    }

    @Test("What a server repeats of a URL that is a secret is hidden, whatever form it has")
    func echo() async throws {
        let path = "/hooks/abc123?key=s%2Bcret-of-ours&x=1"
        for (body, told) in [
            ("Cannot POST /hooks/abc123?key=s%2Bcret-of-ours&x=1", "Cannot POST (hidden)"),
            ("no route for /hooks/abc123", "no route for (hidden)"),
            ("key s+cret-of-ours is unknown", "key (hidden) is unknown"),
            (#"{"path":"\/hooks","key":"s%2Bcret-of-ours"}"#, #"{"path":"\/hooks","key":"(hidden)"}"#),
            (
                String(repeating: "s%2Bcret-of-ours ", count: 90),
                String(repeating: "(hidden) ", count: 23).prefix(199) + "…"
            ),
        ] {
            let sink = try Sink(404, body: body)
            var receiver = Self.receiver(.webhook, "", secret: nil)
            receiver.url = .file("/hook")
            let answer = try await Self.send(receiver, files: ["/hook": sink.server.url + path])
            #expect(answer == .failed("it answered 404: \(told)", hasArrived: false, retryAfter: nil))
        }
    }

    @Test("PagerDuty gets the routing key, which its answers are not quoted with")
    func pagerDuty() async throws {
        let sink = try Sink(400, body: "invalid key \(Self.secret)\u{1B}[31m\r\nhere")
        let answer = try await Self.send(Self.receiver(.pagerduty, sink.server.url))
        #expect(answer == .refused("it answered 400: invalid key (hidden) [31m here"))
        #expect(try sink.json()["routing_key"]?.string == Self.secret)
        #expect(try sink.json()["event_action"]?.string == "trigger")
    }

    @Test("Alertmanager is asked at its v2 API, with the credentials that it has")
    func alertmanager() async throws {
        let sink = try Sink(200, body: "")
        var receiver = Self.receiver(.alertmanager, sink.server.url + "/am/")
        #expect(try await Self.send(receiver) == .delivered("it answered 200"))
        receiver.username = "ada"
        _ = try await Self.send(receiver)
        #expect(sink.requests.map(\.target) == ["/am/api/v2/alerts", "/am/api/v2/alerts"])
        #expect(
            sink.requests.map { $0.headers["Authorization"] } == [
                "Bearer \(Self.secret)", "Basic YWRhOmh1bnRlcjItdG9rZW4=",
            ])
        #expect(try sink.json()[0]?["labels"]?["alertname"]?.string == "MainstayRolloutFailed")
        let mirror = try Sink(400, body: "Authorization: Basic YWRhOmh1bnRlcjItdG9rZW4= is none")
        receiver.url = .value(mirror.server.url)
        #expect(try await Self.send(receiver) == .refused("it answered 400: Authorization: Basic (hidden) is none"))
    }

    @Test(
        "Commit statuses go where each service has them, with its way to say who asks",
        arguments: [
            (NotificationService.github, "/repos/a/b/statuses/", "Authorization", "Bearer hunter2-token", "state"),
            (.gitea, "/api/v1/repos/a/b/statuses/", "Authorization", "token hunter2-token", "state"),
            (.gitlab, "/api/v4/projects/a%2Fb/statuses/", "PRIVATE-TOKEN", "hunter2-token", "name"),
        ])
    func commitStatus(
        service: NotificationService, path: String, header: String, value: String, field: String
    ) async throws {
        let sink = try Sink(201, body: "{}")
        var receiver = Self.receiver(service, sink.server.url)
        receiver.repository = "a/b"
        #expect(try await Self.send(receiver) == .delivered("it answered 201: {}"))
        let request = try #require(sink.requests.first)
        #expect(request.target == path + String(repeating: "b", count: 40))
        #expect(request.headers[header] == value)
        #expect(try sink.json()[field] != nil)
        // A test asks whether the token may read the repository: there is no commit to say anything about.
        var test = Self.event
        test.kind = .test
        test.revision = nil
        _ = try await Self.send(receiver, test)
        #expect(sink.requests.last?.method == "GET")
    }

    @Test("GitLab's \"it is so already\" is a delivery, and not so anybody else's 400")
    func alreadySo() async throws {
        let sink = try Sink(400, body: "Cannot transition status via :run from :running")
        var receiver = Self.receiver(.gitlab, sink.server.url)
        receiver.repository = "a/b"
        guard case .delivered = try await Self.send(receiver) else {
            Issue.record("refused")
            return
        }
        receiver.service = .gitea
        guard case .refused = try await Self.send(receiver) else {
            Issue.record("delivered")
            return
        }
    }

    @Test(
        "A commit that a push took away is no reason to wait for; a repository that is not there is",
        arguments: [
            (NotificationService.gitlab, "/api/v4/projects/a%2Fb", "/repository/commits/", 404),
            (.gitea, "/api/v1/repos/a/b", "/git/commits/", 404), (.github, "/repos/a/b", "/commits/", 422),
        ])
    func lostCommit(service: NotificationService, base: String, folder: String, missing: Int) async throws {
        for (repository, commit, isRefused) in [
            (200, missing, true), (200, 200, false), (404, 404, false), (200, 500, false),
        ] {
            let sink = try Sink { request in
                if request.target.contains("/statuses/") { return (404, [:], "404 Commit Not Found") }
                return (request.target == base ? repository : commit, [:], "{}")
            }
            var receiver = Self.receiver(service, sink.server.url)
            receiver.repository = "a/b"
            let text = "it answered 404: 404 Commit Not Found"
            #expect(
                try await Self.send(receiver)
                    == (isRefused
                        ? .refused("\(text); the repository is there, and has no such commit")
                        : .failed(text, hasArrived: false, retryAfter: nil)))
            let asked = sink.requests.dropFirst()
            #expect(asked.first?.target == base && asked.allSatisfy { $0.method == "GET" })
            if repository == 200 {
                #expect(asked.last?.target == base + folder + String(repeating: "b", count: 40))
            }
        }
    }

    @Test(
        "What a mail server refuses for what it says is given up; an address that it does not take may be taken later")
    func refusedMail() async throws {
        var receiver = Self.receiver(.email, "smtp://127.0.0.1:25", secret: nil)
        receiver.to = ["ops@example.com"]
        func answer(_ error: MailError) async throws -> DeliveryAnswer {
            try await Self.send(receiver, mail: ScriptedMail { _ in error })
        }
        let content = MailError(code: .other, message: "no", reply: 554, mayHaveArrived: false, wasSent: true)
        #expect(try await answer(content) == .refused("ops@example.com: \(content.description)"))
        let large = MailError(code: .other, message: "no", reply: 552, mayHaveArrived: false)
        #expect(try await answer(large) == .refused("ops@example.com: \(large.description)"))
        for reply in [550, 552, 554, 450] {
            let error = MailError(
                code: .other, message: "no", reply: reply, mayHaveArrived: false, isAboutRecipient: true)
            let text = "ops@example.com: \(error.description)"
            #expect(try await answer(error) == .failed(text, hasArrived: false, retryAfter: nil))
        }
        let login = MailError(code: .other, message: "no", reply: 535, mayHaveArrived: false)
        #expect(
            try await answer(login)
                == .failed("ops@example.com: \(login.description)", hasArrived: false, retryAfter: nil))
    }

    @Test("Each address has a queue of its own: what is said of one is nothing to the other")
    func queues() async throws {
        var receiver = Self.receiver(.email, "smtp://127.0.0.1:25", secret: nil)
        receiver.to = ["ops@example.com", "nobody@example.com", "ada@example.com"]
        let settings = Configuration.Notifications(receivers: [receiver], routes: []).settings
        #expect(settings.receivers.map(\.name) == ["r", "r#2", "r#3"])
        #expect(Set(settings.receivers.map(\.group)) == ["r"])
        let unknown = MailError(code: .other, message: "no", reply: 550, mayHaveArrived: false, isAboutRecipient: true)
        let mail = ScriptedMail { $0.contains("nobody@example.com") ? unknown : nil }
        var answers: [DeliveryAnswer] = []
        for queue in settings.receivers { answers.append(try await Self.send(receiver, mail: mail, queue: queue.name)) }
        #expect(
            answers == [
                .delivered("the server took it for ops@example.com"),
                .failed("nobody@example.com: \(unknown.description)", hasArrived: false, retryAfter: nil),
                .delivered("the server took it for ada@example.com"),
            ])
        #expect(mail.taken == [["ops@example.com"], ["ada@example.com"]])
    }

    @Test("What a receiver does not answer before it closes is not sent again by itself, unmarked")
    func closed() async throws {
        let received = Mutex(0)
        let server = try LoopbackServer { _, connection in
            let count = received.withLock {
                $0 += 1
                return $0
            }
            if count == 1 { connection.respond() } else { connection.close() }
        }
        defer { server.close() }
        let transport = try CurlTransport()
        let sender = try Self.sender(Self.receiver(.webhook, server.url), over: transport)
        let first = await sender.send(OutgoingNotification(event: Self.event), to: "r")
        #expect(first == .delivered("it answered 200"))
        let second = await sender.send(OutgoingNotification(event: Self.event), to: "r")
        guard case .failed(_, hasArrived: nil, _) = second else {
            Issue.record("\(second)")
            return
        }
        #expect(received.withLock(\.self) == 2)
        await transport.shutdown()
    }

    @Test(
        "Answers are sorted into what will never be taken and what may be later",
        arguments: [
            (200, "delivered"), (204, "delivered"), (301, "failed"), (307, "failed"), (400, "refused"),
            (401, "failed"), (403, "failed"), (404, "failed"), (413, "refused"), (422, "refused"), (429, "failed"),
            (500, "unknown"), (503, "unknown"),
        ])
    func sorting(status: Int, sort: String) async throws {
        let sink = try Sink(status, headers: ["Location": "http://127.0.0.1:9/elsewhere", "Retry-After": "7"])
        let answer = try await Self.send(Self.receiver(.webhook, sink.server.url))
        switch answer {
        case .delivered: #expect(sort == "delivered")
        case .refused: #expect(sort == "refused")
        case .unanswered: Issue.record("it answered")
        case .failed(_, let hasArrived, let retryAfter):
            #expect(sort == (hasArrived == false ? "failed" : "unknown"))
            #expect(retryAfter == .seconds(7))
        }
        #expect(sink.requests.count == 1, "a redirect is an answer")
    }

    @Test(
        "How long a receiver asks to be left alone is seconds or a date, measured from its own",
        arguments: [
            ("25", nil, 25), ("Sun, 06 Nov 1994 08:50:02 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 25),
            ("Sat, 21 Nov 2026 10:00:25 GMT", nil, 25), ("Sun, 06 Nov 1994 08:49:37 GMT", nil, nil), ("0", nil, nil),
            ("soon", nil, nil), ("-4", nil, nil),
        ] as [(String, String?, Int64?)])
    func retryAfter(text: String, date: String?, seconds: Int64?) throws {
        var headers: HTTPHeaders = ["Retry-After": text]
        headers["Date"] = date
        let now = try #require(Timestamp("2026-11-21T10:00:00Z"))
        #expect(RetryAfter.duration(of: headers, now: now) == seconds.map { .seconds($0) })
    }

    @Test("Credentials that are not there are told of by their place, and the message waits")
    func noCredentials() async throws {
        let sink = try Sink()
        for (credential, text) in [
            (Configuration.Credential.file("/nowhere"), "/nowhere cannot be read: No such file or directory"),
            (.file("/empty"), "/empty is empty"), (.file("/two"), "/two has more than one line, or control characters"),
            (
                .secret(namespace: "mainstay", name: "gone", key: "k"),
                "the key k of the Secret mainstay/gone is not there"
            ),
        ] {
            let answer = try await Self.send(
                Self.receiver(.pagerduty, sink.server.url, secret: credential),
                files: ["/empty": "\n", "/two": "a\nb"])
            #expect(answer == .failed(text, hasArrived: false, retryAfter: nil))
        }
        #expect(sink.requests.count == 0)
    }

    @Test("A Secret of the cluster is read at each use")
    func clusterSecret() async throws {
        let sink = try Sink()
        let credential = Configuration.Credential.secret(namespace: "mainstay", name: "there", key: "token")
        _ = try await Self.send(Self.receiver(.pagerduty, sink.server.url, secret: credential))
        #expect(try sink.json()["routing_key"]?.string == "from the cluster")
    }

    @Test("No credentials go over plain HTTP to another machine, though a file may say so")
    func plain() async throws {
        var receiver = Self.receiver(.slack, "", secret: nil)
        receiver.url = .file("/slack")
        let answer = try await Self.send(receiver, files: ["/slack": "http://hooks.example.invalid/x"])
        #expect(
            answer == .failed("its URL must be https: credentials are sent to it", hasArrived: false, retryAfter: nil))
    }

    @Test(
        "Mail goes over TLS with a login, and reads as it was written",
        .enabled(if: SMTPServer.python != nil, "deploy/test.sh installs aiosmtpd"))
    func mail() async throws {
        let server = try SMTPServer(.startTLS)
        var receiver = Self.receiver(.email, "smtp://127.0.0.1:\(server.port)")
        receiver.from = "mainstay@example.com"
        receiver.to = ["ops@example.com"]
        receiver.username = SMTPServer.user
        receiver.caFile = "/ca"
        let files = ["/key": SMTPServer.password, "/ca": String(decoding: server.certificate, as: UTF8.self)]
        let answer = try await Self.send(receiver, message: "größer als gedacht\n.\n", files: files)
        #expect(answer == .delivered("the server took it for ops@example.com"))
        let message = try #require(server.messages.first)
        #expect(message.to == ["ops@example.com"])
        #expect(message.secured)
        #expect(message.data.contains("Subject: [mainstay] api in production failed at bbbbbbb"))
        let body = try #require(message.data.range(of: "\r\n\r\n")).upperBound
        let text = Base64.decode(String(message.data[body...])).map { String(decoding: $0, as: UTF8.self) }
        #expect(text?.hasPrefix("größer als gedacht\r\n.\r\n") == true)

        let wrong = try await Self.send(receiver, files: ["/key": "wrong-one", "/ca": files["/ca"] ?? ""])
        guard case .failed(let reason, hasArrived: false, _) = wrong else {
            Issue.record("\(wrong)")
            return
        }
        #expect(reason.contains("535"))
        #expect(!reason.contains("wrong-one"))
        #expect(server.messages.count == 1)
    }
}

/// A mail server that answers as it is told, by who is to get a message.
private final class ScriptedMail: MailTransport {
    private let log = Mutex<[[String]]>([])
    private let failure: @Sendable ([String]) -> MailError?

    init(_ failure: @escaping @Sendable ([String]) -> MailError?) { self.failure = failure }

    var taken: [[String]] { log.withLock(\.self) }

    func send(_ mail: MailRequest) async throws(MailError) {
        if let failure = failure(mail.to) { throw failure }
        log.withLock { $0.append(mail.to) }
    }
}

/// A cluster with one Secret.
private struct SecretCluster: Cluster {
    private var no: ClusterFailure { ClusterFailure(code: .other, message: "not asked for here") }

    func get(_ id: ObjectID, version: String) async throws(ClusterFailure) -> Object? {
        guard id.kind == "Secret", id.namespace == "mainstay", id.name == "there" else { return nil }
        return ["data": ["token": .string(Base64.encode(Array("from the cluster".utf8)))]]
    }

    func create(_ object: Object) async throws(ClusterFailure) { throw no }
    func kind(_ kind: GroupVersionKind) async throws(ClusterFailure) -> ServedKind? { throw no }
    func apply(_ object: Object, as manager: FieldManager, force: Bool, dryRun: Bool) async throws(ClusterFailure)
        -> Object
    { throw no }
    func list(
        _ kind: ServedKind, namespace: String?, notOlderThan version: String,
        inspect: @escaping @Sendable (Object) -> Void
    ) async throws(ClusterFailure) -> ObjectPage { throw no }
    func watch(_ kind: ServedKind, namespace: String?, from start: ObservationStart)
        -> AsyncThrowingStream<ClusterEvent, any Error>
    { AsyncThrowingStream { $0.finish() } }
    func patch(_ id: ObjectID, version: String, _ operations: [Value]) async throws(ClusterFailure) -> Object {
        throw no
    }
    func delete(_ id: ObjectID, version: String, uid: String) async throws(ClusterFailure) -> Bool { throw no }
    func acceptsAsNew(_ object: Object) async throws(ClusterFailure) -> Bool { throw no }
    func logLines(namespace: String, pod: String, container: String, previous: Bool) async throws(ClusterFailure)
        -> [String]
    { throw no }
    func probe(
        namespace: String, service: String, port: String, path: String, sending headers: [Application.SentHeader]
    ) async throws(ClusterFailure) -> CheckAnswer { throw no }
    func accessRules(in namespace: String) async throws(ClusterFailure) -> AccessRules { throw no }
    func isAllowed(_ right: AccessRight) async throws(ClusterFailure) -> Bool { throw no }
    func serverVersion() async throws(ClusterFailure) -> String { throw no }
    func kinds() async throws(ClusterFailure) -> [ServedKind] { throw no }
    func objects(of kind: ServedKind, namespace: String?, isOwned: Bool) async throws(ClusterFailure) -> [Object] {
        throw no
    }
}
