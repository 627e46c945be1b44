// SPDX-License-Identifier: Apache-2.0

import Manifests

@testable import Sandbox

/// A sandbox with its controllers, its requests, and a clock that is driven.
struct TestCluster {
    struct Answer {
        var status: Int
        var body: Value
        var headers: [(name: String, value: String)]
        var text: String

        func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    }

    let time: TestTime
    let cluster: SandboxCluster

    init(
        options: SandboxOptions = SandboxOptions(), controllers: [any SandboxController] = StandardControllers.all()
    ) {
        let time = TestTime()
        self.time = time
        cluster = SandboxCluster(
            clock: ContinuousClock(), now: { time.now }, random: SplitMix64(seed: 7), options: options,
            controllers: controllers)
    }

    @discardableResult
    func send(
        _ method: String, _ path: String, _ body: Value? = nil, type: String = "application/json"
    ) async -> Answer {
        let response = await cluster.respond(
            to: SandboxRequest(
                method: method, path: path,
                headers: [(name: "Content-Type", value: type), (name: "User-Agent", value: "test/1")],
                body: body.map { JSON.bytes($0) } ?? []))
        guard case .bytes(let bytes) = response.body else {
            return Answer(status: response.status, body: .null, headers: response.headers, text: "")
        }
        return Answer(
            status: response.status, body: (try? JSON.parse(bytes)) ?? .null, headers: response.headers,
            text: String(decoding: bytes, as: UTF8.self))
    }

    /// The items of a list.
    func list(_ path: String) async -> [Object] {
        (await send("GET", path).body["items"]?.array ?? []).compactMap(\.object)
    }

    /// Lets time pass in tenths of a second.
    func run(seconds: Int) async {
        for _ in 0..<(seconds * 10) {
            await cluster.fireTimers()
            time.advance(by: .milliseconds(100))
        }
        await cluster.fireTimers()
    }
}
