// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The status of a commit on GitHub, GitLab and Gitea: one context for an application in an environment, whose latest
/// status counts.
package struct CommitStatusPayload: Sendable, Hashable {
    /// In the words that GitHub and Gitea share.
    package enum State: String, Sendable {
        case pending, success, failure

        /// Nil for what says nothing about a commit.
        package init?(_ kind: NotificationKind) {
            switch kind {
            case .started, .inconclusive, .stuck, .awaitingApproval: self = .pending
            case .succeeded, .recovered: self = .success
            case .failed, .rolledBack, .rollbackFailed, .broken: self = .failure
            case .unblocked, .degraded, .healthy, .driftFought, .driftEnded, .mended, .test: return nil
            }
        }
    }

    package let commit: String
    package let state: State
    package let context: String
    package let description: String

    /// Nil where the event is about no commit.
    package init?(_ event: NotificationEvent, message: String?) {
        guard let state = State(event.kind), let commit = event.isAboutTakenBack ? event.fromRevision : event.revision,
            !commit.isEmpty
        else { return nil }
        self.commit = commit
        self.state = state
        context =
            event.isAboutPipeline
            ? "mainstay/pipeline" : "mainstay/\(event.target.environment)/\(event.target.application)"
        description = (message ?? Self.words(event)).singleLine.shortened(to: Self.longestDescription)
    }

    /// GitHub takes 140 characters.
    private static let longestDescription = 140

    private static func words(_ event: NotificationEvent) -> String {
        let why = event.cause.map { "\($0.reason): \($0.message)" }
        return switch event.kind {
        case .started: "rolling out"
        case .succeeded, .recovered: "healthy"
        case .inconclusive: "held for a person: \(why ?? "")"
        case .rolledBack where event.person != nil: "rolled back to \(event.shortRevision) by \(event.person ?? "")"
        case .rolledBack: "failed, and rolled back to \(event.shortRevision)" + (why.map { ": \($0)" } ?? "")
        case .rollbackFailed: "failed, and so did the rollback to \(event.shortRevision)"
        case .stuck: "waits: \(why ?? "")"
        case .awaitingApproval: "waits for approval"
        default: why ?? NotificationText(event).title
        }
    }

    /// For GitHub and Gitea: `POST /repos/OWNER/NAME/statuses/COMMIT`.
    package var body: Value {
        ["state": .string(state.rawValue), "context": .string(context), "description": .string(description)]
    }

    /// For GitLab: `POST /projects/ID/statuses/COMMIT`. It lets nothing go from pending to success, only from running.
    package var gitLabBody: Value {
        let word =
            switch state {
            case .pending: "running"
            case .success: "success"
            case .failure: "failed"
            }
        return ["state": .string(word), "name": .string(context), "description": .string(description)]
    }

    /// GitLab refuses a status that the commit has already, with a 400 that says so.
    package static func saysAlreadySo(_ answer: String) -> Bool { answer.contains("Cannot transition status via") }
}
