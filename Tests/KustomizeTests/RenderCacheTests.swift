// SPDX-License-Identifier: Apache-2.0

import Manifests
import Synchronization
import TestSupport
import Testing

@testable import Kustomize

@Suite struct RenderCacheTests {
    private func outcome(_ tree: any FileTree, _ path: String, cache: RenderCache) -> [String] {
        do throws(RenderErrors) {
            let rendered = try Renderer.build(path, from: tree, cache: cache)
            return rendered.manifests.map { "\($0.origin) \(JSON.text(.object($0.object)))" }
                + rendered.warnings.map(\.description)
                + rendered.reads.map { "\($0)" }
        } catch {
            return error.errors.map(\.description) + error.reads.map { "\($0)" }
        }
    }

    @Test("A render with what earlier ones left gives what a render from nothing gives", arguments: 1...60)
    func agreement(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let random = RandomTree(seed: UInt64(seed))
        let cache = RenderCache()
        var tree = random.tree
        #expect(outcome(tree, random.target, cache: cache) == outcome(tree, random.target, cache: RenderCache()))
        for step in 0..<6 {
            // Files come and go, and change to what another tree has in their place.
            let other = RandomTree(seed: UInt64.random(in: 1...100, using: &generator))
            for path in Set(random.files.keys).union(other.files.keys).sorted()
            where Int.random(in: 0..<4, using: &generator) == 0 {
                tree[path] = other.files[path] ?? random.files[path]
            }
            let now = outcome(tree, random.target, cache: cache)
            #expect(now == outcome(tree, random.target, cache: RenderCache()), "seed \(seed), step \(step)")
            #expect(now == outcome(tree, random.target, cache: cache), "seed \(seed), step \(step), again")
        }
    }

    /// Counts the files whose contents are read.
    private final class CountingTree: FileTree {
        let tree: MemoryTree
        private let contents = Mutex<[String]>([])

        init(_ tree: MemoryTree) { self.tree = tree }

        var filesRead: [String] { contents.withLock { $0 } }

        func entry(at path: String) throws -> FileTreeEntry? { try tree.entry(at: path) }
        func children(of path: String) throws -> [FileTreeEntry] { try tree.children(of: path) }
        func contents(of path: String, limit: Int) throws -> [UInt8] {
            contents.withLock { $0.append(path) }
            return try tree.contents(of: path, limit: limit)
        }
    }

    @Test("After one changed file, that file alone is read")
    func incremental() throws {
        var tree = MemoryTree(["all/kustomization.yaml": "resources: [../apps/a, ../apps/b]\n"])
        for name in ["a", "b"] {
            tree["apps/\(name)/kustomization.yaml"] = "resources: [one.yaml, two.yaml]\nnamePrefix: p-\n"
            for file in ["one", "two"] {
                tree["apps/\(name)/\(file).yaml"] =
                    "{apiVersion: v1, kind: ConfigMap, metadata: {name: \(name)-\(file)}}"
            }
        }
        let cache = RenderCache()
        _ = try Renderer.build("all", from: tree, cache: cache)

        let unchanged = CountingTree(tree)
        _ = try Renderer.build("all", from: unchanged, cache: cache)
        #expect(unchanged.filesRead == [])

        tree["apps/b/two.yaml"] = "{apiVersion: v1, kind: ConfigMap, metadata: {name: changed}}"
        let changed = CountingTree(tree)
        let rendered = try Renderer.build("all", from: changed, cache: cache)
        #expect(changed.filesRead == ["apps/b/two.yaml"])
        #expect(rendered.manifests.map(\.object.name).contains("p-changed"))
    }

    @Test("A remembered folder is refused where building it would be: around one that is open, or too deep")
    func place() {
        let tree = MemoryTree([
            "all/kustomization.yaml": "resources: [../shared]\n",
            "shared/kustomization.yaml": "resources: [../team]\n",
            "team/kustomization.yaml": "resources: [map.yaml]\n",
            "team/map.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}",
            "team/app/kustomization.yaml": "resources: [../../shared]\n",
            "above/kustomization.yaml": "resources: [../all]\n",
        ])
        let cache = RenderCache()
        #expect(outcome(tree, "all", cache: cache).first?.hasPrefix("team/map.yaml:1 ") == true)
        let inside = outcome(tree, "team/app", cache: cache)
        #expect(inside == outcome(tree, "team/app", cache: RenderCache()))
        #expect(inside.first?.contains("team contains team/app, which includes it") == true)

        var limits = RenderLimits()
        limits.depth = 3
        let deep = #expect(throws: RenderErrors.self) {
            try Renderer.build("above", from: tree, limits: limits, cache: cache)
        }
        #expect(deep?.errors.map(\.code) == [.limit])
    }

    @Test("Limits count what is remembered as if it were built")
    func limits() throws {
        let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"
        let tree = MemoryTree([
            "all/kustomization.yaml": "resources: [../app]\n", "app/kustomization.yaml": "resources: [../base]\n",
            "base/kustomization.yaml": "resources: [map.yaml]\n", "base/map.yaml": map,
        ])
        for change: (inout RenderLimits) -> Void in [{ $0.objects = 2 }, { $0.kustomizations = 2 }] {
            let cache = RenderCache()
            _ = try Renderer.build("all", from: tree, cache: cache)
            var limits = RenderLimits()
            change(&limits)
            let error = #expect(throws: RenderErrors.self) {
                try Renderer.build("all", from: tree, limits: limits, cache: cache)
            }
            #expect(error?.errors.map(\.code) == [.limit])
        }
    }

    @Test(
        "A folder where a file was looked for, or one without a kustomization, is looked at too",
        arguments: ["configMapGenerator: [{name: a, files: [it]}]\n", "resources: [it]\n"])
    func folders(kustomization: String) throws {
        var tree = MemoryTree(["app/kustomization.yaml": kustomization, "app/it/readme.txt": "a folder"])
        let error = #expect(throws: RenderErrors.self) { try Renderer.build("app", from: tree) }
        tree["app/it/readme.txt"] = nil
        tree["app/it"] = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"
        #expect(try Renderer.build("app", from: tree).manifests.count == 1)
        #expect(try error?.reads.contains { try tree.entry(at: $0.path)?.id != $0.id } == true)
    }

    @Test("What was not used for longest is forgotten first, and no more is kept than the limit")
    func recentlyUsed() {
        var kept = RecentlyUsed<Int, Int>(limit: 10)
        for key in 0..<5 { kept.insert(key, for: key, weight: 1) }
        #expect((0..<5).allSatisfy { kept[$0] == $0 })
        for key in 5..<100 {
            kept.insert(key, for: key, weight: 1)
            #expect(kept[0] == 0, "it is used all the time")
            #expect((0...key).count { kept.contains($0) } <= 11)
        }
        #expect(!kept.contains(1))
        kept.insert(7, for: 7, weight: 1000)
        kept.insert(8, for: 8, weight: 1000)
        kept.insert(9, for: 9, weight: 1000)
        #expect(!kept.contains(7), "what exceeds the limit alone does not stay")
    }
}

extension RecentlyUsed {
    /// Without counting as a use.
    fileprivate func contains(_ key: Key) -> Bool {
        var copy = self
        return copy[key] != nil
    }
}
