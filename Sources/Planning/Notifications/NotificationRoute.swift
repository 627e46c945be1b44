// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Which events go to which receivers. What is left out means all of them.
package struct NotificationRoute: Sendable, Hashable {
    package var receivers: [String]
    package var environments: [String]
    package var applications: [String]
    /// Empty: what each receiver's service is for (`NotificationService.wants`).
    package var events: [NotificationKind]
    package var message: NotificationTemplate?

    package init(
        receivers: [String], environments: [String] = [], applications: [String] = [],
        events: [NotificationKind] = [], message: NotificationTemplate? = nil
    ) {
        self.receivers = receivers
        self.environments = environments
        self.applications = applications
        self.events = events
        self.message = message
    }

    package func matches(_ event: NotificationEvent, _ service: NotificationService) -> Bool {
        // The pipeline as a whole is every environment's, and no application's.
        guard environments.isEmpty || event.isAboutPipeline || environments.contains(event.target.environment),
            applications.isEmpty || applications.contains(event.target.application),
            service.understands(event)
        else { return false }
        if events.isEmpty { return service.wants(event.kind) }
        if events.contains(event.kind) { return true }
        // Who opened a trouble at an alerting service has to close it there.
        guard service.isAlerting, event.kind.resolves else { return false }
        return events.contains { $0.problem == event.kind.problem }
    }
}

/// What is to be sent to one receiver.
package struct PlannedDelivery: Sendable, Hashable {
    package var receiver: String
    /// In place of our own words.
    package var message: String?

    package init(receiver: String, message: String? = nil) {
        self.receiver = receiver
        self.message = message
    }

    /// Each receiver once, whatever number of routes lead to it; the first of them says with which message.
    package static func plan(
        _ event: NotificationEvent, routes: [NotificationRoute], receivers: [String: NotificationService]
    ) -> [PlannedDelivery] {
        var planned: [PlannedDelivery] = []
        for route in routes {
            for receiver in route.receivers where !planned.contains(where: { $0.receiver == receiver }) {
                guard let service = receivers[receiver], route.matches(event, service) else { continue }
                planned.append(PlannedDelivery(receiver: receiver, message: route.message?.text(of: event)))
            }
        }
        return planned
    }
}

/// An event and who is to get it.
package struct PlannedNotification: Sendable, Hashable {
    package var event: NotificationEvent
    package var deliveries: [PlannedDelivery]

    package init(event: NotificationEvent, deliveries: [PlannedDelivery]) {
        self.event = event
        self.deliveries = deliveries
    }
}

extension NotificationTemplate: StrictValue {
    package static var expectation: String { "a message" }
    package static var placeholder: NotificationTemplate { NotificationTemplate(parts: []) }

    package static func read(_ node: YAMLNode, in context: StrictContext) -> NotificationTemplate? {
        guard let text = node.value.string, !text.isEmpty, text.utf8.count <= 2000 else { return nil }
        do throws(Mistake) {
            return try NotificationTemplate(text)
        } catch {
            context.report(error.message, at: node.position)
            return placeholder
        }
    }
}

/// A route as read, with the places that checks need.
package struct NotificationRouteEntry {
    package let receivers: [Located<String>]
    package let environments: [Located<String>]
    package let applications: [Located<String>]
    package let route: NotificationRoute

    package init(_ fields: StrictMap) {
        let named: Located<[Located<String>]> = fields.required("receivers")
        receivers = named.value
        if receivers.isEmpty, !named.path.isEmpty { fields.report("must name at least one", at: "receivers") }
        environments = fields.optional("environments") ?? []
        applications = fields.optional("applications") ?? []
        route = NotificationRoute(
            receivers: receivers.map(\.value), environments: environments.map(\.value),
            applications: applications.map(\.value), events: fields.optional("events") ?? [],
            message: fields.optional("message"))
    }
}
