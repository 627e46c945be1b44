// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import Synchronization
internal import Transport

/// The sandbox in a process of its own, asked over HTTP/1.1 by the daemon's transport.
struct SandboxHTTPBenchmark {
    private static let changes = 1_000
    private static let watchers = 50
    private static let writers = 8
    /// The whole list of Deployments is larger than what is taken without saying so.
    private static let listBytes = 256 << 20

    private let transport: CurlTransport
    private let url: String
    private let server: Child
    private let kinds: [SandboxLoad.Kind]

    static func run(_ kinds: [SandboxLoad.Kind]) async throws {
        let output = Pipe()
        let server = try Child(["sandbox", "serve"], output: output)
        defer { server.terminate() }
        let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let benchmark = SandboxHTTPBenchmark(
            transport: try CurlTransport(), url: "http://127.0.0.1:\(port)", server: server, kinds: kinds)
        try await benchmark.load()
        try await benchmark.lists()
        try await benchmark.fanOut()
        Measure.report("resident memory of the server", benchmark.memory)
        await benchmark.transport.shutdown()
    }

    private var memory: String {
        "\(Measure.memory(of: server.id)) MB, \(Measure.memory("VmHWM", of: server.id)) MB at most"
    }

    private func request(_ method: String, _ path: String, body: [UInt8]? = nil, type: String? = nil) -> HTTPRequest {
        var request = HTTPRequest(
            method: method, url: url + path, headers: ["User-Agent": "benchmark/1"], body: body,
            maximumResponseBytes: Self.listBytes)
        if body != nil { request.headers["Content-Type"] = type ?? "application/json" }
        return request
    }

    /// Carries out the numbered piece of work for each number, some of them at a time.
    private func spread(_ count: Int, _ work: @Sendable @escaping (Int) async throws -> Void) async throws {
        let next = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.writers {
                group.addTask {
                    while true {
                        let index = next.take()
                        if index >= count { return }
                        try await work(index)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func load() async throws {
        for name in SandboxLoad.namespaces {
            _ = try await transport.send(
                request("POST", "/api/v1/namespaces", body: JSON.bytes(SandboxLoad.namespace(name))))
        }
        for kind in kinds {
            let time = try await Measure.seconds {
                try await spread(kind.count) { index in
                    try await write("POST", kind.path(of: index), kind.body(index), answer: 201)
                }
            }
            Measure.report(
                "create \(kind.count) \(kind.what), \(Self.writers) at a time", Measure.rate(kind.count, time))
            guard kind.hasStatus else { continue }
            let second = try await Measure.seconds {
                try await spread(kind.count) { index in
                    try await write("PUT", kind.place(of: index) + "/status", kind.body(index), answer: 200)
                }
            }
            Measure.report("write the status of each", Measure.rate(kind.count, second))
        }
        Measure.report("resident memory with 20,000 objects", memory)
    }

    private func write(_ method: String, _ path: String, _ body: Value, answer: Int) async throws {
        let given = try await transport.send(request(method, path, body: JSON.bytes(body)))
        precondition(
            given.status == answer,
            "\(method) \(path): \(given.status) \(String(decoding: given.body.prefix(1000), as: UTF8.self))")
    }

    private func lists() async throws {
        let metadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        for (what, accept, limit) in [
            ("list all 20,000 whole", "application/json", nil),
            ("list all 20,000, metadata only", metadata, nil),
            ("list all 20,000 in pages of 500", "application/json", 500),
            ("list all 20,000 in pages, metadata only", metadata, 500),
        ] {
            var (bytes, pages) = (0, 0)
            let time = try await Measure.seconds {
                for path in kinds.map(\.all) {
                    var token = ""
                    repeat {
                        let query = limit.map { "?limit=\($0)" + (token.isEmpty ? "" : "&continue=\(token)") } ?? ""
                        var request = request("GET", path + query)
                        request.headers["Accept"] = accept
                        let answer = try await transport.send(request)
                        precondition(answer.status == 200, "\(path): \(answer.status)")
                        token = Self.continueToken(answer.body)
                        bytes += answer.body.count
                        pages += 1
                    } while !token.isEmpty
                }
            }
            Measure.report(what, "\(Measure.milliseconds(time)), \(bytes >> 20) MiB in \(pages) answers")
        }
        Measure.report("resident memory after that", memory)
    }

    /// Searched and not parsed. It stands before the items.
    private static func continueToken(_ body: [UInt8]) -> String {
        let head = body.prefix(1024)
        guard let start = head.firstRange(of: Array(#""continue":""#.utf8))?.upperBound else { return "" }
        return String(decoding: head[start...].prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }

    private func fanOut() async throws {
        guard let kind = kinds.first else { return }
        let page = try await transport.send(request("GET", "\(kind.all)?limit=1"))
        guard let revision = try JSON.parse(page.body)["metadata"]?["resourceVersion"]?.string else { return }
        var watch = request("GET", "\(kind.all)?watch=1&resourceVersion=\(revision)")
        watch.deadlines.total = nil
        watch.isBulk = true
        var streams: [HTTPStream] = []
        for _ in 0..<Self.watchers { streams.append(try await transport.stream(watch)) }
        var tally = WatchTally(changes: Self.changes)
        let time = try await Measure.seconds {
            tally = try await withThrowingTaskGroup(of: WatchTally.self) { group in
                for stream in streams { group.addTask { try await Self.read(stream) } }
                try await spread(Self.changes) { index in
                    let answer = try await transport.send(
                        request(
                            "PATCH", kind.place(of: index), body: WatchTally.patch(index),
                            type: "application/merge-patch+json"))
                    precondition(answer.status == 200, "change \(index): \(answer.status)")
                }
                return try await group.reduce(into: WatchTally(changes: Self.changes)) { $0.join($1) }
            }
        }
        tally.report(watchers: Self.watchers, time: time)
    }

    private static func read(_ stream: HTTPStream) async throws -> WatchTally {
        var tally = WatchTally(changes: changes)
        var rest: [UInt8] = []
        for try await piece in stream.body {
            rest += piece
            var start = 0
            while let end = rest[start...].firstIndex(of: 0x0A) {
                tally.take(rest[start..<end])
                start = end + 1
            }
            rest.removeFirst(start)
            if tally.isComplete { break }
        }
        return tally
    }
}

/// Numbers from 0 on, each once.
private final class Counter: Sendable {
    private let next = Mutex(0)

    func take() -> Int {
        next.withLock { next in
            defer { next += 1 }
            return next
        }
    }
}
