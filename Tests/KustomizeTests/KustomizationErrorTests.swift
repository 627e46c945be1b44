// SPDX-License-Identifier: Apache-2.0

import Kustomize
import Manifests
import TestSupport
import Testing

@Suite struct KustomizationErrorTests {
    private static let web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec: {template: {spec: {containers: [{name: web, image: web}]}}}

        """

    /// The messages of a build in folder `app`, beside which lies `app/web.yaml`.
    private func errors(_ kustomization: String, _ files: [String: String] = [:]) -> [String] {
        var tree = MemoryTree(files)
        if tree["app/web.yaml"] == nil { tree["app/web.yaml"] = Self.web }
        tree["app/kustomization.yaml"] = kustomization
        do {
            let rendered = try Renderer.render(RenderRequest(path: "app"), from: tree)
            return ["rendered \(rendered.manifests.count)"]
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test(
        "What is not supported is refused by name and line",
        arguments: [
            "helmCharts: [{name: x}]", "helmChartInflationGenerator: [{chartName: x}]",
        ])
    func unsupported(field: String) {
        let name = field.prefix { $0 != ":" }
        let errors = errors("resources: [web.yaml]\n\(field)\n")
        #expect(errors.count == 1)
        #expect(errors[0].hasPrefix("app/kustomization.yaml:2:1: \(name): is not supported: "))
    }

    @Test("Unknown fields, wrong types and missing values are all reported, with what was probably meant")
    func fields() {
        let errors = errors(
            """
            resource: [web.yaml]
            namespace: 7
            images:
            - {name: web, new_tag: v1}
            replicas: [{name: web, count: many}]
            labels:
            - pairs: {a: true}
              includeSelector: true
            configMapGenerator:
            - {name: c, behavior: append, literals: KEY=secret}

            """)
        let expected = [
            #"1:1: unknown field "resource"; did you mean "resources"?"#,
            "2:12: namespace: must be a string, not a number (quotes make it text)",
            #"4:15: images[0]: unknown field "new_tag"; did you mean "newTag"?"#,
            #"5:31: replicas[0].count: must be a whole number, not "many""#,
            "7:14: labels[0].pairs.a: must be a string, not a boolean (quotes make it text)",
            #"8:3: labels[0]: unknown field "includeSelector"; did you mean "includeSelectors"?"#,
            "10:41: configMapGenerator[0].literals: must be a list, not a string",
        ]
        #expect(errors == expected.map { "app/kustomization.yaml:" + $0 })
    }

    @Test(
        "References that lead nowhere, or out of the repository, are refused where they stand",
        arguments: [
            ("missing.yaml", "app/kustomization.yaml:2:3: resources[0]: app/missing.yaml is not in the repository"),
            ("../../up.yaml", "app/kustomization.yaml:2:3: resources[0]: ../../up.yaml leads out of the repository"),
            ("/abs.yaml", "app/kustomization.yaml:2:3: resources[0]: /abs.yaml is an absolute path"),
            (
                "https://a.example/x.yaml",
                "app/kustomization.yaml:2:3: resources[0]: https://a.example/x.yaml is a remote address"
            ),
            (
                "github.com/a/b?ref=v1",
                "app/kustomization.yaml:2:3: resources[0]: github.com/a/b?ref=v1 is a remote address"
            ),
            ("../plain", "app/kustomization.yaml:2:3: resources[0]: plain holds no kustomization.yaml"),
        ])
    func references(path: String, expected: String) {
        let errors = errors("resources:\n- \"\(path)\"\n", ["plain/a.yaml": Self.web])
        #expect(errors.count == 1)
        #expect(errors[0].hasPrefix(expected))
    }

    @Test("A reference to the file of a kustomization is told to name the folder")
    func kustomizationFile() {
        let errors = errors(
            "resources: [base/kustomization.yaml]\n", ["app/base/kustomization.yaml": "resources: []\n"])
        #expect(
            errors
                == ["kind", "metadata.name"].map {
                    "app/base/kustomization.yaml:1:1: \"\($0)\" is missing (to build the kustomization, name its folder); "
                        + "named by app/kustomization.yaml:1"
                })
    }

    @Test("Kustomizations that include each other are refused with the way around")
    func cycle() {
        let errors = errors(
            "resources: [../b]\n",
            ["b/kustomization.yaml": "resources:\n- ../c\n", "c/kustomization.yaml": "resources: [../b]\n"])
        #expect(errors.count == 1)
        #expect(
            errors[0] == "c/kustomization.yaml:1:13: resources[0]: kustomizations include each other: b → c → b "
                + "(remove one of these references); named by app/kustomization.yaml:1 → b/kustomization.yaml:2")
    }

    @Test("A problem of a base that two overlays share is reported once")
    func sharedBase() {
        let errors = errors(
            "resources: [../a, ../b]\n",
            [
                "a/kustomization.yaml": "namePrefix: a-\nresources: [../base]\n",
                "b/kustomization.yaml": "namePrefix: b-\nresources: [../base]\n",
                "base/kustomization.yaml": "resources: {}\n",
            ])
        #expect(
            errors == [
                "base/kustomization.yaml:1:12: resources: must be a list, not a map; "
                    + "named by app/kustomization.yaml:1 → a/kustomization.yaml:2"
            ])
    }

    @Test(
        "A file outside of the kustomization's own folder is refused, as kustomize does",
        arguments: [
            "resources: [../x.yaml]", "resources: [web.yaml]\npatches: [{path: ../x.yaml}]",
            "configMapGenerator: [{name: c, files: [../x.yaml]}]", "configMapGenerator: [{name: c, envs: [../x.yaml]}]",
        ])
    func outside(fields: String) {
        let errors = errors(fields, ["x.yaml": Self.web])
        #expect(errors.count == 1)
        #expect(errors[0].contains(": x.yaml is outside of app, the kustomization's own folder (move the file"))
    }

    @Test("A folder that contains the kustomization is no base of it")
    func containment() {
        let errors = errors("resources: [..]\n", ["kustomization.yaml": "resources: []\n"])
        #expect(errors.count == 1)
        #expect(
            errors[0].hasPrefix("app/kustomization.yaml:1:13: resources[0]: the root contains app, which includes it"))
    }

    @Test("Names of fields are taken in any case, and a misspelt behavior makes a new object with a warning")
    func leniency() throws {
        let tree = MemoryTree([
            "app/kustomization.yaml":
                "ConfigMapGenerator:\n- {Name: a, behavior: append, LITERALS: [x=y]}\nnameprefix: p-\n"
        ])
        let rendered = try Renderer.render(RenderRequest(path: "app"), from: tree)
        #expect(rendered.manifests.map { $0.object.name.prefix(4) } == ["p-a-"])
        #expect(
            rendered.warnings.map(\.description) == [
                #"app/kustomization.yaml:2: configMapGenerator[0].behavior "append" is none, and counts as create; "#
                    + "merge and replace are others"
            ])
    }

    @Test("A component that is not there, or no folder, or has no kustomization, is refused as what it is")
    func noComponent() {
        let errors = errors("components: [../none, ../app/web.yaml, ../files]\n", ["files/a.txt": "a"])
        #expect(
            errors == [
                "app/kustomization.yaml:1:14: components[0]: none is not in the repository",
                "app/kustomization.yaml:1:23: components[1]: app/web.yaml is a file (a component is a folder with a "
                    + "kustomization.yaml of `kind: Component`)",
                "app/kustomization.yaml:1:40: components[2]: files holds no kustomization.yaml (add one that lists the "
                    + "folder's files under `resources`, or name the files themselves)",
            ])
    }

    @Test("The same object from two files is refused with both places")
    func duplicate() {
        let errors = errors("resources: [web.yaml, again.yaml]\n", ["app/again.yaml": Self.web])
        #expect(errors.count == 1)
        #expect(errors[0].hasPrefix("app/again.yaml:1: Deployment web is there already, from app/web.yaml:1"))
    }

    @Test(
        "A patch that fits nothing says so",
        arguments: [
            ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: wep}}", "no Deployment wep of apps/v1 to patch"),
            ("{apiVersion: v1, kind: Deployment, metadata: {name: web}}", "no Deployment web of v1 to patch"),
            (#"[{"op": "add", "path": "/a", "value": "b"}]"#, "a JSON patch has no target"),
            ("[{op: add, path: /a, value: b}]", "a patch that begins with “[” is JSON, and this is none: "),
            ("- just words", "an operation is a map, not a string"),
            ("{spec: {}}", "line 1 of the patch: a patch that is a map states \"kind\" and \"metadata.name\""),
            ("just words", "line 1 of the patch: a patch is a map or a list of operations, this is a string"),
            ("{a: [}", "line 1 of the patch: "),
        ])
    func patches(patch: String, expected: String) {
        let errors = errors("resources: [web.yaml]\npatches:\n- patch: |-\n    \(patch)\n")
        #expect(errors.count == 1)
        #expect(errors[0].hasPrefix("app/kustomization.yaml:3:3: patches[0]: \(expected)"))
    }

    @Test("A JSON patch that fails names the object and the operation")
    func jsonPatch() {
        let errors = errors(
            """
            resources: [web.yaml]
            patches:
            - target: {kind: Deployment}
              patch: '[{"op": "remove", "path": "/spec/replicas"}]'

            """)
        #expect(errors.count == 1)
        #expect(
            errors[0].hasPrefix(
                "app/kustomization.yaml:3:3: patches[0]: does not fit Deployment web from app/web.yaml:1: "))
    }

    @Test("A pattern or a label selector that is none is refused")
    func selectors() {
        let errors = errors(
            """
            resources: [web.yaml]
            patches:
            - target: {name: "a(", labelSelector: "a in b"}
              patch: '[]'

            """)
        #expect(errors.count == 2)
    }

    @Test("A missing file hides the objects it holds, so patches for them are no further problem")
    func noFollowingErrors() {
        let errors = errors(
            """
            resources: [missing.yaml]
            replicas: [{name: api, count: 1}]
            patches:
            - patch: '{apiVersion: v1, kind: Service, metadata: {name: api}}'

            """)
        #expect(errors.map { $0.prefix(24) } == ["app/kustomization.yaml:1"])
    }

    @Test("Generators refuse what they cannot merge, replace or name")
    func generators() {
        let errors = errors(
            """
            configMapGenerator:
            - {name: a, behavior: merge, literals: [x=y]}
            - {name: b, literals: [k=1, k=2]}
            - {name: c, files: [none.txt]}
            - {name: b}
            secretGenerator:
            - {name: s, literals: [no value]}

            """)
        #expect(
            errors.map { $0.split(separator: " ")[0] } == [
                "app/kustomization.yaml:2:", "app/kustomization.yaml:3:29:", "app/kustomization.yaml:4:21:",
                "app/kustomization.yaml:5:", "app/kustomization.yaml:7:24:",
            ])
    }

    @Test("Two kustomization files in one folder, an empty one, and one of another kind are refused")
    func files() {
        #expect(
            errors("resources: [web.yaml]", ["app/Kustomization": ""])[0].contains("more than one kustomization file"))
        #expect(errors("# nothing\n")[0].contains("is empty"))
        #expect(errors("kind: Kustomization\nnamePrefix: \"\"\nresources:\n")[0].contains("says nothing"))
        #expect(errors("kind: Deployment\nresources: [web.yaml]\n")[0].contains("must be Kustomization or Component"))
        #expect(errors("resources: [web.yaml]\n") == ["rendered 1"])
    }

    @Test("A namespace that makes two objects one is refused")
    func collision() {
        let errors = errors(
            "namespace: one\nresources: [web.yaml, other.yaml]\n",
            ["app/other.yaml": Self.web.replacing("name: web}\nspec", with: "name: web, namespace: two}\nspec")])
        #expect(errors.count == 1)
        #expect(errors[0].contains("from app/web.yaml:1 and from app/other.yaml:1 the same"))
    }
}
