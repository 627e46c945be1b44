// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// What the ledger tells of the past, page by page, newest first.
package protocol HistoryReader: Sendable {
    func rollouts(_ query: RolloutQuery) async throws -> HistoryPage<RolloutView>
    func revisions(limit: Int, before: String?) async throws -> HistoryPage<RevisionView>
    /// What was told to receivers, newest first.
    func notifications(limit: Int) async throws -> [NotificationView]
    /// The audit chain's newest entry: published, so that a shortened chain shows.
    func auditHead() async throws -> AuditMark
    func report(_ query: ReportQuery) async throws -> ReportAnswer
}

package struct ReportQuery: Sendable, Hashable {
    package var application: String?
    package var environment: String?
    package var period: ReportPeriod

    package init(application: String? = nil, environment: String? = nil, period: ReportPeriod = .standard) {
        self.application = application
        self.environment = environment
        self.period = period
    }
}

package enum ReportAnswer: Sendable, Hashable {
    case report(DeliveryReport)
    /// There are more rows than are read for one report.
    case tooMuch
}

/// An event, and what became of it with each receiver.
package struct NotificationView: Sendable, Hashable {
    package struct Delivery: Sendable, Hashable {
        package var receiver: String
        /// `waiting`, `attempt`, `failure`, `delivered` or `abandoned`.
        package var outcome: String

        package init(receiver: String, outcome: String) {
            self.receiver = receiver
            self.outcome = outcome
        }
    }

    package var event: NotificationEvent
    package var deliveries: [Delivery]

    package init(event: NotificationEvent, deliveries: [Delivery]) {
        self.event = event
        self.deliveries = deliveries
    }
}

package struct RolloutQuery: Sendable, Hashable {
    package var application: String?
    package var environment: String?
    package var limit: Int
    /// The cursor of an earlier page.
    package var before: String?

    package init(application: String? = nil, environment: String? = nil, limit: Int = 50, before: String? = nil) {
        self.application = application
        self.environment = environment
        self.limit = limit
        self.before = before
    }
}

package struct HistoryPage<Item: Sendable>: Sendable {
    package var items: [Item]
    /// Asks for the page after this one; nil at the end.
    package var next: String?

    package init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }
}

package struct RolloutView: Sendable, Hashable {
    package struct PhaseChange: Sendable, Hashable {
        package var phase: RolloutPhase
        package var at: Timestamp
        package var reason: String?

        package init(phase: RolloutPhase, at: Timestamp, reason: String?) {
            self.phase = phase
            self.at = at
            self.reason = reason
        }
    }

    package var start: RolloutStart
    package var phases: [PhaseChange]
    package var verdict: Verdict?
    /// What became of its hooks' runs, in the order in which they ended.
    package var hooks: [HookRun]

    package init(start: RolloutStart, phases: [PhaseChange], verdict: Verdict?, hooks: [HookRun] = []) {
        self.start = start
        self.phases = phases
        self.verdict = verdict
        self.hooks = hooks
    }

    package var phase: RolloutPhase { phases.last?.phase ?? .queued }
    package var endedAt: Timestamp? { phase.isFinal ? phases.last?.at : nil }
}

package struct RevisionView: Sendable, Hashable {
    package var revision: Revision
    package var seenAt: Timestamp

    package init(revision: Revision, seenAt: Timestamp) {
        self.revision = revision
        self.seenAt = seenAt
    }
}

package struct AuditMark: Sendable, Hashable {
    package var sequence: Int64
    package var hash: String

    package init(sequence: Int64, hash: String) {
        self.sequence = sequence
        self.hash = hash
    }
}
