// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifests
import TestSupport
import Testing

/// Random kustomizations under the real `kubectl kustomize` and under ours.
///
/// `MAINSTAY_KUSTOMIZE_SEEDS=1000-4000 swift test --filter DifferentialTests` tries as many as one has time for.
@Suite(.enabled(if: KubectlKustomize.installed != nil, KubectlKustomize.hint), .timeLimit(.minutes(60)))
struct DifferentialTests {
    /// How two builds of one tree disagree.
    private enum Mismatch: Equatable {
        case refusedByOurs, refusedByTheirs, otherObjects
    }

    @Test("A random kustomization gives what kubectl kustomize gives, or is refused by both")
    func agreement() async throws {
        let kubectl = try #require(KubectlKustomize.installed)
        var built = 0
        let seeds = Self.seeds
        for seed in seeds {
            let tree = TreeGenerator.tree(seed: seed)
            let (mismatch, isBuilt) = try await compare(tree, kubectl)
            built += isBuilt ? 1 : 0
            guard let mismatch else { continue }
            let smallest = try await tree.shrunk { try await compare($0, kubectl).mismatch == mismatch }
            Issue.record("seed \(seed): \(try await report(smallest, kubectl))")
        }
        // The trees are worth testing with: most are right, some are not.
        #expect(built > seeds.count / 2 && built < seeds.count || seeds.count < 20)
    }

    private static let seeds: ClosedRange<UInt64> = {
        let range = (ProcessInfo.processInfo.environment["MAINSTAY_KUSTOMIZE_SEEDS"] ?? "").split(separator: "-")
        guard range.count == 2, let first = UInt64(range[0]), let last = UInt64(range[1]), first <= last else {
            return 1...100
        }
        return first...last
    }()

    private func compare(
        _ tree: GeneratedTree, _ kubectl: KubectlKustomize
    ) async throws -> (mismatch: Mismatch?, isBuilt: Bool) {
        let files = tree.bytes
        switch (Build(of: tree.target, in: MemoryTree(bytes: files)), try await kubectl.build(tree.target, of: files)) {
        case (.objects(let given), .printed(let text)):
            let isSame = Difference(given: given, expected: try Build.objects(printed: text)) == nil
            return (isSame ? nil : .otherObjects, true)
        case (.errors, .refused): return (nil, false)
        case (.errors, .printed): return (.refusedByOurs, true)
        case (.objects, .refused): return (.refusedByTheirs, false)
        }
    }

    /// What differs, and the tree in the form of a golden.
    private func report(_ tree: GeneratedTree, _ kubectl: KubectlKustomize) async throws -> String {
        let files = tree.bytes
        var golden = Golden(text: "", files: files, target: tree.target, outcome: .errors(""))
        let reason: String
        switch (Build(of: tree.target, in: golden.tree), try await kubectl.build(tree.target, of: files)) {
        case (.objects(let given), .printed(let text)):
            golden.outcome = .objects(text)
            reason =
                try Difference(given: given, expected: Build.objects(printed: text))?.description ?? "no difference"
        case (.errors(let errors), .printed(let text)):
            golden.outcome = .objects(text)
            reason = "refused: \(errors.joined(separator: "\n"))"
        case (_, .refused(let message)): reason = "kubectl refuses: \(message)"
        }
        return "\(reason)\n\(golden)"
    }
}
