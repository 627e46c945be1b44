// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler

/// What the status server tells of the past, over the ledger.
struct LedgerHistory: HistoryReader {
    let ledger: Ledger
    let now: @Sendable () -> Timestamp

    func rollouts(_ query: RolloutQuery) async throws -> HistoryPage<RolloutView> {
        let found = try await ledger.rollouts(
            application: query.application, environment: query.environment, before: query.before, limit: query.limit)
        let runs = try await ledger.hookRuns(of: found.map(\.rollout.id))
        let items = found.map { summary in
            RolloutView(
                start: RolloutStart(summary.rollout),
                phases: summary.phases.map { .init(phase: $0.phase, at: $0.at, reason: $0.reason) },
                verdict: summary.verdict?.verdict, hooks: runs[summary.rollout.id] ?? [])
        }
        return HistoryPage(items: items, next: found.count == query.limit ? found.last?.rollout.id : nil)
    }

    func revisions(limit: Int, before: String?) async throws -> HistoryPage<RevisionView> {
        let found = try await ledger.revisions(limit: limit, before: before.flatMap(Int64.init))
        return HistoryPage(
            items: found.map { RevisionView(revision: $0.revision, seenAt: $0.seenAt) },
            next: found.count == limit ? found.last.map { String($0.sequence) } : nil)
    }

    func notifications(limit: Int) async throws -> [NotificationView] {
        try await ledger.notifications(limit: limit).map { item in
            NotificationView(
                event: item.event,
                deliveries: item.deliveries.map { .init(receiver: $0.receiver, outcome: $0.outcome) })
        }
    }

    func auditHead() async throws -> AuditMark {
        let head = try await ledger.auditHead()
        return AuditMark(sequence: head.sequence, hash: head.hash)
    }

    func report(_ query: ReportQuery) async throws -> ReportAnswer {
        let now = now()
        let since = query.period.begin(now: now)
        let records = try await ledger.deliveryRecords(
            application: query.application, environment: query.environment, since: since)
        return records.map { .report(DeliveryReport($0, since: since, until: now)) } ?? .tooMuch
    }
}
