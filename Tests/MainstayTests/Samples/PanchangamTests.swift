// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Testing

@testable internal import Mainstay
@testable internal import Reconciler

extension Stories {
    /// Kustomize, a backup and a migration before the workload, an autoscaler that owns replicas: docs/guides/panchangam.md.
    @Suite("The sample panchangam")
    struct PanchangamTests {
        private static let settings = NotificationSettings(receivers: [
            .init(name: "slack", service: .slack), .init(name: "pagerduty", service: .pagerduty),
        ])

        private static func jobs(_ story: SampleStory, _ namespace: String) async -> [Object] {
            let list = await story.object("/apis/batch/v1/namespaces/\(namespace)/jobs")
            return (list?["items"]?.array ?? []).compactMap(\.object).sorted { $0.name < $1.name }
        }

        /// They move with every change of what is asked for.
        private static func generations(_ story: SampleStory) async -> [Int64?] {
            var all: [Int64?] = []
            for name in ["backend", "gateway", "frontend", "redis"] {
                let live = await story.deployment(name, "panchangam-staging")
                all.append(live?.value(at: "metadata", "generation")?.integer)
            }
            return all
        }

        private static func replicas(_ story: SampleStory, _ namespace: String) async -> Int64? {
            await story.deployment("backend", namespace)?.value(at: "spec", "replicas")?.integer
        }

        @Test(
            "The database is backed up, then migrated, and then the workload comes: in staging, and then in production")
        func order() async throws {
            let sample = try Sample("panchangam")
            try await SampleStory.play(sample, kinds: ["Namespace"]) { story in
                try await story.makeNamespaces("panchangam-staging", "panchangam-production")
                let commit = try story.merge(sample, "Begin")
                try await story.untilHealthy("panchangam", in: "staging", at: commit)
                let jobs = await Self.jobs(story, "panchangam-staging")
                try #require(jobs.count == 2)
                let backedUpAt = try #require(jobs[0].value(at: "status", "completionTime")?.string)
                let migrationBeganAt = try #require(jobs[1].value(at: "metadata", "creationTimestamp")?.string)
                let migratedAt = try #require(jobs[1].value(at: "status", "completionTime")?.string)
                #expect(backedUpAt <= migrationBeganAt)
                for name in ["backend", "gateway", "frontend"] {
                    let live = await story.deployment(name, "panchangam-staging")
                    let madeAt = try #require(live?.value(at: "metadata", "creationTimestamp")?.string)
                    #expect(migratedAt <= madeAt, "\(name)")
                }
                try await story.untilHealthy("panchangam", in: "production", at: commit)
                story.expectGuide(shows: story.table)
            }
        }

        @Test("A migration that fails changes nothing of the workload, is told once, and never reaches production")
        func migrationFails() async throws {
            let first = try Sample("panchangam")
            try await SampleStory.play(first, kinds: ["Namespace"], notifications: Self.settings) { story in
                let post = story.post
                try await story.makeNamespaces("panchangam-staging", "panchangam-production")
                let begin = try story.merge(first, "Begin")
                try await story.untilHealthy("panchangam", in: "production", at: begin)
                try await story.pass(.seconds(60))
                let before = await Self.generations(story)
                let names = await Self.jobs(story, "panchangam-staging").map(\.name)

                story.transport.forgetWrites()
                var sample = first
                try sample.edit("cmd/backend/main.go", "package main", "package main // 2")
                try sample.edit("mainstay.yaml", "migrations, tag: v1", "migrations, tag: v2-fail")
                let bad = try story.merge(sample, "Add a column")
                try await story.until("staging is taken back") {
                    story.status("panchangam", "staging")?.phase == .rolledBack
                }
                try await story.pass(.seconds(3600))
                story.expectGuide(shows: story.table)
                #expect(await Self.generations(story) == before)
                #expect(!before.contains(nil))
                #expect(
                    await story.image("backend", "panchangam-staging")
                        == "registry.example.com/panchangam/backend:\(begin)"
                )
                let quarantine = try #require(story.status("panchangam", "staging")?.quarantine)
                #expect(quarantine.revision == bad)
                #expect(quarantine.cause.object?.kind == "Job")
                #expect(quarantine.cause.object?.name.hasPrefix("migrate-") == true)
                // Of what runs again, nothing is done twice.
                let backups = story.transport.writes.filter { $0.hasPrefix("PATCH") && $0.contains("/jobs/backup-") }
                #expect(Set(backups).count == backups.count)
                #expect(!backups.contains { write in names.contains { write.hasSuffix($0) } })
                #expect(story.status("panchangam", "production")?.revision == begin)
                #expect(story.status("panchangam", "production")?.waits.map(\.reason) == [.requirement])
                #expect(try await story.rollouts("panchangam", "production").count == 1)

                #expect(post.kinds("slack").filter { $0 == .failed } == [.failed])
                #expect(post.kinds("slack").filter { $0 == .rolledBack } == [.rolledBack])
                #expect(!post.kinds("pagerduty").contains(.failed), "nobody is woken for staging")
            }
        }

        @Test("The autoscaler's number of replicas is nobody's to undo, and outlives a rollout")
        func autoscaler() async throws {
            let first = try Sample("panchangam")
            try await SampleStory.play(first, kinds: ["Namespace"]) { story in
                try await story.makeNamespaces("panchangam-staging", "panchangam-production")
                let begin = try story.merge(first, "Begin")
                try await story.untilHealthy("panchangam", in: "staging", at: begin)
                try await story.until("the autoscaler has its least") {
                    await Self.replicas(story, "panchangam-staging") == 3
                }
                try await story.untilHealthy("panchangam", in: "production", at: begin)
                story.transport.forgetWrites()
                try await story.pass(.seconds(3600))
                #expect(story.transport.writes == [])
                #expect(story.status("panchangam", "staging")?.drift == [])

                var sample = first
                try sample.edit("cmd/backend/main.go", "package main", "package main // 2")
                let commit = try story.merge(sample, "Be faster")
                try await story.until("staging has it") {
                    #expect(await Self.replicas(story, "panchangam-staging") == 3)
                    return story.status("panchangam", "staging")?.revision == commit
                }
                #expect(
                    await story.image("backend", "panchangam-staging")
                        == "registry.example.com/panchangam/backend:\(commit)")
            }
        }
    }
}
