// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Transport

/// Mail by libcurl, to a real SMTP server.
@Suite("Mail", .enabled(if: SMTPServer.python != nil, "deploy/test.sh installs aiosmtpd"), .timeLimit(.minutes(2)))
struct CurlMailTests {
    private static func request(
        _ server: SMTPServer, _ security: MailRequest.Security, to: [String] = ["ops@example.com"],
        password: String? = SMTPServer.password, trusts: Bool = true,
        message: String = "Subject: hello\r\n\r\nhello\r\n"
    ) -> MailRequest {
        MailRequest(
            server: "127.0.0.1:\(server.port)", security: security, from: "mainstay@example.com", to: to,
            username: password == nil ? nil : SMTPServer.user, password: password, message: Array(message.utf8),
            tls: TLSOptions(certificateAuthorities: trusts ? server.certificate : nil))
    }

    private static func failure(_ request: MailRequest) async throws -> MailError? {
        let mail = try CurlMail()
        do throws(MailError) {
            try await mail.send(request)
            return nil
        } catch {
            return error
        }
    }

    @Test("STARTTLS, a login, several who get it, and lines that begin with a dot")
    func startTLS() async throws {
        let server = try SMTPServer(.startTLS)
        try await CurlMail().send(
            Self.request(
                server, .startTLS, to: ["ops@example.com", "ada@example.com"],
                message: "Subject: dots\r\n\r\n.\r\n..two\r\n.hidden\r\nend\r\n"))
        let message = try #require(server.messages.first)
        #expect(server.messages.count == 1)
        #expect(message.from == "mainstay@example.com")
        #expect(message.to == ["ops@example.com", "ada@example.com"])
        #expect(message.user == SMTPServer.user)
        #expect(message.secured)
        #expect(message.data == "Subject: dots\r\n\r\n.\r\n..two\r\n.hidden\r\nend\r\n")
    }

    @Test("TLS from the first byte")
    func implicit() async throws {
        let server = try SMTPServer(.implicit)
        try await CurlMail().send(Self.request(server, .implicit))
        #expect(server.messages.map(\.secured) == [true])
    }

    @Test(
        "A certificate that nobody vouches for is no server of ours",
        arguments: [SMTPServer.Security.implicit, .startTLS])
    func certificate(security: SMTPServer.Security) async throws {
        let server = try SMTPServer(security)
        let failure = try await Self.failure(
            Self.request(server, security == .implicit ? .implicit : .startTLS, trusts: false))
        #expect(failure?.code == .tls)
        #expect(failure?.mayHaveArrived == false)
        #expect(server.messages == [])
    }

    @Test("A server without STARTTLS gets nothing, not even the password")
    func noTLS() async throws {
        let server = try SMTPServer(.none)
        let failure = try await Self.failure(Self.request(server, .startTLS))
        #expect(failure?.code == .tls)
        #expect(server.messages == [])
        // Where the operator says so, it does.
        try await CurlMail().send(Self.request(server, .none, password: nil))
        #expect(server.messages.map(\.secured) == [false])
    }

    @Test("A wrong password is the server's answer, and stands in no error")
    func wrongPassword() async throws {
        let server = try SMTPServer(.startTLS)
        let failure = try #require(
            try await Self.failure(Self.request(server, .startTLS, password: "wrong-password")))
        #expect(failure.reply == 535)
        #expect(!failure.description.contains("wrong-password"))
        #expect(!failure.mayHaveArrived)
    }

    @Test("An address that the server does not take fails the message, and it has not arrived")
    func unknownRecipient() async throws {
        let server = try SMTPServer(.startTLS)
        let failure = try await Self.failure(
            Self.request(server, .startTLS, to: ["ops@example.com", "nobody@example.com"]))
        #expect(failure?.reply == 550)
        #expect(failure?.mayHaveArrived == false)
        #expect(failure?.wasSent == false)
        #expect(server.messages == [])
    }

    @Test("A message that was sent whole and not taken is told from an address that was not")
    func refusedContent() async throws {
        let server = try SMTPServer(.startTLS)
        let failure = try await Self.failure(
            Self.request(server, .startTLS, message: "Subject: hello\r\n\r\nforbidden\r\n"))
        #expect(failure?.reply == 554)
        #expect(failure?.wasSent == true)
        #expect(failure?.mayHaveArrived == false)
        #expect(server.messages == [])
    }

    @Test("What would be another command is refused before anything is sent")
    func injection() async throws {
        let server = try SMTPServer(.startTLS)
        for address in ["a@b\r\nRCPT TO:<c@d>", "a@b>\nDATA", "", "a b@c"] {
            let failure = try await Self.failure(Self.request(server, .startTLS, to: [address]))
            #expect(failure?.code == .invalidRequest)
        }
        var request = Self.request(server, .startTLS)
        request.server = "127.0.0.1:25/x\r\nQUIT"
        #expect(try await Self.failure(request)?.code == .invalidRequest)
        #expect(server.messages == [])
    }

    @Test("Nobody listens: told within the deadline, and nothing arrived")
    func nobody() async throws {
        let request = MailRequest(
            server: "127.0.0.1:9", security: .startTLS, from: "a@b", to: ["c@d"], message: Array("x".utf8))
        let failure = try await Self.failure(request)
        #expect(failure?.code == .connect)
        #expect(failure?.mayHaveArrived == false)
    }

    @Test("A server that says nothing is given up with the task, or with the deadline")
    func silence() async throws {
        let server = try LoopbackServer(onConnection: { _ = $0.waitForPeerToClose() })
        var request = MailRequest(
            server: "127.0.0.1:\(server.port)", security: .none, from: "a@b", to: ["c@d"], message: Array("x".utf8))
        let waiting = Task { [request] in try await Self.failure(request) }
        waiting.cancel()
        #expect(try await waiting.value?.code == .cancelled)
        request.deadlines.total = .milliseconds(200)
        #expect(try await Self.failure(request)?.code == .timeout)
        server.close()
    }
}
