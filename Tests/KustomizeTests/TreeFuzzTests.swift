// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifests
import TestSupport
import Testing

@testable import Kustomize

/// Random kustomizations with damage of every kind through the builder.
///
/// A run is the same every time. `MAINSTAY_FUZZ_ROUNDS` makes it longer and `MAINSTAY_FUZZ_SEED` another one; a failure
/// names the seed.
@Suite("Trees under mutation", .timeLimit(.minutes(30)))
struct TreeFuzzTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment["MAINSTAY_FUZZ_" + name].flatMap(UInt64.init)
    }

    /// What hostile hands would write, as pieces of YAML, of paths and of patches.
    private static let tokens = [
        "resources:\n- .\n", "components: [../part]\n", "- ../base\n", "- ../overlay\n", "bases: [x]\n",
        "namePrefix: 1\n",
        "configurations: [kustomization.yaml]\n", "crds: [r0.yaml]\n", "openapi: {path: r0.yaml}\n",
        "transformers: [r0.yaml, ../base]\n", "generators: [.]\n", "validators: [r0.yaml]\n",
        "patches: [{target: {name: '(a*)*'}, patch: '[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/a\"}]'}]\n",
        "replacements: [{source: {kind: .*, fieldPath: '*'}, targets: [{select: {}, fieldPaths: [a.*.b], options: {create: true}}]}]\n",
        "vars: [{name: A, objref: {kind: Service, name: $(A), apiVersion: v1}}]\n", "$(A)", "$$(",
        "images: [{name: '.*', newTag: x}]\n",
        "labels: [{pairs: {a: b}, fields: [{path: a/b[]/c, create: true}]}]\n",
        "kind: List\nitems: [{kind: List, items: []}]\n",
        "metadata: []\n", "metadata: {name: ~}\n", "$patch: delete\n", "$patch: replace\n", "---\n", "- ", ": ", "{",
        "}", "[", "]",
        "&a ", "*a", "<<: *a\n", "\"", "'", "|\n", "~", "\n  ", "\t", "\u{0}", "\u{FEFF}", "-1", "1e999",
        "99999999999999999999",
        "../../..", "/", "*", "?", "a~1b", "\\", "sortOptions: {order: legacy}\n",
        "buildMetadata: [originAnnotations, transformerAnnotations]\n",
        "internal.config.kubernetes.io/previousNames: a,b\n", "config.kubernetes.io/local-config: \"true\"\n",
    ].map { Array($0.utf8) }

    private static var limits: RenderLimits {
        var limits = RenderLimits()
        limits.files = 40
        limits.fileBytes = 1 << 14
        limits.totalBytes = 1 << 17
        limits.depth = 6
        limits.objects = 300
        limits.yaml = YAML.Limits(bytes: 1 << 14, depth: 40, nodes: 5000, documents: 50, aliasedNodes: 500)
        return limits
    }

    /// A kustomization that might have been right, with one or two pieces of damage.
    private static func mutant(seed: UInt64) -> (tree: MemoryTree, target: String) {
        var random = SeededGenerator(seed: seed)
        let generated = TreeGenerator.tree(seed: seed)
        var files = generated.bytes
        let paths = files.keys.sorted()
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            guard let path = paths.randomElement(using: &random), var bytes = files[path] else { continue }
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0..<40, using: &random))
            let token = tokens.randomElement(using: &random) ?? []
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes.insert(contentsOf: token, at: place)
            case 1: bytes.insert(contentsOf: token, at: lineStart(place, in: bytes))
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 4: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            case 5: bytes.replaceSubrange(place..<end, with: token)
            case 6:
                let other = paths.randomElement(using: &random).flatMap { files[$0] } ?? []
                bytes.insert(contentsOf: other, at: lineStart(place, in: bytes))
            default: bytes.insert(contentsOf: bytes[place..<end], at: lineStart(place, in: bytes))
            }
            files[path] = bytes
        }
        return (MemoryTree(bytes: files), generated.target)
    }

    private static func lineStart(_ place: Int, in bytes: [UInt8]) -> Int {
        (bytes[..<place].lastIndex(of: 0x0A) ?? -1) + 1
    }

    @Test("every render ends, within its limits, with objects that are whole or with errors that have a place")
    func mutants() throws {
        let first = Self.setting("SEED") ?? 1
        let rounds = Self.setting("ROUNDS") ?? 600
        let limits = Self.limits
        var (built, refused) = (0, 0)
        for seed in first..<first + rounds {
            let (tree, target) = Self.mutant(seed: seed)
            let path = target == "." ? "" : target
            do throws(RenderErrors) {
                let rendered = try Renderer.build(path, from: tree, limits: limits)
                built += 1
                #expect(rendered.manifests.count <= limits.objects, "seed \(seed)")
                for manifest in rendered.manifests {
                    let object = manifest.object
                    #expect(!object.kind.isEmpty && !manifest.origin.file.isEmpty, "seed \(seed)")
                    let text = YAML.text(.object(object.inPrintedOrder))
                    let again = try? YAML.documents(Array(text.utf8), file: "f", dialect: .kustomize)
                    #expect(again?.count == 1, "seed \(seed): \(text)")
                }
            } catch {
                refused += 1
                #expect(!error.errors.isEmpty && error.errors.count <= 1000, "seed \(seed)")
                for problem in error.errors { #expect(!problem.message.isEmpty, "seed \(seed)") }
            }
        }
        // Damage that nothing survives, or that nobody notices, would test nothing.
        #expect(built > rounds / 20 && refused > rounds / 20 || rounds < 100, "\(built) built, \(refused) refused")
    }
}
