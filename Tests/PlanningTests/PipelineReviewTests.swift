// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("What a pipeline asks for and cannot have")
struct PipelineReviewTests {
    private static func findings(_ environments: String, _ applications: String, _ manifests: String = "") throws
        -> [String]
    {
        let text = """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments: [\(environments)]
            applications: [\(applications)]
            """
        let pipeline = try Pipeline.parse(Array(text.utf8))
        let read = manifests.isEmpty ? [] : try ManifestReader.manifests(Array(manifests.utf8), file: "a.yaml")
        let parts = pipeline.targets.map { PipelineReview.Part(target: $0, manifests: read) }
        return PipelineReview(pipeline: pipeline, parts: parts).findings(
            exists: { $0 == "apps/api" }, timeZones: .utcOnly
        )
        .map { finding in
            if case .pipeline(let field) = finding.place {
                return "\(finding.severity.rawValue) \(field): \(finding.message)"
            }
            return "\(finding.severity.rawValue): \(finding.message)"
        }
    }

    private static let staging = "{name: staging, namespace: s}"
    private static let api = "{name: api, environments: [staging], path: api}"

    @Test("An environment without applications, and one that waits for what shares none with it, are told of")
    func environments() throws {
        let production = "{name: production, namespace: p, requires: [{environment: staging}]}"
        #expect(
            try Self.findings("\(Self.staging), {name: old, namespace: o}", Self.api) == [
                "warning environments[1].name: no application runs in old"
            ])
        let web = "{name: web, environments: [production], path: web}"
        #expect(
            try Self.findings("\(Self.staging), \(production)", "\(Self.api), \(web)") == [
                "warning environments[1].requires[0].environment: no application of production runs in staging: there is "
                    + "nothing in it to wait for"
            ])
        let both = "{name: web, environments: [staging, production], path: web}"
        #expect(try Self.findings("\(Self.staging), \(production)", both) == [])
    }

    @Test("A Knative Service that a check asks is looked for, and one that is asked as another Service is told of")
    func knative() throws {
        func found(_ check: String) throws -> [String] {
            try Self.findings(
                Self.staging, "{name: api, environments: [staging], path: api, verify: [{http: \(check)}]}",
                "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: shop, namespace: s}\n")
        }
        #expect(try found("{knative: shop}") == [])
        #expect(
            try found("{knative: shp}").first?.hasPrefix(
                "warning applications[0].verify[0].http.knative: no manifest has a Knative Service s/shp") == true)
        #expect(
            try found("{service: shop, port: 80}") == [
                "warning applications[0].verify[0].http.service: the Service s/shop is Knative's, which the cluster's proxy "
                    + "does not reach: it is asked at its own URL, as by knative: shop in place of service and port"
            ])
    }

    @Test("A check that names no Job of the application is an error: nothing would be rolled out")
    func job() throws {
        func found(_ job: String) throws -> [String] {
            try Self.findings(
                Self.staging, "{name: api, environments: [staging], path: api, verify: [{job: \(job)}]}",
                "apiVersion: batch/v1\nkind: Job\nmetadata: {name: smoke-test, namespace: s}\n")
        }
        #expect(try found("smoke-test") == [])
        #expect(
            try found("smoketest").first?.hasPrefix(
                "error applications[0].verify[0].job: no manifest of api in staging is a Job smoketest") == true)
        #expect(try found("smoketest").first?.hasSuffix("; did you mean \"smoke-test\"?") == true)
    }

    @Test("A check's Job has to be in each environment")
    func jobOfEach() throws {
        let text = """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments: [\(Self.staging), {name: production, namespace: p}]
            applications: [{name: api, environments: [staging, production], path: api, verify: [{job: smoke}]}]
            """
        let pipeline = try Pipeline.parse(Array(text.utf8))
        let job = try ManifestReader.manifests(
            Array("apiVersion: batch/v1\nkind: Job\nmetadata: {name: smoke, namespace: s}\n".utf8), file: "a.yaml")
        let parts = pipeline.targets.map { target in
            PipelineReview.Part(target: target, manifests: target.environment == "staging" ? job : [])
        }
        let found = PipelineReview(pipeline: pipeline, parts: parts).findings(
            exists: { _ in true }, timeZones: .utcOnly)
        #expect(found.map(\.message).count { $0.hasPrefix("no manifest of api in production is a Job smoke") } == 1)
        #expect(!found.contains { $0.message.contains("api in staging") })
    }

    @Test("Approvals by anybody are told of, by groups they are not")
    func approvals() throws {
        func found(_ approvals: String) throws -> Int {
            try Self.findings("{name: staging, namespace: s, approvals: \(approvals)}", Self.api).count
        }
        #expect(try found("{count: 1}") == 1)
        #expect(try found("{count: 1, groups: [leads]}") == 0)
    }

    @Test("An image that is renamed is looked for by its new name, and a folder that is there is no mistake")
    func images() throws {
        let pod = """
            apiVersion: v1
            kind: Pod
            metadata: {name: api, namespace: s}
            spec: {containers: [{name: a, image: "example.com/new:1"}]}
            """
        func found(_ image: String) throws -> [String] {
            try Self.findings(
                Self.staging, "{name: api, environments: [staging], path: api, images: [\(image)]}", pod)
        }
        #expect(try found("{name: example.com/old, newName: example.com/new, tag: lastCommit, from: apps/api}") == [])
        #expect(
            try found("{name: example.com/nev, tag: lastCommit, from: apps/web}") == [
                "error applications[0].images[0].from: apps/web is not in the repository, so that no commit can be its last",
                "warning applications[0].images[0].name: no container of api has the image example.com/nev; did you mean "
                    + "\"example.com/new\"?",
            ])
    }
}
