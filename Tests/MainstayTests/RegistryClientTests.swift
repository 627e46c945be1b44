// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kubernetes
import Manifests
import Planning
import Reconciler
import TestSupport
import Testing
import Transport

@testable import Mainstay

@Suite("Asking a registry for an image")
struct RegistryClientTests {
    private static let image = "registry.example.com/team/api:1"
    private static let challenge =
        #"Bearer realm="https://auth.example.com/token?x=1",service="registry.example.com",scope="repository:other:push""#

    private static func answer(_ status: Int, challenge: String? = nil, body: String = "") -> ScriptedTransport.Answer {
        var headers: HTTPHeaders = [:]
        if let challenge { headers["WWW-Authenticate"] = challenge }
        return .response(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
    }

    private static let ada = PullCredential(registry: "registry.example.com", username: "ada", password: "hunter2")
    private static let adaHeader = "Basic " + Base64.encode(Array("ada:hunter2".utf8))

    private func look(
        _ script: [ScriptedTransport.Answer], _ credentials: [PullCredential] = [],
        registry: Configuration.Registry = Configuration.Registry(host: "registry.example.com"),
        image: String = image, files: FileReader = .disk
    ) async throws -> (answer: ImageAnswer, requests: [HTTPRequest]) {
        let transport = ScriptedTransport(script)
        let client = RegistryClient([registry], transport: transport, files: files)
        let answer = await client.look(for: try #require(RegistryImage(image)), with: credentials)
        return (answer, transport.requests)
    }

    private func why(_ answer: ImageAnswer, isTransient: Bool = false) -> String {
        guard case .unknown(let why, isTransient) = answer else { return "not unknown: \(answer)" }
        return why
    }

    @Test("200 is there, 404 is missing, by one HEAD of the manifest that takes every type of it")
    func plain() async throws {
        let (answer, requests) = try await look([Self.answer(200)])
        #expect(answer == .isThere)
        #expect(requests.map(\.method) == ["HEAD"])
        #expect(requests.map(\.url) == ["https://registry.example.com/v2/team/api/manifests/1"])
        #expect(requests[0].headers["Accept"]?.contains("application/vnd.oci.image.index.v1+json") == true)
        #expect(requests[0].deadlines.total.map { $0 <= .seconds(15) } == true)
        #expect(try await look([Self.answer(404)]).answer == .isMissing)
    }

    @Test("A token comes from where the registry says, with the pull secret's user, for pulling this repository alone")
    func token() async throws {
        let (answer, requests) = try await look(
            [
                Self.answer(401, challenge: Self.challenge), Self.answer(200, body: #"{"token": "t0"}"#),
                Self.answer(404),
            ],
            [Self.ada])
        #expect(answer == .isMissing)
        #expect(
            requests[1].url.removingPercentEncoding
                == "https://auth.example.com/token?x=1&service=registry.example.com&scope=repository:team/api:pull")
        #expect(requests[1].headers["Authorization"] == Self.adaHeader)
        #expect(requests[1].maximumResponseBytes <= 1 << 16)
        #expect(requests[2].headers["Authorization"] == "Bearer t0")
        #expect(requests[0].headers["Authorization"] == nil, "nothing is sent before it is asked for")
    }

    @Test("Without credentials a token for anybody is asked for; access_token is another name of it")
    func anonymous() async throws {
        let (answer, requests) = try await look([
            Self.answer(401, challenge: Self.challenge), Self.answer(200, body: #"{"access_token": "t"}"#),
            Self.answer(200),
        ])
        #expect(answer == .isThere)
        #expect(requests[1].headers["Authorization"] == nil)
    }

    @Test("Each credential is tried, and refusal of all is no answer, that names none of them")
    func refused() async throws {
        let grace = PullCredential(registry: "*.example.com", username: "grace", password: "hopper1")
        let other = PullCredential(registry: "elsewhere.example.org", username: "x", password: "y")
        let (answer, requests) = try await look(
            [Self.answer(401, challenge: "Basic realm=x")] + Array(repeating: Self.answer(401), count: 2),
            [Self.ada, other, grace])
        #expect(why(answer) == "it refuses the credentials that there are")
        #expect(requests.count == 3)
        #expect(requests[2].headers["Authorization"] == "Basic " + Base64.encode(Array("grace:hopper1".utf8)))
        let none = try await look([Self.answer(401, challenge: "Basic realm=x")])
        #expect(why(none.answer) == "it wants credentials, and there is no pull secret for it")
    }

    @Test("The operator's own credentials come first, read at each use")
    func own() async throws {
        var registry = Configuration.Registry(host: "Registry.example.com")
        registry.username = "daemon"
        registry.passwordFile = "/secret"
        let files = FileReader { _, _ in Array("s3cret\n".utf8) }
        let (answer, requests) = try await look(
            [Self.answer(401, challenge: "Basic realm=x"), Self.answer(200)], [Self.ada], registry: registry,
            files: files)
        #expect(answer == .isThere)
        #expect(requests[1].headers["Authorization"] == "Basic " + Base64.encode(Array("daemon:s3cret".utf8)))
    }

    @Test(
        "Credentials go nowhere but over https, and nothing follows a redirect",
        arguments: [
            "http://auth.example.com/token", "http://169.254.169.254/latest", "file:///etc/passwd", "ftp://a/b",
            "token",
            "", "https://user@auth.example.com/",
        ])
    func realms(realm: String) async throws {
        let (answer, requests) = try await look(
            [Self.answer(401, challenge: "Bearer realm=\"\(realm)\"")], [Self.ada])
        #expect(requests.count == 1, "\(answer)")
        #expect(!why(answer).hasPrefix("not unknown"))
        let (redirected, asked) = try await look([Self.answer(307)], [Self.ada])
        #expect(why(redirected).contains("redirect") && asked.count == 1)
    }

    @Test("Where TLS is off, its own address may give tokens without it, and no other")
    func insecure() async throws {
        let registry = Configuration.Registry(host: "127.0.0.1:5000", isInsecure: true)
        let image = "127.0.0.1:5000/api:1"
        let (answer, requests) = try await look(
            [
                Self.answer(401, challenge: "Bearer realm=\"http://127.0.0.1:5000/token\""),
                Self.answer(200, body: #"{"token": "t"}"#), Self.answer(200),
            ], registry: registry, image: image)
        #expect(answer == .isThere)
        #expect(requests[0].url == "http://127.0.0.1:5000/v2/api/manifests/1")
        let elsewhere = try await look(
            [Self.answer(401, challenge: "Bearer realm=\"http://127.0.0.1:5001/token\"")], registry: registry,
            image: image)
        #expect(elsewhere.requests.count == 1)
        // Who stands between may say so, and has a certificate of its own.
        let foreign = try await look(
            [Self.answer(401, challenge: "Bearer realm=\"https://auth.example.org/token\"")],
            [PullCredential(registry: "127.0.0.1:5000", username: "ada", password: "hunter2")], registry: registry,
            image: image)
        #expect(foreign.requests.count == 1 && why(foreign.answer).contains("its own address alone"))
    }

    @Test("Another host that gives tokens is vouched for by the registry's authority, or else by the system's")
    func authorities() async throws {
        var registry = Configuration.Registry(host: "registry.example.com")
        registry.certificateAuthority = "/ca"
        let files = FileReader { _, _ in Array("PEM".utf8) }
        let untrusted = ScriptedTransport.Answer.failure(
            TransportError(code: .tls, subject: "GET", message: "unknown authority"))
        let token = Self.answer(200, body: #"{"token": "t"}"#)
        let own = try await look(
            [Self.answer(401, challenge: Self.challenge), token, Self.answer(200)], registry: registry, files: files)
        #expect(own.answer == .isThere)
        #expect(own.requests.map { $0.tls.certificateAuthorities != nil } == [true, true, true])
        let systems = try await look(
            [Self.answer(401, challenge: Self.challenge), untrusted, token, Self.answer(200)], [Self.ada],
            registry: registry, files: files)
        #expect(systems.answer == .isThere)
        #expect(systems.requests.map { $0.tls.certificateAuthorities != nil } == [true, true, false, true])
        // The registry itself is vouched for by what the operator said, and nothing else.
        let challenge = #"Bearer realm="https://registry.example.com/token""#
        let itself = try await look(
            [Self.answer(401, challenge: challenge), untrusted], registry: registry, files: files)
        #expect(why(itself.answer).contains("TLS") && itself.requests.count == 2)
    }

    @Test("Trouble that may pass is told from what stays, and neither is an answer")
    func trouble() async throws {
        for status in [429, 500, 503] {
            #expect(why(try await look([Self.answer(status)]).answer, isTransient: true).contains("\(status)"))
        }
        for status in [400, 403, 405, 501] where status != 501 {
            #expect(why(try await look([Self.answer(status)]).answer).contains("\(status)"))
        }
        let timeout = TransportError(code: .timeout, subject: "HEAD", message: "slow")
        #expect(why(try await look([.failure(timeout)]).answer, isTransient: true).contains("timed out"))
        let tls = TransportError(code: .tls, subject: "HEAD", message: "unknown authority")
        #expect(why(try await look([.failure(tls)]).answer).contains("TLS"))
        let odd = try await look([
            Self.answer(401, challenge: Self.challenge), Self.answer(200, body: "{\"token\": \"a\\r\\nHost: b\"}"),
        ])
        #expect(why(odd.answer).contains("answered with none"))
    }

    @Test("A registry that is not in the configuration is never asked")
    func unlisted() async throws {
        let (answer, requests) = try await look([], image: "evil.example.org/api:1")
        #expect(why(answer).contains("not among the registries"))
        #expect(requests.isEmpty)
        let client = RegistryClient(
            [Configuration.Registry(host: "registry.example.com")], transport: ScriptedTransport())
        #expect(client.mayAsk("registry.example.com") && !client.mayAsk("registry.example.com:5000"))
    }
}
