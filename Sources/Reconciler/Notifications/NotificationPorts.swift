// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// Where notifications are kept until their receivers have them: the ledger in the product. Writes are durable when they
/// return.
package protocol NotificationStore: Sendable {
    /// From now on phases are told of; those of a time when nobody was to be told are not.
    func beginNotifying(at: Timestamp) async throws
    func stopNotifying(at: Timestamp) async throws
    /// Phases that were not told of yet, oldest first.
    func phasesToTell(limit: Int) async throws -> [RecordedPhase]
    /// Since when the target's latest rollout has been in the phase it is in.
    func phaseSince(_ target: TargetID) async throws -> Timestamp?
    /// The latest event of each family and target.
    func latestNotifications() async throws -> [NotificationEvent]
    /// One transaction.
    func recordNotifications(_ planned: [PlannedNotification], throughPhase: Int64?, at: Timestamp) async throws
    /// Answers how many were abandoned.
    func trimDeliveries(to receiver: String, limit: Int, at: Timestamp) async throws -> Int
    func abandonDeliveries(exceptTo receivers: [String], at: Timestamp) async throws -> Int
    func openDeliveries() async throws -> [String: Int]
    /// - Parameter sequence: up to here, nothing is open.
    func nextDelivery(to receiver: String, after sequence: Int64) async throws -> OpenDelivery?
    func recordDelivery(_ outcome: DeliveryStep, of delivery: Int64, detail: String?, at: Timestamp) async throws
    /// That a receiver takes nothing from now on; nil: that it works.
    func recordTrouble(_ problem: String?, of receiver: String, at: Timestamp) async throws
    /// Of a receiver that works, nil.
    func trouble(of receiver: String) async throws -> ReceiverTrouble?
}

/// Why a receiver does not take what is sent to it, as it began.
package struct ReceiverTrouble: Sendable, Hashable {
    package var problem: String
    package var since: Timestamp

    package init(problem: String, since: Timestamp) {
        self.problem = problem
        self.since = since
    }
}

package struct OpenDelivery: Sendable, Hashable {
    package var sequence: Int64
    package var event: NotificationEvent
    package var message: String?
    /// Nobody knows whether an earlier try arrived.
    package var mayHaveArrived: Bool
    /// Tries that were not answered, or whose daemon ended meanwhile.
    package var unanswered: Int

    package init(
        sequence: Int64, event: NotificationEvent, message: String?, mayHaveArrived: Bool = false, unanswered: Int = 0
    ) {
        self.sequence = sequence
        self.event = event
        self.message = message
        self.mayHaveArrived = mayHaveArrived
        self.unanswered = unanswered
    }
}

/// What is written down of a delivery.
package enum DeliveryStep: String, Sendable {
    case attempt
    /// It certainly did not arrive.
    case failure
    /// It failed, and nobody knows whether it arrived.
    case unsure
    case unanswered
    case delivered, abandoned
}

/// Brings one message to one receiver, once.
package protocol NotificationSender: Sendable {
    /// Has a deadline of its own. What it answers holds no secrets.
    func send(_ message: OutgoingNotification, to receiver: String) async -> DeliveryAnswer
}

package struct OutgoingNotification: Sendable, Hashable {
    package var event: NotificationEvent
    /// In place of our own words.
    package var message: String?
    /// Nobody knows whether an earlier try arrived.
    package var mayBeRepeated: Bool

    package init(event: NotificationEvent, message: String? = nil, mayBeRepeated: Bool = false) {
        self.event = event
        self.message = message
        self.mayBeRepeated = mayBeRepeated
    }
}

package enum DeliveryAnswer: Sendable, Hashable {
    /// The receiver has it; what it said.
    case delivered(String)
    /// Later it may go.
    ///
    /// - Parameter hasArrived: nil where nobody knows.
    case failed(String, hasArrived: Bool?, retryAfter: Duration?)
    /// It may have it, and said nothing in all the time it had: an answer that is slow, most likely.
    case unanswered(String)
    /// It will never take this one.
    case refused(String)
}

/// What the operator's configuration says of notifications.
package struct NotificationSettings: Sendable {
    package struct Receiver: Sendable, Hashable {
        package var name: String
        package var service: NotificationService
        /// As the configuration and routes call it, which may have several queues.
        package var group: String

        /// - Parameter group: its own name where nothing is said.
        package init(name: String, service: NotificationService, of group: String? = nil) {
            self.name = name
            self.service = service
            self.group = group ?? name
        }
    }

    package var receivers: [Receiver]
    package var routes: [NotificationRoute]
    /// How long a rollout waits before that is told.
    package var stuckAfter: Duration
    /// Of one receiver's that wait.
    package var mostOpen: Int

    package init(
        receivers: [Receiver] = [], routes: [NotificationRoute] = [], stuckAfter: Duration = .seconds(900),
        mostOpen: Int = 1000
    ) {
        self.receivers = receivers
        self.routes = routes
        self.stuckAfter = stuckAfter
        self.mostOpen = mostOpen
    }
}
