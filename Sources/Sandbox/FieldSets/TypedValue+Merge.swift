// SPDX-License-Identifier: Apache-2.0

import Manifests

extension TypedValue {
    /// The applied value over the live one; the applied one wins where both say something.
    static func merge(_ live: Value?, _ applied: Value?, _ schema: Schema) -> Value? {
        guard let applied else { return live }
        guard let live else { return applied }
        switch schema.resolved(for: applied) {
        case .list(let item, let relation):
            let old = live.array ?? []
            let new = applied.array ?? []
            // Null and nothing leave a list alone that several may own, and replace an atomic one.
            guard relation != .atomic, !old.isEmpty else { return applied }
            return .array(mergeItems(old, new, item, relation))
        case .map(_, let atomic), .record(_, let atomic, _):
            guard !atomic, var result = live.object, !result.isEmpty else { return applied }
            for pair in applied.object?.pairs ?? [] {
                result[pair.key] = merge(result[pair.key], pair.value, schema.field(pair.key))
            }
            return .object(result)
        default: return applied
        }
    }

    /// Keeps the applied order for items of both, and live items where they stood between them.
    private static func mergeItems(
        _ live: [Value], _ applied: [Value], _ schema: Schema, _ relation: Schema.ListRelation
    ) -> [Value] {
        let liveSteps = live.enumerated().map { relation.pathElement(of: $0.element, at: $0.offset) }
        let appliedSteps = applied.enumerated().map { relation.pathElement(of: $0.element, at: $0.offset) }
        let liveItems = grouped(live, relation).items
        let appliedItems = grouped(applied, relation).items
        var shared = appliedSteps.filter { liveItems[$0] != nil }[...]
        var nextShared = shared.popFirst()
        var merged: Set<PathElement> = []
        var result: [Value] = []
        var left = 0
        var right = 0

        func takeApplied(_ step: PathElement) {
            merged.insert(step)
            let old = liveItems[step].flatMap { $0.count == 1 ? $0[0] : nil }
            if let value = merge(old, appliedItems[step]?.first, schema) { result.append(value) }
            if nextShared == step { nextShared = shared.popFirst() }
        }

        while left < liveSteps.count || right < appliedSteps.count {
            if left < liveSteps.count, right < appliedSteps.count {
                let step = liveSteps[left]
                if step == appliedSteps[right] {
                    takeApplied(step)
                    left += 1
                    right += 1
                    continue
                }
                if appliedItems[step] != nil, nextShared != nil, nextShared != step {
                    left += 1
                    continue
                }
            }
            if left < liveSteps.count {
                let step = liveSteps[left]
                if appliedItems[step] == nil {
                    result.append(live[left])
                    left += 1
                    continue
                }
                if merged.contains(step) { left += 1 }
            }
            if right < appliedSteps.count {
                takeApplied(appliedSteps[right])
                right += 1
            }
        }
        return result
    }
}
