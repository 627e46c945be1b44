// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

@Suite("Environments")
struct EnvironmentScenarioTests {
    private static func pipeline(production: String) -> String {
        """
        apiVersion: mainstay.dev/v1
        kind: Pipeline
        environments:
        - {name: staging, namespace: staging}
        - {name: production, namespace: production\(production)}
        applications:
        - {name: api, environments: [staging, production], path: "k8s/api"}

        """
    }

    private static func files(tag: String, production: String) -> [String: String] {
        [
            "mainstay.yaml": pipeline(production: production),
            "k8s/api/deployment.yaml": Monorepo.deployment("api", image: "example.com/api:\(tag)", environment: []),
        ]
    }

    @Test("An environment with a branch of its own follows that branch, and main moves nothing there")
    func branch() async throws {
        let production = ", branch: release"
        try await DaemonHarness.run(namespaces: ["staging", "production"]) { harness in
            try harness.merge(Self.files(tag: "1", production: production), branch: "release")
            let commit = try harness.merge(Self.files(tag: "1", production: production))
            try await harness.wait(for: "both are up") {
                harness.life.board.applications.count == 2
                    && harness.life.board.applications.allSatisfy { $0.phase == .succeeded && $0.health == .healthy }
            }
            let place = DaemonHarness.Place.deployment("api", "production")
            let before = try await harness.live(place)?.resourceVersion

            let next = try harness.merge(Self.files(tag: "2", production: production))
            try await harness.wait(for: "staging has the new image") {
                harness.status("api", in: "staging")?.revision == next
            }
            #expect(try await harness.live(place)?.resourceVersion == before)
            #expect(harness.status("api", in: "production")?.revision != commit)

            let released = try harness.merge(Self.files(tag: "2", production: production), branch: "release")
            try await harness.wait(for: "production has the new image") {
                harness.status("api", in: "production")?.revision == released
            }
        }
    }

    @Test("An environment that waits for a person's word gets nothing without it, and says so")
    func confirm() async throws {
        try await DaemonHarness.run(namespaces: ["staging", "production"]) { harness in
            try harness.merge(Self.files(tag: "1", production: ", deploy: confirm, confirmPhrase: go"))
            try await harness.wait(for: "staging is up") { harness.status("api", in: "staging")?.phase == .succeeded }
            try await harness.wait(for: "production waits") {
                harness.status("api", in: "production")?.cause?.reason == "ConfirmationRequired"
            }
            #expect(harness.transport.writes.allSatisfy { !$0.path.contains("/production/") })
        }
    }

    @Test("A plan of a branch for an environment that follows another reads the pipeline where the daemon reads it")
    func plan() async throws {
        let production = ", branch: release"
        try await DaemonHarness.run(namespaces: ["staging", "production"]) { harness in
            try harness.merge(Self.files(tag: "1", production: production), branch: "release")
            try harness.merge(Self.files(tag: "1", production: production))
            try await harness.wait(for: "both are up") {
                harness.life.board.applications.count == 2
                    && harness.life.board.applications.allSatisfy { $0.phase == .succeeded && $0.health == .healthy }
            }
            var files = Self.files(tag: "2", production: production)
            files["mainstay.yaml"] = files["mainstay.yaml"]?.replacing(
                "path: \"k8s/api\"",
                with: "path: \"k8s/api\", images: [{name: example.com/api, newName: example.com/web}]")
            try harness.merge(files, branch: "feature")
            let fixture = PlanFixture(harness)
            func image(in environment: String) async throws -> [String] {
                let report = try await fixture.plan(environment: environment, revision: "feature")
                return report.entry("Deployment \(environment)/api")?.differences.map { $0.new ?? "" } ?? []
            }
            #expect(
                try await image(in: "production") == ["\"example.com/api:2\""], "what comes once it is merged there")
            #expect(try await image(in: "staging") == ["\"example.com/web:2\""])
        }
    }
}
