// SPDX-License-Identifier: Apache-2.0

import Git
import Manifests
import Planning
import Reconciler
import TestSupport
import Testing

@testable import Mainstay

/// What a commit deploys, on real repositories: which inputs move, and which tags.
@Suite("What a commit deploys", .timeLimit(.minutes(3)))
struct DeployedByCommitTests {
    private final class Fixture {
        let repository: TemporaryRepository
        let source: GitSource
        private let mirror: GitMirror
        private let folder: TemporaryDirectory

        init() throws {
            repository = try TemporaryRepository()
            folder = try TemporaryDirectory()
            mirror = try GitMirror(
                directory: folder.path + "/mirror", url: repository.url, credentials: GitCredentials(),
                transport: ScriptedTransport())
            source = GitSource(mirror: mirror)
            for name in ["api", "worker"] {
                try repository.write(DeployedByCommitTests.deployment(name), to: "k8s/\(name)/deployment.yaml")
                try repository.write("1", to: "apps/\(name)/main.py")
            }
        }

        func pipeline(_ image: String, more: String = "") throws {
            try repository.write(
                """
                apiVersion: mainstay.dev/v1
                kind: Pipeline
                environments: [{name: staging, namespace: staging}, {name: production, namespace: production}]
                applications:
                - {name: api, environments: [staging, production], path: k8s/api, images: [{name: r.example.com/api, \(image)}]}
                - {name: worker, environments: [staging], path: k8s/worker, images: [{name: r.example.com/worker, tag: lastCommit, from: apps/worker}]\(more)}

                """, to: "mainstay.yaml")
        }

        /// - Parameter known: the inputs of an earlier answer; the answer is nil where they did not move.
        func desired(
            _ application: String, in environment: String = "staging", at commit: String, unless known: Inputs? = nil
        ) async throws -> Desired? {
            try repository.git("branch", "--force", "looked-at", commit)
            _ = try await source.fetch(["looked-at"])
            let pipeline = try await source.pipeline(at: commit)
            let application = try #require(pipeline.application(application))
            let environment = try #require(pipeline.environment(environment))
            guard
                case .rendered(let desired) = try await source.desired(
                    application, in: environment, at: commit, unlessInputsAre: known)
            else { return nil }
            return desired
        }

        func tag(_ application: String, in environment: String = "staging", at commit: String) async throws -> String? {
            let manifests = try await desired(application, in: environment, at: commit)?.manifests ?? []
            let object = manifests.first { $0.object.kind == "Deployment" }?.object
            let image = object?.value(at: "spec", "template", "spec")?["containers"]?[0]?["image"]?.string
            return image?.split(separator: ":", maxSplits: 1).last.map(String.init)
        }
    }

    private static func deployment(_ name: String) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name)}
        spec: {template: {spec: {containers: [{name: \(name), image: "r.example.com/\(name):dev"}]}}}

        """
    }

    private static let lastCommit = "tag: lastCommit, from: apps/api"

    @Test("A commit under apps/api alone deploys api: its tag moved, and nothing else's inputs did")
    func oneFolder() async throws {
        let fixture = try Fixture()
        try fixture.pipeline(Self.lastCommit)
        let first = try fixture.repository.commit("first")
        let api = try #require(try await fixture.desired("api", at: first))
        let worker = try #require(try await fixture.desired("worker", at: first))
        let docs = try fixture.repository.commit("README.md", "hello")
        #expect(try await fixture.desired("api", at: docs, unless: api.inputs) == nil, "nothing to render")
        let second = try fixture.repository.commit("apps/api/main.py", "2")
        #expect(try await fixture.desired("worker", at: second, unless: worker.inputs) == nil)
        let moved = try #require(try await fixture.desired("api", at: second, unless: api.inputs))
        #expect(moved.digest != api.digest)
        #expect(try await fixture.tag("api", at: second) == second)
        let entry = try await { () async throws -> String in
            try fixture.pipeline(Self.lastCommit, more: ", timeout: 5m")
            return try fixture.repository.commit("another timeout of the worker")
        }()
        #expect(try await fixture.desired("api", at: entry, unless: moved.inputs) == nil)
        let judged = try #require(try await fixture.desired("worker", at: entry, unless: worker.inputs))
        #expect(judged.digest == worker.digest, "another entry, and nothing else to apply")
    }

    @Test("A path that was looked for and not found is an input: what comes there later counts")
    func notFound() async throws {
        let fixture = try Fixture()
        try fixture.pipeline(Self.lastCommit)
        let first = try fixture.repository.commit("first")
        let api = try #require(try await fixture.desired("api", at: first))
        let second = try fixture.repository.commit(
            "k8s/api/kustomization.yaml", "resources: [deployment.yaml]\nnamePrefix: x-\n")
        #expect(try await fixture.desired("api", at: second, unless: api.inputs)?.digest != api.digest)
    }

    @Test("revision moves with the commits that touch what is rendered, and with no other")
    func revision() async throws {
        let fixture = try Fixture()
        try fixture.pipeline("tag: revision")
        let first = try fixture.repository.commit("first")
        let api = try #require(try await fixture.desired("api", at: first))
        let source = try fixture.repository.commit("apps/api/main.py", "2")
        #expect(try await fixture.desired("api", at: source, unless: api.inputs) == nil)
        let manifest = try fixture.repository.commit(
            "k8s/api/deployment.yaml", Self.deployment("api") + "# changed\n")
        #expect(try await fixture.tag("api", at: manifest) == manifest)
        let later = try fixture.repository.commit("k8s/worker/more.yaml", "# nothing\n")
        #expect(try await fixture.tag("api", at: later) == manifest)
    }

    @Test(
        "A merge of a branch moves the tag to the branch's commit; a merge of changes side by side is the change itself"
    )
    func merges() async throws {
        let fixture = try Fixture()
        try fixture.repository.write("resources: [deployment.yaml, a.yaml]\n", to: "k8s/api/kustomization.yaml")
        try fixture.repository.write("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", to: "k8s/api/a.yaml")
        try fixture.pipeline(Self.lastCommit)
        try fixture.repository.commit("first")
        try fixture.repository.branch("feature")
        let change = try fixture.repository.commit("apps/api/main.py", "2")
        try fixture.repository.checkout("main")
        try fixture.repository.commit("README.md", "meanwhile")
        try fixture.repository.git("merge", "--quiet", "--no-ff", "--message", "Merge", "feature")
        #expect(try await fixture.tag("api", at: fixture.repository.head()) == change)

        try fixture.pipeline("tag: revision")
        let start = try fixture.repository.commit("follow revision")
        try fixture.repository.branch("left")
        let left = try fixture.repository.commit(
            "k8s/api/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: y}\n")
        try fixture.repository.checkout("main")
        let right = try fixture.repository.commit("k8s/api/deployment.yaml", Self.deployment("api") + "# right\n")
        try fixture.repository.git("merge", "--quiet", "--no-ff", "--message", "Merge both", "left")
        let merge = try fixture.repository.head()
        #expect(try await fixture.tag("api", at: left) == left)
        #expect(try await fixture.tag("api", at: right) == right)
        #expect(try await fixture.tag("api", at: merge) == merge, "neither \(left) nor \(right) holds the other")
        let later = try fixture.repository.commit("README.md", "later")
        #expect(try await fixture.tag("api", at: later) == merge)
        #expect(try await fixture.tag("api", at: start) != start, "the pipeline's entry is not what is rendered")
    }

    @Test("A revert is a change of its own: the tag moves on, and the content is what it was")
    func revert() async throws {
        let fixture = try Fixture()
        try fixture.pipeline(Self.lastCommit)
        let first = try fixture.repository.commit("first")
        try fixture.repository.commit("apps/api/main.py", "2")
        try fixture.repository.git("revert", "--no-edit", "HEAD")
        let reverted = try fixture.repository.head()
        #expect(try await fixture.tag("api", at: reverted) == reverted)
        #expect(try await fixture.tag("api", at: first) == first)
        // A manifest that is changed and back again is what it was.
        let before = try #require(try await fixture.desired("worker", at: reverted))
        try fixture.repository.commit("k8s/worker/deployment.yaml", Self.deployment("worker") + "# x\n")
        try fixture.repository.git("revert", "--no-edit", "HEAD")
        #expect(try await fixture.desired("worker", at: fixture.repository.head(), unless: before.inputs) == nil)
    }

    private func message(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "nothing was thrown"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "A folder that never was, or was renamed away, is named, with the commit that took it, and touches nobody else")
    func goneFolders() async throws {
        let fixture = try Fixture()
        try fixture.pipeline("tag: lastCommit, from: apps/apy")
        let first = try fixture.repository.commit("first")
        #expect(
            await message { _ = try await fixture.desired("api", at: first) }
                == "mainstay.yaml: application api: an image's tag names apps/apy, which no commit ever touched: correct from"
        )
        #expect(try await fixture.tag("worker", at: first) == first)
        try fixture.pipeline(Self.lastCommit)
        let second = try fixture.repository.commit("correct it")
        #expect(try await fixture.tag("api", at: second) == first)
        try fixture.repository.git("mv", "apps/api", "apps/server")
        let renamed = try fixture.repository.commit("rename")
        #expect(
            await message { _ = try await fixture.desired("api", at: renamed) }
                == "mainstay.yaml: application api: an image's tag names apps/api, which \(renamed.prefix(7)) removed: correct from"
        )
        try fixture.pipeline("tag: lastCommit, from: apps/server")
        let third = try fixture.repository.commit("follow it")
        #expect(try await fixture.tag("api", at: third) == renamed, "the rename is the last change of the new folder")
    }

    @Test("A tag is shortened and worded as the environment has it")
    func forms() async throws {
        let fixture = try Fixture()
        try fixture.pipeline(
            "tag: {staging: \"staging-{lastCommit}\", production: lastCommit}, from: apps/api, length: 8")
        let first = try fixture.repository.commit("first")
        #expect(try await fixture.tag("api", at: first) == "staging-\(first.prefix(8))")
        #expect(try await fixture.tag("api", in: "production", at: first) == String(first.prefix(8)))
    }
}
