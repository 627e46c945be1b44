// SPDX-License-Identifier: Apache-2.0

/// A commit that could be used: of the pipeline, or of an application.
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
