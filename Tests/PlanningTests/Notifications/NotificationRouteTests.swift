// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("Routes of notifications")
struct NotificationRouteTests {
    private static let receivers: [String: NotificationService] = [
        "chat": .slack, "oncall": .pagerduty, "commits": .github, "hook": .webhook,
    ]

    private static func plan(_ event: NotificationEvent, _ routes: NotificationRoute...) -> [String] {
        PlannedDelivery.plan(event, routes: routes, receivers: receivers).map(\.receiver)
    }

    @Test("A route without conditions sends each service what it is for")
    func defaults() {
        let all = NotificationRoute(receivers: ["chat", "oncall", "commits", "hook"])
        #expect(Self.plan(Told.event(.started), all) == ["commits"])
        #expect(Self.plan(Told.event(.succeeded), all) == ["chat", "commits", "hook"])
        #expect(Self.plan(Told.event(.failed), all) == ["chat", "oncall", "commits", "hook"])
        #expect(Self.plan(Told.event(.degraded), all) == ["chat", "oncall", "hook"])
    }

    @Test("What is about no commit goes to no commit's page")
    func noCommit() {
        let route = NotificationRoute(receivers: ["commits", "hook"])
        #expect(Self.plan(Told.event(.succeeded, revision: nil), route) == ["hook"])
        #expect(Self.plan(Told.event(.rolledBack, revision: Told.good, from: nil), route) == ["hook"])
    }

    @Test("Environments, applications and events are conditions, all of which must hold")
    func conditions() {
        let route = NotificationRoute(
            receivers: ["chat"], environments: ["production"], applications: ["api"], events: [.failed])
        #expect(Self.plan(Told.event(.failed), route) == ["chat"])
        #expect(Self.plan(Told.event(.succeeded), route) == [])
        var other = Told.event(.failed)
        other.target.environment = "staging"
        #expect(Self.plan(other, route) == [])
        other.target = TargetID(application: "worker", environment: "production")
        #expect(Self.plan(other, route) == [])
    }

    @Test("Who opened an alert closes it, though the route names only the failure")
    func closing() {
        let route = NotificationRoute(receivers: ["oncall", "chat"], events: [.failed])
        #expect(Self.plan(Told.event(.recovered), route) == ["oncall"])
        #expect(Self.plan(Told.event(.healthy), route) == [])
        #expect(Self.plan(Told.event(.succeeded), NotificationRoute(receivers: ["oncall"], events: [.succeeded])) == [])
    }

    @Test("A receiver that several routes lead to gets an event once, with the first route's message")
    func once() throws {
        let first = NotificationRoute(
            receivers: ["chat"], message: try NotificationTemplate("{application}: {event}"))
        let second = NotificationRoute(receivers: ["chat", "hook", "nobody"])
        let planned = PlannedDelivery.plan(
            Told.event(.failed), routes: [first, second], receivers: Self.receivers)
        #expect(
            planned == [
                PlannedDelivery(receiver: "chat", message: "api: failed"), PlannedDelivery(receiver: "hook"),
            ])
    }

    // MARK: In the pipeline file

    private static func parse(_ notifications: String) throws -> Pipeline {
        try Pipeline.parse(
            Array(
                """
                apiVersion: mainstay.dev/v1
                kind: Pipeline
                environments: [{name: staging, namespace: staging}]
                applications: [{name: api, environments: [staging], path: api}]
                notifications:
                \(notifications)
                """.utf8))
    }

    @Test("A pipeline's routes are read; receivers are names that it need not know")
    func pipeline() throws {
        let pipeline = try Self.parse(
            "- {receivers: [chat], environments: [staging], applications: [api], events: [failed, stuck], message: 'no {reason}'}"
        )
        #expect(
            pipeline.notifications == [
                NotificationRoute(
                    receivers: ["chat"], environments: ["staging"], applications: ["api"], events: [.failed, .stuck],
                    message: try NotificationTemplate("no {reason}"))
            ])
    }

    @Test(
        "What cannot be meant is refused with its place",
        arguments: [
            ("- {receivers: []}", "must name at least one"),
            ("- {events: [failed]}", "\"receivers\" is missing"),
            ("- {receivers: [a], environments: [stagin]}", "did you mean"),
            ("- {receivers: [a], applications: [worker]}", "there is no application \"worker\""),
            ("- {receivers: [a], events: [failure]}", "one of started, succeeded, failed"),
            ("- {receivers: [a], events: [test]}", "one of started"),
            ("- {receivers: [a], message: '{revison}'}", "did you mean \"revision\""),
            ("- {receivers: [a], url: 'https://evil.example'}", "unknown field \"url\""),
        ])
    func refused(text: String, message: String) {
        let error = #expect(throws: PipelineErrors.self) { try Self.parse(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("mainstay.yaml:6:") == true)
    }
}

@Suite("Templates of notifications")
struct NotificationTemplateTests {
    @Test("Placeholders become what the event says; what it does not say is empty")
    func text() throws {
        let event = Told.event(.failed, cause: Told.cause)
        func text(_ template: String) throws -> String { try NotificationTemplate(template).text(of: event) }
        #expect(
            try text("{application}/{environment} {event}: {reason} of {object} at {shortRevision} by {author}")
                == "api/production failed: CrashLoopBackOff of Deployment production/api at bbbbbbb by Ada")
        #expect(try text("{{application}} }}{{ {note}|") == "{application} }{ |")
        #expect(try text("plain") == "plain")
    }

    @Test("What a placeholder stands for is not read as a template again")
    func once() throws {
        var event = Told.event(.failed)
        event.subject = "{author}"
        #expect(try NotificationTemplate("{subject}").text(of: event) == "{author}")
    }

    @Test(
        "A template that cannot be meant is a mistake",
        arguments: ["{secret}", "{", "}", "{application", "{ application }", "{}"])
    func mistakes(text: String) {
        #expect(throws: NotificationTemplate.Mistake.self) { try NotificationTemplate(text) }
    }

    @Test("A rendered message is bounded")
    func bounded() throws {
        let template = try NotificationTemplate(String(repeating: "{message}", count: 200))
        var event = Told.event(.failed)
        event.cause = Cause(reason: "r", message: String(repeating: "x", count: 1000))
        #expect(template.text(of: event).count == 3000)
    }

    @Test("A pipeline that cannot be used is every environment's, and no application's")
    func pipeline() {
        let event = NotificationEvent(
            id: "id", kind: .broken, target: NotificationEvent.pipeline, at: Told.start, revision: Told.bad,
            cause: Cause(reason: "PipelineInvalid", message: "line 3: no such key"))
        func matches(_ route: NotificationRoute, _ service: NotificationService = .slack) -> Bool {
            route.matches(event, service)
        }
        #expect(matches(NotificationRoute(receivers: ["r"], environments: ["production"])))
        #expect(!matches(NotificationRoute(receivers: ["r"], applications: ["api"])))
        #expect(matches(NotificationRoute(receivers: ["r"]), .github))
        #expect(CommitStatusPayload(event, message: nil)?.context == "mainstay/pipeline")
        #expect(CommitStatusPayload(event, message: nil)?.state == .failure)
        #expect(NotificationText(event).title == "the pipeline cannot be used at bbbbbbb: the one in force stays")
        #expect(NotificationEvent(json: event.json) == event)
    }
}
