// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Kubernetes
internal import Manifests
internal import TestSupport
internal import Transport

/// The program that was built beside this one, running with its output in a file.
final class MeasuredProgram {
    private let process = Process()
    let log: String

    init(_ arguments: [String], log: String) throws {
        self.log = log
        guard FileManager.default.createFile(atPath: log, contents: nil) else {
            throw MeasuredProcess.Failure(description: "\(log) cannot be written")
        }
        process.executableURL = Self.executable
        process.arguments = arguments
        // As deployed.
        if arguments.first == "run" {
            process.environment = ProcessInfo.processInfo.environment.merging(["MALLOC_ARENA_MAX": "1"]) { $1 }
        }
        let handle = FileHandle(forWritingAtPath: log)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
    }

    static var executable: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("mainstay")
    }

    var id: String { String(process.processIdentifier) }

    var isRunning: Bool { process.isRunning }

    /// May be called again.
    func terminate() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }

    var processorSeconds: Double { Measure.processorSeconds(of: id) }

    /// The first line of its output that `find` makes something of.
    func line<Found>(_ find: (Substring) -> Found?) async throws -> Found {
        for _ in 0..<30_000 {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n") { if let found = find(line) { return found } }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw MeasuredProcess.Failure(description: "what was waited for is not in \(log)")
    }
}

/// A sandbox in a process of its own, over HTTPS.
struct MeasuredSandbox {
    let directory: TemporaryDirectory
    private let program: MeasuredProgram

    init() throws {
        directory = try TemporaryDirectory()
        program = try MeasuredProgram(
            ["sandbox", "--kubeconfig-out", "\(directory.path)/kubeconfig"], log: "\(directory.path)/sandbox.log")
        while contents.isEmpty {
            guard program.isRunning else {
                throw MeasuredProcess.Failure(description: "the sandbox does not start; see \(program.log)")
            }
            usleep(10_000)
        }
    }

    var kubeconfig: String { "\(directory.path)/kubeconfig" }

    private var contents: Data { FileManager.default.contents(atPath: kubeconfig) ?? Data() }

    func client(over transport: CurlTransport) throws -> KubernetesClient {
        KubernetesClient(
            endpoint: try Kubeconfig.load(Array(contents), file: kubeconfig, context: nil), transport: transport,
            clock: ContinuousClock(),
            now: { Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1000)) })
    }

    var processorSeconds: Double { program.processorSeconds }

    func terminate() { program.terminate() }
}

/// A daemon in a process of its own; what it says of itself is read from its log and its status server.
struct MeasuredDaemon {
    struct Phase {
        var phase: String
        /// In seconds since 1970.
        var at: Double
    }

    private let program: MeasuredProgram

    init(configuration: String, log: String) throws {
        program = try MeasuredProgram(["run", "--config", configuration], log: log)
    }

    var id: String { program.id }

    func terminate() { program.terminate() }

    /// When the first such line was written.
    func line(where isMeant: (Value) -> Bool) async throws -> Double {
        try await program.line { line in
            guard let value = try? JSON.parse(Array(line.utf8)), isMeant(value) else { return nil }
            return value["time"]?.string.flatMap { Timestamp($0) }.map { Double($0.millisecondsSinceEpoch) / 1000 }
        }
    }

    /// When it saw the first commit.
    func seesCommit() async throws -> Double { try await line { $0["message"]?.string == "new revision" } }

    private func get(_ path: String) async throws -> String {
        let address = try await program.line { line -> String? in
            let value = try? JSON.parse(Array(line.utf8))
            guard let message = value?["message"]?.string, let range = message.firstRange(of: "listening on ") else {
                return nil
            }
            return String(message[range.upperBound...])
        }
        return try await LoopbackClient(server: "http://\(address)").get(path).text
    }

    /// The phases of the rollout of a commit, once they are as asked for.
    func rollout(_ what: String, of commit: String, until isDone: ([Phase]) -> Bool) async throws -> [Phase] {
        for _ in 0..<30_000 {
            let page = try JSON.parse(Array(try await get("/api/v1/rollouts?limit=5").utf8))
            let rollout = page["items"]?.array?.first { $0["revision"]?.string == commit }
            let phases = (rollout?["phases"]?.array ?? []).compactMap { phase -> Phase? in
                guard let word = phase["phase"]?.string, let at = phase["at"]?.string.flatMap({ Timestamp($0) }) else {
                    return nil
                }
                return Phase(phase: word, at: Double(at.millisecondsSinceEpoch) / 1000)
            }
            if isDone(phases) { return phases }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw MeasuredProcess.Failure(description: "no rollout of \(commit) that is \(what); see \(program.log)")
    }

    func untilHealthy(at commit: String) async throws {
        for _ in 0..<30_000 {
            let page = try JSON.parse(Array(try await get("/api/v1/applications").utf8))
            let items = page["items"]?.array ?? []
            let isHealthy = items.allSatisfy {
                $0["health"]?.string == "healthy" && $0["targetRevision"]?.string == commit
            }
            if !items.isEmpty, isHealthy { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw MeasuredProcess.Failure(description: "not healthy at \(commit); see \(program.log)")
    }

    /// Requests that it has sent, by method.
    func requests() async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for line in try await get("/metrics").split(separator: "\n")
        where line.hasPrefix("mainstay_cluster_requests_total{") {
            let parts = line.split(separator: "\"")
            guard parts.count == 3, let count = parts[2].split(separator: " ").last.flatMap({ Int($0) }) else {
                continue
            }
            counts[String(parts[1])] = count
        }
        return counts
    }

    var processorSeconds: Double { program.processorSeconds }
}
