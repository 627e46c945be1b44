// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import TestSupport

/// The built program, which lies beside the test bundle.
enum Binary {
    static let path: String = {
        let bundle = URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent()
        let candidates = [bundle, Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()]
            .map { $0.appendingPathComponent("mainstay").path }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "mainstay"
    }()

    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs a command to its end.
    static func run(
        _ arguments: String..., environment: [String: String] = [:], within limit: Duration = .seconds(60)
    ) async throws -> Outcome {
        try await run(arguments, environment: environment, within: limit)
    }

    static func run(
        _ arguments: [String], environment: [String: String] = [:], within limit: Duration = .seconds(60)
    ) async throws -> Outcome {
        let process = try Running(path, arguments, environment: environment)
        let status = try await process.ended(within: limit)
        return Outcome(status: status, output: process.output, errors: process.errors)
    }
}

/// A process with what it has written so far. Ended, by force if need be, with this object's life.
final class Running {
    private let child: Child
    private let directory: TemporaryDirectory
    private var hasEnded = false

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        directory = try TemporaryDirectory()
        var all = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "TZ": "UTC"]
        all["HOME"] = ProcessInfo.processInfo.environment["HOME"]
        all.merge(environment) { _, new in new }
        child = try Child(
            program, arguments, environment: all, output: directory.path + "/output", errors: directory.path + "/errors"
        )
    }

    deinit {
        guard !hasEnded else { return }
        child.send(SIGKILL)
        child.wait()
    }

    var output: String { text("output") }
    var errors: String { text("errors") }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "\(directory.path)/\(name)") ?? Data(), as: UTF8.self)
    }

    func send(_ signal: Int32) { child.send(signal) }

    func ended(within limit: Duration) async throws -> Int32 {
        hasEnded = true
        do {
            return try await child.ended(within: limit)
        } catch {
            throw Child.NotInTime(description: "\(error)\n\(output)\n\(errors.suffix(4000))")
        }
    }

    /// The rest of the line behind the first occurrence of a text, once it was written.
    func line(after text: String, in stream: KeyPath<Running, String>) async throws -> String {
        try await eventually("\"\(text)\" is written", or: { self.errors }) {
            guard let range = self[keyPath: stream].range(of: text),
                let end = self[keyPath: stream][range.upperBound...].firstIndex(of: "\n")
            else { return nil }
            return String(self[keyPath: stream][range.upperBound..<end])
        }
    }
}

/// Asks again until there is an answer.
func eventually<Answer>(
    _ what: String, within limit: Duration = .seconds(60), or picture: () -> String = { "" },
    _ ask: () async throws -> Answer?
) async throws -> Answer {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if let answer = try await ask() { return answer }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw Child.NotInTime(description: "did not come: \(what)\n\(picture())")
}
