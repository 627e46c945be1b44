// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("Manifest reading")
struct ManifestReaderTests {
    @Test("documents become manifests with their origin; empty ones and lists are resolved")
    func reading() throws {
        let text = """
            # header
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: a}
            ---
            ---
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: Secret, metadata: {name: b, namespace: ns}}
            - apiVersion: apps/v1
              kind: Deployment
              metadata: {name: c}
            """
        let manifests = try ManifestReader.manifests(Array(text.utf8), file: "k8s/x.yaml")
        #expect(manifests.map(\.id.description) == ["Namespace a", "Secret ns/b", "Deployment c"])
        #expect(manifests.map(\.origin.description) == ["k8s/x.yaml:3", "k8s/x.yaml:11", "k8s/x.yaml:12"])
        #expect(manifests.map(\.origin.document) == [1, 3, 3])
    }

    @Test("every problem of a file is reported at once, with its place")
    func problems() {
        let text = """
            kind: ConfigMap
            metadata: {labels: {}}
            ---
            [1]
            ---
            {apiVersion: v1, kind: 7, metadata: {name: 1, labels: [a]}}
            """
        let error = #expect(throws: ManifestErrors.self) {
            try ManifestReader.manifests(Array(text.utf8), file: "x.yaml")
        }
        #expect(
            error?.description == """
                x.yaml:1:1: "apiVersion" is missing
                x.yaml:2:11: "metadata.name" is missing
                x.yaml:4:1: a manifest is a map, but this is a list
                x.yaml:6:24: "kind" must be a string, but is a number
                x.yaml:6:55: "metadata.labels" must be a map, but is a list
                x.yaml:6:44: "metadata.name" must be a string, but is a number; quote it
                """)
    }

    @Test("a generateName stands for the name, of which one is made later; kustomize takes none")
    func generatedNames() throws {
        let text = Array("{apiVersion: v1, kind: Pod, metadata: {generateName: a-}}".utf8)
        let manifest = try #require(try ManifestReader.manifests(text, file: "x.yaml").first)
        #expect(manifest.object.name == "a-")
        #expect(manifest.object.value(at: "metadata", "generateName") == "a-")
        #expect(throws: ManifestErrors.self) {
            try ManifestReader.manifests(text, file: "x.yaml", dialect: .kustomize)
        }
    }

    @Test("a file that is no YAML is one problem")
    func syntax() {
        let error = #expect(throws: ManifestErrors.self) { try ManifestReader.manifests(Array("a: [".utf8), file: "x") }
        #expect(error?.problems.count == 1)
    }
}
