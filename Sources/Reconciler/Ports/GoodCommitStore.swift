// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// The last commits that could be used, of the pipeline and of each application: what a newer one that is broken leaves in
/// force, over restarts too.
package protocol GoodCommitStore: Sendable {
    /// What is known already is not written again.
    func recordGoodCommits(_ commits: [GoodCommit], at: Timestamp) async throws
    /// - Parameter target: nil for the pipeline.
    func goodCommit(of target: TargetID?) async throws -> GoodCommit?
}

package struct GoodCommit: Sendable, Hashable {
    /// Nil: the pipeline.
    package var target: TargetID?
    package var branch: String
    package var commit: String
    /// The commit whose pipeline it was read by.
    package var pipeline: String

    package init(target: TargetID?, branch: String, commit: String, pipeline: String) {
        self.target = target
        self.branch = branch
        self.commit = commit
        self.pipeline = pipeline
    }
}
