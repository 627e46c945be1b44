// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("Manifests as kustomize reads them")
struct ManifestReaderKustomizeTests {
    private let object = "apiVersion: v1\nkind: Thing\nmetadata: {name: a, annotations: ~}\n"

    @Test("empty maps and lists are skipped, and null annotations left out")
    func emptyDocuments() throws {
        let text = object + "---\n{}\n---\n[]\n---\n# nothing\n"
        let manifests = try ManifestReader.manifests(Array(text.utf8), file: "f", dialect: .kustomize)
        #expect(manifests.map(\.object) == [["apiVersion": "v1", "kind": "Thing", "metadata": ["name": "a"]]])
    }

    @Test("kinds, versions, names and namespaces may be numbers, labels anything, and annotations that are a scalar go")
    func scalars() throws {
        let text = "apiVersion: 1\nkind: 2\nmetadata: {name: true, namespace: 1.5, labels: [a], annotations: b}\n"
        let manifests = try ManifestReader.manifests(Array(text.utf8), file: "f", dialect: .kustomize)
        #expect(manifests.map { "\($0.object.apiVersion) \($0.object.objectID)" } == ["1 2 1.5/true"])
        #expect(manifests.first?.object["metadata"]?["labels"] == ["a"])
        #expect(manifests.first?.object["metadata"]?["annotations"] == nil)
        let error = #expect(throws: ManifestErrors.self) { try ManifestReader.manifests(Array(text.utf8), file: "f") }
        #expect(error?.problems.count == 6)
        for lists in ["name: [a]", "name: a, namespace: [b]", "name: a, annotations: [b]"] {
            let text = "apiVersion: v1\nkind: Thing\nmetadata: {\(lists)}\n"
            #expect(throws: ManifestErrors.self) {
                try ManifestReader.manifests(Array(text.utf8), file: "f", dialect: .kustomize)
            }
        }
    }

    @Test("kubectl takes neither")
    func kubectl() throws {
        let manifests = try ManifestReader.manifests(Array(object.utf8), file: "f")
        #expect(manifests.first?.object["metadata"]?["annotations"] == .null)
        #expect(throws: ManifestErrors.self) { try ManifestReader.manifests(Array("{}".utf8), file: "f") }
    }
}
