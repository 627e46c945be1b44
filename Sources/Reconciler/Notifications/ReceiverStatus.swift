// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// How one receiver of notifications stands.
package struct ReceiverStatus: Sendable, Hashable {
    package var name: String
    package var service: NotificationService
    /// Those that it does not have yet.
    package var pending = 0
    /// Since the start.
    package var delivered = 0
    package var abandoned = 0
    package var failedTries = 0
    /// Why it does not take what is sent to it, and since when.
    package var error: String?
    package var failingSince: Timestamp?
    package var lastDeliveryAt: Timestamp?

    package init(name: String, service: NotificationService) {
        self.name = name
        self.service = service
    }
}

/// What is told to the world outside, and how that goes.
package struct NotificationStatus: Sendable, Hashable {
    package var receivers: [ReceiverStatus] = []
    /// What is wrong with the routes of the pipeline in force, or with planning.
    package var problems: [String] = []

    package init() {}

    mutating func update(_ name: String, _ change: (inout ReceiverStatus) -> Void) {
        guard let index = receivers.firstIndex(where: { $0.name == name }) else { return }
        change(&receivers[index])
    }
}
