// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Manifests
internal import Sandbox

/// 20,000 objects in the sandbox: how fast they are created, listed and watched, and what memory they take.
enum SandboxBenchmark {
    private static let configMaps = 10_000
    private static let deployments = 10_000
    private static let watchers = 50
    private static let changes = 2_000

    static func run() async throws {
        let start = Date()
        let cluster = SandboxCluster(
            clock: ContinuousClock(),
            now: {
                Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1000))
            }, random: SplitMix64(seed: UInt64(start.timeIntervalSince1970)),
            options: SandboxOptions(watchBuffer: 10_000))
        try await load(cluster)
        try await lists(cluster)
        try await fanOut(cluster)
        report("resident memory", "\(residentMegabytes()) MB")
    }

    private static func report(_ what: String, _ value: String) {
        print(what.padding(toLength: 44, withPad: " ", startingAt: 0) + value)
    }

    private static func seconds(_ work: () async throws -> Void) async rethrows -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try await work()
        let duration = clock.now - start
        return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private static func milliseconds(_ seconds: Double) -> String { String(format: "%.1f ms", seconds * 1000) }

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
        let namespaces = (0..<20).map { "n\($0)" }
        for name in namespaces {
            let namespace: Value = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
            _ = await send(cluster, "POST", "/api/v1/namespaces", JSON.bytes(namespace))
        }
        for (what, count, path, body) in [
            ("ConfigMaps", configMaps, "/api/v1/namespaces/%/configmaps", configMap),
            ("Deployments", deployments, "/apis/apps/v1/namespaces/%/deployments", deployment),
        ] {
            let time = await seconds {
                for index in 0..<count {
                    let namespace = namespaces[index % namespaces.count]
                    let answer = await send(
                        cluster, "POST", path.replacingOccurrences(of: "%", with: namespace), JSON.bytes(body(index)))
                    precondition(answer.status == 201, "\(what) \(index): \(answer.status)")
                }
            }
            report("create \(count) \(what)", String(format: "%.0f/s", Double(count) / time))
        }
        report("resident memory with \(configMaps + deployments) objects", "\(residentMegabytes()) MB")
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
            let time = await seconds {
                if case .bytes(let body) = await send(cluster, "GET", path).body { bytes = body.count }
            }
            report(what, "\(milliseconds(time)), \(bytes / 1024) KiB")
        }
        var pages = 0
        let time = try await seconds {
            var token: String?
            repeat {
                let path = "/api/v1/configmaps?limit=500" + (token.map { "&continue=\($0)" } ?? "")
                guard case .bytes(let body) = await send(cluster, "GET", path).body else { return }
                token = try JSON.parse(body)["metadata"]?["continue"]?.string
                pages += 1
            } while token != nil
        }
        report("list 10,000 ConfigMaps in \(pages) pages, parsed", milliseconds(time))
    }

    /// Each of the watchers sees each of the changes.
    private static func fanOut(_ cluster: SandboxCluster) async throws {
        let streams = await open(cluster)
        var slowest = 0.0
        let time = try await seconds {
            slowest = try await withThrowingTaskGroup(of: Double.self) { group in
                for stream in streams {
                    group.addTask {
                        var worst = Duration.zero
                        var count = 0
                        for await line in stream {
                            count += 1
                            if count % 100 == 0, let stamp = Self.stamp(line) {
                                worst = max(worst, .nanoseconds(Self.nanoseconds() - stamp))
                            }
                            if count == changes { break }
                        }
                        return Double(worst.components.seconds) + Double(worst.components.attoseconds) / 1e18
                    }
                }
                for index in 0..<changes {
                    let patch = JSON.bytes(["data": ["stamp": .string(String(Self.nanoseconds()))]])
                    _ = await send(
                        cluster, "PATCH", "/api/v1/namespaces/n\(index % 20)/configmaps/\(name(index % configMaps))",
                        patch, type: "application/merge-patch+json")
                }
                var worst = 0.0
                for try await lag in group { worst = max(worst, lag) }
                return worst
            }
        }
        report(
            "fan-out of \(changes) changes to \(watchers) watchers",
            String(format: "%.0f events/s", Double(changes * watchers) / time))
        report("longest lag of an event", milliseconds(slowest))
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

    private static func nanoseconds() -> Int64 { Int64(ProcessInfo.processInfo.systemUptime * 1e9) }

    /// When the change that a line tells of was sent.
    private static func stamp(_ line: [UInt8]) -> Int64? {
        (try? JSON.parse(line))?["object"]?["data"]?["stamp"]?.string.flatMap { Int64($0) }
    }

    private static func name(_ index: Int) -> String {
        let digits = String(index)
        return "object-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    private static func configMap(_ index: Int) -> Value {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name(index)), "labels": ["app": "benchmark", "group": .string("g\(index % 100)")],
            ],
            "data": [
                "config.yaml": .string(String(repeating: "key: value\n", count: 80)), "index": .string(String(index)),
            ],
        ]
    }

    private static func deployment(_ index: Int) -> Value {
        let environment: [Value] = (0..<15).map {
            ["name": .string("VARIABLE_\($0)"), "value": .string("value \($0)")]
        }
        return [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": .string(name(index)), "labels": ["app": .string(name(index))]],
            "spec": [
                "replicas": 3, "selector": ["matchLabels": ["app": .string(name(index))]],
                "template": [
                    "metadata": ["labels": ["app": .string(name(index))]],
                    "spec": [
                        "containers": [
                            [
                                "name": "main", "image": "registry.example.com/app:1.0", "env": .array(environment),
                                "ports": [["containerPort": 8080]],
                                "resources": ["requests": ["cpu": "100m", "memory": "128Mi"]],
                            ]
                        ]
                    ],
                ],
            ],
        ]
    }

    /// proc_pid_statm(5): the second number counts resident pages.
    private static func residentMegabytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE))) / (1 << 20)
    }
}
