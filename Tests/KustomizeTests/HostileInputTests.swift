// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@testable import Kustomize

/// A repository is written by many hands: whatever lies in it, a render ends soon, with one clear error.
@Suite struct HostileInputTests {
    private static let web = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {a: {b: c}}}\n"

    /// The error of rendering folder `app` when it is the only one; otherwise what came of it.
    private func error(_ files: [String: String], _ change: (inout MemoryTree) -> Void = { _ in }) -> String {
        var tree = MemoryTree(files)
        if tree["app/web.yaml"] == nil { tree["app/web.yaml"] = Self.web }
        change(&tree)
        do {
            return "rendered \(try Renderer.render(RenderRequest(path: "app"), from: tree).manifests.count)"
        } catch {
            return error.errors.count == 1 ? error.description : "several errors: \(error)"
        }
    }

    @Test(
        "No field leads out of the repository",
        arguments: [
            "resources: [../../x]", "components: [../../x]", "bases: [../../x]", "patches: [{path: ../../x}]",
            "patchesStrategicMerge: [../../x]", "configMapGenerator: [{name: c, files: [k=../../x]}]",
            "configMapGenerator: [{name: c, envs: [../../x]}]", "secretGenerator: [{name: c, env: ../../x}]",
        ])
    func escapes(field: String) {
        let error = error(["app/kustomization.yaml": field])
        #expect(error.hasPrefix("app/kustomization.yaml:1:"))
        #expect(error.contains("../../x leads out of the repository"))
    }

    @Test(
        "No field follows a symbolic link, to a file or above one",
        arguments: [
            "resources: [%]", "components: [%]", "patches: [{path: %}]",
            "configMapGenerator: [{name: c, files: [k=%]}]",
            "secretGenerator: [{name: c, envs: [%]}]",
        ])
    func links(field: String) {
        for path in ["link", "link/below/it.yaml"] {
            let error = error(["app/kustomization.yaml": field.replacing("%", with: path)]) {
                $0.setSymbolicLink(to: "/etc/passwd", at: "app/link")
            }
            #expect(error.hasPrefix("app/link: is a symbolic link"))
            #expect(error.hasSuffix("; named by app/kustomization.yaml:1"))
        }
        let file = error([:]) { $0.setSymbolicLink(to: "web.yaml", at: "app/kustomization.yaml") }
        #expect(file.hasPrefix("app/kustomization.yaml: is a symbolic link"))
    }

    @Test("A kustomization that includes itself is refused, as a base and as a component", arguments: [".", "../app"])
    func selfInclusion(path: String) {
        #expect(error(["app/kustomization.yaml": "resources: [\(path)]"]).contains("include each other: app → app"))
        let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncomponents: [../part]\n"
        let error = error(["app/kustomization.yaml": "components: [../part]", "part/kustomization.yaml": component])
        #expect(error.contains("include each other: part → part"))
    }

    @Test("A long chain of kustomizations is refused")
    func chain() {
        var files = ["app/kustomization.yaml": "resources: [../k0]"]
        for level in 0..<100 { files["k\(level)/kustomization.yaml"] = "resources: [../k\(level + 1)]" }
        #expect(error(files).contains("nested deeper than 32"))
    }

    @Test("Kustomizations that double at every level are refused, soon")
    func doubling() {
        var files = [
            "app/kustomization.yaml": "resources: [../k0]", "leaf/kustomization.yaml": "resources: [web.yaml]",
        ]
        files["leaf/web.yaml"] = Self.web
        for level in 0..<30 {
            let next = level == 13 ? "leaf" : "k\(level + 1)"
            files["k\(level)/kustomization.yaml"] = "resources: [a, b]"
            files["k\(level)/a/kustomization.yaml"] = "namePrefix: a\nresources: [../../\(next)]"
            files["k\(level)/b/kustomization.yaml"] = "namePrefix: b\nresources: [../../\(next)]"
        }
        var limits = RenderLimits()
        limits.objects = 10_000
        let error = #expect(throws: RenderErrors.self) {
            try Renderer.render(RenderRequest(path: "app"), from: MemoryTree(files), limits: limits)
        }
        #expect(error?.errors.map(\.code) == [.limit])
    }

    @Test("Components that double at every level are refused, soon")
    func doublingComponents() {
        var files = ["app/kustomization.yaml": "components: [../c0]"]
        for level in 0..<30 {
            let next = level == 29 ? "" : "components: [../c\(level + 1), ../c\(level + 1)]"
            files["c\(level)/kustomization.yaml"] =
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n\(next)\n"
        }
        var limits = RenderLimits()
        limits.kustomizations = 1000
        let error = #expect(throws: RenderErrors.self) {
            try Renderer.render(RenderRequest(path: "app"), from: MemoryTree(files), limits: limits)
        }
        #expect(error?.description.contains("more than 1000 kustomizations and components in one render") == true)
    }

    /// Forty steps, each of which would double the object.
    static let doublings: [String] = [
        "replacements:\n"
            + (0..<40).map {
                "- source: {kind: Service, fieldPath: spec}\n"
                    + "  targets: [{select: {kind: Service}, fieldPaths: [spec.x\($0)], options: {create: true}}]\n"
            }.joined(),
        "replacements:\n"
            + String(
                repeating: "- source: {kind: Service, fieldPath: spec.a.b}\n"
                    + "  targets: [{select: {kind: Service}, fieldPaths: [spec.a.b], "
                    + "options: {delimiter: '-', index: -1}}]\n", count: 40),
        "patches:\n"
            + (0..<40).map {
                "- target: {kind: Service}\n  patch: '[{\"op\": \"copy\", \"from\": \"/spec\", \"path\": \"/spec/x\($0)\"}]'\n"
            }.joined(),
    ]

    @Test("Objects that are put into themselves again and again are refused, soon", arguments: doublings)
    func doublingObjects(field: String) {
        let error = #expect(throws: RenderErrors.self) {
            try Renderer.render(
                RenderRequest(path: "app"),
                from: MemoryTree([
                    "app/kustomization.yaml": "resources: [web.yaml]\n" + field, "app/web.yaml": Self.web,
                ]))
        }
        #expect(error?.errors.contains { $0.code == .limit } == true)
        #expect(error?.description.contains("put into objects by replacements, vars and copies") == true)
    }

    @Test("A long var in many places is refused")
    func longVariable() {
        let text = String(repeating: "x", count: 1 << 20)
        let uses = String(repeating: "$(V)", count: 1000)
        let error = error([
            "app/kustomization.yaml":
                "resources: [web.yaml]\nconfigurations: [f.yaml]\nvars: [{name: V, objref: {apiVersion: v1, "
                + "kind: Service, name: web}, fieldref: {fieldpath: spec.long}}]\n",
            "app/f.yaml": "varReference: [{path: spec/uses, kind: Service}]\n",
            "app/web.yaml":
                "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {long: \(text), uses: \"\(uses)\"}}",
        ])
        #expect(error.contains("put into objects by replacements, vars and copies"))
    }

    @Test("A file that is too large, too deep, or too much once its aliases are followed is refused where it is so")
    func documents() {
        let kustomization = "resources: [web.yaml]"
        func error(_ text: String) -> String {
            self.error(["app/kustomization.yaml": kustomization, "app/web.yaml": text])
        }
        let large = error("a: " + String(repeating: "x", count: 8 << 20))
        #expect(
            large
                == "app/web.yaml: is 8388611 bytes, more than the limit of 8388608; named by app/kustomization.yaml:1")
        let deep = error("a: " + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000))
        #expect(deep.hasPrefix("app/web.yaml:1:") && deep.contains("nested deeper than 100 levels"))
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<20 {
            let aliases = [String](repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(error(bomb).contains("aliases stand for more than 50000 nodes"))
        #expect(error("a: &a [*a]").contains("the anchor &a contains itself"))
        #expect(error("a: \u{0}").hasPrefix("app/web.yaml:1:4: a control character"))
    }

    @Test("Limits on YAML hold for everything that a build reads")
    func limits() {
        var limits = RenderLimits()
        limits.yaml.depth = 4
        let deep = "{apiVersion: v1, kind: A, metadata: {name: a}, spec: {b: {c: {d: {e: f}}}}}"
        let fields = [
            "resources: [deep.yaml]", "patches: [{path: deep.yaml}]", "patches: [{patch: '\(deep)'}]",
            "configurations: [deep.yaml]", "crds: [deep.yaml]", "openapi: {path: deep.yaml}",
            "replacements: [{path: deep.yaml}]", "transformers: [deep.yaml]", "transformers: ['\(deep)']",
            "labels: [{fields: [{path: [[[a]]]}]}]",
        ]
        for field in fields {
            let tree = MemoryTree(["app/kustomization.yaml": field, "app/deep.yaml": deep])
            let error = #expect(throws: RenderErrors.self, "\(field)") {
                try Renderer.render(RenderRequest(path: "app"), from: tree, limits: limits)
            }
            #expect(error?.description.contains("nested deeper than 4 levels") == true, "\(field)")
        }
    }

    @Test("A kustomization file can be a bomb as well")
    func kustomizationBomb() {
        let deep = "resources: " + String(repeating: "[", count: 5000)
        #expect(error(["app/kustomization.yaml": deep]).contains("nested deeper than 100 levels"))
    }

    @Test(
        "A JSON patch cannot grow an object beyond measure",
        arguments: [
            ("{op: copy, from: /spec, path: /spec/KEY}", "the patch makes the object too large"),
            ("{op: copy, from: /spec, path: /spec/a/KEY}", "the patch makes the object too large"),
        ])
    func copies(operation: String, message: String) {
        let operations = (0..<64).map { "- " + operation.replacing("KEY", with: "k\($0)") }.joined(separator: "\n    ")
        let patch = "resources: [web.yaml]\npatches:\n- target: {}\n  patch: |-\n    \(operations)\n"
        #expect(error(["app/kustomization.yaml": patch]).contains(message))
    }

    @Test("A JSON patch cannot nest values without end")
    func depth() {
        let value = String(repeating: "{a: ", count: 90) + "{}" + String(repeating: "}", count: 90)
        let path = String(repeating: "/a", count: 90)
        let operations = (0..<20).map { round in
            "- {op: add, path: /spec\(String(repeating: path, count: round))/a, value: \(value)}"
        }
        let patch =
            "resources: [web.yaml]\npatches:\n- target: {}\n  patch: |-\n    "
            + operations.joined(separator: "\n    ") + "\n"
        #expect(error(["app/kustomization.yaml": patch]).contains("deeper than 200 levels"))
    }

    @Test("Patterns and paths that would cost much are refused")
    func patterns() {
        func error(_ fields: String) -> String {
            self.error(["app/kustomization.yaml": "resources: [web.yaml]\n" + fields])
        }
        let nested = String(repeating: "(", count: 30) + String(repeating: "){1000}", count: 30)
        #expect(error("patches: [{target: {name: '\(nested)'}, patch: '[]'}]").contains("the pattern is too large"))
        #expect(error("patches: [{target: {name: '(a*)*b'}, patch: '[]'}]") == "rendered 1")
        let path = String(repeating: "a/", count: 100_000) + "a"
        let labels = error("labels: [{pairs: {a: b}, fields: [{path: \(path), create: true}]}]")
        #expect(labels.contains("more than 50 parts"))
    }

    @Test("Of ever so many problems a thousand are told")
    func manyProblems() {
        let names = (0..<1200).map { "no-\($0).yaml" }.joined(separator: ", ")
        let tree = MemoryTree(["app/kustomization.yaml": "resources: [\(names)]"])
        let error = #expect(throws: RenderErrors.self) { try Renderer.render(RenderRequest(path: "app"), from: tree) }
        #expect(error?.errors.count == 1000)
        #expect(error?.reads.count == 1203)
    }
}
