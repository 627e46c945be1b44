// SPDX-License-Identifier: Apache-2.0

import Planning

/// The branches that environments follow beside the pipeline's.
extension Reconciler {
    /// By the pipeline of a commit; none by one that cannot be read, which adopting it tells of.
    func branchesTracked(at head: String?) async -> Set<String> {
        guard let head, let pipeline = try? await context.source.pipeline(at: head) else { return [] }
        return Set(pipeline.environments.compactMap(\.branch))
    }
}
