// SPDX-License-Identifier: Apache-2.0

/// What building took, counted as if no folder were remembered from before: whether a render stays within its limits must
/// not depend on what was rendered earlier.
struct BuildCost: Sendable {
    /// Objects added to kustomizations.
    var objects = 0
    /// Kustomizations and components carried out.
    var kustomizations = 0
    /// What was copied into objects, as `Value.weight` counts.
    var copies = 0
    /// How deep kustomizations were nested.
    var depth = 0

    /// The cost of what was built since `start`, its depth from `depth` on.
    func since(_ start: BuildCost, depth: Int) -> BuildCost {
        BuildCost(
            objects: objects - start.objects, kustomizations: kustomizations - start.kustomizations,
            copies: copies - start.copies, depth: self.depth - depth)
    }
}
