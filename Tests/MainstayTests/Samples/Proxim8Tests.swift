// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Sandbox
internal import Testing

@testable internal import Mainstay
@testable internal import Reconciler

extension Stories {
    /// Two branches, Knative Services: docs/guides/proxim8.md.
    @Suite("The sample proxim8")
    struct Proxim8Tests {
        static func surround(_ story: SampleStory) async throws {
            try await story.makeNamespaces("proxim8-development", "proxim8-production")
            for name in ["development", "production"] {
                for secret in ["jwt-secret", "redis-password", "mongodb-uri"] {
                    try await story.makeSecret("proxim8-\(secret)-\(name)", in: "proxim8-\(name)", key: "value")
                }
            }
            try await story.make(
                [
                    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                    "metadata": ["name": "services.serving.knative.dev"],
                    "spec": [
                        "group": "serving.knative.dev", "scope": "Namespaced",
                        "names": [
                            "plural": "services", "singular": "service", "kind": "Service", "listKind": "ServiceList",
                        ],
                        "versions": [
                            [
                                "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
                                "schema": [
                                    "openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
                                ],
                            ]
                        ],
                    ],
                ], "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
            await story.cluster.settle()
        }

        private static func service(_ name: String, _ environment: String) -> String {
            "/apis/serving.knative.dev/v1/namespaces/proxim8-\(environment)/services/proxim8-\(name)"
        }

        @Test(
            "develop is deployed to development and main to production, service by service, ready when Knative says so")
        func branches() async throws {
            let first = try Sample("proxim8")
            let all = ["redis", "server", "pipeline"]
            try await SampleStory.play(first) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try story.move("develop", to: begin)
                for environment in ["development", "production"] {
                    try await story.untilHealthy(all, in: environment, at: begin)
                    for name in ["server", "pipeline"] {
                        let live = try #require(await story.object(Self.service(name, environment)))
                        let ready = live.value(at: "status")?["conditions"]?.array?.first { $0["type"] == "Ready" }
                        #expect(ready?["status"] == "True", "\(name) in \(environment)")
                    }
                }

                // Only the server changed, and only on develop.
                story.transport.forgetWrites()
                var sample = first
                try sample.edit("server/Dockerfile", "22", "24")
                let commit = try story.merge(sample, "Use Node 24", to: "develop")
                try await story.until("Knative says ready") {
                    story.status("server", "development")?.phase == .verifying
                }
                let readyAt = story.now
                try await story.untilHealthy(["server"], in: "development", at: commit)
                story.expect(story.now - readyAt, from: 29, to: 60)
                try await story.pass(.seconds(3600))
                #expect(story.transport.writes == ["PATCH \(Self.service("server", "development"))"])
                story.expectGuide(shows: story.table)

                story.transport.forgetWrites()
                try story.move("main", to: commit)
                try await story.untilHealthy(["server"], in: "production", at: commit)
                #expect(story.transport.writes == ["PATCH \(Self.service("server", "production"))"])
                let live = await story.object(Self.service("server", "production"))
                let image = live?.value(at: "spec", "template", "spec")?["containers"]?[0]?["image"]?.string
                #expect(image == "registry.example.com/proxim8/server:production-\(commit)")
                let scale = live?.value(at: "spec", "template", "metadata", "annotations")
                #expect(scale?["autoscaling.knative.dev/max-scale"] == "100")

                // Only what is not a service changed.
                story.transport.forgetWrites()
                try sample.edit("deploy/development/redis.yaml", "redis:7.4", "redis:8.0")
                let newRedis = try story.merge(sample, "Use Redis 8", to: "develop")
                try await story.untilHealthy(["redis"], in: "development", at: newRedis)
                try await story.pass(.seconds(600))
                #expect(
                    story.transport.writes == [
                        "PATCH \(DaemonHarness.Place.deployment("redis", "proxim8-development"))"
                    ])
            }
        }

        @Test(
            "A revision that is ready and answers 500 thirty seconds later is taken back, and what ran before is asked")
        func healthCheck() async throws {
            let first = try Sample("proxim8")
            try await SampleStory.play(first) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try story.move("develop", to: begin)
                for environment in ["development", "production"] {
                    try await story.untilHealthy(["redis", "server", "pipeline"], in: environment, at: begin)
                }
                var sample = first
                try sample.edit("server/Dockerfile", "22", "24")
                let bad = try story.merge(sample, "Use Node 24", to: "develop")
                story.transport.breakHealth(ofTag: "development-\(bad)", in: "proxim8-development")
                try await story.until("development is taken back") {
                    story.status("server", "development")?.phase == .rolledBack
                }
                story.expectGuide(shows: story.table)
                let live = await story.object(Self.service("server", "development"))
                let image = live?.value(at: "spec", "template", "spec")?["containers"]?[0]?["image"]?.string
                #expect(image == "registry.example.com/proxim8/server:development-\(begin)")
                #expect(story.status("server", "production")?.revision == begin)
            }
        }

        @Test("A service at a host that the operator does not allow is not asked: held, and not taken back")
        func notAllowed() async throws {
            let first = try Sample("proxim8")
            try await SampleStory.play(first, hosts: []) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try story.move("develop", to: begin)
                try await story.until("it is held") {
                    story.status("server", "development")?.message.contains("held for a person") == true
                }
                let status = try #require(story.status("server", "development"))
                #expect(status.cause?.reason == CheckProgress.inconclusive)
                story.expectGuide(shows: status.cause.map { "\($0)" } ?? "")
                #expect(await story.object(Self.service("server", "development")) != nil)
            }
        }

        @Test(
            "A pull request plans and writes nothing; what was taken back is forced by a person; an environment is destroyed"
        )
        func byHand() async throws {
            let first = try Sample("proxim8")
            let all = ["redis", "server", "pipeline"]
            try await SampleStory.play(first) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try story.move("develop", to: begin)
                for environment in ["development", "production"] {
                    try await story.untilHealthy(all, in: environment, at: begin)
                }

                // A pull request.
                story.transport.forgetWrites()
                var sample = first
                try sample.edit("deploy/development/server.yaml", "server:development", "server-next:missing")
                try story.move("rewrite", to: begin)
                let branch = try story.merge(sample, "Rewrite the server", to: "rewrite")
                let plan = try await story.plan(revision: "rewrite", environment: "development")
                story.expectGuide(shows: PlanMarkdown(report: plan).text)
                try await story.pass(.seconds(3600))
                #expect(story.transport.writes == [])
                #expect(story.status("server", "development")?.revision == begin)

                // It is merged all the same, and taken back; then the image is there, and a person wants it.
                try story.move("develop", to: branch)
                try await story.until("development is taken back") {
                    story.status("server", "development")?.phase == .rolledBack
                }
                let target = TargetID(application: "server", environment: "development")
                let forced = try await story.say(.release(target, nil))
                story.expectGuide(shows: forced.message)
                try await story.until("it is tried again") {
                    try await story.rollouts("server", "development").count { $0.rollout.revision == branch } == 2
                }
                try await story.until("and taken back again") {
                    story.status("server", "development")?.phase == .rolledBack
                }

                // The environment goes.
                let scope = Suspension.Scope(environment: "development")
                let listed = try await story.say(.destroy(scope, phrase: nil, reason: nil))
                story.expectGuide(shows: listed.items.joined(separator: "\n"))
                let phrase = try #require(listed.code)
                story.expectGuide(shows: phrase)
                #expect(await story.object(Self.service("server", "development")) != nil)
                let destroyed = try await story.say(.destroy(scope, phrase: phrase, reason: "no longer needed"))
                story.expectGuide(shows: destroyed.message)
                try await story.until("it is gone") {
                    for name in ["server", "pipeline"]
                    where await story.object(Self.service(name, "development")) != nil { return false }
                    return await story.deployment("redis", "proxim8-development") == nil
                }
                try await story.pass(.seconds(3600))
                #expect(await story.object(Self.service("server", "development")) == nil, "it stays away")
                #expect(await story.object(Self.service("server", "production")) != nil)
                story.expectGuide(shows: story.table)
            }
        }

        @Test("A revision that never gets ready is taken back in development, and production never sees it")
        func missing() async throws {
            let first = try Sample("proxim8")
            try await SampleStory.play(first) { story in
                try await Self.surround(story)
                let begin = try story.merge(first, "Begin")
                try story.move("develop", to: begin)
                for environment in ["development", "production"] {
                    try await story.untilHealthy(["redis", "server", "pipeline"], in: environment, at: begin)
                }
                var sample = first
                try sample.edit("deploy/development/server.yaml", "server:development", "server-next:missing")
                try story.merge(sample, "Rewrite the server", to: "develop")
                try await story.until("development is taken back") {
                    story.status("server", "development")?.phase == .rolledBack
                }
                story.expectGuide(shows: story.table)
                let live = await story.object(Self.service("server", "development"))
                let image = live?.value(at: "spec", "template", "spec")?["containers"]?[0]?["image"]?.string
                #expect(image == "registry.example.com/proxim8/server:development-\(begin)")
                #expect(story.status("server", "production")?.revision == begin)
                #expect(try await story.rollouts("server", "production").count == 1)
            }
        }
    }
}
