// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Planning
internal import Testing

@testable internal import Reconciler

/// The essence of a team's story, which is to end in the same way however often the daemon is killed in it.
struct SampleDay: Sendable, CustomTestStringConvertible {
    var name: String
    var kinds: [String] = []
    var people = People()
    /// What is other than in the guide: only durations, so that a day is not long.
    var edits: [(old: String, new: String)] = []
    /// Beginnings of what daemons were killed at, or it was not this story.
    var met: [String]
    var play: @Sendable (SampleStory, Sample) async throws -> Void

    var testDescription: String { name }

    static let all = [planet, planera, proxim8, isa, panchangam]

    /// A Secret comes late, staging soaks, and one service changes.
    static let planet = SampleDay(
        name: "planet",
        met: ["blocked", "applying", "progressing", "verifying", "verdict healthy", "tell stuck", "tell unblocked"]
    ) { story, first in
        try await Stories.PlanetTests.surround(story, secretsIn: ["production"])
        let begin = try story.merge(first, "Begin")
        try await story.until("staging waits for its Secret") {
            ["api", "worker"].allSatisfy { story.status($0, "staging")?.cause?.reason == "SecretMissing" }
        }
        // Longer than what is told as being stuck.
        try await story.pass(.seconds(1200))
        try await story.makeSecret("planet-secrets", in: "staging", key: "DATABASE_URL")
        try await story.untilHealthy(["api", "worker"], in: "staging", at: begin)
        let healthyAt = story.now
        try await story.untilHealthy(["api", "worker"], in: "production", at: begin)
        story.expect(story.now - healthyAt, from: 280, to: 400)
        try await story.pass(.seconds(60))
        var sample = first
        try sample.edit("apps/worker/main.py", "worker", "worker, faster")
        try await story.untilHealthy(["worker"], in: "production", at: try story.merge(sample, "Work faster"))
    }

    /// A phrase, and a smoke test that fails.
    static let planera = SampleDay(
        name: "planera", kinds: Stories.PlaneraTests.kinds,
        met: [
            "proposal", "promotion", "applying", "progressing", "verifying", "verdict failed", "rollingBack",
            "tell rolledBack",
        ]
    ) { story, first in
        @Sendable func promote(_ phrase: String, _ commit: String) async throws {
            let action = OperatorAction.promote(
                GateRequest(environment: "production", person: "ada"), phrase: phrase)
            try await story.insist(action) {
                try await story.rollouts("planera", "production").contains { $0.rollout.revision == commit }
            }
        }
        try await Stories.PlaneraTests.surround(story)
        let begin = try story.merge(first, "Begin")
        try await story.untilHealthy("planera", in: "staging", at: begin)
        try await promote("deploy-to-production", begin)
        try await story.untilHealthy("planera", in: "production", at: begin)
        try await story.pass(.seconds(60))
        var sample = first
        try sample.edit("backend/Dockerfile", "3.13", "3.14")
        let bad = try story.merge(sample, "Use Python 3.14")
        story.transport.breakHealth(ofTag: bad, in: "planera-production")
        try await story.untilHealthy("planera", in: "staging", at: bad)
        // What was confirmed before counts for nothing now.
        try await story.pass(.seconds(1200))
        try await promote("deploy-to-production", bad)
        try await story.until("production is taken back") {
            story.status("planera", "production")?.phase == .rolledBack
        }
        try await story.pass(.seconds(1800))
    }

    /// Two branches, and a version that never comes up.
    static let proxim8 = SampleDay(
        name: "proxim8",
        met: [
            "applying", "progressing", "verifying", "verdict failed", "rollingBack", "tell rolledBack",
            "tell recovered",
        ]
    ) { story, first in
        let all = ["redis", "server", "pipeline"]
        try await Stories.Proxim8Tests.surround(story)
        let begin = try story.merge(first, "Begin")
        try story.move("develop", to: begin)
        for environment in ["development", "production"] {
            try await story.untilHealthy(all, in: environment, at: begin)
        }
        var sample = first
        try sample.edit("deploy/development/server.yaml", "server:development", "server-next:missing")
        try story.merge(sample, "Rewrite the server", to: "develop")
        try await story.until("development is taken back") {
            story.status("server", "development")?.phase == .rolledBack
        }
        try await story.pass(.seconds(600))
        sample = first
        try sample.edit("server/Dockerfile", "22", "24")
        let commit = try story.merge(sample, "Use Node 24", to: "develop")
        try await story.untilHealthy(["server"], in: "development", at: commit)
        try story.move("main", to: commit)
        try await story.untilHealthy(["server"], in: "production", at: commit)
    }

    /// A soak, and a lead's approval early in it.
    static let isa = SampleDay(
        name: "isa", people: Stories.IsaTests.people, edits: [("healthyFor: 24h", "healthyFor: 1h")],
        met: ["proposal", "approval", "applying", "progressing", "verifying", "delivery delivered"]
    ) { story, first in
        try await Stories.IsaTests.surround(story)
        let begin = try story.merge(first, "Begin")
        try story.move("develop", to: begin)
        try await Stories.IsaTests.makeSecrets(story, in: "isa-cloud-staging")
        try await story.untilHealthy("isa-cloud", in: "staging", at: begin)
        let healthyAt = story.now
        let request = GateRequest(application: "isa-cloud", environment: "production", person: "bea")
        try await story.insist(.approve(request), by: "bea") { false }
        try await Stories.IsaTests.makeSecrets(story, in: "isa-cloud-production")
        try await story.untilHealthy("isa-cloud", in: "production", at: begin, within: .seconds(10_000))
        story.expect(story.now - healthyAt, from: 3580, to: 3800)
    }

    /// A backup and a migration, once each for each version; then a migration that fails.
    static let panchangam = SampleDay(
        name: "panchangam", kinds: ["Namespace"],
        met: ["PATCH panchangam-staging/jobs", "recordCompletions", "applying", "verdict failed", "rollingBack"]
    ) { story, first in
        try await Stories.PanchangamTests.surround(story)
        try await story.untilHealthy("panchangam", in: "production", at: try story.merge(first, "Begin"))
        var sample = first
        try sample.edit("cmd/backend/main.go", "package main", "package main // 2")
        try sample.edit("mainstay.yaml", "migrations, tag: v1", "migrations, tag: v2-fail")
        try story.merge(sample, "Add a column")
        try await story.until("staging is taken back") {
            story.status("panchangam", "staging")?.phase == .rolledBack
        }
        try await story.pass(.seconds(1800))
    }
}
