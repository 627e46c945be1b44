// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler

/// The outbox at the other end of a lifeline.
struct MortalOutbox: NotificationStore {
    let base: any NotificationStore
    let lifeline: Lifeline

    private func read<Answer: Sendable>(_ body: () async throws -> Answer) async throws -> Answer {
        guard !lifeline.isCut else { throw Lifeline.Cut() }
        return try await body()
    }

    func beginNotifying(at time: Timestamp) async throws { try await read { try await base.beginNotifying(at: time) } }

    func stopNotifying(at time: Timestamp) async throws { try await read { try await base.stopNotifying(at: time) } }

    func phasesToTell(limit: Int) async throws -> [RecordedPhase] {
        try await read { try await base.phasesToTell(limit: limit) }
    }

    func phaseSince(_ target: TargetID) async throws -> Timestamp? {
        try await read { try await base.phaseSince(target) }
    }

    func latestNotifications() async throws -> [NotificationEvent] {
        try await read { try await base.latestNotifications() }
    }

    func recordNotifications(
        _ planned: [PlannedNotification], throughPhase phase: Int64?, at time: Timestamp
    ) async throws {
        guard let event = planned.first?.event else {
            return try await read { try await base.recordNotifications(planned, throughPhase: phase, at: time) }
        }
        try await lifeline.written("tell \(event.kind.rawValue) \(event.target)") {
            try await base.recordNotifications(planned, throughPhase: phase, at: time)
        }
    }

    func trimDeliveries(to receiver: String, limit: Int, at time: Timestamp) async throws -> Int {
        try await read { try await base.trimDeliveries(to: receiver, limit: limit, at: time) }
    }

    func abandonDeliveries(exceptTo receivers: [String], at time: Timestamp) async throws -> Int {
        try await read { try await base.abandonDeliveries(exceptTo: receivers, at: time) }
    }

    func openDeliveries() async throws -> [String: Int] { try await read { try await base.openDeliveries() } }

    func nextDelivery(to receiver: String, after sequence: Int64) async throws -> OpenDelivery? {
        try await read { try await base.nextDelivery(to: receiver, after: sequence) }
    }

    func recordDelivery(
        _ step: DeliveryStep, of delivery: Int64, detail: String?, at time: Timestamp
    ) async throws {
        try await lifeline.written("delivery \(step.rawValue)") {
            try await base.recordDelivery(step, of: delivery, detail: detail, at: time)
        }
    }

    func recordTrouble(_ problem: String?, of receiver: String, at time: Timestamp) async throws {
        try await lifeline.written("trouble of \(receiver)") {
            try await base.recordTrouble(problem, of: receiver, at: time)
        }
    }

    func trouble(of receiver: String) async throws -> ReceiverTrouble? {
        try await read { try await base.trouble(of: receiver) }
    }
}

/// A dead daemon sends nothing.
struct MortalSender: NotificationSender {
    let base: any NotificationSender
    let lifeline: Lifeline

    func send(_ message: OutgoingNotification, to receiver: String) async -> DeliveryAnswer {
        guard !lifeline.isCut else { return .failed("the daemon is gone", hasArrived: nil, retryAfter: nil) }
        return await base.send(message, to: receiver)
    }
}
