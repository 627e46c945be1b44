// SPDX-License-Identifier: Apache-2.0

import Manifests
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Kubernetes

/// What answers, slow or not, say of the server's load, by way of the client.
@Suite("What the client learns of the server's load")
struct RequestLoadTests {
    private let object = ScriptedTransport.json(
        200, #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"t"}}"#)

    /// A client whose every request takes a while, and what it takes.
    private func client(_ answer: ScriptedTransport.Answer? = nil) -> (client: KubernetesClient, time: Pace) {
        let time = Pace()
        let clock = StandingClock()
        let transport = ScriptedTransport { [object] request in
            clock.advance(by: time.value)
            return request.url.contains("watch=true") ? .pieces(status: 200, [], end: nil) : answer ?? object
        }
        return (KubernetesTests.client(transport, clock: clock), time)
    }

    @Test("Reads that take much longer than before lower the limit, however long watches take to open")
    func latency() async throws {
        let (client, time) = client()
        func get() async throws { _ = try await client.get(configMaps, namespace: "t", name: "c") }
        time.value = .milliseconds(20)
        for _ in 0..<50 { try await get() }
        let before = client.limits.limit
        time.value = .seconds(5)
        for _ in 0..<30 {
            for try await _ in client.watch(
                configMaps, namespace: nil, labelSelector: nil, from: .after(resourceVersion: "1"))
            {}
        }
        #expect(client.limits.limit == before)
        for _ in 0..<30 { try await get() }
        #expect(client.limits.limit < before)
    }

    @Test("An answer that does not come in time halves the limit, a server that is away does not")
    func timeouts() async {
        for (code, halves) in [(TransportError.Code.timeout, true), (.connect, false), (.closed, false)] {
            let (client, _) = client(.failure(TransportError(code: code, subject: "GET", message: "no")))
            let before = client.limits.limit
            _ = await refusal {
                _ = try await client.list(configMaps, namespace: nil, labelSelector: nil, fieldSelector: nil)
            }
            #expect(client.limits.limit == (halves ? before / 2 : before), "\(code)")
        }
    }

    @Test("The look at whether the server answers waits for nobody's turn, other reads do")
    func version() async throws {
        let inFlight = Mutex<[Int]>([])
        let asked = Mutex<KubernetesClient?>(nil)
        let transport = ScriptedTransport { [object] request in
            let count = asked.withLock { $0 }?.limits.inFlight ?? -1
            inFlight.withLock { $0.append(count) }
            return request.url.hasSuffix("/version")
                ? ScriptedTransport.json(200, #"{"gitVersion":"v1.36.2"}"#) : object
        }
        let client = KubernetesTests.client(transport)
        asked.withLock { $0 = client }
        _ = try await client.version()
        _ = try await client.get(configMaps, namespace: "t", name: "c")
        #expect(inFlight.withLock { $0 } == [0, 1])
    }

    @Test("A redirect is no answer of an API server, wherever it leads")
    func redirect() async {
        let answer = ScriptedTransport.json(302, "", headers: ["Location": "https://elsewhere.example/"])
        let error = await refusal { _ = try await client(answer).client.version() }
        #expect(error?.code == .malformedAnswer && error?.status == 302)
    }

    @Test("An error of a stream is read up to a megabyte, and judged by its status beyond")
    func longError() async {
        let words = "configmaps is forbidden: User \\\"robot\\\" cannot watch" + String(repeating: " ", count: 1 << 20)
        let body = #"{"kind":"Status","apiVersion":"v1","reason":"Forbidden","code":403,"message":"\#(words)"}"#
        let transport = ScriptedTransport([.pieces(status: 403, [Array(body.utf8)], end: nil)])
        let error = await refusal {
            for try await _ in KubernetesTests.client(transport).watch(
                configMaps, namespace: nil, labelSelector: nil, from: .after(resourceVersion: "1"))
            {}
        }
        #expect(error?.code == .forbidden)
        #expect(error?.description.contains("robot") == false)
    }

    @Test("How long an answer took is the server's time alone, not that in which the request waited for its turn")
    func took() throws {
        let time = VirtualTime()
        let transport = SlowTransport(clock: time.clock)
        let client = KubernetesClient(
            endpoint: ClusterEndpoint(
                server: "https://api.example:6443", origin: "test", authentication: .none, files: FakeFiles().reader),
            transport: transport, clock: time.clock, now: { startOfTime })
        let took = try time.run {
            try await withThrowingTaskGroup(of: Duration.self) { group in
                // Far more than go at once.
                for _ in 0..<200 {
                    group.addTask {
                        try await client.probe(namespace: "t", service: "api", port: "80", path: "/").took
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(took == Array(repeating: SlowTransport.length, count: 200))
        #expect(time.now > SlowTransport.length * 3)
    }

    @Test("What the API server has no room for is no answer of the service, whose own 429 is one")
    func tooManyRequests() async throws {
        let text = "Too many requests, please try again later."
        func answer(_ body: String, _ headers: HTTPHeaders) -> ScriptedTransport.Answer {
            .response(HTTPResponse(status: 429, headers: headers, body: Array(body.utf8)))
        }
        func probe(_ answer: ScriptedTransport.Answer) async throws(KubernetesError) -> HTTPResponse {
            try await KubernetesTests.client(ScriptedTransport([answer])).probe(
                namespace: "t", service: "api", port: "http", path: "/")
        }
        let plain: HTTPHeaders = ["Content-Type": "text/plain; charset=utf-8", "Retry-After": "1"]
        let error = await refusal { _ = try await probe(answer(text + "\n", plain)) }
        #expect(error?.code == .tooManyRequests && error?.retryAfter == .seconds(1))
        for (body, headers) in [
            (text, plain), (text + "\n", ["Content-Type": "text/html", "Retry-After": "60"]),
            (text + "\n", ["Content-Type": "text/plain"]),
        ] as [(String, HTTPHeaders)] {
            #expect(try await probe(answer(body, headers)).status == 429)
        }
    }

    @Test("What a check sends goes to the service with the question, Host in place of the server's")
    func sentHeaders() async throws {
        let transport = ScriptedTransport([.response(HTTPResponse(status: 200))])
        _ = try await KubernetesTests.client(transport).probe(
            namespace: "t", service: "api", port: "http", path: "/",
            sending: ["Host": "api.example.com", "accept": "text/plain"])
        let headers = transport.requests.first?.headers
        #expect(headers?.values(of: "Host") == ["api.example.com"] && headers?.values(of: "Accept") == ["text/plain"])
    }

    @Test(
        "A path that would climb out of the service's proxy is refused before anything is sent",
        arguments: ["/../secrets", "/a/%2e%2e/b", "/%2E./x", "/./x", "x"])
    func climbing(path: String) async {
        let transport = ScriptedTransport()
        let error = await refusal {
            _ = try await KubernetesTests.client(transport).probe(
                namespace: "t", service: "api", port: "http", path: path)
        }
        #expect(error?.code == .configuration)
        #expect(transport.requests.isEmpty)
    }
}

/// Answers after a second.
private struct SlowTransport: HTTPTransport {
    static let length = Duration.seconds(1)
    let clock: VirtualClock

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        try? await clock.sleep(for: Self.length)
        return HTTPResponse(status: 200)
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        throw TransportError(code: .other, subject: "stream", message: "nothing is streamed here")
    }
}

/// How long an answer takes, which a test changes on the way.
private final class Pace: Sendable {
    private let state = Mutex(Duration.zero)

    var value: Duration {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
