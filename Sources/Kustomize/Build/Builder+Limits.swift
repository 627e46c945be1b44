// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// True within the limit on objects; the first one above it is a problem.
    mutating func admit(_ count: Int, from file: String) -> Bool {
        cost.objects += count
        return holds(cost.objects, within: limits.objects, "objects", file)
    }

    /// True within the limit on kustomizations. A component has no memory: it is carried out each time it is named, so
    /// that components which name two others each would double at every level.
    mutating func admitKustomization(_ file: String) -> Bool {
        cost.kustomizations += 1
        cost.depth = max(cost.depth, open.count)
        return holds(cost.kustomizations, within: limits.kustomizations, "kustomizations and components", file)
    }

    /// Counts what replacements, vars and copies in patches have put into objects.
    mutating func admitCopies(_ weight: Int, from file: String) {
        cost.copies += weight
        _ = holds(
            cost.copies, within: limits.copies, "nodes are put into objects by replacements, vars and copies", file)
    }

    /// What may still be copied. One more than the limit is enough to pass it.
    var copiesLeft: Int { max(0, limits.copies - cost.copies) }

    /// Counts a folder that is not built again. Nothing is counted beyond a limit, so that sums stay small.
    mutating func charge(_ known: BuildCost, from file: String) -> Bool {
        guard !isExhausted else { return false }
        cost.objects += known.objects
        cost.kustomizations += known.kustomizations
        cost.copies += known.copies
        cost.depth = max(cost.depth, open.count + known.depth)
        return holds(cost.objects, within: limits.objects, "objects", file)
            && holds(cost.kustomizations, within: limits.kustomizations, "kustomizations and components", file)
            && holds(
                cost.copies, within: limits.copies, "nodes are put into objects by replacements, vars and copies", file)
    }

    private mutating func holds(_ count: Int, within limit: Int, _ what: String, _ file: String) -> Bool {
        guard count > limit else { return true }
        if !isExhausted {
            isExhausted = true
            problems.append(
                RenderError(
                    .limit, file: file, "more than \(limit) \(what) in one render",
                    hint: "render its parts as applications of their own"))
        }
        return false
    }
}
