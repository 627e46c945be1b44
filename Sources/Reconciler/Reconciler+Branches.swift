// SPDX-License-Identifier: Apache-2.0

import Planning

/// The branches that environments follow beside the pipeline's.
extension Reconciler {
    /// By the pipeline of a commit; none by one that cannot be read, which adopting it tells of.
    func branchesTracked(at head: String?) async -> Set<String> {
        guard let head, let pipeline = try? await context.source.pipeline(at: head) else { return [] }
        return Set(pipeline.environments.compactMap(\.branch))
    }

    /// Whoever edits the file on a branch that an environment follows, and waits for it to count, is told that it does not.
    func noteOtherPipelines(_ heads: [String: String]) async {
        guard let pipeline else { return }
        let main = context.settings.branch
        var notes: [String] = []
        for (branch, head) in heads.sorted(by: { $0.key < $1.key }) where branch != main {
            // One that is not there, or cannot be used, is not missed.
            guard let other = try? await context.source.pipeline(at: head), !other.says(as: pipeline) else { continue }
            notes.append(
                "mainstay.yaml of the branch \(branch) differs from that of \(main), which alone is read: merge it there to "
                    + "have it count")
        }
        context.status.updateDaemon { $0.pipeline.notes = notes }
    }
}

extension Pipeline {
    /// Whether the other one asks for the same, wherever it stands in its file.
    fileprivate func says(as other: Pipeline) -> Bool {
        environments == other.environments && notifications == other.notifications
            && applications.map(\.name) == other.applications.map(\.name)
            && applications.map(\.entryDigestText) == other.applications.map(\.entryDigestText)
    }
}
