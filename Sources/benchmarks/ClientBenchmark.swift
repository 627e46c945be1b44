// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Kubernetes
internal import Logging
internal import Mainstay
internal import Manifests
internal import Reconciler
internal import Transport

/// What watching costs: `benchmarks client` measures a client of 4,000 and of 20,000 pods, each in a process of its own,
/// against a server in another, which answers from one prepared page.
enum ClientBenchmark {
    private static let pods = GroupVersionKind(group: "", version: "v1", kind: "Pod")

    static func run() async throws {
        let arguments = CommandLine.arguments.dropFirst(2)
        switch (arguments.first, arguments.last.flatMap(Int.init)) {
        case ("serve", let count?): try PodServer(count: count).run()
        case ("measure", let count?): try await measure(count)
        default:
            for count in [4_000, 20_000] {
                let child = try Child(["client", "measure", String(count)])
                child.waitUntilExit()
            }
        }
    }

    private static func measure(_ count: Int) async throws {
        let (input, output) = (Pipe(), Pipe())
        let server = try Child(["client", "serve", String(count)], input: input, output: output)
        defer { server.terminate() }
        let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let transport = try CurlTransport()
        let now: @Sendable () -> Timestamp = {
            Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1000))
        }
        let client = KubernetesClient(
            endpoint: ClusterEndpoint(server: "http://127.0.0.1:\(port)"), transport: transport,
            clock: ContinuousClock(), now: now)
        let surroundings = Surroundings(
            clock: ContinuousClock(), now: now, makeID: { "" }, random: { 0.5 }, logger: Logger(label: "benchmark"))
        let view = ClusterView(cluster: Adapters.cluster(over: client), surroundings: surroundings)
        let before = Measure.memory()
        let watching = Task { await view.run() }
        let clock = ContinuousClock()

        let begun = clock.now
        await view.observe(pods, namespace: "bench")
        try await wait(view) { await view.isSynced(pods.groupKind, namespace: "bench") }
        let synced = clock.now - begun
        let afterSync = Measure.memory()

        let touched = clock.now
        input.fileHandleForWriting.write(Data("touch\n".utf8))
        let last = ObjectID(group: "", kind: "Pod", namespace: "bench", name: PodServer.name(count - 1))
        let target = String(2 * count)
        try await wait(view) { await view.object(last)?.resourceVersion == target }
        let events = Double(count) / ((clock.now - touched) / .seconds(1))
        let afterEvents = Measure.memory()
        watching.cancel()
        await watching.value

        let relist = clock.now
        guard let resource = try await client.resource(for: pods) else { return }
        let list = try await client.list(
            resource, namespace: "bench", labelSelector: nil, fieldSelector: nil, keep: { $0.trimmedForObservation })
        let listed = clock.now - relist
        await transport.shutdown()
        print(
            """
            \(list.items.count) pods: \(PodServer.pod(0, version: 1).utf8.count) bytes each on the wire
              resident: \(before) MB before, \(afterSync) MB once synced, \(afterEvents) MB after \(count) events, \
            \(Measure.memory("VmHWM")) MB at most
              synced in \(synced), \(Int(events)) events/s, listed anew in pages in \(listed)
            """)
    }

    private static func wait(_ view: ClusterView, until isTrue: () async -> Bool) async throws {
        let signal = await view.signal(for: "bench")
        while true {
            let seen = signal.version
            if await isTrue() { return }
            await signal.wait(after: seen)
        }
    }
}
