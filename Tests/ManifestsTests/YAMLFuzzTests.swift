// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifests
import Testing

/// Mutated hostile files through the reader and, where it takes them, through the writer and the strategic merge.
///
/// A run is the same every time. `MAINSTAY_FUZZ_ROUNDS` makes it longer and `MAINSTAY_FUZZ_SEED` another one; a failure
/// names the bytes.
@Suite("YAML under mutation")
struct YAMLFuzzTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment["MAINSTAY_FUZZ_" + name].flatMap(UInt64.init)
    }

    private static let limits = YAML.Limits(bytes: 1 << 16, depth: 30, nodes: 3000, documents: 20, aliasedNodes: 500)

    static let corpus =
        [
            "a: &x [1, 'two', {b: |\n  text\n}]\n? *x\n: !!str y\n---\n\"k\\u00e9\": >-\n  z\n<<: {}\n",
            "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b, *b]\nd: &d [*c, *c, *c, *c]\ne: [*d, *d, *d, *d]\n",
            "x: &a {p: 1, q: ~}\ny: {<<: *a, <<: [*a, {q: 2}]}\nz: {<<: *a, p: &b yes, *b : 1}\n",
            "%YAML 1.1\n--- # c\n- - - a\n- ? b\n- !!binary aGk=\n- !<x> y\n- 2001-01-01T1:2:3.4+05:00\n...\n--- >\n x\n",
            "\u{FEFF}a: |2+\n   x\n\n\nb: >\n  x\n    y\n\n  z\nc: \"\\x41\\u0041\\U0001F600\\N\n  d\"\r\ne: 'it''s'\r\n",
            "{\"a\": [1, -0, 1e3, 1.5e-7, 0x1F, 0o17, 1_000, .5, +1., 99999999999999999999], \"b\": {c: , d}, 'e': [,]}",
            "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {b: 1.50, c: ~}}\nspec:\n  ports: [{port: 1, protocol: TCP}, {port: 1}]\n",
            "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{name: a, $patch: replace}, {$patch: delete}]}}}\n",
            "a:\n\tb: 1\n  c: {{ x }}\n'd\n: @e\n`f: |9\n g: *h\n&i &j: k\n]: }\n",
            String(repeating: "[", count: 60) + "\n", String(repeating: "a: {b: [", count: 20) + "\n",
            String(repeating: "k", count: 1100) + ": v\n? " + String(repeating: "l", count: 1100) + "\n: w\n",
            "a: \u{85}b\u{2028}c\nd: \u{0}\u{1}\u{7F}e\nf: \u{FFFE}\u{FFFF}\n", "\u{1F600}: 日本語 # é\nе: ü\n",
            "- \n-\n  -\n- -\n", "{$patch:b\u{2028} replace}\n",
        ].map { Array($0.utf8) } + [
            [0xFF, 0xFE, 0x61, 0, 0x3A, 0, 0x20, 0, 0x31, 0], [0xC3, 0x28, 0xED, 0xA0, 0x80, 0xF4, 0x90],
        ]

    private static let tokens = [
        "---\n", "...\n", "- ", "? ", ": ", "&a ", "*a", "<<: ", "!!int ", "!x ", "|\n", ">+\n", "\"", "'", "{", "}",
        "[", "]", ",",
        "#", "\n", "\n  ", "\t", "\r\n", "~", "1e999", ".inf", "$patch: delete", "\\u", "\u{FEFF}",
    ].map { Array($0.utf8) }

    private static func mutant(_ random: inout SplitMix) -> [UInt8] {
        var bytes = corpus[random.below(corpus.count)]
        for _ in 0...random.below(4) {
            let place = random.below(bytes.count + 1)
            let length = min(random.below(12), bytes.count - place)
            switch random.below(7) {
            case 0: bytes.insert(contentsOf: tokens[random.below(tokens.count)], at: place)
            case 1: bytes.removeSubrange(place..<place + length)
            case 2: bytes.insert(UInt8(random.below(256)), at: place)
            case 3: if place < bytes.count { bytes[place] ^= 1 << UInt8(random.below(8)) }
            case 4:
                let other = corpus[random.below(corpus.count)]
                let start = random.below(other.count)
                bytes.insert(contentsOf: other[start..<min(other.count, start + 1 + random.below(40))], at: place)
            case 5: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
            default: bytes.replaceSubrange(place..<place + length, with: tokens[random.below(tokens.count)])
            }
        }
        return bytes
    }

    @Test("what is read is within the limits, reads back as written, and what is refused has its place")
    func mutants() throws {
        var random = SplitMix(state: Self.setting("SEED") ?? 1)
        var accepted = 0
        var known: Value = .null
        let rounds = Self.setting("ROUNDS") ?? 3000
        for round in 0..<rounds {
            let bytes = Self.mutant(&random)
            let dialect: YAML.Dialect = [.kubectl, .kustomize, .kustomizePatch][Int(round % 3)]
            do throws(YAMLError) {
                let documents = try YAML.documents(bytes, file: "f", dialect: dialect, limits: Self.limits)
                accepted += 1
                #expect(documents.count <= Self.limits.documents)
                for document in documents {
                    let value = document.value
                    #expect(Self.size(value, depth: 1) <= Self.limits.nodes, "\(bytes)")
                    let written = YAML.text(value)
                    let again = try? YAML.documents(Array(written.utf8), file: "g").map(\.value)
                    #expect(again == [value], "\(bytes) → \(written)")
                    try? mergeBothWays(value, known)
                    known = value
                }
            } catch {
                #expect(error.line >= 1 && error.column >= 1 && !error.message.isEmpty, "\(bytes)")
            }
        }
        // Neither everything nor nothing may be refused, or nothing is tested.
        #expect(accepted > rounds / 50 && accepted < rounds)
    }

    private func mergeBothWays(_ patch: Value, _ value: Value) throws(PatchError) {
        let kinds = [("v1", "Service"), ("apps/v1", "Deployment"), ("x.y/v1", "Thing")]
        for (apiVersion, kind) in kinds {
            for flavor in [StrategicMerge.Flavor.kustomize, .apiServer] {
                _ = try StrategicMerge.merge(
                    patch: patch, into: value,
                    groupVersionKind: GroupVersionKind(apiVersion: apiVersion, kind: kind), flavor: flavor)
            }
        }
    }

    private static func size(_ value: Value, depth: Int) -> Int {
        guard depth <= limits.depth else { return .max / 2 }
        return switch value {
        case .array(let elements): elements.reduce(1) { $0 + size($1, depth: depth + 1) }
        case .object(let object): object.pairs.reduce(1) { $0 + 1 + size($1.value, depth: depth + 1) }
        default: 1
        }
    }
}
