// SPDX-License-Identifier: Apache-2.0

import Kustomize
import Manifests
import TestSupport
import Testing

/// What was given by `kubectl kustomize` is in the goldens; here is what is told where it refuses.
@Suite struct ReplacementTests {
    private static let objects = """
        {apiVersion: e/v1, kind: X, metadata: {name: s, namespace: one}, spec: {text: "h:80", i: 5, m: {a: b}, l: [a], e: {}}}
        ---
        {apiVersion: e/v1, kind: X, metadata: {name: t}, spec: {text: t}}

        """

    private func errors(_ replacements: String, _ files: [String: String] = [:]) -> [String] {
        var tree = MemoryTree(files)
        tree["objects.yaml"] = Self.objects
        tree["kustomization.yaml"] = "resources: [objects.yaml]\nreplacements:\n" + replacements + "\n"
        do {
            return ["rendered \(try Renderer.render(RenderRequest(path: "."), from: tree).manifests.count)"]
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test(
        "A replacement that says too little or too much is refused where it stands",
        arguments: [
            ("- {}", #"needs either "source" or "sourceValue""#), ("- {sourceValue: x}", #"has no "targets""#),
            ("- {sourceValue: x, targets: []}", #"has no "targets""#),
            ("- {sourceValue: x, targets: [{fieldPaths: [a]}]}", #""select" is missing"#),
            (
                "- {sourceValue: x, source: {kind: X}, targets: [{select: {kind: X}}]}",
                #"has both "source" and "sourceValue""#
            ),
            ("- {path: r.yaml, source: {kind: X}}", #"has both "path" and a replacement of its own"#),
            ("- {sourceValue: 5, targets: [{select: {kind: X}}]}", "sourceValue: must be a string"),
            ("- {sourceValue: x, targets: [{select: {kind: X, foo: b}}]}", #"unknown field "foo""#),
            (
                "- {source: {kind: X, fieldPath: a.*}, targets: [{select: {kind: X}}]}",
                #""*" stands for several values"#
            ),
        ])
    func language(replacement: String, expected: String) {
        let errors = errors(replacement)
        #expect(errors.contains { $0.hasPrefix("kustomization.yaml:3:") && $0.contains(expected) }, "\(errors)")
    }

    @Test(
        "A source that is not there, or could be several, or has no such field, is named",
        arguments: [
            ("{kind: Q}", "no object is the source Q"),
            ("{kind: X}", "the source X could be any of X one/s (objects.yaml:1), X t"),
            ("{kind: X, namespace: default, fieldPath: spec.none}", "X t from objects.yaml:3 has no spec.none"),
            ("{name: s, fieldPath: spec.e}", "has no spec.e"),
            ("{name: s, fieldPath: spec.i.q}", "a number has no \"q\""),
            (
                #"{name: s, fieldPath: spec.text, options: {delimiter: ":", index: 2}}"#,
                "spec.text has 2 parts between “:”, so none at 2"
            ),
            (#"{name: s, fieldPath: spec.m, options: {delimiter: ":"}}"#, "a delimiter cuts text, and spec.m is a map"),
        ])
    func source(source: String, expected: String) {
        let errors = errors("- {source: \(source), targets: [{select: {name: t}, fieldPaths: [spec.text]}]}")
        #expect(errors.count == 1)
        #expect(
            errors[0].hasPrefix("kustomization.yaml:3:3: replacements[0]: ") && errors[0].contains(expected),
            "\(errors)")
    }

    @Test(
        "A target field that is not there, or cannot hold the value, is named with its object",
        arguments: [
            ("fieldPaths: [spec.none]", "spec.none of X one/s from objects.yaml:1: there is no such field"),
            ("fieldPaths: [spec.i]", "a number stands there, and the value is none"),
            ("fieldPaths: [spec.l.4]", "the list has 1 elements, so none at 4"),
            ("fieldPaths: [spec.m.*]", "there is a map and no list"),
            (#"fieldPaths: [spec.m], options: {delimiter: "/"}"#, "a delimiter cuts text, and there is a map"),
        ])
    func target(target: String, expected: String) {
        let errors = errors("- {sourceValue: word, targets: [{select: {name: s}, \(target)}]}")
        #expect(errors.count == 1)
        #expect(errors[0].contains(expected), "\(errors)")
    }

    @Test("A target that selects nothing is no mistake, and a file may hold one replacement or a list")
    func files() {
        #expect(errors("- {sourceValue: x, targets: [{select: {kind: Q}}]}") == ["rendered 2"])
        let one = "targets: [{select: {name: s}, fieldPaths: [spec.text]}]\nsourceValue: x\nunknown: field\n"
        #expect(errors("- path: r.yaml", ["r.yaml": one]) == ["rendered 2"])
        #expect(errors("- path: r.yaml", ["r.yaml": "[]"]) == ["rendered 2"])
        #expect(
            errors("- path: r.yaml", ["r.yaml": "# none"])[0]
                == "r.yaml: holds no replacement; named by kustomization.yaml:3")
        #expect(errors("- path: r.yaml", ["r.yaml": "word"])[0].contains("must be a replacement or a list of them"))
        #expect(errors("- path: r.yaml", ["r.yaml": "- {}"])[0].hasPrefix("r.yaml:1:3: replacements[0]: has no"))
        #expect(errors("- path: ../r.yaml")[0].contains("leads out of the repository"))
    }

    @Test("YAML within a text whose layout would change is refused, not rewritten otherwise than kustomize does")
    func layout() {
        let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {f: \"a: 1 # why\\n\"}}"
        var tree = MemoryTree(["objects.yaml": text])
        tree["kustomization.yaml"] = """
            resources: [objects.yaml]
            replacements:
            - {sourceValue: "2", targets: [{select: {name: c}, fieldPaths: [data.f.a]}]}

            """
        #expect(throws: RenderErrors.self) { try Renderer.render(RenderRequest(path: "."), from: tree) }
        tree["objects.yaml"] = text.replacing(" # why", with: "")
        let rendered = try? Renderer.render(RenderRequest(path: "."), from: tree)
        #expect(rendered?.manifests.first?.object.value(at: "data", "f") == "a: 2")
    }

    @Test("A name that makes two objects one is refused")
    func collision() {
        let errors = errors(
            "- {sourceValue: t, targets: [{select: {name: s}}]}\n- {sourceValue: default, targets: [{select: {name: t}, fieldPaths: [metadata.namespace]}]}"
                .replacing(
                    "{select: {name: t}, fieldPaths: [metadata.namespace]}",
                    with: "{select: {kind: X}, fieldPaths: [metadata.namespace], options: {create: true}}"))
        #expect(errors.count == 1)
        #expect(
            errors[0].contains("a replacement makes X default/t from objects.yaml:1 and from objects.yaml:3 the same"))
    }
}
