// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import Synchronization
internal import TestSupport
internal import Testing

/// The built program, a real HTTP sink, and `kill -9` in between.
@Suite("Notifications of the built program", .timeLimit(.minutes(3)))
struct NotifyCommandTests {
    /// Keeps the ids and types of the events that come; refuses them while it is closed.
    private final class Sink: Sendable {
        private struct State {
            var events: [(id: String, type: String)] = []
            var isClosed = false
            var refused = 0
        }

        private final class Box: Sendable { let state = Mutex(State()) }

        let server: LoopbackServer
        private let box: Box

        init() throws {
            let box = Box()
            self.box = box
            server = try LoopbackServer { request, connection in
                let event = try? JSON.parse(request.body)
                let isTaken = box.state.withLock { state in
                    guard !state.isClosed else {
                        state.refused += 1
                        return false
                    }
                    state.events.append((event?["id"]?.string ?? "", event?["type"]?.string ?? ""))
                    return true
                }
                connection.respond(isTaken ? 200 : 503)
            }
        }

        var types: [String] {
            box.state.withLock { state in
                state.events.map { String($0.type.split(separator: ".").last ?? "") }
            }
        }
        var ids: [String] { box.state.withLock { $0.events.map(\.id) } }
        var refused: Int { box.state.withLock(\.refused) }
        func close() { box.state.withLock { $0.isClosed = true } }
        func open() { box.state.withLock { $0.isClosed = false } }
    }

    private static func installation(_ sink: Sink) async throws -> Installation {
        let installation = try await Installation()
        let text = try String(contentsOfFile: installation.configuration, encoding: .utf8)
        try installation.directory.write("hunter2-key", to: "key")
        try installation.directory.write(
            text + """
                notifications:
                  receivers:
                  - {name: hook, webhook: {url: "\(sink.server.url)/hook", signingKeyFile: key}}
                  routes: [{receivers: [hook]}]

                """, to: "mainstay.yaml")
        return installation
    }

    @Test("What happens is counted at the sink as it happened, over a kill and a time in which the sink is down")
    func counted() async throws {
        let sink = try Sink()
        let installation = try await Self.installation(sink)
        let first = try installation.start()
        let client = try await installation.client(of: first)
        let good = try installation.merge(tag: "1.0.0")
        try await installation.waitUntilHealthy(client, at: good, of: first)
        _ = try await eventually("the success is told") { sink.types == ["succeeded"] ? true : nil }

        sink.close()
        try installation.merge(tag: "1.1.0-missing")
        try await installation.wait(client, for: "it is taken back", of: first) {
            $0["phase"]?.string == "rolledBack" && $0["quarantine"]?.object != nil
        }
        _ = try await eventually("the sink refuses") { sink.refused > 0 ? true : nil }
        let status = try JSON.parse(Array(try await client.get("/api/v1/status").text.utf8))
        let receiver = status["notifications"]?["receivers"]?[0]
        #expect(receiver?["error"]?.string?.hasPrefix("it answered 503") == true)
        first.send(SIGKILL)
        _ = try? await first.ended(within: .seconds(10))

        sink.open()
        let second = try installation.start()
        let again = try await installation.client(of: second)
        _ = try await eventually("the failure and the rollback are told", or: { second.errors }) {
            sink.types.count >= 3 ? true : nil
        }
        let fix = try installation.merge(tag: "1.2.0")
        try await installation.waitUntilHealthy(again, at: fix, of: second)
        _ = try await eventually("the fix is told") { sink.types.last == "recovered" ? true : nil }
        #expect(sink.types == ["succeeded", "failed", "rolledBack", "recovered"])
        #expect(Set(sink.ids).count == 4)
        // The sink has it before the daemon has its answer.
        let three = "mainstay_notifications_delivered_total{receiver=\"hook\",service=\"webhook\"} 3"
        _ = try await eventually("the three are counted") {
            try await again.get("/metrics").text.contains(three) ? true : nil
        }
        #expect(!second.errors.contains("hunter2"))
        second.send(SIGTERM)
        #expect(try await second.ended(within: .seconds(15)) == 0)
    }

    @Test("notify test shows what the receiver answers")
    func test() async throws {
        let sink = try Sink()
        let installation = try await Self.installation(sink)
        let daemon = try installation.start()
        _ = try await installation.client(of: daemon)
        let worked = try await Binary.run("notify", "test", "hook", "--config", installation.configuration)
        #expect(worked.status == 0, "\(worked.errors)")
        #expect(worked.output == "hook took it: it answered 200\n")
        #expect(sink.types == ["test"])
        sink.close()
        let failed = try await Binary.run("notify", "test", "hook", "--config", installation.configuration)
        #expect(failed.status == 1)
        #expect(failed.errors.contains("hook did not take it: it answered 503"))
        let unknown = try await Binary.run("notify", "test", "hok", "--config", installation.configuration)
        #expect(unknown.errors.contains("did you mean \"hook\"?"))
        daemon.send(SIGTERM)
        #expect(try await daemon.ended(within: .seconds(15)) == 0)
    }
}
