// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// CloudEvents 1.0 in structured mode (JSON event format 1.0): what a generic webhook gets.
package enum WebhookPayload {
    package static let contentType = "application/cloudevents+json; charset=utf-8"

    /// - Parameter source: a URI-reference that names the daemon's repository and branch. With `id` it makes the event
    ///   unique, however often it comes.
    package static func body(_ event: NotificationEvent, message: String?, source: String) -> Value {
        var data = event.json.object ?? Object()
        let text = NotificationText(event)
        data["title"] = .string(text.title)
        data["message"] = .string(message ?? text.body)
        return [
            "specversion": "1.0", "id": .string(event.id), "source": .string(source),
            "type": .string("dev.mainstay.\(event.kind.rawValue)"),
            "subject": .string(
                event.isAboutPipeline ? "pipeline" : "\(event.target.environment)/\(event.target.application)"),
            "time": .string(event.at.description), "datacontenttype": "application/json", "data": .object(data),
        ]
    }
}

/// A Slack incoming webhook's message.
package enum SlackPayload {
    /// - Parameter mayBeRepeated: nobody knows whether an earlier try arrived.
    package static func body(_ event: NotificationEvent, message: String?, mayBeRepeated: Bool) -> Value {
        let text = NotificationText(event)
        var whole = message.map(escaped) ?? "\(mark(event.kind)) *\(escaped(text.title))*\n\(escaped(text.body))"
        // Slack cuts at 40,000 characters; nobody reads as many.
        whole = whole.shortened(to: 4000)
        if mayBeRepeated { whole += "\n_(perhaps for the second time: what came of the first try is not known)_" }
        return ["text": .string(whole)]
    }

    private static func mark(_ kind: NotificationKind) -> String {
        switch kind {
        case .failed, .rollbackFailed, .degraded, .broken: ":red_circle:"
        case .inconclusive, .rolledBack, .stuck, .awaitingApproval, .driftFought: ":large_orange_circle:"
        case .started, .test: ":white_circle:"
        case .succeeded, .recovered, .unblocked, .healthy, .driftEnded, .mended: ":large_green_circle:"
        }
    }

    /// The three characters that Slack's markup takes for its own: no commit can mention a channel.
    private static func escaped(_ text: String) -> String {
        // By scalars: a mark may make one character with what it stands beside.
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}

/// PagerDuty's Events API v2. A trouble of an application is one alert, by its `dedup_key`: the same sent again changes
/// nothing.
package enum PagerDutyPayload {
    package static func body(
        _ event: NotificationEvent, message: String?, source: String, routingKey: String
    ) -> Value {
        let text = NotificationText(event)
        let isMild = event.kind == .rolledBack || event.kind == .inconclusive
        // A test opens nothing that somebody has to close.
        let resolves = event.kind.resolves || event.kind == .test
        var body: Object = [
            "routing_key": .string(routingKey), "event_action": resolves ? "resolve" : "trigger",
            "dedup_key": .string(deduplicationKey(event, source: source)), "client": "mainstay",
        ]
        guard !resolves else { return .object(body) }
        body["payload"] = [
            "summary": .string((message ?? text.title).singleLine.shortened(to: 1024)), "source": .string(source),
            "severity": .string(isMild ? "warning" : event.kind.problem?.severity ?? "info"),
            "timestamp": .string(event.at.description), "component": .string(event.target.application),
            "group": .string(event.target.environment), "class": .string(event.kind.rawValue),
            "custom_details": event.json,
        ]
        return .object(body)
    }

    /// At most 255 characters: names are 50 together, and the repository's URL is what is cut.
    static func deduplicationKey(_ event: NotificationEvent, source: String) -> String {
        let problem = event.kind.problem?.rawValue ?? "test"
        return "mainstay/\(event.target.environment)/\(event.target.application)/\(problem)/\(source)"
            .shortened(to: 255)
    }
}

/// Alertmanager's v2 API. Alerts are told apart by their labels, which are the same when a trouble ends.
package enum AlertmanagerPayload {
    /// Alertmanager forgets an alert after minutes unless it says until when it lasts: as long as this, or its end.
    private static let longest = Duration.seconds(7 * 86_400)

    package static func body(_ event: NotificationEvent, message: String?, source: String) -> Value {
        let text = NotificationText(event)
        let problem = event.kind.problem
        let ends = event.kind.resolves || event.kind == .test
        var alert: Object = [
            "labels": [
                "alertname": .string(name(problem)), "application": .string(event.target.application),
                "environment": .string(event.target.environment), "severity": .string(problem?.severity ?? "info"),
                "source": .string(source),
            ],
            "annotations": [
                "summary": .string(text.title), "description": .string(message ?? text.body),
                "event": .string(event.kind.rawValue), "revision": .string(event.revision ?? ""),
            ],
            "endsAt": .string((ends ? event.at : event.at + longest).description),
        ]
        if !ends { alert["startsAt"] = .string((event.since ?? event.at).description) }
        return [.object(alert)]
    }

    private static func name(_ problem: NotificationProblem?) -> String {
        switch problem {
        case .rollout: "MainstayRolloutFailed"
        case .wait: "MainstayRolloutWaits"
        case .health: "MainstayApplicationDegraded"
        case .drift: "MainstayDriftFought"
        case .source: "MainstayCommitBroken"
        case nil: "MainstayTest"
        }
    }
}
