// SPDX-License-Identifier: Apache-2.0

import Manifests
import Synchronization

@testable import Sandbox

/// A clock that stands still unless told: sleeps end when time is moved past them, never by themselves.
final class TestTime: Sendable {
    private let milliseconds: Mutex<Int64>

    init(_ start: Timestamp = Timestamp(millisecondsSinceEpoch: 1_795_000_000_000)) {
        milliseconds = Mutex(start.millisecondsSinceEpoch)
    }

    var now: Timestamp { Timestamp(millisecondsSinceEpoch: milliseconds.withLock { $0 }) }

    func advance(by duration: Duration) { milliseconds.withLock { $0 += duration.milliseconds } }
}

/// Plays transcripts against one sandbox, in the order of their recording, and tells what differs.
///
/// The sandbox has the standard controllers. Its clock moves by the times that the recorded answers show: controllers,
/// and the stand-in for a kubelet, run when it does. Between exchanges of one second they take a step only where an
/// answer shows that the recorded ones had.
struct Replayer {
    /// Ages in the recorded tables: the server was 81 seconds old when they were printed, its node 79.
    static let start = Timestamp(secondsSinceEpoch: 1_795_252_343)

    let time = TestTime(Self.start)
    let cluster: SandboxCluster
    private var node: StandInNode
    private var responses: [Value] = []
    private var watch: OpenWatch?
    private var setup: [Transcript.Exchange] = []
    /// Tokens of service accounts, by the names that exchanges call them by.
    private var tokens: [String: String] = [:]
    /// When the recording of the next scenario began.
    private var end: Timestamp?

    private struct OpenWatch {
        var index: Int
        var expected: [Value]
        var stream: AsyncStream<[UInt8]>
        var ends: Timestamp
    }

    init() {
        let time = time
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 1),
            options: SandboxOptions(access: .rbac()),
            controllers: [RecordedCertificates()] + StandardControllers.manager())
        node = StandInNode(cluster: cluster, time: time)
    }

    /// Differences by exchange; an empty list is a match.
    mutating func play(_ transcript: Transcript, until end: Timestamp?) async throws -> [[String]] {
        self.end = end
        setup = transcript.setup
        for exchange in setup where exchange.body?["kind"] == "Namespace" { _ = await respond(exchange) }
        setup.removeAll { $0.body?["kind"] == "Namespace" }
        await cluster.settle()
        responses = Array(repeating: .null, count: transcript.exchanges.count)
        var result: [[String]] = Array(repeating: [], count: transcript.exchanges.count)
        for index in Self.order(of: transcript.exchanges) {
            let exchange = transcript.exchanges[index]
            let following = transcript.exchanges[(index + 1)...]
            await prepare(for: exchange, following: following)
            let (response, differences) = await answer(to: exchange, following: following)
            responses[index] = Self.value(response) ?? .null
            result[index] = differences
            if case .stream(let stream) = response.body {
                let seconds = RequestTarget(exchange.path)["timeoutSeconds"].flatMap { Int($0) } ?? 0
                watch = OpenWatch(
                    index: index, expected: exchange.events ?? Self.events(exchange.responseBody), stream: stream,
                    ends: time.now + .seconds(seconds))
            }
            let isLast = index == transcript.exchanges.count - 1
            if let open = watch, exchange.endsWatch || isLast || !exchange.isWatch && open.index == index {
                await advance(to: open.ends)
                result[open.index] += await compare(open.expected, open.stream)
                watch = nil
            }
        }
        return result
    }

    /// As recorded, but where the server began a watch only after the next exchange: the watch begins with its answer.
    private static func order(of exchanges: [Transcript.Exchange]) -> [Int] {
        var order = Array(exchanges.indices)
        for index in exchanges.indices.dropLast() where exchanges[index].isWatch {
            let first = exchanges[index].events?.first
            let next = exchanges[index + 1].responseBody?["metadata"]?["resourceVersion"]
            let begins = RequestTarget(exchanges[index].path)["resourceVersion"] == nil
            if begins, first?["type"] == "ADDED", next != nil,
                first?["object"]?["metadata"]?["resourceVersion"] == next
            {
                order.swapAt(index, index + 1)
            }
        }
        return order
    }

    // MARK: Before an exchange

    /// Moves the clock to where the recording was, and makes what the exchange needs.
    private mutating func prepare(
        for exchange: Transcript.Exchange, following: ArraySlice<Transcript.Exchange>
    ) async {
        var target = exchange.recordedTime
        // A watch tells no time of its own until something happens.
        if exchange.isWatch { target = following.first?.recordedTime }
        // Nor does the refusal of a change: what it is refused for may have taken until the next answer.
        if exchange.status == 422, exchange.method == "PATCH" { target = following.first?.recordedTime }
        let needed = setup.filter { exchange.needs($0) }
        setup.removeAll { exchange.needs($0) }
        for request in needed {
            keepToken(of: request, await respond(request))
            await advance(by: .milliseconds(1500))
        }
        if let target { await advance(to: target) }
        if exchange.method != "GET", exchange.method != "POST" { await reach(exchange) }
    }

    /// The answer to a write shows how far the controllers had come: lets them come as far.
    private func reach(_ exchange: Transcript.Exchange) async {
        guard let expected = exchange.responseBody, expected["kind"] != "Status" else { return }
        let path = String(exchange.path.prefix { $0 != "?" })
        let probe = SandboxRequest(
            method: "GET", path: substitute(path), clientCertificate: .administrator)
        while let actual = Self.value(await cluster.respond(to: probe)), actual["kind"] == expected["kind"] {
            if Difference.between(Difference.ofControllers(expected), Difference.ofControllers(actual)).isEmpty {
                return
            }
            guard await cluster.step() else { return }
        }
    }

    // MARK: The exchange

    /// Where a status settles, the recorder polled: so do we, as long as the recorder may have.
    private mutating func answer(
        to exchange: Transcript.Exchange, following: ArraySlice<Transcript.Exchange>
    ) async -> (SandboxResponse, [String]) {
        var response = await respond(exchange)
        var differences = compare(exchange, response)
        guard exchange.method == "GET", !exchange.isWatch, !exchange.path.hasPrefix("/openapi") else {
            return (response, differences)
        }
        let deadline = following.lazy.compactMap(\.recordedTime).first { $0 > time.now } ?? end ?? time.now
        while !differences.isEmpty {
            if case .stream = response.body { break }
            if await !cluster.step() {
                guard time.now < deadline else { break }
                await tick()
            }
            let next = await respond(exchange)
            guard Self.value(next) != Self.value(response) else { continue }
            response = next
            differences = compare(exchange, response)
        }
        return (response, differences)
    }

    private func respond(_ exchange: Transcript.Exchange) async -> SandboxResponse {
        var body: [UInt8] = []
        if let value = exchange.body { body = Array(substitute(JSON.text(value)).utf8) }
        if let raw = exchange.rawBody { body = Array(substitute(raw).utf8) }
        var request = SandboxRequest(
            method: exchange.method, path: substitute(exchange.path), headers: exchange.headers, body: body)
        switch exchange.auth {
        case nil: request.clientCertificate = .administrator
        case "none": break
        case let name?: request.headers.append((name: "Authorization", value: "Bearer \(tokens[name] ?? name)"))
        }
        return await cluster.respond(to: request)
    }

    /// `serviceaccounts/NAME/token` answers with what later exchanges authenticate with.
    private mutating func keepToken(of request: Transcript.Exchange, _ response: SandboxResponse) {
        let path = RequestTarget(request.path).segments
        guard path.last == "token", path.count == 7 else { return }
        let token = Self.value(response)?["status"]?["token"]?.string ?? ""
        tokens["service account \(path[3])/\(path[5])"] = token
        tokens["REDACTED"] = token
    }

    /// `{{rv:N}}`, `{{uid:N}}` and `{{continue:N}}` stand for parts of earlier answers.
    private func substitute(_ text: String) -> String {
        text.replacing(/\{\{(rv|uid|continue):([0-9]+)\}\}/) { match in
            guard let index = Int(match.2), responses.indices.contains(index) else { return "" }
            let key = ["rv": "resourceVersion", "uid": "uid", "continue": "continue"][String(match.1)] ?? ""
            return responses[index]["metadata"]?[key]?.string ?? ""
        }
        .replacing("\"REDACTED\"", with: "\"\(tokens["REDACTED"] ?? "")\"")
    }

    // MARK: Time

    private mutating func advance(to end: Timestamp) async { while time.now < end { await tick() } }

    private mutating func advance(by duration: Duration) async { await advance(to: time.now + duration) }

    private mutating func tick() async {
        await cluster.settle()
        time.advance(by: .milliseconds(100))
        await cluster.fireTimers()
        await node.work()
    }

    // MARK: Comparing

    private func compare(_ exchange: Transcript.Exchange, _ response: SandboxResponse) -> [String] {
        var result: [String] = []
        if response.status != exchange.status {
            result.append("status: expected \(exchange.status), got \(response.status)")
        }
        for header in exchange.responseHeaders.pairs where exchange.events == nil {
            let values = response.headers.filter { $0.name == header.key }.map(\.value)
            let expected = header.value.string ?? ""
            if values.joined(separator: ", ") != expected {
                result.append("header \(header.key): expected \(expected), got \(values)")
            }
        }
        if case .stream = response.body {
            if !exchange.isWatch, Self.events(exchange.responseBody).isEmpty { result.append("body: got a stream") }
        } else if let expected = exchange.responseBody {
            result += Difference.between(expected, redacted(Self.value(response) ?? .null))
        }
        return result
    }

    /// The recordings hold no tokens.
    private func redacted(_ value: Value) -> Value {
        guard var object = value.object, let token = tokens["REDACTED"],
            object.value(at: "spec", "token") == .string(token)
        else { return value }
        object.set("REDACTED", at: "spec", "token")
        return .object(object)
    }

    /// Streams are compared as the states that they show, in order: an event that tells nothing new beyond a
    /// resourceVersion or a time counts as one with the event before it.
    private func compare(_ expected: [Value], _ stream: AsyncStream<[UInt8]>) async -> [String] {
        var actual: [Value] = []
        for await line in stream { if let event = try? JSON.parse(line) { actual.append(event) } }
        return Difference.between(.array(Self.states(expected)), .array(Self.states(actual)))
    }

    private static func states(_ events: [Value]) -> [Value] {
        events.reduce(into: []) { states, event in
            if let last = states.last, Difference.between(last, event).isEmpty { return }
            states.append(event)
        }
    }

    /// The lines of a recorded stream.
    private static func events(_ body: Value?) -> [Value] {
        (body?.string ?? "").split(separator: "\n").compactMap { try? JSON.parse(String($0)) }
    }

    /// JSON where it is JSON, else the text; nil for a stream.
    private static func value(_ response: SandboxResponse) -> Value? {
        guard case .bytes(let bytes) = response.body else { return nil }
        return (try? JSON.parse(bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
    }
}

extension Transcript.Exchange {
    /// Whether this exchange is the first to be about what a setup request makes: it names it, or lists its kind. What
    /// is never asked for is needed at once.
    fileprivate func needs(_ setup: Transcript.Exchange) -> Bool {
        let target = RequestTarget(path)
        let collection = RequestTarget(setup.path).segments
        let name = setup.body?["metadata"]?["name"]?.string ?? ""
        guard target.segments.starts(with: collection) || setup.isUnasked else { return setup.isUnasked }
        if target.segments.count > collection.count { return target.segments[collection.count] == name }
        let selectors = [target["labelSelector"], target["fieldSelector"]].compactMap { $0 }
        return selectors.isEmpty || selectors.contains { $0.hasSuffix("=\(name)") }
    }

    /// Accounts and tokens: nothing reads them.
    private var isUnasked: Bool { path.contains("/serviceaccounts") }
}
