// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// An application in an environment: what is rolled out, judged and rolled back as one.
package struct TargetID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var application: String
    package var environment: String

    package init(application: String, environment: String) {
        self.application = application
        self.environment = environment
    }

    package static func < (left: TargetID, right: TargetID) -> Bool {
        (left.environment, left.application) < (right.environment, right.application)
    }

    /// `api in staging`.
    package var description: String { "\(application) in \(environment)" }
}

/// Where a rollout is. The words are part of the API.
package enum RolloutPhase: String, Sendable, Hashable, CaseIterable {
    case idle, queued, blocked, applying, progressing, verifying, succeeded, failed, rollingBack, rolledBack, superseded

    /// No rollout goes on from here: what comes next is another rollout.
    package var isFinal: Bool {
        switch self {
        case .idle, .succeeded, .failed, .rolledBack, .superseded: true
        case .queued, .blocked, .applying, .progressing, .verifying, .rollingBack: false
        }
    }
}

/// Why a rollout was begun.
package enum RolloutTrigger: String, Sendable, Hashable {
    /// A new revision changed what should run.
    case revision
    /// The last one failed, and this one brings back the last healthy revision.
    case rollback
    /// The application left the pipeline, and its objects go.
    case removal
    /// What was set aside, destroyed, taken back by a person, or could not be done, is done now: the same digest again.
    case resume
    /// The same, since a person approved a prune.
    case approve
    /// A person wants what runs rolled out again, though nothing changed.
    case reconcile
}

/// The judgement on a rollout.
package struct Verdict: Sendable, Hashable {
    package enum Outcome: String, Sendable, Hashable {
        case healthy, failed, inconclusive
    }

    package var outcome: Outcome
    /// Always there unless healthy.
    package var cause: Cause?
    /// What a person should know besides: a ConfigMap that restarts no pod, a hook that is not undone.
    package var notes: [String]

    package init(outcome: Outcome, cause: Cause? = nil, notes: [String] = []) {
        self.outcome = outcome
        self.cause = cause
        self.notes = notes
    }
}

/// What was, or would be, done with one object.
package enum ObjectAction: String, Sendable, Hashable {
    case create, configure, replace, prune, unchanged, deferred
    /// Let go of: it stays, and is not ours any more.
    case orphan
}

/// A commit seen on a tracked branch.
package struct Revision: Sendable, Hashable {
    /// The full object id in lower-case hex.
    package var commit: String
    package var branch: String
    package var author: String
    package var subject: String
    package var committedAt: Timestamp

    package init(commit: String, branch: String, author: String, subject: String, committedAt: Timestamp) {
        self.commit = commit
        self.branch = branch
        self.author = author
        self.subject = subject
        self.committedAt = committedAt
    }
}
