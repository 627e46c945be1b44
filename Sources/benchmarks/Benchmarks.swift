// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Measures what the project promises about speed and memory: `swift run -c release benchmarks NAME`.
@main
struct Benchmarks {
    private static let all: [(name: String, run: @Sendable () async throws -> Void)] = [
        (name: "client", run: ClientBenchmark.run),
        (name: "engine", run: EngineBenchmark.run),
        (name: "render", run: RenderBenchmark.run),
        (name: "sandbox", run: SandboxBenchmark.run),
    ]

    static func main() async {
        let name = CommandLine.arguments.dropFirst().first ?? ""
        guard let benchmark = all.first(where: { $0.name == name }) else {
            FileHandle.standardError.write(
                Data("usage: benchmarks NAME, one of: \(all.map(\.name).joined(separator: ", "))\n".utf8))
            exit(2)
        }
        do {
            try await benchmark.run()
        } catch {
            // What ran was ended on the way here.
            FileHandle.standardError.write(Data("benchmarks \(name): \(error)\n".utf8))
            exit(1)
        }
    }
}
