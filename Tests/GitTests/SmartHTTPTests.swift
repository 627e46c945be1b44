// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Git
@testable import Transport

@Suite("Git over HTTP", .timeLimit(.minutes(1)))
struct SmartHTTPTests {
    @Test("asks for heads with one small request once the server is known")
    func oneRequest() async throws {
        let fixture = try MirrorFixture(.http)
        let head = try id(fixture.repository.commit("a", "1"))
        for number in 0..<20 { try fixture.repository.git("branch", "noise-\(number)") }
        #expect(try await fixture.mirror.remoteHeads(of: ["main"]) == ["main": head])
        #expect(fixture.transport.requests.map(\.method) == ["GET", "POST"])
        #expect(try await fixture.mirror.remoteHeads(of: ["main", "noise-1"]) == ["main": head, "noise-1": head])
        #expect(fixture.transport.requests.map(\.method) == ["GET", "POST", "POST"])
        #expect(fixture.transport.requests[2].headers["Git-Protocol"] == "version=2")
        #expect((fixture.transport.requests[2].body?.count ?? 999) < 200)
    }

    @Test("reads the old list of all refs where the server speaks nothing newer")
    func oldServer() async throws {
        let fixture = try MirrorFixture(.http)
        let head = try id(fixture.repository.commit("a", "1"))
        fixture.transport.set(.old)
        for _ in 0..<2 { #expect(try await fixture.mirror.remoteHeads(of: ["main", "mai"]) == ["main": head]) }
        #expect(fixture.transport.requests.map(\.method) == ["GET", "GET"])
    }

    @Test(
        "says what an answer means",
        arguments: [
            (.status(401, [:]), .credentials, "none are set"),
            (.status(403, [:]), .credentials, "forbidden"),
            (.status(404, [:]), .notFound, "no repository at this URL"),
            (
                .status(301, ["Location": "https://user:secret@new.example.com/repo.git/info/refs?service=x"]),
                .notFound,
                "https://new.example.com/repo.git"
            ),
            (.status(429, [:]), .unreachable, "cannot answer now"),
            (.status(503, [:]), .unreachable, "cannot answer now"),
            (.page, .notFound, "text/html"),
            (.silent, .timeout, ""),
        ] as [(BackendTransport.Mood, GitError.Code, String)])
    func meaning(_ mood: BackendTransport.Mood, _ code: GitError.Code, _ text: String) async throws {
        var limits = GitLimits()
        if case .silent = mood { limits.silence = .milliseconds(100) }
        let fixture = try MirrorFixture(.http, limits: limits)
        try fixture.repository.commit("a", "1")
        fixture.transport.set(mood)
        for error in [
            await expectError(code) { _ = try await fixture.mirror.remoteHeads(of: ["main"]) },
            await expectError(code) { _ = try await fixture.mirror.fetch(branches: ["main"]) },
        ] {
            #expect(error?.subject == fixture.url)
            #expect(error?.description.contains(text) == true)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test("sends Basic with a user name and Bearer with a bare token, read anew each time")
    func credentials() async throws {
        let folder = try TemporaryDirectory()
        let token = try folder.write("first\n", to: "token")
        let fixture = try MirrorFixture(.http, credentials: GitCredentials(tokenFile: token))
        let head = try id(fixture.repository.commit("a", "1"))
        fixture.transport.set(.guarded("Bearer second"))
        let error = await expectError(.credentials) { _ = try await fixture.mirror.remoteHeads(of: ["main"]) }
        #expect(error?.description.contains("first") == false)
        try folder.write("second\n", to: "token")
        #expect(try await fixture.mirror.remoteHeads(of: ["main"]) == ["main": head])
        #expect(try await fixture.mirror.fetch(branches: ["main"]) == ["main": head])

        let basic = try MirrorFixture(.http, credentials: GitCredentials(username: "ada", passwordFile: token))
        try basic.repository.commit("a", "1")
        basic.transport.set(.guarded("Basic YWRhOnNlY29uZA=="))
        #expect(try await basic.mirror.remoteHeads(of: ["main"]).count == 1)
    }

    @Test("a credentials file that is missing, empty or of two lines is named", arguments: ["", "a\nb", nil])
    func credentialFiles(_ text: String?) async throws {
        let folder = try TemporaryDirectory()
        if let text { try folder.write(text, to: "token") }
        let file = folder.path + "/token"
        let fixture = try MirrorFixture(.http, credentials: GitCredentials(tokenFile: file))
        let error = await expectError(.credentials) { _ = try await fixture.mirror.remoteHeads(of: ["main"]) }
        #expect(error?.subject == file)
    }

    @Test("a server that stops in the middle of a pack is given up, and the next fetch is whole")
    func stalled() async throws {
        var limits = GitLimits()
        limits.silence = .milliseconds(300)
        let fixture = try MirrorFixture(.http, limits: limits)
        let head = try id(fixture.repository.commit("a", "1"))
        fixture.transport.set(.stalls(after: 50))
        await expectError(.timeout) { _ = try await fixture.mirror.fetch(branches: ["main"]) }
        fixture.transport.set(.well)
        #expect(try await fixture.restarted().fetch(branches: ["main"]) == ["main": head])
    }

    @Test("a fetch larger than the bound is refused")
    func tooLarge() async throws {
        var limits = GitLimits()
        limits.fetchBytes = 1000
        let fixture = try MirrorFixture(.http, limits: limits)
        var random = SeededGenerator(seed: 1)
        let noise = (0..<400).map { _ in String(random.next(), radix: 36) }.joined()
        try fixture.repository.commit("a", noise)
        await expectError(.tooLarge) { _ = try await fixture.mirror.fetch(branches: ["main"]) }
    }

    @Test("cancelling ends a fetch that waits for the server; the mirror can be read meanwhile")
    func cancelled() async throws {
        let fixture = try MirrorFixture(.http)
        let head = try id(fixture.repository.commit("a", "1"))
        let mirror = fixture.mirror
        _ = try await mirror.fetch(branches: ["main"])
        fixture.transport.set(.silent)
        let before = fixture.transport.requests.count
        let fetch = Task { try await mirror.fetch(branches: ["main"]) }
        while fixture.transport.requests.count == before { await Task.yield() }
        #expect(try await mirror.commit(head).id == head)
        fetch.cancel()
        await expectError(.cancelled) { _ = try await fetch.value }
    }

    @Test("works over the real transport and a real socket")
    func realTransport() async throws {
        let repository = try TemporaryRepository()
        let folder = try TemporaryDirectory()
        let head = try id(repository.commit("a", "1"))
        let root = repository.path
        let server = try LoopbackServer { request, connection in
            let asked = HTTPRequest(
                method: request.method, url: "http://127.0.0.1\(request.target)", headers: request.headers,
                body: request.body)
            let answer = BackendTransport.answer(asked, root: root)
            connection.respond(answer.status, headers: answer.headers, body: answer.body)
        }
        defer { server.close() }
        let mirror = try GitMirror(
            directory: folder.path + "/mirror", url: server.url + "/.git", credentials: GitCredentials(),
            transport: try CurlTransport())
        #expect(try await mirror.remoteHeads(of: ["main"]) == ["main": head])
        #expect(try await mirror.fetch(branches: ["main"]) == ["main": head])
        #expect(try await mirror.read(at: head) { try $0.contents(of: "a", limit: 9) } == Array("1".utf8))
    }

    @Test("a task that is cancelled already asks for nothing")
    func cancelledBefore() async throws {
        let fixture = try MirrorFixture(.http)
        let mirror = fixture.mirror
        let fetch = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await mirror.fetch(branches: ["main"])
        }
        await expectError(.cancelled) { _ = try await fetch.value }
        #expect(fixture.transport.requests.isEmpty)
    }
}

@Suite("PacketLines")
struct PacketLinesTests {
    @Test("reads lines, flushes and delimiters")
    func reads() {
        let bytes = Array("0009main\n000000010006hi".utf8)
        #expect(Array(PacketLines(bytes)) == [.data("main"), .flush, .delimiter, .data("hi")])
    }

    @Test("stops at what is malformed", arguments: ["00", "zzzz", "0003", "0010short", "-001", "0009main\n+123"])
    func malformed(_ text: String) {
        #expect(Array(PacketLines(Array(text.utf8))).last == .malformed)
    }

    @Test("what is written reads back", arguments: ["", "command=ls-refs", String(repeating: "x", count: 1000)])
    func roundTrip(_ text: String) {
        #expect(Array(PacketLines(PacketLines.encode(text))) == [.data(text)])
    }
}
