// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Kustomize's order of kinds: what others need first, then by group, version and kind.
struct KindOrder: Comparable {
    private var rank: Int
    private var text: [UInt8]

    init(_ kind: GroupVersionKind) {
        rank = Self.ranks[kind.kind] ?? 0
        // The words for empty parts and the separators are kustomize's: they decide the order.
        func word(_ text: String, or empty: String) -> String { text.isEmpty ? empty : text }
        let parts = [word(kind.group, or: "~G"), word(kind.version, or: "~V"), word(kind.kind, or: "~K")]
        text = Array(parts.joined(separator: "_").utf8)
    }

    static func < (left: KindOrder, right: KindOrder) -> Bool {
        left.rank == right.rank ? left.text.lexicographicallyPrecedes(right.text) : left.rank < right.rank
    }

    private static let ranks: [String: Int] = {
        guard case .legacy(let first, let last) = OutputOrder.byKind else { return [:] }
        var ranks: [String: Int] = [:]
        for (index, kind) in first.enumerated() { ranks[kind] = index - first.count }
        for (index, kind) in last.enumerated() { ranks[kind] = index + 1 }
        return ranks
    }()
}
