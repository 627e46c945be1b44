// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Logging
internal import Manifests
internal import Sandbox

/// 20,000 objects in the sandbox: how fast they are created, listed and watched, and what memory they take.
///
/// `benchmarks sandbox` measures it in the same process, without a socket, and then over HTTP, each in processes of their
/// own.
enum SandboxBenchmark {
    private static let changes = 2_000
    private static let watchers = 50

    static func run() async throws {
        switch CommandLine.arguments.dropFirst(2).first {
        case "serve": try await serve()
        case "direct": try await direct()
        case "http":
            print("Over HTTP")
            try await SandboxHTTPBenchmark.run(SandboxLoad.kinds)
        case "pods":
            print("Over HTTP, 20,000 pods")
            try await SandboxHTTPBenchmark.run(SandboxLoad.pods)
        default:
            for part in ["direct", "http", "pods"] {
                let child = try Child(["sandbox", part])
                child.waitUntilExit()
            }
        }
    }

    /// Any free port, which it prints.
    private static func serve() async throws {
        let cluster = cluster()
        let server = SandboxServer(
            cluster: cluster, host: "127.0.0.1", port: 0,
            logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() },
            onListening: { port in
                print(port)
                fflush(nil)
            })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await cluster.run() }
            group.addTask { try await server.run() }
            try await group.next()
            group.cancelAll()
        }
    }

    private static func cluster() -> SandboxCluster {
        SandboxCluster(
            clock: ContinuousClock(),
            now: { Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1000)) },
            random: SplitMix64(seed: 1), options: SandboxOptions(watchBuffer: 10_000))
    }

    private static func direct() async throws {
        print("In the same process")
        let cluster = cluster()
        try await load(cluster)
        try await lists(cluster)
        try await fanOut(cluster)
        Measure.report("resident memory", "\(Measure.memory()) MB, \(Measure.memory("VmHWM")) MB at most")
    }

    private static func send(
        _ cluster: SandboxCluster, _ method: String, _ path: String, _ body: [UInt8] = [],
        type: String = "application/json"
    ) async -> SandboxResponse {
        await cluster.respond(
            to: SandboxRequest(
                method: method, path: path,
                headers: [(name: "Content-Type", value: type), (name: "User-Agent", value: "benchmark/1")], body: body))
    }

    private static func load(_ cluster: SandboxCluster) async throws {
        for name in SandboxLoad.namespaces {
            _ = await send(cluster, "POST", "/api/v1/namespaces", JSON.bytes(SandboxLoad.namespace(name)))
        }
        for kind in SandboxLoad.kinds {
            let time = await Measure.seconds {
                for index in 0..<kind.count {
                    let answer = await send(cluster, "POST", kind.path(of: index), JSON.bytes(kind.body(index)))
                    precondition(answer.status == 201, "\(kind.what) \(index): \(answer.status)")
                }
            }
            Measure.report("create \(kind.count) \(kind.what)", Measure.rate(kind.count, time))
        }
        Measure.report("resident memory with 20,000 objects", "\(Measure.memory()) MB")
    }

    private static func lists(_ cluster: SandboxCluster) async throws {
        for (what, path) in [
            ("list 10,000 ConfigMaps", "/api/v1/configmaps"),
            ("list 10,000 Deployments", "/apis/apps/v1/deployments"),
            ("list one namespace of 20 (500)", "/api/v1/namespaces/n7/configmaps"),
            ("list by label (100 of 10,000)", "/api/v1/configmaps?labelSelector=group%3Dg5"),
            ("list by name (1 of 10,000)", "/api/v1/configmaps?fieldSelector=metadata.name%3Dobject-00007"),
            ("one page of 500", "/api/v1/configmaps?limit=500"),
        ] {
            _ = await send(cluster, "GET", path)
            var bytes = 0
            let time = await Measure.seconds {
                if case .bytes(let body) = await send(cluster, "GET", path).body { bytes = body.count }
            }
            Measure.report(what, "\(Measure.milliseconds(time)), \(bytes / 1024) KiB")
        }
    }

    /// Each of the watchers sees each of the changes.
    private static func fanOut(_ cluster: SandboxCluster) async throws {
        let streams = await open(cluster)
        var tally = WatchTally(changes: changes)
        let time = try await Measure.seconds {
            tally = try await withThrowingTaskGroup(of: WatchTally.self) { group in
                for stream in streams {
                    group.addTask {
                        var tally = WatchTally(changes: changes)
                        for await line in stream {
                            tally.take(line)
                            if tally.isComplete { break }
                        }
                        return tally
                    }
                }
                for index in 0..<changes {
                    _ = await send(
                        cluster, "PATCH", SandboxLoad.kinds[0].place(of: index), WatchTally.patch(index),
                        type: "application/merge-patch+json")
                }
                return try await group.reduce(into: WatchTally(changes: changes)) { $0.join($1) }
            }
        }
        tally.report(watchers: watchers, time: time)
    }

    private static func open(_ cluster: SandboxCluster) async -> [AsyncStream<[UInt8]>] {
        guard case .bytes(let body) = await send(cluster, "GET", "/api/v1/configmaps?limit=1").body,
            let revision = try? JSON.parse(body)["metadata"]?["resourceVersion"]?.string
        else { return [] }
        var streams: [AsyncStream<[UInt8]>] = []
        for _ in 0..<watchers {
            let answer = await send(cluster, "GET", "/api/v1/configmaps?watch=1&resourceVersion=\(revision)")
            if case .stream(let stream) = answer.body { streams.append(stream) }
        }
        return streams
    }
}
