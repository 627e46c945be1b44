// SPDX-License-Identifier: Apache-2.0

import Kustomize
import Manifests
import TestSupport
import Testing

/// What is wrong with field specifications, schemas and plugins, each where it stands. kubectl refuses all of these too,
/// unless a test says otherwise.
@Suite struct PluginErrorTests {
    private static let web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}

        """

    private func errors(_ kustomization: String, _ files: [String: String] = [:]) -> [String] {
        var tree = MemoryTree(files)
        tree["web.yaml"] = Self.web
        tree["kustomization.yaml"] = "resources: [web.yaml]\n\(kustomization)\n"
        do {
            let rendered = try Renderer.render(RenderRequest(path: "."), from: tree)
            return ["rendered \(rendered.manifests.count)"]
        } catch {
            return error.errors.map(\.description)
        }
    }

    /// A built-in plugin's configuration as a file.
    private func plugin(_ field: String, _ text: String) -> [String] {
        errors("\(field): [t.yaml]", ["t.yaml": "apiVersion: builtin\nmetadata: {name: t}\n\(text)\n"])
    }

    @Test(
        "Plugins that run something are refused by name, with what to do instead",
        arguments: [
            ("example.com/v1", "", "Foo of example.com/v1 is a program, and plugins that run something are refused"),
            (
                "example.com/v1", ", annotations: {config.kubernetes.io/function: 'container: {image: x}'}",
                "Foo of example.com/v1 is a function in a container, and plugins that run something are refused"
            ),
            ("builtin", "", "Foo is no built-in plugin that can be used here"),
        ])
    func external(version: String, annotations: String, message: String) {
        let text = "apiVersion: \(version)\nkind: Foo\nmetadata: {name: t\(annotations)}\n"
        for field in ["transformers", "generators", "validators"] {
            let errors = errors("\(field): [t.yaml]", ["t.yaml": text])
            #expect(errors.count == 1)
            #expect(errors[0].hasPrefix("t.yaml:1: \(message) ("))
        }
    }

    @Test(
        "Plugins with another way to the same end are refused with that",
        arguments: [
            ("HelmChartInflationGenerator", "(render the chart into the repository first)"),
            ("SortOrderTransformer", "(set `sortOptions` in the kustomization)"),
            ("LegacyOrderTransformer", "(set `sortOptions` in the kustomization)"),
        ])
    func instead(kind: String, hint: String) {
        let errors = plugin("transformers", "kind: \(kind)")
        #expect(errors == ["t.yaml:1: \(kind) is no built-in plugin that can be used here \(hint)"])
    }

    @Test("Generators and transformers stand in their own lists")
    func misplaced() {
        #expect(
            plugin("transformers", "kind: ConfigMapGenerator")
                == ["t.yaml:1: ConfigMapGenerator is a generator (list it under `generators`)"])
        #expect(
            plugin("generators", "kind: LabelTransformer")
                == ["t.yaml:1: LabelTransformer is a transformer (list it under `transformers`)"])
    }

    @Test(
        "A plugin's configuration is checked",
        arguments: [
            ("kind: PrefixTransformer\nprefix: p-", "needs \"fieldSpecs\""),
            ("kind: NamespaceTransformer\nsetRoleBindingSubjects: all", "setRoleBindingSubjects: must be defaultOnly"),
            ("kind: PatchTransformer", "needs either \"patch\" or \"path\""),
            ("kind: PatchJson6902Transformer\njsonOp: '[]'", "\"target\" is missing"),
            ("kind: PatchStrategicMergeTransformer", "needs \"paths\" or \"patches\""),
            ("kind: ValueAddTransformer\nvalue: x", "needs \"targets\""),
            ("kind: ValueAddTransformer\ntargets: [{fieldPath: a, filePathPosition: -1}]", "is negative"),
            ("kind: LabelTransformer\nlabels: {a: [1]}", "labels.a: must be a string"),
        ])
    func configuration(text: String, message: String) {
        let errors = plugin("transformers", text)
        #expect(errors.count == 1)
        #expect(errors[0].hasPrefix("t.yaml:1:1: "))
        #expect(errors[0].contains(message))
    }

    @Test("Fields that nobody reads are warned of, in plugins and in the files that they and replacements name")
    func overlooked() throws {
        var tree = MemoryTree(["web.yaml": Self.web])
        tree["kustomization.yaml"] = """
            resources: [web.yaml]
            openapi: {comment: x}
            replacements: [{path: r.yaml}]
            generators: [g.yaml]
            transformers: [t.yaml]

            """
        tree["r.yaml"] = "sourceValue: x\nwhy: 1\ntargets: [{select: {kind: Q}, reject: [{nmae: q}]}]\n"
        tree["g.yaml"] = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: c}\nbehaviour: merge\n"
        tree["t.yaml"] = """
            apiVersion: builtin
            kind: ValueAddTransformer
            metadata: {name: t, colour: red}
            value: x
            targetFilePath: targets.yaml
            targets: [{fieldPath: spec/a, why: 1}]

            """
        tree["targets.yaml"] = "comment: x\ntargets: []\n"
        let warnings = try Renderer.render(RenderRequest(path: "."), from: tree).warnings
        #expect(
            warnings.map(\.description)
                == [
                    #"kustomization.yaml:2: openapi: unknown field "comment""#,
                    #"g.yaml:1: unknown field "behaviour"; did you mean "behavior"?"#,
                    #"r.yaml:2: replacements[0]: unknown field "why""#,
                    #"r.yaml:3: replacements[0].targets[0].reject[0]: unknown field "nmae"; did you mean "name"?"#,
                    #"t.yaml:1: targets[0]: unknown field "why""#,
                    #"targets.yaml:1: unknown field "comment""#,
                ].map { $0 + " (it counts for nothing, as in kustomize)" })
    }

    @Test("What a plugin cannot do is reported at its configuration")
    func place() {
        let replicas =
            "kind: ReplicaCountTransformer\nreplica: {name: db, count: 2}\nfieldSpecs: [{path: spec/replicas, kind: StatefulSet}]"
        #expect(plugin("transformers", replicas) == ["t.yaml:1: no StatefulSet is called db"])
        let patch = "kind: PatchTransformer\npatch: '{apiVersion: v1, kind: Service, metadata: {name: x}}'"
        #expect(plugin("transformers", patch) == ["t.yaml:1: no Service x of v1 to patch"])
    }

    @Test("A validator that changes objects is refused")
    func validator() {
        let label = "kind: LabelTransformer\nlabels: {a: b}\nfieldSpecs: [{path: metadata/labels, create: true}]"
        #expect(
            plugin("validators", label) == [
                "t.yaml:1: a validator changes objects (list it under `transformers` if it is meant to)"
            ])
    }

    @Test("Two plugins of one name, and an inline one without a name, are refused where they stand")
    func names() {
        let hash = "kind: HashTransformer\n---\napiVersion: builtin\nkind: HashTransformer\nmetadata: {name: t}"
        #expect(plugin("transformers", hash)[0].hasPrefix("t.yaml:5: HashTransformer t is there already"))
        let inline = errors("transformers:\n- |-\n  apiVersion: builtin\n  kind: HashTransformer")
        #expect(inline[0].hasPrefix("kustomization.yaml:3:3: line 1: \"metadata.name\" is missing"))
    }

    @Test("Field specifications that contradict each other are refused with list, field and kind")
    func conflict() {
        let file = "commonLabels: [{path: metadata/labels}]"
        #expect(
            errors("configurations: [c.yaml]", ["c.yaml": file]) == [
                "kustomization.yaml:2:18: field specifications contradict each other: commonLabels: metadata/labels of every kind is both created where it is missing and not (state the same `create` wherever a field is specified)"
            ])
        #expect(
            errors("labels: [{pairs: {a: b}, fields: [{path: metadata/labels, kind: X}]}]")[0].contains(": labels: "))
    }

    @Test("An unknown field of a configuration, and a missing file, are refused where they stand")
    func configurationFile() {
        #expect(
            errors("configurations: [c.yaml]", ["c.yaml": "commonLabels: [{path: a, creat: true}]"])
                == ["c.yaml:1:26: commonLabels[0]: unknown field \"creat\"; did you mean \"create\"?"])
        #expect(
            errors("configurations: [c.yaml]")
                == ["kustomization.yaml:2:18: configurations[0]: c.yaml is no file of the repository"])
    }

    @Test("A CustomResourceDefinition is no OpenAPI definition, and a definition that holds itself has no end")
    func crds() {
        let definition = "apiVersion: apiextensions.k8s.io/v1\n"
        #expect(errors("crds: [c.yaml]", ["c.yaml": definition])[0].contains("`crds` takes OpenAPI definitions"))
        #expect(errors("crds: [c.yaml]", ["c.yaml": "a.Kind: null\nb.Kind: {}\n"]) == ["rendered 1"])
        #expect(errors("crds: [c.yaml]", ["c.yaml": "# nothing\n"]) == ["rendered 1"])
        let loop = """
            a.Kind: {Schema: {properties: {apiVersion: {}, kind: {}, metadata: {}, spec: {$ref: a.Spec}}}}
            a.Spec: {Schema: {properties: {next: {$ref: a.Spec}}}}

            """
        #expect(
            errors("crds: [c.yaml]", ["c.yaml": loop])
                == ["c.yaml: a.Spec refers to itself: a.Kind → a.Spec → a.Spec"])
    }

    @Test("Definitions that reach each other in very many ways are given up")
    func manyWays() {
        let header = "apiVersion: {}, kind: {}, metadata: {}"
        var text = "a.Kind: {Schema: {properties: {\(header), x: {$ref: a.T0}}}}\n"
        for level in 0..<40 {
            text += "a.T\(level): {Schema: {properties: {x: {$ref: a.T\(level + 1)}, y: {$ref: a.T\(level + 1)}}}}\n"
        }
        #expect(
            errors("crds: [c.yaml]", ["c.yaml": text])
                == ["c.yaml: more than 100000 properties are reached from its kinds"])
    }

    @Test(
        "A schema is a file or a version, and the version is kustomize's own",
        arguments: [
            ("openapi: {version: v1.20.4}", "openapi.version: must be v1.21.2"),
            ("openapi: {version: v1.21.2, path: web.yaml}", "has both \"path\" and \"version\""),
            ("openapi: {path: missing.json}", "missing.json is no file of the repository"),
        ])
    func schema(field: String, message: String) {
        let errors = errors(field)
        #expect(errors.count == 1)
        #expect(errors[0].contains(message))
    }

    /// The first mismatch of an object is told: others mostly have the same reason.
    @Test("A reference without a name, and a way to references through a text, are refused though nothing was renamed")
    func references() {
        let binding = """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: rb}
            subjects: [{kind: User}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: pod}
            spec: {volumes: none}
            """
        let hint = "(mend the object, or the field specification that leads there)"
        #expect(
            errors(
                "configurations: [c.yaml]\ncomponents: [c]",
                [
                    "c.yaml": "",
                    "c/kustomization.yaml":
                        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [b.yaml]",
                    "c/b.yaml": binding,
                ]) == [
                    "c/b.yaml:1: RoleBinding rb: subjects refers to a ServiceAccount without a name \(hint)",
                    "c/b.yaml:6: Pod pod: spec/volumes/configMap/name must be a map or a list on the way, not a string \(hint)",
                ])
    }

    @Test("A field of the wrong shape names object, field and what it must be")
    func mismatch() {
        let file = "commonLabels: [{path: metadata/name, create: true}]"
        #expect(
            errors("configurations: [c.yaml]\nlabels: [{pairs: {a: b}, includeSelectors: true}]", ["c.yaml": file])[0]
                == "web.yaml:1: Deployment web: metadata/name must be a map, not a string (mend the object, or the field specification that leads there)"
        )
    }
}
