// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
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
            try await SampleStory.play(first, people: Self.people) { story in
                try await story.makeNamespaces("isa-cloud-staging", "isa-cloud-production")
                let begin = try story.merge(first, "Begin")
                try story.move("develop", to: begin)
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
                try await story.untilHealthy("isa-cloud", in: "production", at: begin)
                #expect(story.now - healthyAt >= .seconds(86_400))
                #expect(story.now - healthyAt < .seconds(87_000))

                // One service changes.
                let before = await Self.generations(story, "isa-cloud-production")
                #expect(!before.contains(nil))
                story.transport.forgetWrites()
                var sample = first
                try sample.edit("microservices/auth_service/main.py", "print()", "print('hello')")
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
                try await story.pass(.seconds(25 * 3600))
                #expect(
                    story.status("isa-cloud", "production")?.waits.map(\.reason) == [.approval],
                    "what was said of another revision counts for none")
                _ = try await Self.approve(story, as: "bea")
                try await story.untilHealthy("isa-cloud", in: "production", at: commit)
                let after = await Self.generations(story, "isa-cloud-production")
                #expect(after.dropFirst() == before.dropFirst())
                #expect(after.first != before.first)
            }
        }
    }
}
