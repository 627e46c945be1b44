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
