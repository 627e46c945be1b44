// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing

@testable import Kustomize

@Suite struct VariableTests {
    @Test(
        "A reference becomes its value, and its type where it is the whole text",
        arguments: [
            ("$(N)", 8080), ("a$(N)b", "a8080b"), ("$(B)$(F)", "true1.5"), ("$(F)", .number("1.5")), ("$(S)", "text"),
            ("$$(S)", "$(S)"), ("$$$(S)", "$text"), ("$(UNKNOWN)", "$(UNKNOWN)"), ("$(S", "$(S"), ("$", "$"),
            ("$X", "$X"),
            ("x$", "x$"), ("$()", "$()"), ("$(M)", "$(M)"), ("$(Z)", "null"), ("é$(S)", "étext"), ("plain", "plain"),
        ] as [(String, Value)])
    func expands(text: String, expected: Value) {
        var expansion = VariableExpansion([
            "N": 8080, "B": true, "F": .number("1.50"), "S": "text", "M": ["a": "b"], "Z": nil,
        ])
        #expect(expansion.expanded(text) == expected)
    }

    private static let objects = """
        {apiVersion: v1, kind: Service, metadata: {name: s, annotations: {a: $(V)}}, spec: {port: 80}}

        """

    private func render(_ vars: String, _ more: [String: String] = [:]) throws(RenderErrors) -> Rendered {
        var tree = MemoryTree(more)
        if tree["objects.yaml"] == nil { tree["objects.yaml"] = Self.objects }
        if tree["kustomization.yaml"] == nil {
            tree["kustomization.yaml"] = "resources: [objects.yaml]\nvars:\n" + vars + "\n"
        }
        return try Renderer.render(RenderRequest(path: "."), from: tree)
    }

    private func errors(_ vars: String, _ more: [String: String] = [:]) -> [String] {
        do {
            return ["rendered \(try render(vars, more).manifests.count)"]
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("A var whose object or field is not there is refused where it is declared")
    func missing() {
        let object = errors("- {name: V, objref: {kind: Service, name: q, apiVersion: v1}}")
        #expect(object.count == 1)
        #expect(object[0].hasPrefix("kustomization.yaml:3:3: var V is about v1 Service q, which is not there"))
        let version = errors("- {name: V, objref: {kind: Service, name: s}}")
        #expect(version[0].contains("which is not there"))
        let field = errors(
            "- {name: V, objref: {kind: Service, name: s, apiVersion: v1}, fieldref: {fieldpath: spec.x}}")
        #expect(
            field == [
                "kustomization.yaml:3:3: var V reads spec.x of Service s from objects.yaml:1: there is no such field"
            ])
    }

    @Test("A name that is declared twice is refused, also by a base that two overlays name")
    func twice() {
        let entry = "- {name: V, objref: {kind: Service, name: s, apiVersion: v1}}"
        let errors = errors(entry + "\n" + entry)
        #expect(errors.count == 1)
        #expect(errors[0].hasPrefix("kustomization.yaml:4:3: var V is there already, from kustomization.yaml:3"))
        let diamond = self.errors(
            "",
            [
                "kustomization.yaml": "resources: [a, b]\n",
                "a/kustomization.yaml": "namePrefix: a-\nresources: [../base]\n",
                "b/kustomization.yaml": "namePrefix: b-\nresources: [../base]\n",
                "base/kustomization.yaml": "resources: [o.yaml]\nvars:\n" + entry + "\n", "base/o.yaml": Self.objects,
            ])
        #expect(diamond.count == 1)
        #expect(diamond[0].hasPrefix("base/kustomization.yaml:3:3: var V is there already"))
    }

    @Test("A var that could be about several objects is refused")
    func ambiguous() {
        let objects = """
            {apiVersion: v1, kind: Service, metadata: {name: s, namespace: one}}
            ---
            {apiVersion: v1, kind: Service, metadata: {name: s, namespace: two}}

            """
        let entry = "- {name: V, objref: {kind: Service, name: s, apiVersion: v1}}"
        let errors = errors(entry, ["objects.yaml": objects])
        #expect(errors.count == 1)
        #expect(errors[0].contains("could be any of those from objects.yaml:1, objects.yaml:3"))
        let stated = entry.replacing("v1}", with: "v1, namespace: two}")
        #expect(self.errors(stated, ["objects.yaml": objects]) == ["rendered 2"])
    }

    @Test("A list that holds more than texts is refused, and the field is named")
    func list() {
        let pod = "{apiVersion: v1, kind: Pod, metadata: {name: s}, spec: {containers: [{name: c, args: [a, 5]}]}}"
        let errors = errors(
            "- {name: V, objref: {kind: Pod, name: s, apiVersion: v1}}", ["objects.yaml": pod])
        #expect(
            errors == [
                "objects.yaml:1: vars cannot be expanded in spec.containers.args of Pod s: an element is a number, not a string"
            ])
    }

    @Test("A var that nothing uses, or that no text can hold, is a warning; and so is using vars")
    func warnings() throws {
        let unused = try render("- {name: W, objref: {kind: Service, name: s, apiVersion: v1}}")
        #expect(unused.warnings.map(\.description).contains("kustomization.yaml:3: var W is never used"))
        #expect(
            unused.warnings.map(\.description).contains(
                "kustomization.yaml:2: vars is deprecated in kustomize, use replacements"))
        let map = try render(
            "- {name: V, objref: {kind: Service, name: s, apiVersion: v1}, fieldref: {fieldpath: spec}}")
        #expect(map.warnings.map(\.description).contains("kustomization.yaml:3: var V is no text, number or boolean"))
    }
}
