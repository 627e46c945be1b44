// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What became of a hook's run in a rollout, and what it wrote last: bounded, and without what is secret.
package struct HookRun: Sendable, Hashable {
    package enum Outcome: String, Sendable, CaseIterable {
        case succeeded, failed
        /// It was not waited for any longer.
        case unfinished
    }

    package var object: ObjectID
    /// Of the Job or Pod: made anew under its name, it is another run.
    package var uid: String
    package var outcome: Outcome
    /// Oldest first; none where it wrote nothing, or nothing could be read.
    package var lines: [String]
    /// When that was seen.
    package var at: Timestamp

    package init(object: ObjectID, uid: String, outcome: Outcome, lines: [String], at: Timestamp) {
        self.object = object
        self.uid = uid
        self.outcome = outcome
        self.lines = lines
        self.at = at
    }
}
