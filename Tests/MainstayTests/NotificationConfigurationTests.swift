// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kubernetes
import Manifests
import Planning
import Reconciler
import Testing

@testable import Mainstay

@Suite("The configuration of notifications")
struct NotificationConfigurationTests {
    private static func load(_ notifications: String) throws -> Configuration.Notifications {
        let text = """
            apiVersion: mainstay.dev/v1
            kind: Configuration
            source: {url: "https://git.example.com/planet.git"}
            \(notifications)
            """
        let file = FileReader { _, _ in Array(text.utf8) }
        return try ConfigurationFile.load("/etc/mainstay/mainstay.yaml", environment: [:], files: file).notifications
    }

    @Test("What the shipped configuration shows in its comments is what the daemon reads")
    func sample() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let text = try String(contentsOfFile: root + "/config/mainstay.yaml", encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "# notifications:"))
        let shown = lines[start...].prefix { $0.hasPrefix("# ") }.map { $0.dropFirst(2) }.joined(separator: "\n")
        let loaded = try Self.load(shown)
        #expect(loaded.receivers.map(\.name) == ["audit", "team", "oncall", "alerts", "mail", "commits"])
        #expect(
            loaded.receivers.map(\.service) == [.webhook, .slack, .pagerduty, .alertmanager, .email, .github])
        #expect(loaded.stuckAfter == Configuration.Notifications().stuckAfter, "the default is what is shown")
        #expect(loaded.receivers[0].secret == .file("/etc/mainstay/webhook-key"))
        #expect(loaded.receivers[1].url == .file("/etc/mainstay/slack-url"))
        #expect(loaded.receivers[2].secret == .secret(namespace: "mainstay", name: "pagerduty", key: "key"))
        #expect(loaded.receivers[4].caFile == "/etc/mainstay/mail-authorities.pem")
        #expect(loaded.routes.count == 2)
        #expect(loaded.settings.receivers.count == 6)
    }

    @Test(
        "Services that are left out of the sample are read",
        arguments: [
            "gitlab: {project: group/sub/planet, tokenFile: t}", "gitlab: {project: '42', tokenFile: t}",
            "gitea: {url: 'https://git.example.com', repository: a/b, tokenSecret: n/s/k}",
            "alertmanager: {url: 'https://am.example.com', username: ada, passwordFile: p}",
            "email: {server: 'smtps://mail.example.com:465', from: a@b, to: [c@d]}",
            "email: {server: 'smtp://127.0.0.1:25', from: a@b, to: [c@d], tls: none, username: u, passwordFile: p}",
            "webhook: {urlSecret: n/s/k}", "github: {url: 'http://127.0.0.1:80', repository: a/b, tokenFile: t}",
        ])
    func services(text: String) throws {
        #expect(try Self.load("notifications: {receivers: [{name: r, \(text)}]}").receivers.count == 1)
    }

    @Test(
        "What cannot be meant, or would give credentials away, is refused with its place",
        arguments: [
            ("{name: r}", "exactly one of webhook, slack"),
            ("{name: r, slack: {urlFile: u}, webhook: {url: 'https://x'}}", "exactly one of"),
            ("{name: 'r r', slack: {urlFile: u}}", "must be a name"),
            ("{slack: {urlFile: u}}", "\"name\" is missing"),
            ("{name: r, slack: {url: 'https://hooks.slack.com/services/T/B/x'}}", "is a secret: name a file"),
            ("{name: r, slack: {urlFle: u}}", "did you mean \"urlFile\"?"),
            ("{name: r, slak: {urlFile: u}}", "unknown field \"slak\"; did you mean \"slack\"?"),
            ("{name: r, pagerduty: {routingKey: abc}}", "needs routingKeyFile or routingKeySecret"),
            ("{name: r, pagerduty: {routingKeySecret: a/b}}", "must be NAMESPACE/NAME/KEY"),
            ("{name: r, github: {repository: planet, tokenFile: t}}", "must be OWNER/NAME"),
            ("{name: r, github: {repository: ../x, tokenFile: t}}", "must be OWNER/NAME"),
            ("{name: r, gitea: {repository: a/b, tokenFile: t}}", "\"url\" is missing"),
            ("{name: r, gitea: {url: 'http://git.example.com', repository: a/b, tokenFile: t}}", "must be https"),
            ("{name: r, webhook: {url: 'https://u:p@x'}}", "without credentials in it"),
            ("{name: r, webhook: {url: 'file:///etc/passwd'}}", "must be an http(s):// URL"),
            ("{name: r, alertmanager: {url: 'https://x', username: a}}", "needs passwordFile or passwordSecret"),
            ("{name: r, email: {server: mail, from: a@b, to: [c@d]}}", "must be smtp://HOST:PORT"),
            ("{name: r, email: {server: 'smtp://m:25', from: 'A <a@b>', to: [c@d]}}", "must be a plain address"),
            (
                "{name: r, email: {server: 'smtp://m:25', from: a@b, to: [c@d], username: u, passwordFile: p, tls: none}}",
                "for everyone to read"
            ),
            ("{name: r, email: {server: 'smtp://m:25', from: a@b, to: [c@d], tls: maybe}}", "must be required or none"),
        ])
    func refused(receiver: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.load("notifications:\n  receivers:\n  - \(receiver)")
        }
        let text = error?.description ?? ""
        #expect(text.contains(message), "\(text)")
        #expect(text.contains("mainstay.yaml:6:"), "\(text)")
        #expect(!text.contains("services/T/B/x"), "a URL that is a secret is not repeated")
    }

    @Test("Routes lead to receivers that are there, each named once")
    func routes() {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.load(
                """
                notifications:
                  stuckAfter: 10s
                  receivers:
                  - {name: chat, slack: {urlFile: u}}
                  - {name: chat, slack: {urlFile: u}}
                  routes:
                  - {receivers: [chatt], events: [faild]}
                """)
        }
        let text = error?.description ?? ""
        for part in ["must be at least 1m", "stands twice", "did you mean \"chat\"?", "one of started"] {
            #expect(text.contains(part), "\(text)")
        }
    }
}
