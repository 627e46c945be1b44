// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import TestSupport
internal import Testing

@Suite("mainstay render", .timeLimit(.minutes(2)))
struct RenderCommandTests {
    private static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api}
        spec: {template: {spec: {containers: [{name: api, image: registry.example.com/api}]}}}

        """

    /// A base and two overlays, and a pipeline over them.
    private func repository() throws -> TemporaryRepository {
        let repository = try TemporaryRepository()
        try repository.write(Self.deployment, to: "k8s/api/base/deployment.yaml")
        try repository.write("resources: [deployment.yaml]\n", to: "k8s/api/base/kustomization.yaml")
        for name in ["staging", "production"] {
            try repository.write(
                "resources: [../../base]\nnamePrefix: \(name)-\n", to: "k8s/api/overlays/\(name)/kustomization.yaml")
        }
        try repository.write(
            """
            apiVersion: mainstay.dev/v1
            kind: Pipeline
            environments:
            - {name: staging, namespace: staging}
            - {name: production, namespace: production}
            applications:
            - name: api
              environments: [staging, production]
              path: k8s/api/overlays/{environment}
              images: [{name: registry.example.com/api, tag: lastCommit, from: apps/api}]

            """, to: "mainstay.yaml")
        try repository.commit("apps/api/main.swift", "1")
        return repository
    }

    private func objects(_ outcome: Binary.Outcome) throws -> [Object] {
        try YAML.documents(Array(outcome.output.utf8), file: "output").compactMap(\.value.object)
    }

    @Test("a bare kustomization needs neither repository nor pipeline, and its bases may be anywhere")
    func bare() async throws {
        let directory = try TemporaryDirectory()
        try directory.write(Self.deployment, to: "base/deployment.yaml")
        try directory.write("resources: [deployment.yaml]\n", to: "base/kustomization.yaml")
        try directory.write("resources: [../base]\nnamespace: space\n", to: "overlay/kustomization.yaml")
        let outcome = try await Binary.run("render", "\(directory.path)/overlay")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try objects(outcome).map(\.objectID.description) == ["Deployment space/api"])
        #expect(outcome.errors.isEmpty)
    }

    @Test("a revision is rendered as it was committed, with the files as they are untouched")
    func revision() async throws {
        let repository = try repository()
        try repository.write("no: kustomization\n", to: "k8s/api/base/kustomization.yaml")
        let path = "\(repository.path)/k8s/api/overlays/staging"
        let now = try await Binary.run("render", path)
        #expect(now.status == 1)
        #expect(now.errors.contains("k8s/api/base/kustomization.yaml:1:1"))
        let then = try await Binary.run("render", path, "--revision", "HEAD", "--output", "json")
        #expect(then.status == 0, "\(then.errors)")
        let list = try JSON.parse(Array(then.output.utf8))
        #expect(list["kind"] == "List")
        #expect(list["items"]?.array?.map { $0["metadata"]?["name"] } == ["staging-api"])
    }

    @Test("a repository's applications come with their namespaces and the tags that their history gives")
    func applications() async throws {
        let repository = try repository()
        let tag = try repository.head()
        try repository.commit("README.md", "Not about the API\n")
        let all = try await Binary.run("render", repository.path)
        #expect(all.status == 0, "\(all.errors)")
        #expect(
            try objects(all).map(\.objectID.description)
                == ["Deployment staging/staging-api", "Deployment production/production-api"])
        #expect(all.output.contains("# production/api\n"))
        #expect(all.output.contains("image: registry.example.com/api:\(tag)"))
        let one = try await Binary.run("render", repository.path, "--environment", "production")
        #expect(try objects(one).map(\.objectID.description) == ["Deployment production/production-api"])
        let below = try await Binary.run(
            "render", "\(repository.path)/k8s/api/overlays/staging", "--application", "api")
        #expect(try objects(below).map(\.objectID.description) == ["Deployment staging/staging-api"])
    }

    @Test("what does not exist is named, with what there is instead")
    func mistakes() async throws {
        let repository = try repository()
        let environment = try await Binary.run("render", repository.path, "-e", "prod")
        #expect(environment.status == 1)
        #expect(environment.errors.contains("no environment \"prod\"; there is staging, production"))
        let revision = try await Binary.run("render", repository.path, "-r", "v9")
        #expect(revision.status == 2)
        #expect(revision.errors.contains("v9"))
        let path = try await Binary.run("render", "\(repository.path)/k8s/nowhere")
        #expect(path.status == 1)
        #expect(path.errors.contains("k8s/nowhere"))
    }
}
