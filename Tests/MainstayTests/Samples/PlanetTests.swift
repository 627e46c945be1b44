// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Testing

@testable internal import Reconciler

extension Stories {
    /// Plain YAML, shared servers, Secrets made by a script: docs/guides/planet.md.
    @Suite("The sample planet")
    struct PlanetTests {
        static func surround(_ story: SampleStory, secretsIn namespaces: [String]) async throws {
            try await story.makeNamespaces("infrastructure", "staging", "production")
            try await story.makeSecret("postgres-credentials", in: "infrastructure", key: "password")
            for namespace in namespaces {
                try await story.makeSecret("planet-secrets", in: namespace, key: "DATABASE_URL")
            }
        }

        @Test("One merge brings staging, which waits for its Secret by name and goes on by itself, and then production")
        func oneMerge() async throws {
            let sample = try Sample("planet")
            try await SampleStory.play(sample) { story in
                try await Self.surround(story, secretsIn: ["production"])
                let commit = try story.merge(sample, "Begin")
                try await story.untilHealthy(["nats", "postgres"], in: "infrastructure", at: commit)
                try await story.until("staging waits for its Secret") {
                    ["api", "worker"].allSatisfy { story.status($0, "staging")?.cause?.reason == "SecretMissing" }
                }
                #expect(await story.deployment("api", "staging") == nil)
                #expect(await story.deployment("worker", "staging") == nil)
                try await story.pass(.seconds(1800))
                #expect(story.status("api", "staging")?.phase == .blocked, "waiting costs no timeout")
                #expect(story.status("api", "production")?.waits.map(\.reason) == [.requirement])
                story.expectGuide(shows: story.table)

                try await story.makeSecret("planet-secrets", in: "staging", key: "DATABASE_URL")
                try await story.untilHealthy(["api", "worker"], in: "staging", at: commit)
                let healthyAt = story.now
                try await story.pass(.seconds(240))
                #expect(await story.deployment("api", "production") == nil)
                story.expectGuide(shows: story.table)
                try await story.untilHealthy(["api", "worker"], in: "production", at: commit)
                #expect(story.now - healthyAt >= .seconds(300))
                #expect(story.now - healthyAt < .seconds(400))
                #expect(await story.image("api", "production") == "registry.example.com/planet/api:\(commit)")
            }
        }

        @Test(
            "NATS and Postgres are ready before the API or the Worker is there, which say nowhere that they need NATS")
        func order() async throws {
            var sample = try Sample("planet")
            // Four minutes, in which all else would long be there.
            try sample.edit("k8s/infrastructure/nats-deployment.yaml", "nats:2.10-alpine", "nats:2.10-slow")
            let slow = sample
            try await SampleStory.play(slow) { story in
                try await Self.surround(story, secretsIn: ["staging", "production"])
                try story.merge(slow, "Begin")
                try await story.until("the first Deployment") {
                    let api = await story.deployment("api", "staging")
                    let worker = await story.deployment("worker", "staging")
                    return api != nil || worker != nil
                }
                for name in ["nats", "postgres"] {
                    let server = await story.object(DaemonHarness.Place.statefulSet(name))
                    #expect(server?.value(at: "status", "readyReplicas")?.integer == 1, "\(name)")
                }
            }
        }

        @Test(
            "A commit under apps/worker touches the Worker only, in staging and then in production; so does its revert")
        func workerOnly() async throws {
            let first = try Sample("planet")
            try await SampleStory.play(first) { story in
                try await Self.surround(story, secretsIn: ["staging", "production"])
                let begin = try story.merge(first, "Begin")
                try await story.untilHealthy(["api", "worker"], in: "production", at: begin)
                story.transport.forgetWrites()
                var sample = first
                try sample.edit("apps/worker/main.py", "worker", "worker, faster")
                let commit = try story.merge(sample, "Work faster")
                try await story.untilHealthy(["worker"], in: "production", at: commit)
                #expect(
                    story.transport.writes
                        == ["staging", "production"].map {
                            "PATCH \(DaemonHarness.Place.deployment("worker", $0))"
                        })
                #expect(await story.image("worker", "staging")?.hasSuffix(":\(commit)") == true)
                #expect(await story.image("api", "staging")?.hasSuffix(":\(begin)") == true)
                #expect(try await story.rollouts("api", "staging").count == 1)
                story.expectGuide(shows: story.table)

                // It is reverted, in git.
                story.transport.forgetWrites()
                let revert = try story.merge(first, "Revert \"Work faster\"")
                try await story.untilHealthy(["worker"], in: "production", at: revert)
                #expect(
                    story.transport.writes
                        == ["staging", "production"].map {
                            "PATCH \(DaemonHarness.Place.deployment("worker", $0))"
                        })
                #expect(await story.image("worker", "production")?.hasSuffix(":\(revert)") == true)

                // The services go, as manifests do that are deleted; the servers stay.
                sample = first
                let end = try #require(sample.files["mainstay.yaml"]?.firstRange(of: "- name: api\n")?.lowerBound)
                sample.files["mainstay.yaml"] = sample.files["mainstay.yaml"].map { String($0[..<end]) }
                for name in ["api", "worker"] {
                    for environment in ["staging", "production"] {
                        sample.files["k8s/\(name)/\(environment)-deployment.yaml"] = nil
                    }
                }
                try story.merge(sample, "Remove the services")
                try await story.until("they are gone") {
                    for environment in ["staging", "production"] {
                        for name in ["api", "worker"] where await story.deployment(name, environment) != nil {
                            return false
                        }
                    }
                    return true
                }
                try await story.pass(.seconds(600))
                for name in ["nats", "postgres"] {
                    #expect(await story.object(DaemonHarness.Place.statefulSet(name)) != nil, "\(name)")
                }
            }
        }

        @Test(
            "A commit to the shared NATS touches NATS alone, and looks at its dependents; the services are judged alone"
        )
        func shared() async throws {
            let first = try Sample("planet")
            try await SampleStory.play(first) { story in
                try await Self.surround(story, secretsIn: ["staging", "production"])
                let begin = try story.merge(first, "Begin")
                try await story.untilHealthy(["api", "worker"], in: "production", at: begin)
                let worker = try #require(await story.deployment("worker", "production"))
                let pod = worker.value(at: "spec", "template", "spec")?["containers"]?[0]
                #expect(pod?["resources"]?["requests"] == ["cpu": "500m", "memory": "1Gi"])
                #expect(worker.value(at: "spec", "replicas")?.integer == 2)

                story.transport.forgetWrites()
                var sample = first
                try sample.edit("k8s/infrastructure/nats-deployment.yaml", "nats:2.10-alpine", "nats:2.11-alpine")
                let commit = try story.merge(sample, "Move to NATS 2.11")
                try await story.untilHealthy(["nats"], in: "infrastructure", at: commit)
                #expect(story.transport.writes == ["PATCH \(DaemonHarness.Place.statefulSet("nats"))"])
                let notes = try await story.rollouts("nats", "infrastructure").last?.verdict?.verdict.notes ?? []
                #expect(notes.count { $0.hasPrefix("dependent ") } == 4)
                story.expectGuide(shows: notes.joined(separator: "\n"))
                story.expectGuide(shows: story.table)

                // Both change, and one of them crashes.
                try sample.edit("apps/api/main.py", "api", "api, faster")
                try sample.edit("k8s/worker/staging-deployment.yaml", "planet/worker", "planet/worker-next:crash")
                let both = try story.merge(sample, "Change both")
                try await story.untilHealthy(["api"], in: "production", at: both)
                #expect(story.status("worker", "staging")?.phase == .rolledBack)
                #expect(await story.image("worker", "staging") == "registry.example.com/planet/worker:\(begin)")
            }
        }
    }
}
