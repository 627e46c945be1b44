// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

/// What is sent, as the services' documents have it.
@Suite("Payloads of notifications")
struct NotificationPayloadTests {
    private static let failed = Told.event(.failed, cause: Told.cause)

    private static func expect(_ value: Value, _ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
        #expect(value == (try JSON.parse(text)), "\(JSON.prettyText(value))", sourceLocation: sourceLocation)
    }

    @Test("A webhook gets a CloudEvent in structured mode")
    func webhook() throws {
        try Self.expect(
            WebhookPayload.body(Self.failed, message: nil, source: Told.source),
            """
            {"specversion": "1.0", "id": "r1-failed", "source": "https://git.example.com/planet.git#main",
             "type": "dev.mainstay.failed", "subject": "production/api", "time": "2026-11-21T10:00:00.000Z",
             "datacontenttype": "application/json",
             "data": {"id": "r1-failed", "event": "failed", "application": "api", "environment": "production",
              "time": "2026-11-21T10:00:00.000Z", "rollout": "r1", "digest": "d1",
              "revision": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "author": "Ada",
              "subject": "Answer <faster> & better",
              "cause": {"reason": "CrashLoopBackOff", "message": "container api exits with 1",
               "object": "apps/Deployment/production/api", "pod": "api-1", "container": "api", "exitCode": 1,
               "logLines": ["cannot connect", "giving up"]},
              "title": "api in production failed at bbbbbbb, and is quarantined",
              "message": "Deployment production/api: CrashLoopBackOff: container api exits with 1\\ncommit bbbbbbb: Answer <faster> & better (Ada)\\nlast log lines:\\n  cannot connect\\n  giving up"}}
            """)
    }

    @Test("Slack's markup takes nothing of a commit for its own, and a possible repeat says so")
    func slack() throws {
        var event = Told.event(.succeeded)
        event.subject = "ping <!channel> & go"
        let text = SlackPayload.body(event, message: nil, mayBeRepeated: false)["text"]?.string
        #expect(
            text
                == ":large_green_circle: *api in production is healthy at bbbbbbb*\ncommit bbbbbbb: ping &lt;!channel&gt; &amp; go (Ada)"
        )
        #expect(
            SlackPayload.body(event, message: "<hello>", mayBeRepeated: true)["text"]?.string
                == "&lt;hello&gt;\n_(perhaps for the second time: what came of the first try is not known)_")
    }

    @Test("A mark that makes one character with a bracket does not bring it through to Slack")
    func slackMarks() {
        var event = Told.event(.succeeded)
        event.subject = "ping \u{0600}<!channel>"
        let text = SlackPayload.body(event, message: nil, mayBeRepeated: false)["text"]?.string ?? ""
        #expect(!text.unicodeScalars.contains("<"))
        #expect(text.contains("lt;!channel&gt;"))
    }

    @Test("What is bounded is bounded, though it be one letter with a million accents")
    func accents() {
        let text = "e" + String(repeating: "\u{0301}", count: 10_000)
        #expect(text.shortened(to: 100).utf8.count < 250)
        #expect(text.shortened(to: 100).unicodeScalars.count == 100)
        #expect("Grüße".shortened(to: 5) == "Grüße")
        #expect("Grüße!".shortened(to: 5) == "Grüß…")
    }

    @Test("PagerDuty gets a trigger, and for the same trouble's end a resolve with the same key")
    func pagerDuty() throws {
        let trigger = PagerDutyPayload.body(Self.failed, message: nil, source: Told.source, routingKey: "KEY")
        var expected = try #require(
            try JSON.parse(
                """
                {"routing_key": "KEY", "event_action": "trigger", "client": "mainstay",
                 "dedup_key": "mainstay/production/api/rollout/https://git.example.com/planet.git#main",
                 "payload": {"summary": "api in production failed at bbbbbbb, and is quarantined",
                  "source": "https://git.example.com/planet.git#main", "severity": "error",
                  "timestamp": "2026-11-21T10:00:00.000Z", "component": "api", "group": "production",
                  "class": "failed"}}
                """
            ).object)
        expected.set(Self.failed.json, at: "payload", "custom_details")
        #expect(trigger == .object(expected), "\(JSON.prettyText(trigger))")
        try Self.expect(
            PagerDutyPayload.body(Told.event(.recovered), message: nil, source: Told.source, routingKey: "KEY"),
            """
            {"routing_key": "KEY", "event_action": "resolve", "client": "mainstay",
             "dedup_key": "mainstay/production/api/rollout/https://git.example.com/planet.git#main"}
            """)
        let back = PagerDutyPayload.body(Told.event(.rolledBack), message: nil, source: Told.source, routingKey: "")
        #expect(back["dedup_key"] == trigger["dedup_key"])
        #expect(back["payload"]?["severity"]?.string == "warning")
        let other = PagerDutyPayload.body(Told.event(.degraded), message: nil, source: Told.source, routingKey: "")
        #expect(other["dedup_key"] != trigger["dedup_key"])
    }

    @Test("PagerDuty's limits hold: 1024 characters of summary, 255 of key")
    func pagerDutyLimits() {
        let body = PagerDutyPayload.body(
            Self.failed, message: String(repeating: "x\n", count: 2000), source: String(repeating: "s", count: 500),
            routingKey: "")
        #expect(body["payload"]?["summary"]?.string?.count == 1024)
        #expect(body["payload"]?["summary"]?.string?.contains("\n") == false)
        #expect(body["dedup_key"]?.string?.count == 255)
    }

    @Test("Alertmanager gets labels that are the same when the trouble ends, and an end in time")
    func alertmanager() throws {
        let began = AlertmanagerPayload.body(
            Told.event(.degraded, since: Told.start), message: "too slow", source: Told.source)
        try Self.expect(
            began,
            """
            [{"labels": {"alertname": "MainstayApplicationDegraded", "application": "api",
               "environment": "production", "severity": "error", "source": "https://git.example.com/planet.git#main"},
              "annotations": {"summary": "api in production is degraded since 2026-11-21T10:00:00Z",
               "description": "too slow", "event": "degraded",
               "revision": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
              "startsAt": "2026-11-21T10:00:00.000Z", "endsAt": "2026-11-28T10:00:00.000Z"}]
            """)
        let ended = AlertmanagerPayload.body(Told.event(.healthy), message: nil, source: Told.source)
        #expect(ended[0]?["labels"] == began[0]?["labels"])
        #expect(ended[0]?["endsAt"]?.string == "2026-11-21T10:00:00.000Z")
        #expect(ended[0]?["startsAt"] == nil)
    }

    @Test("A commit's status is that of one application in one environment, within GitHub's 140 characters")
    func commitStatus() throws {
        let failed = try #require(CommitStatusPayload(Self.failed, message: nil))
        #expect(failed.commit == Told.bad)
        try Self.expect(
            failed.body,
            """
            {"state": "failure", "context": "mainstay/production/api",
             "description": "CrashLoopBackOff: container api exits with 1"}
            """)
        try Self.expect(
            failed.gitLabBody,
            """
            {"state": "failed", "name": "mainstay/production/api",
             "description": "CrashLoopBackOff: container api exits with 1"}
            """)
        let long = try #require(CommitStatusPayload(Self.failed, message: String(repeating: "long\n", count: 99)))
        #expect(long.description.count == 140)
        #expect(!long.description.contains("\n"))
    }

    @Test("A rollback is the failure of the commit that it took back, not of the one that it brought")
    func takenBack() throws {
        let status = try #require(
            CommitStatusPayload(Told.event(.rolledBack, revision: Told.good, from: Told.bad), message: nil))
        #expect(status.commit == Told.bad)
        #expect(status.state == .failure)
        #expect(status.description == "failed, and rolled back to aaaaaaa")
    }

    @Test(
        "States are those that the services know",
        arguments: [
            (NotificationKind.started, "pending", "running"), (.stuck, "pending", "running"),
            (.inconclusive, "pending", "running"),
            (.succeeded, "success", "success"), (.recovered, "success", "success"),
            (.failed, "failure", "failed"),
        ])
    func states(kind: NotificationKind, state: String, gitLab: String) throws {
        let status = try #require(CommitStatusPayload(Told.event(kind), message: nil))
        #expect(status.body["state"]?.string == state)
        #expect(status.gitLabBody["state"]?.string == gitLab)
    }

    @Test("What is no verdict on a commit has no status")
    func noStatus() {
        #expect(CommitStatusPayload(Told.event(.degraded), message: nil) == nil)
        #expect(CommitStatusPayload(Told.event(.failed, revision: nil), message: nil) == nil)
    }

    // MARK: Mail

    private static func mail(_ event: NotificationEvent) -> (headers: [String], body: String) {
        let message = MailMessage(
            event, message: nil, from: "mainstay@example.com", to: ["ops@example.com", "ada@example.com"],
            source: Told.source)
        let text = String(decoding: message.bytes, as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
        let encoded = parts[1].split(separator: "\r\n").joined()
        return (
            parts[0].split(separator: "\r\n").map(String.init),
            String(decoding: Base64.decode(encoded) ?? [], as: UTF8.self)
        )
    }

    @Test("Mail says in its headers who it is from, about what, and which message it is")
    func mailHeaders() {
        let (headers, body) = Self.mail(Self.failed)
        #expect(
            headers == [
                "From: mainstay@example.com", "To: ops@example.com,", " ada@example.com",
                "Subject: [mainstay] api in production failed at bbbbbbb, and is quarantined",
                "Date: Sat, 21 Nov 2026 10:00:00 +0000", "Message-ID: <r1-failed@example.com>",
                "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
                "Content-Transfer-Encoding: base64",
            ])
        #expect(body.hasPrefix("api in production failed at bbbbbbb, and is quarantined\r\nDeployment production/api"))
    }

    @Test("No event can add a header or end the headers")
    func injection() {
        var event = Told.event(.failed)
        event.target.application = "api\r\nBcc: eve@example.com\r\n\r\nhello"
        event.id = "x>\r\nEvil: yes"
        let (headers, _) = Self.mail(event)
        #expect(headers.count == 10)
        #expect(!headers.contains { $0.hasPrefix("Bcc") || $0.hasPrefix("Evil") })
        #expect(headers.contains("Message-ID: <xEvilyes@example.com>"))
    }

    @Test("A subject beyond ASCII goes in encoded words that split no character (RFC 2047)")
    func encodedWords() {
        let text = String(repeating: "grüße🦊", count: 12)
        let encoded = MailMessage.encoded(text)
        let words = encoded.split(separator: "\r\n ").map(String.init)
        #expect(words.count > 1)
        #expect(words.allSatisfy { $0.utf8.count <= 75 && $0.hasPrefix("=?utf-8?B?") && $0.hasSuffix("?=") })
        let decoded = words.map { word in
            Base64.decode(String(word.dropFirst(10).dropLast(2))).map { String(decoding: $0, as: UTF8.self) } ?? "?"
        }
        #expect(decoded.joined() == text)
        #expect(MailMessage.encoded("plain") == "plain")
    }

    @Test(
        "Addresses are what SMTP takes without quoting",
        arguments: [
            ("ops@example.com", true), ("a.b+c@example", true), ("", false), ("ops", false), ("a@b@c", false),
            ("Ops <ops@example.com>", false), ("ops@example.com\r\nRCPT TO:<x@y>", false), ("@example.com", false),
            ("gr\u{FC}n@example.com", false),
        ])
    func addresses(text: String, isValid: Bool) {
        #expect(MailAddress.isValid(text) == isValid)
    }
}
