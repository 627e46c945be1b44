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
            .init(name: "slack", service: .slack), .init(name: "mail", service: .email),
            .init(name: "pagerduty", service: .pagerduty),
        ])

        static func surround(_ story: SampleStory) async throws {
            try await story.makeNamespaces("panchangam-dev", "panchangam-staging", "panchangam-production")
            for name in ["dev", "staging", "production"] {
                try await story.makeSecret("panchangam-database", in: "panchangam-\(name)", key: "password")
            }
        }

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
                try await Self.surround(story)
                let commit = try story.merge(sample, "Begin")
                try await story.untilHealthy("panchangam", in: "staging", at: commit)
                story.expect(story.now, from: 0, to: 600)
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
                for (name, replicas) in [("dev", 1), ("staging", 2), ("production", 3)] {
                    for deployment in ["backend", "gateway", "frontend"] {
                        let live = await story.deployment(deployment, "panchangam-\(name)")
                        #expect(
                            live?.value(at: "spec", "replicas")?.integer == Int64(replicas), "\(deployment) in \(name)")
                    }
                }
            }
        }

        @Test("A migration that fails changes nothing of the workload, is told once, and never reaches production")
        func migrationFails() async throws {
            let first = try Sample("panchangam")
            try await SampleStory.play(first, kinds: ["Namespace"], notifications: Self.settings) { story in
                let post = story.post
                try await Self.surround(story)
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
                story.expectGuide(shows: try await story.history("panchangam", "staging"))
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

                for name in ["dev", "staging"] {
                    let told = post.got("slack").filter { $0.target.environment == name }.map(\.kind)
                    #expect(told.count { $0 == .failed } == 1, "\(name)")
                    #expect(told.count { $0 == .rolledBack } == 1, "\(name)")
                }
                #expect(post.kinds("mail") == [.failed, .rolledBack])
                #expect(!post.kinds("pagerduty").contains(.failed), "nobody is woken for staging")
            }
        }

        @Test("The autoscaler's number of replicas is nobody's to undo, and outlives a rollout")
        func autoscaler() async throws {
            let first = try Sample("panchangam")
            try await SampleStory.play(first, kinds: ["Namespace"]) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try await story.untilHealthy("panchangam", in: "staging", at: begin)
                try await story.until("the autoscaler has its least") {
                    await Self.replicas(story, "panchangam-staging") == 2
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
                    #expect(await Self.replicas(story, "panchangam-staging") == 2)
                    return story.status("panchangam", "staging")?.revision == commit
                }
                #expect(
                    await story.image("backend", "panchangam-staging")
                        == "registry.example.com/panchangam/backend:\(commit)")
            }
        }

        /// What a commit changes, so that a step of its rollout fails.
        private struct Fault: Sendable {
            var step: String
            var path: String
            var old: String
            var new: String
            var reason = ""
        }

        private static let waits = [
            Fault(
                step: "validate the environment", path: "deployments/k8s/base/gateway.yaml",
                old: "        env:\n",
                new: "        env:\n        - {name: KEY, valueFrom: {secretKeyRef: {name: gateway-key, key: key}}}\n",
                reason: "SecretMissing"),
            Fault(
                step: "pre-flight", path: "deployments/k8s/overlays/staging/kustomization.yaml",
                old: "gateway, count: 2", new: "gateway, count: 60", reason: "QuotaExceeded"),
        ]

        private static let failures = [
            Fault(step: "back up", path: "deployments/k8s/base/backup.yaml", old: "postgres:16", new: "postgres:fail"),
            Fault(step: "migrate", path: "mainstay.yaml", old: "migrations, tag: v1", new: "migrations, tag: v2-fail"),
            Fault(
                step: "roll out", path: "mainstay.yaml", old: "backend, tag: lastCommit, from: cmd/backend",
                new: "backend, tag: v2-crash"),
            Fault(
                step: "health", path: "mainstay.yaml", old: "gateway, tag: lastCommit, from: cmd/gateway",
                new: "gateway, tag: v2-unready"),
        ]

        @Test("Each step that fails keeps a commit waiting, or has it taken back within minutes, and is named")
        func steps() async throws {
            let first = try Sample("panchangam")
            try await SampleStory.play(first, kinds: ["Namespace"], notifications: Self.settings) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try await story.untilHealthy("panchangam", in: "production", at: begin)
                try await story.pass(.seconds(60))
                let before = await Self.generations(story)
                for fault in Self.waits {
                    var sample = first
                    try sample.edit(fault.path, fault.old, fault.new)
                    let commit = try story.merge(sample, fault.step)
                    try await story.until("\(fault.step) keeps it waiting") {
                        let status = story.status("panchangam", "staging")
                        return status?.targetRevision == commit && status?.phase == .blocked
                            && status?.cause?.reason == fault.reason
                    }
                    story.expectGuide(
                        shows: "\(fault.step)", "\(story.status("panchangam", "staging")?.cause.map { "\($0)" } ?? "")")
                    #expect(await Self.generations(story) == before)
                }
                for fault in Self.failures {
                    var sample = first
                    try sample.edit(fault.path, fault.old, fault.new)
                    let commit = try story.merge(sample, fault.step)
                    let mergedAt = story.now
                    try await Self.untilTakenBack(story, commit, "staging")
                    story.expect(story.now - mergedAt, from: 0, to: 900)
                    let cause = try #require(story.status("panchangam", "staging")?.quarantine?.cause)
                    story.expectGuide(shows: fault.step, "\(cause)")
                    #expect(
                        await story.image("backend", "panchangam-staging")
                            == "registry.example.com/panchangam/backend:\(begin)", "\(fault.step)")
                    if fault.step == "back up" { #expect(await Self.generations(story) == before) }
                }
                #expect(story.post.kinds("pagerduty").contains(.failed) == false)

                // The smoke test passes where it is tried first.
                var sample = first
                try sample.edit("cmd/gateway/main.go", "package main", "package main // 2")
                let bad = try story.merge(sample, "smoke")
                story.transport.breakHealth(ofTag: bad, in: "panchangam-production")
                try await story.untilHealthy("panchangam", in: "staging", at: bad)
                try await Self.untilTakenBack(story, bad, "production")
                let cause = try #require(story.status("panchangam", "production")?.quarantine?.cause)
                story.expectGuide(shows: "smoke", "\(cause)")
                try await story.pass(.seconds(60))
                let incident = story.post.got("pagerduty").map(\.kind)
                #expect(
                    incident.count { $0 == .failed } == 1 && incident.count { $0 == .rolledBack } == 1, "\(incident)")
            }
        }

        private static func untilTakenBack(_ story: SampleStory, _ commit: String, _ environment: String) async throws {
            try await story.until("\(environment) is taken back") {
                let status = story.status("panchangam", environment)
                return status?.phase == .rolledBack && status?.quarantine?.revision == commit
            }
        }
    }
}
