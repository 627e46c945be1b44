// SPDX-License-Identifier: Apache-2.0

import Manifests
import Synchronization

@testable import Sandbox

/// A clock that stands still unless told: sleeps end when time is moved past them, never by themselves.
final class TestTime: Sendable {
    private let milliseconds = Mutex<Int64>(1_795_000_000_000)

    var now: Timestamp { Timestamp(millisecondsSinceEpoch: milliseconds.withLock { $0 }) }

    func advance(by duration: Duration) { milliseconds.withLock { $0 += duration.milliseconds } }
}

/// Plays a transcript against a sandbox and tells what differs.
struct Replayer {
    let cluster: SandboxCluster
    let time = TestTime()
    /// Leaves out of the comparison what controllers wrote.
    var ignoresControllers = false
    private var responses: [Value] = []

    init(controllers: [any SandboxController] = [NamespaceContentController()]) {
        let time = time
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 1), controllers: controllers)
    }

    /// Differences by exchange; an empty list is a match.
    mutating func play(_ transcript: Transcript, namespaces: [String] = []) async throws -> [[String]] {
        for name in namespaces { await create("Namespace", name, in: "/api/v1/namespaces") }
        for exchange in transcript.setup { _ = await cluster.respond(to: request(exchange)) }
        // The recorded controller manager puts one ConfigMap more into every namespace.
        for name in ["t1", "t2", "t3", "t4", "t7"] {
            await create("ConfigMap", "openshift-service-ca.crt", in: "/api/v1/namespaces/\(name)/configmaps")
        }
        await cluster.settle()
        var result: [[String]] = []
        var open: (index: Int, expected: [Value], stream: AsyncStream<[UInt8]>)?
        for (index, exchange) in transcript.exchanges.enumerated() {
            var response = await cluster.respond(to: request(exchange))
            var differences = compare(exchange, response)
            // Where a status settles, the recorder polled.
            if !differences.isEmpty, exchange.method == "GET", !exchange.isWatch {
                await cluster.settle()
                response = await cluster.respond(to: request(exchange))
                differences = compare(exchange, response)
            }
            responses.append(Self.value(response) ?? .null)
            if !exchange.isWatch, case .stream(let stream) = response.body {
                await cluster.settle()
                time.advance(by: .seconds(10))
                await cluster.fireTimers()
                differences = await compare(Self.events(exchange.responseBody), stream)
            }
            if exchange.isWatch, case .stream(let stream) = response.body {
                open = (index, exchange.events ?? [], stream)
            }
            result.append(differences)
            if let watch = open, exchange.endsWatch || index == transcript.exchanges.count - 1 {
                await cluster.settle()
                time.advance(by: .seconds(10))
                await cluster.fireTimers()
                result[watch.index] += await compare(watch.expected, watch.stream)
                open = nil
            }
        }
        return result
    }

    private func create(_ kind: String, _ name: String, in path: String) async {
        var object: Object = [
            "apiVersion": "v1", "kind": .string(kind), "metadata": ["name": .string(name)],
        ]
        if kind == "ConfigMap" {
            object["data"] = ["service-ca.crt": ""]
            object.set("true", at: "metadata", "annotations", "service.beta.openshift.io/inject-cabundle")
        }
        _ = await cluster.respond(
            to: SandboxRequest(
                method: "POST", path: path,
                headers: [(name: "Content-Type", value: "application/json"), (name: "User-Agent", value: "kcm")],
                body: JSON.bytes(.object(object))))
    }

    private func request(_ exchange: Transcript.Exchange) -> SandboxRequest {
        var body: [UInt8] = []
        if let value = exchange.body { body = Array(substitute(JSON.text(value)).utf8) }
        if let raw = exchange.rawBody { body = Array(substitute(raw).utf8) }
        return SandboxRequest(
            method: exchange.method, path: substitute(exchange.path), headers: exchange.headers, body: body)
    }

    /// `{{rv:N}}`, `{{uid:N}}` and `{{continue:N}}` stand for parts of earlier answers.
    private func substitute(_ text: String) -> String {
        text.replacing(/\{\{(rv|uid|continue):([0-9]+)\}\}/) { match in
            guard let index = Int(match.2), responses.indices.contains(index) else { return "" }
            let key = ["rv": "resourceVersion", "uid": "uid", "continue": "continue"][String(match.1)] ?? ""
            return responses[index]["metadata"]?[key]?.string ?? ""
        }
    }

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
        if let expected = exchange.responseBody {
            if let actual = Self.value(response) {
                result +=
                    ignoresControllers
                    ? Difference.between(
                        Difference.withoutControllers(expected), Difference.withoutControllers(actual))
                    : Difference.between(expected, actual)
            } else {
                result.append("body: expected a body, got a stream")
            }
        }
        return result
    }

    /// The lines of a recorded stream.
    private static func events(_ body: Value?) -> [Value] {
        (body?.string ?? "").split(separator: "\n").compactMap { try? JSON.parse(String($0)) }
    }

    private func compare(_ expected: [Value], _ stream: AsyncStream<[UInt8]>) async -> [String] {
        var actual: [Value] = []
        for await line in stream { if let event = try? JSON.parse(line) { actual.append(event) } }
        return Difference.between(.array(expected), .array(actual))
    }

    /// JSON where it is JSON, else the text.
    private static func value(_ response: SandboxResponse) -> Value? {
        guard case .bytes(let bytes) = response.body else { return nil }
        return (try? JSON.parse(bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
    }
}
