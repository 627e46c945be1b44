// SPDX-License-Identifier: Apache-2.0

import Kustomize
import Manifests
import TestSupport
import Testing

@Suite struct RenderPropertyTests {
    /// All that a render says: objects in order with their places, or problems, and in both cases the trace.
    private struct Outcome: Equatable {
        var lines: [String]
        var reads: [TreeRead]
        var isRendered: Bool
    }

    private func outcome(_ tree: MemoryTree, _ path: String) -> Outcome {
        do throws(RenderErrors) {
            let rendered = try Renderer.render(RenderRequest(path: path, namespace: "default"), from: tree)
            return Outcome(
                lines: rendered.manifests.map { "\($0.origin) \(JSON.text(.object($0.object)))" }
                    + rendered.warnings.map(\.description),
                reads: rendered.reads, isRendered: true)
        } catch {
            return Outcome(lines: error.errors.map(\.description), reads: error.reads, isRendered: false)
        }
    }

    private static let seeds: [UInt64] = Array(1...100)

    @Test("Random overlays render the same each time, or fail with the same words")
    func determinism() {
        var rendered = 0
        for seed in Self.seeds {
            let random = RandomTree(seed: seed)
            let first = outcome(random.tree, random.target)
            #expect(outcome(RandomTree(seed: seed).tree, random.target) == first, "seed \(seed)")
            #expect(!first.lines.isEmpty, "seed \(seed)")
            rendered += first.isRendered ? 1 : 0
        }
        // The trees are worth testing with: neither all right nor all wrong.
        #expect(rendered > Self.seeds.count / 4 && rendered < Self.seeds.count)
    }

    @Test("The trace changes with every path that was looked at, and with no other")
    func trace() {
        for seed in Self.seeds.prefix(40) {
            let random = RandomTree(seed: seed)
            let before = outcome(random.tree, random.target)
            for read in before.reads {
                var tree = random.tree
                tree[read.path] = (tree[read.path] ?? "") + "\n# changed"
                #expect(traceNow(before.reads, in: tree) != before.reads, "seed \(seed), \(read.path)")
            }
            var tree = random.tree
            tree["aside/unrelated.yaml"] = nil
            tree["overlay1/unrelated.txt"] = "new"
            for path in random.files.keys where !before.reads.contains(where: { $0.path == path }) { tree[path] = "x" }
            #expect(outcome(tree, random.target) == before, "seed \(seed)")
        }
    }

    /// What a daemon compares: the same paths, as they are now.
    private func traceNow(_ reads: [TreeRead], in tree: MemoryTree) -> [TreeRead] {
        reads.map { TreeRead(path: $0.path, id: (try? tree.entry(at: $0.path))??.id) }
    }

    @Test("An overlay that says nothing new gives what its base gives")
    func emptyOverlay() {
        for seed in Self.seeds {
            let random = RandomTree(seed: seed)
            let base = outcome(random.tree, random.target)
            var tree = random.tree
            tree["top/kustomization.yaml"] = "resources: [../\(random.target)]\nsortOptions: {order: legacy}\n"
            let sorted = outcome(tree, "top")
            #expect(sorted.isRendered == base.isRendered, "seed \(seed)")
            if base.isRendered { #expect(sorted.lines.sorted() == base.lines.sorted(), "seed \(seed)") }
        }
    }
}
