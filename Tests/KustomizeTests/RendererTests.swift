// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@testable import Kustomize

@Suite struct RendererTests {
    private static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api}
        spec: {template: {spec: {containers: [{name: api, image: "registry:5000/api:1"}]}}}

        """
    private static let service = """
        apiVersion: v1
        kind: Service
        metadata: {name: api, namespace: other}

        """

    @Test("A file gives its documents in order, with their origins")
    func file() throws {
        let tree = MemoryTree(["k8s/api.yaml": Self.deployment + "---\n" + Self.service])
        let rendered = try Renderer.render(RenderRequest(path: "k8s/api.yaml", namespace: "staging"), from: tree)
        #expect(rendered.manifests.map(\.id.description) == ["Deployment staging/api", "Service other/api"])
        #expect(rendered.manifests.map(\.origin.description) == ["k8s/api.yaml:1", "k8s/api.yaml:6"])
        #expect(rendered.reads == [TreeRead(path: "k8s/api.yaml", id: try tree.entry(at: "k8s/api.yaml")?.id)])
    }

    @Test("A folder gives the YAML and JSON files directly in it, by name, and nothing below")
    func folder() throws {
        let tree = MemoryTree([
            "k8s/b.yml": Self.deployment, "k8s/a.json": #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}}"#,
            "k8s/README.md": "no manifest", "k8s/sub/c.yaml": Self.service, "k8s/c.yaml": Self.service,
        ])
        let rendered = try Renderer.render(RenderRequest(path: "k8s/"), from: tree)
        #expect(rendered.manifests.map(\.object.kind) == ["Secret", "Deployment", "Service"])
        #expect(
            rendered.reads.map(\.path) == [
                "k8s/kustomization.yaml", "k8s/kustomization.yml", "k8s/Kustomization", "k8s", "k8s/a.json",
                "k8s/b.yml",
                "k8s/c.yaml",
            ])
        #expect(rendered.reads.prefix(3).allSatisfy { $0.id == nil })
        #expect(rendered.reads[3].id == (try tree.entry(at: "k8s")?.id))
    }

    @Test("Each manifest has its place: in a kustomization that of its resource, though the output is sorted")
    func places() throws {
        let job = { (name: String) in "apiVersion: batch/v1\nkind: Job\nmetadata: {name: \(name)}\n" }
        let files = [
            "base/kustomization.yaml": "resources: [snapshot.yaml, migrate.yaml]\n",
            "base/migrate.yaml": job("migrate"),
            "base/snapshot.yaml": job("snapshot"), "all/kustomization.yaml": "resources: [seed.yaml, ../base]\n",
            "all/seed.yaml": job("seed"),
        ]
        func places(_ path: String) throws -> [String] {
            try Renderer.render(RenderRequest(path: path), from: MemoryTree(files)).manifests.map {
                "\($0.place) \($0.id.name)"
            }
        }
        #expect(try places("all") == ["2 migrate", "0 seed", "1 snapshot"])
        let plain = MemoryTree(["k8s/a.yaml": job("b") + "---\n" + job("a"), "k8s/b.yaml": job("c")])
        let rendered = try Renderer.render(RenderRequest(path: "k8s"), from: plain)
        #expect(rendered.manifests.map(\.place) == [0, 1, 2])
    }

    @Test("The tree's root can be rendered", arguments: ["", "."])
    func root(path: String) throws {
        let tree = MemoryTree(["a.yaml": Self.service])
        #expect(try Renderer.render(RenderRequest(path: path), from: tree).manifests.count == 1)
    }

    @Test("The default namespace goes to namespaced objects that state none")
    func namespaces() throws {
        let tree = MemoryTree([
            "all.yaml": """
            {apiVersion: v1, kind: Namespace, metadata: {name: staging}}
            ---
            {apiVersion: example.com/v1, kind: Widget, metadata: {name: namespaced}}
            ---
            {apiVersion: example.com/v1, kind: Planet, metadata: {name: cluster-scoped}}
            ---
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: planets.example.com}
            spec: {group: example.com, scope: Cluster, names: {kind: Planet}}
            ---
            {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r, namespace: lost}}
            """
        ])
        let rendered = try Renderer.render(RenderRequest(path: "all.yaml", namespace: "staging"), from: tree)
        #expect(
            rendered.manifests.map(\.id.description) == [
                "Namespace staging", "Widget staging/namespaced", "Planet cluster-scoped",
                "CustomResourceDefinition planets.example.com", "ClusterRole r",
            ])
        #expect(rendered.warnings.count == 1 && rendered.warnings[0].message.contains("lost"))
    }

    @Test("Image overrides reach plain manifests")
    func images() throws {
        let tree = MemoryTree(["api.yaml": Self.deployment])
        let request = RenderRequest(
            path: "api.yaml", images: [ImageOverride(name: "registry:5000/api", newTag: "abc123")])
        let object = try Renderer.render(request, from: tree).manifests[0].object
        let container = object.value(at: "spec", "template", "spec", "containers")?[0]
        #expect(container?["image"] == "registry:5000/api:abc123")
    }

    @Test("A Secret's stringData becomes data, and wins over it")
    func secrets() throws {
        let tree = MemoryTree([
            "secret.yaml": """
            apiVersion: v1
            kind: Secret
            metadata: {name: s}
            data: {kept: aGk=, both: b2xk}
            stringData: {both: new, added: "üé"}
            """
        ])
        let object = try Renderer.render(RenderRequest(path: "secret.yaml"), from: tree).manifests[0].object
        #expect(object["stringData"] == nil)
        #expect(object["data"] == ["kept": "aGk=", "both": "bmV3", "added": "w7zDqQ=="])
    }

    @Test("A Secret's error names the key, never the value")
    func secretErrors() throws {
        let tree = MemoryTree([
            "secret.yaml": "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {pin: 123456}}"
        ])
        let error = #expect(throws: RenderErrors.self) {
            try Renderer.render(RenderRequest(path: "secret.yaml"), from: tree)
        }
        #expect(error?.description.contains("stringData.pin") == true)
        #expect(error?.description.contains("123456") == false)
    }

    @Test("The same object twice is refused with both places, also when only the namespace makes them the same")
    func duplicates() throws {
        let tree = MemoryTree([
            "k8s/a.yaml": Self.deployment,
            "k8s/b.yaml": "# moved\n" + Self.deployment.replacing("name: api}", with: "name: api, namespace: staging}"),
        ])
        let error = #expect(throws: RenderErrors.self) {
            try Renderer.render(RenderRequest(path: "k8s", namespace: "staging"), from: tree)
        }
        #expect(
            error?.errors.map(\.description) == [
                "k8s/b.yaml:2: Deployment staging/api is there already, from k8s/a.yaml:1 (remove one of the two)"
            ])
    }

    @Test("All problems of a folder come at once, each with its file and line")
    func allProblems() throws {
        let tree = MemoryTree([
            "k8s/a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {}\n", "k8s/b.yaml": "kind: [unclosed\n",
            "k8s/c.yaml": Self.service,
        ])
        let errors = #expect(throws: RenderErrors.self) { try Renderer.render(RenderRequest(path: "k8s"), from: tree) }
        #expect(errors?.errors.map(\.file) == ["k8s/a.yaml", "k8s/b.yaml"])
        #expect(errors?.errors.allSatisfy { $0.line != nil } == true)
        #expect(errors?.reads.last?.path == "k8s/c.yaml")
    }

    @Test("The trace of a kustomization holds each file it read, and changes exactly when one of them does")
    func trace() throws {
        var tree = MemoryTree([
            "app/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\n",
            "app/p.yaml": "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: NodePort}}",
            "app/README.md": "words", "base/kustomization.yml": "resources: [web.yaml]\n",
            "base/web.yaml": "{apiVersion: v1, kind: Service, metadata: {name: web}}", "other/x.yaml": "",
        ])
        let request = RenderRequest(path: "app")
        let reads = try Renderer.render(request, from: tree).reads
        #expect(
            Set(reads.filter { $0.id != nil }.map(\.path)) == [
                "app/kustomization.yaml", "app/p.yaml", "base/kustomization.yml", "base/web.yaml",
            ])
        #expect(reads.contains(TreeRead(path: "base/kustomization.yaml", id: nil)))
        tree["app/README.md"] = "other words"
        tree["other/x.yaml"] = "changed: true"
        #expect(try Renderer.render(request, from: tree).reads == reads)
        tree["base/web.yaml"]?.append("\n")
        #expect(try Renderer.render(request, from: tree).reads != reads)
    }

    @Test("What leads out of the tree is refused by name")
    func refusedPaths() throws {
        var tree = MemoryTree([
            "real/a.yaml": Self.service, "links/kustomization.yaml": "resources: [../link/a.yaml, m.yaml]\n",
        ])
        tree.setSymbolicLink(to: "real", at: "link")
        tree.setSymbolicLink(to: "/etc/passwd", at: "links/m.yaml")
        tree.setSubmodule("0123", at: "module")
        func message(_ path: String) -> String {
            do {
                _ = try Renderer.render(RenderRequest(path: path), from: tree)
                return "rendered"
            } catch {
                return error.description
            }
        }
        #expect(message("link").hasPrefix("link: is a symbolic link"))
        #expect(message("module").hasPrefix("module: is a submodule"))
        #expect(message("../x").contains("leads out of the repository"))
        #expect(message("/etc").contains("absolute path"))
        #expect(message("nothing").hasPrefix("nothing: is not in the repository"))
        let both = message("links").split(separator: "\n")
        #expect(
            both.count == 2 && both[0].hasPrefix("link: is a symbolic link") && both[1].hasPrefix("links/m.yaml: is a"))
    }

    @Test("A folder without manifests is an error, not an empty render")
    func emptyFolder() {
        let tree = MemoryTree(["k8s/sub/a.yaml": Self.service])
        #expect(throws: RenderErrors.self) { try Renderer.render(RenderRequest(path: "k8s"), from: tree) }
    }

    @Test("A render stays within its limits")
    func limits() throws {
        let tree = MemoryTree([
            "k8s/a.yaml": Self.service, "k8s/b.yaml": Self.deployment, "deep/kustomization.yaml": "resources: [a]\n",
            "deep/a/kustomization.yaml": "resources: [b]\n", "deep/a/b/kustomization.yaml": "resources: [c.yaml]\n",
            "deep/a/b/c.yaml": Self.service,
        ])
        func codes(_ path: String, _ change: (inout RenderLimits) -> Void) -> [RenderError.Code] {
            var limits = RenderLimits()
            change(&limits)
            do {
                _ = try Renderer.render(RenderRequest(path: path), from: tree, limits: limits)
                return []
            } catch {
                return error.errors.map(\.code)
            }
        }
        #expect(codes("k8s") { _ in } == [])
        #expect(codes("k8s") { $0.objects = 1 } == [.limit])
        #expect(codes("k8s") { $0.files = 1 } == [.limit])
        #expect(codes("k8s") { $0.totalBytes = 100 } == [.limit])
        #expect(codes("k8s") { $0.fileBytes = 10 } == [.limit, .limit])
        #expect(codes("deep") { $0.depth = 2 } == [.limit])
        #expect(codes("deep") { $0.depth = 3 } == [])
    }
}
