// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Sandbox
internal import Testing

@testable internal import Reconciler

extension Stories {
    /// Kustomize, two branches, a day in staging and a lead's approval: docs/guides/isa.md.
    @Suite("The sample isa")
    struct IsaTests {
        static let people = People([
            .init(name: "ada", groups: ["leads"]), .init(name: "bea", groups: ["leads"]),
            .init(name: "cem", groups: ["developers"]),
        ])
        private static let services = ["auth", "device", "event", "notification", "storage", "user"]

        private static let settings = NotificationSettings(receivers: [
            .init(name: "team", service: .slack), .init(name: "status-page", service: .webhook),
            .init(name: "oncall", service: .pagerduty),
        ])

        static func surround(_ story: SampleStory) async throws {
            try await story.makeNamespaces("isa-cloud-staging", "isa-cloud-production")
            try await story.make(
                ExternalSecrets.definition, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
            await story.cluster.settle()
        }

        /// What the controller of ExternalSecrets does, in its own time.
        static func makeSecrets(_ story: SampleStory, in namespace: String) async throws {
            let path = "/apis/external-secrets.io/v1/namespaces/\(namespace)/externalsecrets/isa-secrets"
            try await story.until("the ExternalSecret", within: .seconds(100_000)) { await story.object(path) != nil }
            #expect(await story.object("/api/v1/namespaces/\(namespace)/secrets/isa-secrets") == nil)
            try await story.pass(.seconds(5))
            let postgres = await story.object("/apis/apps/v1/namespaces/\(namespace)/statefulsets/postgres")
            #expect(postgres == nil, "it needs the Secret")
            #expect(await story.deployment("auth-service", namespace) == nil)
            try await story.makeSecret("isa-secrets", in: namespace, key: "postgres")
            try await story.patch(
                [
                    "status": [
                        "conditions": [["type": "Ready", "status": "True", "reason": "SecretSynced"]]
                    ]
                ], "\(path)/status")
        }

        private static func approve(_ story: SampleStory, as person: String) async throws -> ActionAnswer {
            try await story.say(
                .approve(GateRequest(application: "isa-cloud", environment: "production", person: person)), by: person)
        }

        private static func refusal(_ story: SampleStory, as person: String) async throws -> String? {
            do {
                _ = try await approve(story, as: person)
                return nil
            } catch let refusal as ActionRefusal {
                story.expectGuide(shows: refusal.message)
                return refusal.reason
            }
        }

        private static func generations(_ story: SampleStory, _ namespace: String) async -> [Int64?] {
            var all: [Int64?] = []
            for name in services {
                all.append(
                    await story.deployment("\(name)-service", namespace)?.value(at: "metadata", "generation")?.integer)
            }
            return all
        }

        @Test(
            "Production waits for a day in staging and for a lead who did not write it; then only what changed deploys")
        func soak() async throws {
            let first = try Sample("isa")
            try await SampleStory.play(first, people: Self.people, notifications: Self.settings) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try story.move("develop", to: begin)
                try await Self.makeSecrets(story, in: "isa-cloud-staging")
                try await story.untilHealthy("isa-cloud", in: "staging", at: begin)
                let healthyAt = story.now
                try await story.until("production waits") { story.status("isa-cloud", "production")?.waits.count == 2 }
                #expect(story.status("isa-cloud", "production")?.waits.map(\.reason) == [.approval, .requirement])
                #expect(try await Self.refusal(story, as: "ada") == "OwnCommit")
                #expect(try await Self.refusal(story, as: "cem") == "NotInGroup")
                story.expectGuide(shows: story.table)
                story.expectGuide(shows: try await Self.approve(story, as: "bea").message)

                try await story.pass(.seconds(86_340))
                #expect(story.status("isa-cloud", "production")?.waits.map(\.reason) == [.requirement])
                #expect(await story.deployment("auth-service", "isa-cloud-production") == nil)
                #expect(story.post.kinds("status-page") == [])
                try await Self.makeSecrets(story, in: "isa-cloud-production")
                try await story.untilHealthy("isa-cloud", in: "production", at: begin)
                try await story.pass(.seconds(10))
                #expect(story.post.kinds("status-page") == [.started, .succeeded])
                #expect(story.post.kinds("team").count { $0 == .awaitingApproval } == 1)
                #expect(story.post.kinds("team").count { $0 == .succeeded } == 2)
                #expect(story.post.kinds("oncall") == [])
                #expect(story.now - healthyAt >= .seconds(86_400))
                #expect(story.now - healthyAt < .seconds(87_000))

                // One service changes.
                let before = await Self.generations(story, "isa-cloud-production")
                #expect(!before.contains(nil))
                story.transport.forgetWrites()
                var sample = first
                try sample.edit("microservices/auth_service/main.py", "print()", "print('hello')")
                // A second day would show nothing that the first does not.
                try sample.edit("mainstay.yaml", "healthyFor: 24h", "healthyFor: 1h")
                let commit = try story.merge(sample, "Greet", to: "develop")
                try await story.untilHealthy("isa-cloud", in: "staging", at: commit)
                #expect(
                    story.transport.writes == [
                        "PATCH \(DaemonHarness.Place.deployment("auth-service", "isa-cloud-staging"))"
                    ])
                try story.move("main", to: commit)
                try await story.until("production waits again") {
                    story.status("isa-cloud", "production")?.targetRevision == commit
                        && story.status("isa-cloud", "production")?.waits.count == 2
                }
                try await story.pass(.seconds(2 * 3600))
                #expect(
                    story.status("isa-cloud", "production")?.waits.map(\.reason) == [.approval],
                    "what was said of another revision counts for none")
                _ = try await Self.approve(story, as: "bea")
                try await story.untilHealthy("isa-cloud", in: "production", at: commit)
                let after = await Self.generations(story, "isa-cloud-production")
                #expect(after.dropFirst() == before.dropFirst())
                #expect(after.first != before.first)
                try await story.pass(.seconds(10))
                #expect(story.post.kinds("status-page") == [.started, .succeeded, .started, .succeeded])
            }
        }

        @Test("One of the critical checks fails: staging is taken back whole, and production never sees it")
        func critical() async throws {
            let first = try Sample("isa")
            try await SampleStory.play(first, people: Self.people) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try story.move("develop", to: begin)
                try await Self.makeSecrets(story, in: "isa-cloud-staging")
                try await story.untilHealthy("isa-cloud", in: "staging", at: begin)
                var sample = first
                try sample.edit("microservices/event_service/main.py", "print()", "print('hello')")
                try sample.edit("microservices/user_service/main.py", "print()", "print('hello')")
                let bad = try story.merge(sample, "Greet", to: "develop")
                story.transport.breakHealth(ofTag: bad, in: "isa-cloud-staging")
                try await story.until("staging is taken back") {
                    story.status("isa-cloud", "staging")?.phase == .rolledBack
                }
                for name in ["event", "user"] {
                    #expect(
                        await story.image("\(name)-service", "isa-cloud-staging")
                            == "registry.example.com/isa/\(name)-service:\(begin)")
                }
                let cause = try #require(story.status("isa-cloud", "staging")?.quarantine?.cause)
                story.expectGuide(shows: "\(cause)")
            }
        }
    }
}
