// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What is told to people and programs outside: changes, never states that go on.
package enum NotificationKind: String, Sendable, Hashable, CaseIterable {
    /// A rollout of a new digest began.
    case started
    /// A rollout was judged healthy, where nothing was wrong before.
    case succeeded
    /// A rollout was judged failed, and its digest quarantined.
    case failed
    /// A rollout ended, and whether it is well is not known: held for a person.
    case inconclusive
    /// What was healthy before is back.
    case rolledBack
    /// The rollback failed too: left for a person.
    case rollbackFailed
    /// A rollout was judged healthy, after a failure.
    case recovered
    /// A rollout has been waiting for something for long.
    case stuck
    /// A rollout waits for a person's word.
    case awaitingApproval
    /// What waited goes on.
    case unblocked
    /// What was healthy is not any more, at rest.
    case degraded
    /// It is again.
    case healthy
    /// What is undone comes back again and again.
    case driftFought
    case driftEnded
    /// What git holds cannot be rolled out at all: an application's manifests, or the pipeline.
    case broken
    /// It can be again.
    case mended
    /// A person asked for it, to see whether a receiver works.
    case test

    /// Those that a route can name.
    package static let routable = allCases.filter { $0 != .test }

    /// The trouble that it is about; nil where it is about none.
    package var problem: NotificationProblem? {
        switch self {
        case .started, .succeeded, .test: nil
        case .failed, .inconclusive, .rolledBack, .rollbackFailed, .recovered: .rollout
        case .stuck, .awaitingApproval, .unblocked: .wait
        case .degraded, .healthy: .health
        case .driftFought, .driftEnded: .drift
        case .broken, .mended: .source
        }
    }

    /// True where the trouble ends with it.
    package var resolves: Bool {
        switch self {
        case .recovered, .unblocked, .healthy, .driftEnded, .mended: true
        default: false
        }
    }

    /// Of these the latest of a target says what was told last.
    package var family: NotificationFamily {
        switch self {
        case .started: .start
        case .succeeded, .failed, .inconclusive, .rolledBack, .rollbackFailed, .recovered: .verdict
        case .stuck, .awaitingApproval, .unblocked: .wait
        case .degraded, .healthy: .health
        case .driftFought, .driftEnded: .drift
        case .broken, .mended: .source
        case .test: .test
        }
    }
}

package enum NotificationFamily: String, Sendable, Hashable, CaseIterable {
    case start, verdict, wait, health, drift, source, test
}

/// A trouble that begins and ends: what alerting services keep open.
package enum NotificationProblem: String, Sendable, Hashable, CaseIterable {
    case rollout, wait, health, drift, source

    /// In words that alerting services share.
    package var severity: String {
        switch self {
        case .rollout, .health, .source: "error"
        case .wait, .drift: "warning"
        }
    }
}

/// What a receiver is.
package enum NotificationService: String, Sendable, Hashable, CaseIterable {
    case webhook, slack, pagerduty, alertmanager, email, github, gitlab, gitea

    /// Keeps troubles open until they are resolved, and wants to hear of nothing else.
    package var isAlerting: Bool { self == .pagerduty || self == .alertmanager }

    package var showsCommitStatus: Bool { self == .github || self == .gitlab || self == .gitea }

    /// Forgets what is open, and is told of it again while it goes on.
    package var forgets: Bool { self == .alertmanager }

    /// The same sent twice is shown twice: what was tried is written down before it is sent.
    package var repeatsShow: Bool { self == .slack || self == .email }

    /// What is sent of a kind where no route says which.
    package func wants(_ kind: NotificationKind) -> Bool {
        if isAlerting { return kind.problem != nil }
        if showsCommitStatus { return CommitStatusPayload.State(kind) != nil }
        return kind != .started
    }

    /// What it has a use for, whatever a route names.
    package func understands(_ event: NotificationEvent) -> Bool {
        if showsCommitStatus { return CommitStatusPayload(event, message: nil) != nil }
        // Who rolled back knows of it: there is nobody to call.
        if isAlerting, event.kind == .rolledBack, event.person != nil { return false }
        if isAlerting, event.endsNoAlert { return false }
        return isAlerting ? wants(event.kind) : true
    }
}

extension NotificationKind: StrictValue {
    package static var expectation: String {
        "one of " + routable.map(\.rawValue).joined(separator: ", ")
    }
    package static var placeholder: Self { .failed }
    package static func read(_ node: YAMLNode, in context: StrictContext) -> Self? {
        guard let text = node.value.string, let kind = Self(rawValue: text), kind != .test else { return nil }
        return kind
    }
}
