// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing
import Transport

@testable import Kubernetes

@Suite struct WatchTests {
    private static let events = """
        {"type":"MODIFIED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"wé",\
        "resourceVersion":"369"},"data":{"a":"2"}}}
        {"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"w2","resourceVersion":"370"}}}

        {"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"371"}}}
        {"type":"NOVELTY","object":{}}
        {"type":"DELETED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"w2","resourceVersion":"372"}}}

        """

    private static let expected = ["opened", "modified wé 369", "added w2 370", "bookmark 371", "deleted w2 372"]

    private func text(_ event: WatchEvent) -> String {
        switch event {
        case .added(let object): "added \(object.name) \(object.resourceVersion)"
        case .modified(let object): "modified \(object.name) \(object.resourceVersion)"
        case .deleted(let object): "deleted \(object.name) \(object.resourceVersion)"
        case .bookmark(let version): "bookmark \(version)"
        case .opened: "opened"
        case .synced(let version): "synced \(version)"
        }
    }

    private func watch(_ transport: ScriptedTransport) -> AsyncThrowingStream<WatchEvent, any Error> {
        client(transport).watch(configMaps, namespace: "t3", labelSelector: "k=v", from: .after(resourceVersion: "368"))
    }

    private func read(_ pieces: [[UInt8]], end: TransportError? = nil) async throws -> [String] {
        var seen: [String] = []
        for try await event in watch(ScriptedTransport([.pieces(status: 200, pieces, end: end)])) {
            seen.append(text(event))
        }
        return seen
    }

    @Test("events come out the same wherever the stream is cut")
    func everyBoundary() async throws {
        let bytes = Array(Self.events.utf8)
        for cut in 0...bytes.count {
            #expect(try await read([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.expected)
        }
        #expect(try await read(bytes.map { [$0] }) == Self.expected)
    }

    @Test("the request asks for bookmarks, a bounded time and a deadline behind it")
    func request() async throws {
        let transport = ScriptedTransport([.pieces(status: 200, [], end: nil)])
        for try await _ in watch(transport) {}
        let request = try #require(transport.requests.first)
        #expect(request.url.hasPrefix("https://api.example:6443/api/v1/namespaces/t3/configmaps?watch=true&"))
        #expect(
            request.url.contains("allowWatchBookmarks=true&resourceVersion=368&labelSelector=k%3Dv&timeoutSeconds=3"))
        #expect(request.deadlines.total.map { (.seconds(360)..<(.seconds(420))).contains($0) } == true)
        #expect(request.deadlines.silence == .seconds(150))
        #expect(request.isBulk)
    }

    @Test("a watch that begins with all there is asks for it, and tells when it was all")
    func everything() async throws {
        let events = """
            {"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"5"}}}
            {"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"9",\
            "annotations":{"k8s.io/initial-events-end":"true"}}}}
            {"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"12"}}}

            """
        let transport = ScriptedTransport([.pieces(status: 200, [Array(events.utf8)], end: nil)])
        var seen: [String] = []
        let watch = client(transport).watch(
            configMaps, namespace: nil, labelSelector: nil, from: .everything(notOlderThan: "7"))
        for try await event in watch { seen.append(text(event)) }
        #expect(seen == ["opened", "added a 5", "synced 9", "bookmark 12"])
        let request = try #require(transport.requests.first)
        #expect(request.url.contains("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=7"))
        #expect(request.isBulk)
    }

    @Test("nothing is asked before the first event is")
    func lazy() {
        let transport = ScriptedTransport()
        _ = watch(transport)
        #expect(transport.requests.isEmpty)
    }

    @Test("an ERROR event of 410 and a refused resource version are both expired")
    func expired() async {
        let event = """
            {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",\
            "message":"too old resource version: 1 (365)","reason":"Expired","code":410}}

            """
        let late = await refusal { _ = try await self.read([Array(event.utf8)]) }
        #expect(late?.code == .expired)
        let early = await refusal {
            let body = #"{"kind":"Status","apiVersion":"v1","reason":"Expired","code":410}"#
            for try await _ in self.watch(ScriptedTransport([ScriptedTransport.json(410, body)])) {}
        }
        #expect(early?.code == .expired)
    }

    @Test("an ERROR event of 500 does not print the server's words")
    func serverError() async {
        let event = """
            {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","message":"a watch stream was requested by the \
            client but","reason":"InternalError","code":500}}

            """
        let error = await refusal { _ = try await self.read([Array(event.utf8)]) }
        #expect(error?.code == .serverError)
        #expect(error?.description.contains("requested by the client") == false)
    }

    @Test("a silent connection ends the watch, a broken one throws")
    func ends() async throws {
        let bytes = Array(Self.events.utf8)
        let silence = TransportError(code: .timeout, subject: "GET", message: "silent")
        #expect(try await read([bytes], end: silence) == Self.expected)
        let broken = await refusal {
            _ = try await self.read([bytes], end: TransportError(code: .closed, subject: "GET", message: "reset"))
        }
        #expect(broken?.code == .transport)
        let unreachable = await refusal {
            let failure = TransportError(code: .timeout, subject: "GET", message: "no connection")
            for try await _ in self.watch(ScriptedTransport([.failure(failure)])) {}
        }
        #expect(unreachable?.code == .transport)
    }

    @Test("an event without end is refused, and nothing more is read")
    func bounded() async {
        let endless = [UInt8](repeating: UInt8(ascii: "x"), count: WatchReader.maximumLineBytes / 2 + 1)
        let error = await refusal { _ = try await self.read([endless, endless]) }
        #expect(error?.code == .tooLarge)
    }

    @Test("text that is no event is refused without quoting it")
    func malformed() async {
        let error = await refusal { _ = try await self.read([Array("{\"data\":\"hunter2\"}\n".utf8)]) }
        #expect(error?.code == .malformedAnswer)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("cancelling the task that reads ends the watch cleanly")
    func cancelled() async throws {
        let (body, source) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        let reader = WatchReader(subject: "watch", open: { _ in body })
        source.yield(Array(Self.events.utf8))
        let stream = AsyncThrowingStream { try await reader.next() }
        let reading = Task {
            var seen: [String] = []
            for try await event in stream {
                seen.append(text(event))
                // All that was sent is read, so the next step can only end by the cancellation.
                if seen.count == Self.expected.count { withUnsafeCurrentTask { $0?.cancel() } }
            }
            return seen
        }
        #expect(try await reading.value == Self.expected)
        source.finish()
    }
}
