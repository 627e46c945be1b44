// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite struct HealthExpressionsTests {
    private let now = Timestamp("2026-11-21T10:00:00Z") ?? Timestamp(millisecondsSinceEpoch: 0)

    private static let file = """
        apiVersion: mainstay.dev/v1
        kind: Pipeline
        environments:
        - {name: staging, namespace: staging}
        applications:
        - {name: db, environments: [staging], path: k8s/db.yaml}
        health:
        - kind: Database.example.com
          progressing: "status.phase == 'Creating'"
          failed: "status.phase in ['Error', 'Lost']"
          healthy: "status.phase == 'Ready' && status.replicas.all(r, r.ready)"
        """

    private func expressions(_ text: String = Self.file) throws -> HealthExpressions {
        try #require(try Pipeline.parse(Array(text.utf8)).applications.first).health
    }

    private func database(_ status: String, metadata: String = #""generation": 1"#) throws -> Object {
        try make("example.com/v1", "Database", "db", metadata: metadata, #""status": \#(status)"#)
    }

    private func health(_ object: Object, appliedAt: Timestamp? = nil) throws -> Health {
        HealthRules.health(
            of: object, appliedGeneration: nil, appliedAt: appliedAt, expressions: try expressions(), now: now)
    }

    @Test(
        "The first expression that holds decides; none of them, or a field that is not there, means it is still at it",
        arguments: [
            (#"{"phase": "Creating"}"#, HealthStatus.progressing, "Progressing"),
            (#"{"phase": "Error"}"#, .degraded, "Failed"),
            (#"{"phase": "Lost", "replicas": []}"#, .degraded, "Failed"),
            (#"{"phase": "Ready", "replicas": [{"ready": true}]}"#, .healthy, ""),
            (#"{"phase": "Ready", "replicas": [{"ready": false}]}"#, .progressing, "NotHealthy"),
            (#"{"phase": "Ready"}"#, .progressing, "NotHealthy"),
            (#"{"conditions": [{"type": "Ready", "status": "True"}]}"#, .progressing, "NotHealthy"),
        ])
    func states(status: String, expected: HealthStatus, reason: String) throws {
        let health = try health(try database(status))
        #expect(health.status == expected)
        #expect(health.reason == reason)
    }

    @Test("A status from before the apply says nothing: a new generation, or ten seconds, are waited for")
    func staleness() throws {
        let ready = #"{"phase": "Ready", "replicas": [], "observedGeneration": 1}"#
        let stale = try health(try database(ready, metadata: #""generation": 2"#))
        #expect(stale.reason == "LatestGenerationNotObserved")
        let untold = try database(#"{"phase": "Ready", "replicas": []}"#)
        #expect(try health(untold, appliedAt: now).reason == "Settling")
        #expect(try health(untold, appliedAt: now + .seconds(-11)).status == .healthy)
    }

    @Test("An expression that takes too many steps holds nothing up for ever, and says so")
    func cost() throws {
        let text = Self.file.replacing(
            "status.phase == 'Ready' && status.replicas.all(r, r.ready)",
            with: "status.l.all(a, status.l.all(b, status.l.all(c, a + b + c >= 0)))")
        let list = (0..<200).map(String.init).joined(separator: ",")
        let object = try database(#"{"phase": "x", "l": [\#(list)]}"#)
        let health = HealthRules.health(
            of: object, appliedGeneration: nil, expressions: try expressions(text), now: now)
        #expect(health.reason == "ExpressionTooExpensive")
        #expect(health.status == .progressing)
    }

    @Test(
        "What cannot be a condition is refused with its place",
        arguments: [
            ("status.phase ==", "is no condition in CEL"),
            ("'ready'", "must be true or false, and is string"),
            ("phase == 'Ready'", "undeclared reference to 'phase'"),
        ])
    func refusals(expression: String, message: String) throws {
        let text = Self.file.replacing("status.phase == 'Creating'", with: expression)
        let errors = #expect(throws: PipelineErrors.self) { try Pipeline.parse(Array(text.utf8)) }
        let description = try #require(errors).description
        #expect(description.contains("mainstay.yaml:9"))
        #expect(description.contains("health[0].progressing"))
        #expect(description.contains(message))
    }

    @Test("Kinds that have rules of their own take no expressions")
    func builtInKinds() throws {
        let text = Self.file.replacing("Database.example.com", with: "Deployment.apps")
        let errors = #expect(throws: PipelineErrors.self) { try Pipeline.parse(Array(text.utf8)) }
        #expect(try #require(errors).description.contains("is judged by rules of its own"))
    }

    @Test("Changed expressions do not change what an application is")
    func digest() throws {
        let changed = Self.file.replacing("'Creating'", with: "'Making'")
        let first = try Pipeline.parse(Array(Self.file.utf8)).applications.first
        let second = try Pipeline.parse(Array(changed.utf8)).applications.first
        #expect(first != second)
        #expect(first?.entryDigestText == second?.entryDigestText)
    }

    @Test("A mark on the object shows its health and holds nothing up")
    func ignored() throws {
        for mark in [#""mainstay.dev/health": "ignore""#, #""argocd.argoproj.io/ignore-healthcheck": "true""#] {
            let health = try health(
                try database(#"{"phase": "Error"}"#, metadata: #""annotations": {\#(mark)}"#))
            #expect(health.status == .degraded)
            #expect(!health.gates)
        }
        #expect(try health(try database(#"{"phase": "Error"}"#)).gates)
    }
}
