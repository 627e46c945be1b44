// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import TestSupport
internal import Testing

extension Stories {
    /// Staging in the default cluster, production in `east`, both in the namespace `shop`: every object has a namesake.
    @Suite("One daemon with two clusters")
    struct TwoClustersTests {
        private static func files(
            staging: String, production: String, cluster: String = ", cluster: east", more: [String: String] = [:]
        ) -> [String: String] {
            var files = [
                "mainstay.yaml": """
                apiVersion: mainstay.dev/v1
                kind: Pipeline
                environments:
                - {name: staging, namespace: shop}
                - {name: production, namespace: shop\(cluster)}
                applications:
                - {name: api, environments: [staging, production], path: "k8s/{environment}"}

                """
            ]
            for (environment, tag) in [("staging", staging), ("production", production)] {
                files["k8s/\(environment)/deployment.yaml"] = Monorepo.deployment(
                    "api", image: "example.com/api:\(tag)", environment: [])
                files["k8s/\(environment)/service.yaml"] = Monorepo.service("api")
            }
            return files.merging(more) { $1 }
        }

        private static let service = DaemonHarness.Place.service("api", "shop")
        private static let map = DaemonHarness.Place.configMap("settings", "shop")

        @Test("One cluster is down from the start: the other is deployed to; then the other way round")
        func down() async throws {
            try await TwoClusters.play { twins in
                twins.east.transport.cut(true)
                let one = try twins.merge(Self.files(staging: "1", production: "2"))
                try await twins.untilHealthy("staging", at: one)
                #expect(await twins.main.image("api") == "example.com/api:1")
                try await twins.until("it is said") {
                    twins.board.daemon.status(of: "east").error?.contains("connection refused") == true
                }
                #expect(twins.board.daemon.isReady && twins.board.daemon.cluster.error == nil)
                #expect(twins.status("production")?.phase == .blocked)
                twins.east.transport.cut(false)
                try await twins.untilHealthy("production", at: one)
                #expect(await twins.east.image("api") == "example.com/api:2")

                twins.main.transport.cut(true)
                let two = try twins.merge(Self.files(staging: "3", production: "4"))
                try await twins.untilHealthy("production", at: two)
                #expect(await twins.main.image("api") == "example.com/api:1")
                twins.main.transport.cut(false)
                try await twins.untilHealthy("staging", at: two)
                #expect(await twins.main.image("api") == "example.com/api:3")
                #expect(await twins.east.image("api") == "example.com/api:4")
            }
        }

        @Test("What is pruned and healed in one is not touched in the other")
        func apart() async throws {
            try await TwoClusters.play { twins in
                let settings = Monorepo.configMap("settings")
                let both = ["k8s/staging/settings.yaml": settings, "k8s/production/settings.yaml": settings]
                let one = try twins.merge(Self.files(staging: "1", production: "1", more: both))
                for environment in ["staging", "production"] { try await twins.untilHealthy(environment, at: one) }
                let uid = await twins.main.live(Self.map)?.uid
                try twins.merge(
                    Self.files(staging: "1", production: "1", more: ["k8s/staging/settings.yaml": settings]))
                try await twins.until("pruned in the east") { await twins.east.live(Self.map) == nil }
                await twins.east.delete(Self.service)
                try await twins.until("healed in the east") { await twins.east.live(Self.service) != nil }
                try await twins.pass(.seconds(600))
                #expect(await twins.main.live(Self.map)?.uid == uid)
                #expect(!twins.main.transport.writes.contains { $0.hasPrefix("DELETE") })
                let writes = twins.main.transport.writes.count
                let eastern = twins.east.transport.writes.count
                await twins.main.delete(Self.service)
                try await twins.until("healed") { await twins.main.live(Self.service) != nil }
                #expect(twins.main.transport.writes.count > writes)
                #expect(twins.east.transport.writes.count == eastern)
            }
        }

        @Test("A plan compares each environment with its own cluster, and one that is down hides nothing of the other")
        func plan() async throws {
            try await TwoClusters.play { twins in
                let one = try twins.merge(Self.files(staging: "1", production: "1"))
                for environment in ["staging", "production"] { try await twins.untilHealthy(environment, at: one) }
                // Otherwise it would be healed before anybody looks.
                _ = try await twins.say(
                    .suspend(.init(application: "api", environment: "production"), reason: "a look"))
                await twins.east.delete(Self.service)
                try await twins.pass(.seconds(60))
                let plan = try await twins.plan()
                #expect(plan.targets.map(\.cluster) == [nil, "east"])
                #expect(plan.targets.first?.entries.map(\.action) == [.unchanged, .unchanged])
                let missing = plan.targets.last?.entries.first { $0.id.kind == "Service" }
                #expect(missing?.reason.contains("would be created") == true)
                #expect(PlanReport(plan.value())?.targets.map(\.cluster) == [nil, "east"])
                twins.east.transport.cut(true)
                let half = try await twins.plan()
                #expect(half.targets.first?.problem == nil && half.targets.first?.entries.count == 2)
                #expect(half.targets.last?.problem?.reason == "ClusterUnavailable")
            }
        }

        @Test("A plan tells what left the pipeline and waits in a cluster that the daemon does not have")
        func absent() async throws {
            try await TwoClusters.play { twins in
                let files = Self.files(staging: "1", production: "1", more: Self.data)
                let one = try twins.merge(files)
                for environment in ["staging", "production"] { try await twins.untilHealthy(environment, at: one) }
                twins.east.transport.cut(true)
                var left = files
                left["mainstay.yaml"] = files["mainstay.yaml"]?.replacing(
                    "environments: [staging, production]", with: "environments: [staging]")
                let two = try twins.merge(left)
                try await twins.until("read") { twins.board.daemon.pipeline.revision == two }
                try await twins.pass(.seconds(60))
                let plan = try await twins.plan(hasEast: false)
                #expect(plan.targets.map(\.target.environment) == ["staging", "production"])
                let waiting = try #require(plan.targets.last)
                #expect(waiting.cluster == "east" && waiting.held?.reason == "UnknownCluster")
                #expect(waiting.entries.count == 4)
                #expect(waiting.entries.count { $0.reason == "held back; would be pruned: no longer rendered" } == 2)
                #expect(plan.outcome == .differs)
            }
        }

        @Test("What is let go of there is planned to be, as the pipeline says now and not as it said last")
        func absentOrphans() async throws {
            try await TwoClusters.play { twins in
                let files = Self.files(staging: "1", production: "1")
                let one = try twins.merge(files)
                for environment in ["staging", "production"] { try await twins.untilHealthy(environment, at: one) }
                twins.east.transport.cut(true)
                var left = files
                left["mainstay.yaml"] = files["mainstay.yaml"]?.replacing(
                    "environments: [staging, production]", with: "environments: [staging], onRemoval: orphan")
                let two = try twins.merge(left)
                try await twins.until("read") { twins.board.daemon.pipeline.revision == two }
                try await twins.pass(.seconds(60))
                let waiting = try #require(try await twins.plan(hasEast: false).targets.last)
                #expect(waiting.cluster == "east" && waiting.entries.count == 2)
                #expect(waiting.entries.allSatisfy { $0.reason.contains("pruned") == false })
            }
        }

        private static let data = [
            "k8s/production/data.yaml": """
            apiVersion: v1
            kind: Namespace
            metadata: {name: data}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}

            """
        ]

        @Test(
            "A Namespace and a claim that a destroy keeps hold no application in the old cluster, and stay there unowned"
        )
        func moveWithData() async throws {
            try await TwoClusters.play { twins in
                let claim = "/api/v1/namespaces/shop/persistentvolumeclaims/data"
                let one = try twins.merge(Self.files(staging: "1", production: "1", more: Self.data))
                for environment in ["staging", "production"] { try await twins.untilHealthy(environment, at: one) }
                let uid = await twins.east.live(claim)?.uid
                #expect(uid != nil)
                var files = Self.files(staging: "1", production: "2", cluster: "", more: Self.data)
                files["mainstay.yaml"] = files["mainstay.yaml"]?.replacing(
                    "{name: production, namespace: shop}", with: "{name: production, namespace: default}")
                let two = try twins.merge(files)
                try await twins.until("it waits") { twins.status("production")?.waits.first?.reason == .clusterChanged }
                let scope = Suspension.Scope(application: "api", environment: "production")
                let listed = try await twins.say(.destroy(scope, phrase: nil, reason: nil))
                _ = try await twins.say(.destroy(scope, phrase: listed.code, reason: nil))
                try await twins.until("gone") { await twins.east.image("api") == nil }
                _ = try await twins.say(.resume(scope))
                try await twins.untilHealthy("production", at: two)
                #expect(await twins.main.live("/api/v1/namespaces/default/persistentvolumeclaims/data") != nil)
                #expect(await twins.east.live(claim)?.uid == uid)
                for path in [claim, "/api/v1/namespaces/data"] {
                    let kept = try #require(await twins.east.live(path))
                    #expect(kept.labels[OwnerLabel.key] == nil)
                    #expect(kept.metadata["managedFields"]?.array?.contains { $0["manager"] == "mainstay" } != true)
                }
            }
        }

        @Test("Another cluster for an environment moves nothing until a person has it destroyed and resumed")
        func change() async throws {
            try await TwoClusters.play { twins in
                let one = try twins.merge(Self.files(staging: "1", production: "1"))
                for environment in ["staging", "production"] { try await twins.untilHealthy(environment, at: one) }
                // From the east to the default cluster, into a namespace of its own.
                var files = Self.files(staging: "1", production: "2", cluster: "")
                files["mainstay.yaml"] = files["mainstay.yaml"]?.replacing(
                    "{name: production, namespace: shop}", with: "{name: production, namespace: default}")
                let two = try twins.merge(files)
                try await twins.until("it waits") { twins.status("production")?.waits.first?.reason == .clusterChanged }
                try await twins.pass(.seconds(3600))
                #expect(await twins.east.image("api") == "example.com/api:1")
                let held = try await twins.plan().targets.last
                #expect(held?.held?.reason == "ClusterChanged" && held?.cluster == nil)
                let scope = Suspension.Scope(application: "api", environment: "production")
                let listed = try await twins.say(.destroy(scope, phrase: nil, reason: nil))
                _ = try await twins.say(.destroy(scope, phrase: listed.code, reason: nil))
                try await twins.until("gone") { await twins.east.image("api") == nil }
                _ = try await twins.say(.resume(scope))
                try await twins.untilHealthy("production", at: two)
                let moved = await twins.main.live(DaemonHarness.Place.deployment("api", "default"))
                #expect(moved != nil)
                #expect(await twins.main.image("api") == "example.com/api:1", "staging's is another")
                #expect(
                    try await twins.ledger.cluster(of: TargetID(application: "api", environment: "production")) == "")
            }
        }
    }
}
