// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Testing

@testable internal import Mainstay
@testable internal import Reconciler
@testable internal import StatusServer

extension Stories {
    /// A folder per environment, production on a typed phrase: docs/guides/planera.md.
    @Suite("The sample planera")
    struct PlaneraTests {
        static let kinds = ["Namespace", "Role", "RoleBinding"]
        private static let settings = NotificationSettings(receivers: [
            .init(name: "slack", service: .slack), .init(name: "mail", service: .email),
        ])

        static func surround(_ story: SampleStory) async throws {
            try await story.makeNamespaces("planera-staging", "planera-production")
            for namespace in ["planera-staging", "planera-production"] {
                try await story.makeSecret("registry", in: namespace, key: "config")
            }
        }

        private static func promote(_ story: SampleStory, _ phrase: String?) async throws -> ActionAnswer {
            try await story.say(.promote(GateRequest(environment: "production", person: "ada"), phrase: phrase))
        }

        /// What `mainstay report` shows.
        private static func report(_ story: SampleStory) async throws -> String {
            let now = story.surroundings.now()
            let history = LedgerHistory(ledger: story.ledger, now: { now })
            guard case .report(let report) = try await history.report(ReportQuery()) else { return "too many" }
            return ReportText(ReportJSON.report(report, by: .total, after: nil, limit: 10), by: .total).text(on: .none)
        }

        @Test("A merge deploys staging; production is a person who types the phrase, and nothing less")
        func typed() async throws {
            let sample = try Sample("planera")
            try await SampleStory.play(sample, kinds: Self.kinds) { story in
                try await Self.surround(story)
                let commit = try story.merge(sample, "Begin")
                try await story.untilHealthy("planera", in: "staging", at: commit)
                try await story.pass(.seconds(3600))
                #expect(story.status("planera", "production")?.waits.map(\.reason) == [.confirmation])
                story.expectGuide(shows: story.table)

                do {
                    _ = try await Self.promote(story, "deploy to production")
                    Issue.record("a mistyped phrase promotes")
                } catch let refusal as ActionRefusal {
                    #expect(refusal.reason == "WrongPhrase")
                    story.expectGuide(shows: refusal.message)
                }
                try await story.pass(.seconds(600))
                #expect(await story.deployment("backend", "planera-production") == nil)

                let answer = try await Self.promote(story, "deploy-to-production")
                story.expectGuide(shows: answer.message)
                try await story.untilHealthy("planera", in: "production", at: commit)
                #expect(
                    await story.deployment("backend", "planera-production")?.value(at: "spec", "replicas")?.integer == 2
                )
            }
        }

        @Test(
            "A version that passes in staging and fails its smoke test in production is taken back there, and says why")
        func smokeTest() async throws {
            let first = try Sample("planera")
            try await SampleStory.play(first, kinds: Self.kinds, notifications: Self.settings) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try await story.untilHealthy("planera", in: "staging", at: begin)
                _ = try await Self.promote(story, "deploy-to-production")
                try await story.untilHealthy("planera", in: "production", at: begin)

                var sample = first
                try sample.edit("backend/Dockerfile", "3.13", "3.14")
                let bad = try story.merge(sample, "Use Python 3.14")
                story.transport.breakHealth(ofTag: bad, in: "planera-production")
                try await story.untilHealthy("planera", in: "staging", at: bad)
                #expect(
                    await story.image("backend", "planera-production")
                        == "registry.example.com/planera/backend:\(begin)")
                _ = try await Self.promote(story, "deploy-to-production")
                try await story.until("production is taken back") {
                    story.status("planera", "production")?.phase == .rolledBack
                }
                #expect(
                    await story.image("backend", "planera-production")
                        == "registry.example.com/planera/backend:\(begin)")
                #expect(
                    await story.image("backend", "planera-staging")
                        == "registry.example.com/planera/backend:staging-\(bad)")
                let status = try #require(story.status("planera", "production"))
                #expect(status.quarantine?.revision == bad)
                #expect(status.quarantine?.cause.reason == "VerifyFailed")
                let phases = try await story.rollouts("planera", "production").map(\.phases.last?.phase)
                #expect(phases == [.succeeded, .failed, .rolledBack])
                story.expectGuide(shows: story.table)

                // It is not tried again; the next version needs a person, as every one does.
                try await story.pass(.seconds(3600))
                #expect(story.post.kinds("mail") == [.failed, .rolledBack])
                for kind in [NotificationKind.failed, .rolledBack] {
                    #expect(story.post.kinds("slack").count { $0 == kind } == 1, "\(kind)")
                }
                story.expectGuide(shows: try await Self.report(story))
                try await story.pass(.seconds(3600))
                #expect(try await story.rollouts("planera", "production").count == 3)
                try sample.edit("backend/Dockerfile", "3.14", "3.14.1")
                let fix = try story.merge(sample, "Use Python 3.14.1")
                try await story.until("production waits for a person") {
                    story.status("planera", "production")?.waits.map(\.reason) == [.confirmation]
                }
                _ = try await Self.promote(story, "deploy-to-production")
                try await story.untilHealthy("planera", in: "production", at: fix)
            }
        }

        @Test("What people looked for with describe, logs and events is named: no image, a crash, a probe that fails")
        func causes() async throws {
            let first = try Sample("planera")
            try await SampleStory.play(first, kinds: Self.kinds) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try await story.untilHealthy("planera", in: "staging", at: begin)
                for how in ["missing", "crash", "unready"] {
                    var sample = first
                    try sample.edit("k8s/staging/backend.yaml", "backend:staging-latest", "backend-next:\(how)")
                    let bad = try story.merge(sample, "Try \(how)")
                    try await story.until("staging is taken back") {
                        let status = story.status("planera", "staging")
                        return status?.phase == .rolledBack && status?.quarantine?.revision == bad
                    }
                    let cause = try #require(story.status("planera", "staging")?.quarantine?.cause)
                    story.expectGuide(shows: "\(cause)")
                    #expect(
                        await story.image("backend", "planera-staging")
                            == "registry.example.com/planera/backend:staging-\(begin)")
                }
            }
        }
    }
}
