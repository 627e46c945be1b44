// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Git
internal import Kustomize
internal import TestSupport

/// What rendering costs: `benchmarks render` builds 1,001 objects and more as whole processes, beside `kubectl kustomize`
/// where that is in the PATH, and then what a commit to one service costs a daemon that has rendered before.
enum RenderBenchmark {
    static func run() async throws {
        var bySize: [Int: Duration] = [:]
        for services in [125, 500, 1000] {
            let sample = try MonorepoSample(services: services)
            let folder = "\(sample.repository.path)/clusters/staging"
            let ours = try MeasuredProcess.best(of: 5, mainstay, ["render", folder])
            bySize[services] = ours.duration
            print("\(8 * services + 1) objects of \(services) services")
            print("  mainstay render     \(text(ours))")
            // Beyond the first size it takes minutes.
            if services == 125, let theirs = try? MeasuredProcess.best(of: 3, "kubectl", ["kustomize", folder]) {
                let times = String(format: "%.1f", theirs.duration / ours.duration)
                let memory = String(format: "%.2f", Double(ours.peakMegabytes) / Double(theirs.peakMegabytes))
                print("  kubectl kustomize   \(text(theirs)): \(times) times as long, we take \(memory) of its memory")
            }
            try await measureCommits(to: sample)
        }
        if let less = bySize[500], let more = bySize[1000] {
            print("growth from 500 to 1,000 services: exponent \(String(format: "%.2f", log2(more / less)))")
        }
    }

    private static func measureCommits(to sample: MonorepoSample) async throws {
        guard let repository = try LocalRepository.enclosing(sample.repository.path) else { return }
        let cache = RenderCache()
        var durations: [Duration] = []
        for round in 0..<10 {
            if round > 0 { try sample.touch(round, round: round) }
            let head = try await repository.resolve("HEAD")
            durations.append(
                try await repository.read(at: head) { tree in
                    let begun = ContinuousClock.now
                    _ = try Renderer.build("clusters/staging", from: tree, cache: cache)
                    return ContinuousClock.now - begun
                })
        }
        let warm = durations.dropFirst().sorted()
        print(
            "  in the daemon       \(milliseconds(durations[0])) at first; "
                + "\(milliseconds(warm[warm.count / 2])) after a commit to one service (median of \(warm.count))")
    }

    /// The program that was built beside this one.
    private static var mainstay: String {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("mainstay").path
    }

    private static func text(_ process: MeasuredProcess) -> String {
        "\(milliseconds(process.duration)), \(process.peakMegabytes) MB"
    }

    private static func milliseconds(_ duration: Duration) -> String {
        String(format: "%.1f ms", duration / .milliseconds(1))
    }
}
