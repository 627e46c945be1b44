// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization

/// An outbox in memory, that outlives the daemons which write to it; cut off from one at a chosen write.
final class MemoryOutbox: NotificationStore {
    struct Cut: Error {}

    struct Delivery {
        var receiver: String
        var event: NotificationEvent
        var message: String?
        var steps: [DeliveryStep] = []
        var isOpen: Bool { !steps.contains(.delivered) && !steps.contains(.abandoned) }
        /// Begun, and nothing else is known.
        var cutOff: Int {
            steps.count { $0 == .attempt } - steps.count { [.failure, .unsure, .unanswered].contains($0) }
        }
    }

    private struct State {
        var phases: [RecordedPhase] = []
        var cursor: Int64??
        var events: [NotificationEvent] = []
        var deliveries: [Delivery] = []
        var troubles: [String: ReceiverTrouble] = [:]
        /// Of whatever target.
        var phaseSince: Timestamp?
        /// Writes until the daemon is dead, and whether the last one happens.
        var writesLeft: Int?
        var lastHappens = false
    }

    private let state = Mutex(State())

    // MARK: What tests do and ask

    func happen(_ phases: RecordedPhase...) {
        state.withLock { state in
            for var phase in phases {
                phase.sequence = Int64(state.phases.count + 1)
                state.phases.append(phase)
            }
        }
    }

    /// The daemon dies at the write with this number, counted from now.
    func cut(atWrite number: Int, happens: Bool) {
        state.withLock {
            $0.writesLeft = number
            $0.lastHappens = happens
        }
    }

    func setPhaseSince(_ time: Timestamp) { state.withLock { $0.phaseSince = time } }

    func revive() { state.withLock { $0.writesLeft = nil } }

    var isCut: Bool { state.withLock { $0.writesLeft == 0 } }

    var events: [NotificationKind] { state.withLock { $0.events.map(\.kind) } }

    func steps(of receiver: String) -> [[DeliveryStep]] {
        state.withLock { $0.deliveries.filter { $0.receiver == receiver }.map(\.steps) }
    }

    private func written<Answer>(_ write: (inout State) -> Answer) throws -> Answer {
        try state.withLock { state in
            guard let left = state.writesLeft else { return write(&state) }
            guard left > 0 else { throw Cut() }
            state.writesLeft = left - 1
            guard left == 1 else { return write(&state) }
            if state.lastHappens { _ = write(&state) }
            throw Cut()
        }
    }

    private func read<Answer>(_ body: (State) -> Answer) throws -> Answer {
        try state.withLock { state in
            if state.writesLeft == 0 { throw Cut() }
            return body(state)
        }
    }

    // MARK: The port

    func beginNotifying(at: Timestamp) async throws {
        try written { state in
            if case .some(.some) = state.cursor { return }
            state.cursor = .some(Int64(state.phases.count))
        }
    }

    func stopNotifying(at: Timestamp) async throws { try written { $0.cursor = .some(nil) } }

    func phasesToTell(limit: Int) async throws -> [RecordedPhase] {
        try read { state in
            guard case .some(.some(let cursor)) = state.cursor else { return [] }
            return Array(state.phases.filter { $0.sequence > cursor }.prefix(limit))
        }
    }

    func phaseSince(_ target: TargetID) async throws -> Timestamp? { try read { $0.phaseSince ?? $0.phases.last?.at } }

    func latestNotifications() async throws -> [NotificationEvent] { try read(\.events) }

    func recordNotifications(_ planned: [PlannedNotification], throughPhase: Int64?, at: Timestamp) async throws {
        try written { state in
            for item in planned where !state.events.contains(where: { $0.id == item.event.id }) {
                state.events.append(item.event)
                state.deliveries += item.deliveries.map {
                    Delivery(receiver: $0.receiver, event: item.event, message: $0.message)
                }
            }
            if let throughPhase { state.cursor = .some(throughPhase) }
        }
    }

    func trimDeliveries(to receiver: String, limit: Int, at: Timestamp) async throws -> Int {
        try written { state in
            let open = state.deliveries.indices.filter {
                state.deliveries[$0].receiver == receiver && state.deliveries[$0].isOpen
            }
            let excess = open.dropFirst().prefix(max(open.count - limit, 0))
            for index in excess { state.deliveries[index].steps.append(.abandoned) }
            return excess.count
        }
    }

    func abandonDeliveries(exceptTo receivers: [String], at: Timestamp) async throws -> Int {
        try written { state in
            let gone = state.deliveries.indices.filter {
                state.deliveries[$0].isOpen && !receivers.contains(state.deliveries[$0].receiver)
            }
            for index in gone { state.deliveries[index].steps.append(.abandoned) }
            return gone.count
        }
    }

    func openDeliveries() async throws -> [String: Int] {
        try read { state in
            Dictionary(state.deliveries.filter(\.isOpen).map { ($0.receiver, 1) }, uniquingKeysWith: +)
        }
    }

    func nextDelivery(to receiver: String, after sequence: Int64) async throws -> OpenDelivery? {
        try read { state in
            for (index, delivery) in state.deliveries.enumerated()
            where delivery.receiver == receiver && delivery.isOpen && Int64(index + 1) > sequence {
                return OpenDelivery(
                    sequence: Int64(index + 1), event: delivery.event, message: delivery.message,
                    mayHaveArrived: delivery.cutOff > 0 || delivery.steps.contains(.unsure)
                        || delivery.steps.contains(.unanswered),
                    unanswered: delivery.cutOff + delivery.steps.count { $0 == .unanswered })
            }
            return nil
        }
    }

    func recordDelivery(_ step: DeliveryStep, of delivery: Int64, detail: String?, at: Timestamp) async throws {
        try written { $0.deliveries[Int(delivery) - 1].steps.append(step) }
    }

    func recordTrouble(_ problem: String?, of receiver: String, at time: Timestamp) async throws {
        try written { state in
            state.troubles[receiver] = problem.map { ReceiverTrouble(problem: $0, since: time) }
        }
    }

    func trouble(of receiver: String) async throws -> ReceiverTrouble? { try read { $0.troubles[receiver] } }
}

/// Receivers that are up or down as a test says, and count what they get.
final class FakeReceivers: NotificationSender {
    struct Got: Hashable {
        var id: String
        var kind: NotificationKind
        var message: String?
        var mayBeRepeated: Bool
    }

    private struct State {
        var answers: [String: DeliveryAnswer] = [:]
        var got: [String: [Got]] = [:]
        var events: [String: [NotificationEvent]] = [:]
        var tries: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// What a receiver answers from now on; nil: it takes everything.
    func answer(_ receiver: String, _ answer: DeliveryAnswer?) { state.withLock { $0.answers[receiver] = answer } }

    func got(_ receiver: String) -> [Got] { state.withLock { $0.got[receiver] ?? [] } }
    func events(_ receiver: String) -> [NotificationEvent] { state.withLock { $0.events[receiver] ?? [] } }
    func tries(_ receiver: String) -> Int { state.withLock { $0.tries[receiver] ?? 0 } }

    func send(_ message: OutgoingNotification, to receiver: String) async -> DeliveryAnswer {
        state.withLock { state in
            state.tries[receiver, default: 0] += 1
            if let answer = state.answers[receiver] {
                switch answer {
                case .failed(_, hasArrived: nil, _), .unanswered: break
                default: return answer
                }
            }
            // Whether it arrived is not known to who sent it, and here it did.
            let got = Got(
                id: message.event.id, kind: message.event.kind, message: message.message,
                mayBeRepeated: message.mayBeRepeated)
            state.got[receiver, default: []].append(got)
            state.events[receiver, default: []].append(message.event)
            return state.answers[receiver] ?? .delivered("ok")
        }
    }
}
