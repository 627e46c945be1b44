// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler

/// The notifier's store, over the ledger.
struct LedgerOutbox: NotificationStore {
    let ledger: Ledger

    func beginNotifying(at time: Timestamp) async throws { try await ledger.beginNotifying(at: time) }

    func stopNotifying(at time: Timestamp) async throws { try await ledger.stopNotifying(at: time) }

    func phasesToTell(limit: Int) async throws -> [RecordedPhase] { try await ledger.phasesToTell(limit: limit) }

    func phaseSince(_ target: TargetID) async throws -> Timestamp? { try await ledger.phaseSince(target) }

    func latestNotifications() async throws -> [NotificationEvent] { try await ledger.latestNotifications() }

    func recordNotifications(
        _ planned: [PlannedNotification], throughPhase phase: Int64?, at time: Timestamp
    ) async throws {
        try await ledger.recordNotifications(planned, throughPhase: phase, at: time)
    }

    func trimDeliveries(to receiver: String, limit: Int, at time: Timestamp) async throws -> Int {
        try await ledger.trimDeliveries(to: receiver, limit: limit, at: time)
    }

    func abandonDeliveries(exceptTo receivers: [String], at time: Timestamp) async throws -> Int {
        try await ledger.abandonDeliveries(exceptTo: receivers, at: time)
    }

    func openDeliveries() async throws -> [String: Int] { try await ledger.openDeliveries() }

    func nextDelivery(to receiver: String, after sequence: Int64) async throws -> OpenDelivery? {
        try await ledger.nextDelivery(to: receiver, after: sequence).map {
            OpenDelivery(
                sequence: $0.sequence, event: $0.event, message: $0.message, mayHaveArrived: $0.mayHaveArrived,
                unanswered: $0.unanswered)
        }
    }

    func recordDelivery(
        _ step: DeliveryStep, of delivery: Int64, detail: String?, at time: Timestamp
    ) async throws {
        let outcome: DeliveryOutcome =
            switch step {
            case .attempt: .attempt
            case .failure: .failure
            case .unsure: .unsure
            case .unanswered: .unanswered
            case .delivered: .delivered
            case .abandoned: .abandoned
            }
        try await ledger.recordDelivery(outcome, of: delivery, detail: detail, at: time)
    }

    func recordTrouble(_ problem: String?, of receiver: String, at time: Timestamp) async throws {
        try await ledger.recordReceiverTrouble(problem, of: receiver, at: time)
    }

    func trouble(of receiver: String) async throws -> ReceiverTrouble? {
        try await ledger.receiverTrouble(of: receiver).map { ReceiverTrouble(problem: $0.problem, since: $0.since) }
    }
}
